//! Moves that must not begin, or not come to their end: nothing is lost, and what is wrong is said.

use super::{FIRST, Move, OF_QUAY, SECOND, Scene, command, must, program};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn without_an_old_database_nothing_is_started() {
    let scene = Scene::new(OF_QUAY);
    fs::rename(scene.at("first/userdata"), scene.at("first/aside")).unwrap();
    for folder in [None, Some("first/userdata")] {
        folder.into_iter().for_each(|folder| fs::create_dir(scene.at(folder)).unwrap());
        scene.dump(FIRST).ends().with(1, &["error: the old claim holds no database: there is no "]);
        scene.restore(FIRST).ends().with(1, &["error: the new claim holds no dump of the move 0a1b2c3d"]);
        assert_eq!(scene.names("second"), ["upgrade"]);
    }
}

#[test]
fn a_dump_of_another_move_is_not_restored() {
    let scene = Scene::new(OF_QUAY);
    scene.dump(FIRST).ends().with(0, &[]);
    let other = Move { id: "11112222", ..FIRST };
    scene.restore(other).ends().with(1, &["error: the new claim holds no dump of the move 11112222: delete the pod"]);
    scene.moves(other);
    scene.same(13, "second", &scene.state);
}

#[test]
fn a_database_that_no_move_has_brought_is_left_alone() {
    let scene = Scene::new(OF_QUAY);
    let server = scene.server(13, "second");
    server.sql("CREATE TABLE live (id serial)");
    let live = server.state();
    server.stop();
    let names = scene.names("second/userdata");
    for _ in 0..2 {
        let says = "error: the new claim holds a database that no move has brought there, and it is left alone";
        scene.dump(FIRST).ends().with(1, &[says]);
        scene.restore(FIRST).ends().with(1, &[says]);
    }
    assert_eq!(scene.names("second/userdata"), names);
    scene.same(13, "second", &live);

    // It came while the move was under way.
    fs::rename(scene.at("second/userdata"), scene.at("second/aside")).unwrap();
    scene.dump(FIRST).ends().with(0, &[]);
    fs::rename(scene.at("second/aside"), scene.at("second/userdata")).unwrap();
    scene.restore(FIRST).ends().with(1, &["it is left alone"]);
    scene.same(13, "second", &live);
    // What is left of a database is not nothing.
    fs::remove_file(scene.at("second/userdata/PG_VERSION")).unwrap();
    scene.dump(FIRST).ends().with(1, &["it is left alone"]);
    fs::remove_dir_all(scene.at("second/userdata")).unwrap();
    fs::create_dir(scene.at("second/userdata")).unwrap();
    scene.own("second/userdata");
    scene.moves(FIRST);
}

#[test]
fn one_volume_is_not_two_claims() {
    let scene = Scene::new(OF_QUAY);
    symlink(scene.at("first"), scene.at("link")).unwrap();
    for next in ["first", "link"] {
        let one = Move { next, ..FIRST };
        scene.dump(one).ends().with(1, &["error: the old claim and the new one are the same volume"]);
    }
    fs::rename(scene.at("first/userdata"), scene.at("first/data")).unwrap();
    scene.dump(Move { next: "first", ..FIRST }).ends().with(1, &["error: the old claim holds no database"]);
    fs::rename(scene.at("first/data"), scene.at("first/userdata")).unwrap();
    scene.same(10, "first", &scene.state);
}

#[test]
fn versions_are_those_that_the_move_is_of() {
    let scene = Scene::new(OF_QUAY);
    let wrong = scene.script(FIRST, 13, "upgrade-dump.sh", &[]);
    wrong.ends().with(1, &["error: this image has PostgreSQL 13, and not 10"]);
    let wrong = scene.script(FIRST, 13, "upgrade-dump.sh", &[("FROM_VERSION", "13")]);
    let says =
        "error: the old claim holds a database of PostgreSQL 10, and the image that is to read it has PostgreSQL 13";
    wrong.ends().with(1, &[says]);
    scene.dump(FIRST).ends().with(0, &[]);
    let wrong = scene.script(FIRST, 15, "upgrade-restore.sh", &[]);
    wrong.ends().with(1, &["error: this image has PostgreSQL 15, and not 13"]);
    let wrong = scene.script(FIRST, 13, "upgrade-restore.sh", &[("UPGRADE_ID", "../../x")]);
    wrong.ends().with(1, &["error: UPGRADE_ID is eight hexadecimal digits"]);
    assert_eq!(scene.names("second"), ["upgrade"]);
    scene.restore(FIRST).ends().with(0, &[]);
}

#[test]
fn what_belongs_to_another_role_is_named_before_anything_is_restored() {
    let scene = Scene::new(OF_QUAY);
    let server = scene.server(10, "first");
    server.sql(
        "CREATE ROLE robot; CREATE TABLE theirs (id serial); ALTER TABLE tag OWNER TO robot;
         CREATE FUNCTION reports.sum(integer, b text) RETURNS text LANGUAGE sql AS 'SELECT $2'",
    );
    server.stop();
    let says = "error: not all in the database registry-quay-database belongs to its owner quay-user: \
                function reports.sum(integer, b text) (postgres), sequence public.tag_id_seq (robot), \
                sequence public.theirs_id_seq (postgres), table public.tag (robot), table public.theirs (postgres). \
                Take the commit with the upgrade back, give them to quay-user with the old server";
    scene.dump(FIRST).ends().with(1, &[says]);
    assert_eq!(super::state_of(&scene.at("first/userdata")), 1);
    assert!(!scene.names("second/upgrade").contains(&"dump".to_owned()));
    let server = scene.server(10, "first");
    server.sql(
        "ALTER TABLE theirs OWNER TO \"quay-user\"; ALTER TABLE tag OWNER TO \"quay-user\";
         ALTER FUNCTION reports.sum OWNER TO \"quay-user\"",
    );
    let state = server.state();
    server.stop();
    scene.moves(FIRST);
    scene.same(13, "second", &state);
}

#[test]
fn a_database_that_is_not_there_or_empty_is_not_moved() {
    let scene = Scene::new(OF_QUAY);
    let none = scene.script(FIRST, 10, "upgrade-dump.sh", &[("DATABASE", "none")]);
    none.ends().with(1, &["error: the old server has no database none"]);
    let none = scene.script(FIRST, 10, "upgrade-dump.sh", &[("DATABASE", "postgres")]);
    none.ends().with(1, &["error: the database postgres has no tables: there is nothing to move"]);
    scene.dump(FIRST).ends().with(0, &[]);
    let other = scene.script(FIRST, 13, "upgrade-restore.sh", &[("OWNER", "postgres")]);
    other.ends().with(1, &["error: the image has made no database registry-quay-database of postgres"]);
    let other = scene.script(FIRST, 13, "upgrade-restore.sh", &[("POSTGRESQL_DATABASE", "other")]);
    other.ends().with(1, &["error: the image has made no database registry-quay-database of quay-user"]);
    let other = scene.script(FIRST, 13, "upgrade-restore.sh", &[("POSTGRESQL_USER", &"x".repeat(64))]);
    other.ends().with(1, &["error: the image does not start its server: error: a name is too long"]);
    assert_eq!(scene.names("second"), ["upgrade"]);
}

/// A pg_restore that brings back less than it was given, and says nothing.
#[test]
fn a_difference_after_the_restore_is_named() {
    let scene = Scene::new(OF_QUAY);
    scene.dump(FIRST).ends().with(0, &[]);
    for (entry, says) in [
        (" TABLE DATA public accesstoken ", "the restored rows are not those that were dumped: public.accesstoken"),
        (" SEQUENCE SET public tag_id_seq ", "what was restored is not what was dumped: numbers of public.tag_id_seq"),
        (" INDEX public repository_name ", "what was restored is not what was dumped: index public.repository_name"),
        (
            " FK CONSTRAINT public tag ",
            "what was restored is not what was dumped: constraint tag_manifest_fkey of public.tag",
        ),
        (" VIEW public named ", "what was restored is not what was dumped: view public.named"),
        (" TRIGGER public blob ", "what was restored is not what was dumped: trigger touched of public.blob"),
    ] {
        let text = format!("[[ $1 == --list ]] || exec $real \"$@\"\n$real \"$@\" | grep -v -F '{entry}'");
        scene.shim("pg_restore", &text);
        scene.restore(FIRST).ends().with(1, &[&format!("upgrade-restore: error: {says}\n")]);
        assert_eq!(scene.names("second"), ["upgrade"]);
    }
    scene.shim("pg_restore", "$real \"${@//--role=*/--role=postgres}\"");
    scene.restore(FIRST).ends().with(1, &["what was restored is not what was dumped: "]);
    // In another encoding.
    scene.shim("createdb", "exec $real --template=template0 --encoding=SQL_ASCII \"$@\"");
    fs::remove_file(scene.at("shims/pg_restore")).unwrap();
    scene.restore(FIRST).ends().with(1, &["what was restored is not what was dumped: encoding\n"]);
    scene.without_shims();
    scene.restore(FIRST).ends().with(0, &[]);
    scene.same(13, "second", &scene.state);
}

#[test]
fn an_extension_that_the_new_image_lacks_is_named() {
    let scene = Scene::new(OF_QUAY);
    scene.moves(FIRST);
    let server = scene.server(13, "second");
    server.sql("CREATE EXTENSION hstore SCHEMA reports");
    server.stop();
    scene.dump(SECOND).ends().with(0, &[]);
    must(command(&program("sed")).args(["-i", "s/hstore/not_there/"]).arg(scene.at("third/upgrade/dump/facts.tsv")));
    scene.restore(SECOND).ends().with(1, &["error: the extension not_there cannot be created"]);
    assert_eq!(scene.names("third"), ["upgrade"]);
}
