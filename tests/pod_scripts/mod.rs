//! The scripts in the rendered pods, with real database servers.
//!
//! `.ci/setup` installs the servers and the Python that these tests need.

mod drain;
mod finish;
mod import;
mod lost;
mod migrate;
mod service;
mod times;

use crate::support::mariadb::MariaDb;
use crate::support::postgres::{Postgres, ROOT_PASSWORD};
use crate::support::process::{Script, command, free_port, must, program, python};
use crate::support::wait::{PASSWORD, Wait, component, fixture};
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

const OLDEST: &str = "0a1b2c3d4e01";
const BRANCHES: [&str; 2] = ["0a1b2c3d4e02", "0a1b2c3d4e03"];
const NEWEST: &str = "0a1b2c3d4e05";
const ALEMBIC_TABLE: &str = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)";

fn quay_database() -> Postgres {
    let postgres = Postgres::running();
    postgres.create("quay", PASSWORD, "quay");
    postgres
}

fn postgres_wait(postgres: &Postgres) -> Wait {
    Wait::uri("postgresql", postgres.port, PASSWORD, "quay")
}

fn set_revisions(postgres: &Postgres, revisions: &[&str]) {
    let rows = revisions.iter().map(|one| format!("INSERT INTO alembic_version VALUES ('{one}');")).collect::<String>();
    postgres.sql("quay", &format!("BEGIN; DELETE FROM alembic_version; {rows} COMMIT"));
}

fn create_alembic_table(postgres: &Postgres) {
    postgres.sql("quay", &format!("{ALEMBIC_TABLE}; GRANT SELECT ON alembic_version TO quay"));
}

/// A folder with the fixture's revisions and more files.
fn versions_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn the_python_script_is_python_3_6() {
    let check = "import ast, sys\ntext = open(sys.argv[1]).read()\n\
                 ast.parse(text, feature_version=(3, 6)) if sys.version_info >= (3, 8) else ast.parse(text)";
    for script in ["wait-for-database", "wait-for-service", "quay_pod", "quay_database", "migrate"] {
        must(command(&python()).arg("-c").arg(check).arg(component(&format!("quay/files/{script}.py"))));
    }
}

#[test]
fn no_script_holds_what_a_template_would_take_for_its_own() {
    let python = ["wait-for-service", "wait-for-database", "quay_pod", "quay_database", "migrate"];
    let python = python.map(|name| format!("quay/files/{name}.py"));
    let shell =
        ["quay/files/drain.sh", "quay/files/finish.sh", "clair/files/import.sh", "postgres/files/create-extensions.sh"];
    let shell = shell.map(str::to_owned);
    for path in python.iter().chain(&shell) {
        let text = fs::read_to_string(component(path)).unwrap();
        assert!(!text.contains("${ "), "{path}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("#%")), "{path}");
    }
}

#[test]
fn schema_waits_for_the_newest_revision() {
    let postgres = quay_database();
    let wait = postgres_wait(&postgres);
    let mut script = wait.start("schema");
    script.prints(&format!("this image's schema revision is {NEWEST}"));
    script.prints("waiting: the schema has not been created");
    create_alembic_table(&postgres);
    script.prints("waiting: no migration has been completed");
    set_revisions(&postgres, &[OLDEST]);
    script.prints(&format!("waiting: the schema is at {OLDEST}, older than this image's {NEWEST}"));
    set_revisions(&postgres, &BRANCHES);
    script.prints("waiting: the schema is at 0a1b2c3d4e02 and 0a1b2c3d4e03, older than");
    set_revisions(&postgres, &[NEWEST]);
    script.ends().with(0, &["the schema is at 0a1b2c3d4e05: ready"]);
    postgres_wait(&postgres).run("schema").with(0, &["ready"]);
}

#[test]
fn schema_waits_at_a_revision_that_the_image_does_not_know() {
    let postgres = quay_database();
    create_alembic_table(&postgres);
    set_revisions(&postgres, &["ffffffffffff"]);
    let says = "the schema is at ffffffffffff, which this image does not know: a newer release has migrated";
    postgres_wait(&postgres).waits("schema", says);
    set_revisions(&postgres, &["ffffffffffff", NEWEST]);
    postgres_wait(&postgres).waits("schema", says);
}

#[test]
fn schema_waits_for_all_heads_of_an_image_with_branches() {
    let postgres = quay_database();
    create_alembic_table(&postgres);
    set_revisions(&postgres, &[NEWEST]);
    let side =
        format!("revision, down_revision = 'no', 'plain target'\nrevision = 'side'\ndown_revision = '{OLDEST}'\n");
    let versions = versions_with(&[("side.py", &side)]);
    let wait = postgres_wait(&postgres).with_versions(versions.path());
    let mut script = wait.start("schema");
    script.prints("the schema is at 0a1b2c3d4e05, older than this image's 0a1b2c3d4e05 and side");
    set_revisions(&postgres, &[NEWEST, "side"]);
    script.ends().with(0, &["ready"]);
}

#[test]
fn a_broken_folder_of_revisions_is_refused() {
    let revision = |own: &str, down: &str| format!("revision = '{own}'\ndown_revision = {down}\n");
    let duplicate = revision(NEWEST, "None");
    let orphan = revision("orphan", "'gone'");
    let circle = [revision("one", "'two'"), revision("two", "('one',)")];
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("copy.py", &duplicate)], "0a1b2c3d4e05_newest.py and copy.py both are revision 0a1b2c3d4e05"),
        (&[("orphan.py", &orphan)], "orphan.py follows gone, which no file defines"),
        (&[("1.py", &circle[0]), ("2.py", &circle[1])], "follow one another in a circle: one and two"),
        (&[("x.py", "def f(:\n")], "x.py is not valid Python"),
        (&[("x.py", "down_revision = None\n")], "x.py does not say which revision it is"),
        (&[("x.py", "revision = 'x'\ndown_revision = ('a', 1)\n")], "x.py does not say which revision it is"),
        (&[("x.py", "revision = make()\n")], "x.py: revision is not a plain string"),
    ];
    for (files, says) in cases {
        let versions = versions_with(files);
        let wait = Wait::uri("postgresql", 1, PASSWORD, "quay").with_versions(versions.path());
        wait.run("schema").with(1, &["error: ", says]);
    }
    let empty = tempfile::tempdir().unwrap();
    let wait = Wait::uri("postgresql", 1, PASSWORD, "quay").with_versions(empty.path());
    wait.run("schema").with(1, &["error: ", "holds no revision"]);
    let wait = wait.with_versions(&empty.path().join("none"));
    wait.run("schema").with(1, &["error: ", "none cannot be read: No such file or directory"]);
}

#[test]
fn a_broken_config_is_refused_without_a_word_of_it() {
    let cases = [
        ("DB_URI: [secret-1\nX: }secret-2\n", "is not valid YAML (line 2)"),
        ("\u{1}secret-1", "is not valid YAML"),
        ("- secret-1\n", "is not a map of fields"),
        ("", "is not a map of fields"),
        ("SERVER_HOSTNAME: secret-1\n", "has no DB_URI"),
        ("DB_URI: {secret-1: secret-2}\n", "has no DB_URI, or it is not a string"),
        ("DB_URI: postgresql://h/d\nDB_CONNECTION_ARGS: secret-1\n", "DB_CONNECTION_ARGS is not a map"),
        ("DB_URI: secret-1\n", "DB_URI cannot be parsed"),
        ("DB_URI: postgresql://u@h:secret-1/secret-2\n", "DB_URI cannot be parsed"),
        ("DB_URI: sqlite:///secret-1\n", "DB_URI starts with neither postgresql:// nor mysql+pymysql://"),
        ("DB_URI: mysql+oursql://u:secret-1@h/d\n", "the driver that DB_URI asks for is not in this image"),
        ("DB_URI: mysql+secret://u:secret-1@h/d\n", "DB_URI is not usable"),
    ];
    for (config, says) in cases {
        Wait::new(config, &["secret-1", "secret-2", "Traceback"]).run("extension").with(1, &["error: ", says]);
    }
    let wait = Wait::new("", &["Traceback"]);
    fs::remove_file(wait.folder.path().join("config.yaml")).unwrap();
    wait.run("schema").with(1, &["error: ", "config.yaml cannot be read: No such file or directory"]);
}

#[test]
fn extension_waits_for_a_late_server_and_for_pg_trgm() {
    let mut postgres = Postgres::prepared();
    let wait = postgres_wait(&postgres);
    let mut script = wait.start("extension");
    script.prints("waiting: the server does not accept connections yet (psycopg2.OperationalError)");
    postgres.start();
    script.prints("waiting: the server refuses user name or password (psycopg2.OperationalError)");
    postgres.sql("postgres", "CREATE DATABASE another");
    postgres.sql("postgres", &format!("CREATE ROLE quay LOGIN PASSWORD '{PASSWORD}'"));
    script.prints("waiting: the server does not have this database (psycopg2.OperationalError)");
    postgres.sql("postgres", "ALTER DATABASE another RENAME TO quay");
    script.prints("waiting: pg_trgm is not installed in this database; the Job quay-postgres-init does that");
    postgres.sql("quay", "CREATE EXTENSION pg_trgm");
    script.ends().with(0, &["the server answers and pg_trgm is installed: ready"]);
}

#[test]
fn a_password_is_decoded_twice_as_in_the_migrations() {
    let postgres = quay_database();
    create_alembic_table(&postgres);
    set_revisions(&postgres, &[NEWEST]);
    // plain, as in DB_URI; the percent sign itself is encoded once for each decoding
    let cases = [("p@ss/w:rd", "p%40ss%2Fw%3Ard"), ("per%cent", "per%2525cent"), ("pl+us&?#", "pl%2Bus%26%3F%23")];
    for (password, encoded) in cases {
        postgres.sql("postgres", &format!("ALTER ROLE quay PASSWORD '{password}'"));
        let mut wait = Wait::uri("postgresql", postgres.port, encoded, "quay");
        wait.secrets.push(password.to_owned());
        wait.run("schema").with(0, &["ready"]);
    }
    let wrong = Wait::uri("postgresql", postgres.port, "per%25cent-wrong", "quay");
    wrong.waits("schema", "the server refuses user name or password");
}

#[test]
fn connection_arguments_reach_the_driver_save_those_for_quay_itself() {
    let postgres = quay_database();
    create_alembic_table(&postgres);
    set_revisions(&postgres, &[NEWEST]);
    let with = |arguments| Wait::uri_with("postgresql", postgres.port, arguments);
    let for_quay = "{threadlocals: true, autorollback: true, stale_timeout: 1, timeout: 1, max_connections: 9}";
    with(for_quay).run("schema").with(0, &["ready"]);
    with("{sslmode: disable, connect_timeout: 5}").run("schema").with(0, &["ready"]);
    with("{sslmode: require}").waits("schema", "the TLS settings do not fit (see sslmode) (psycopg2.OperationalError)");
    with("{unheard_of: 1}").waits("schema", "DB_CONNECTION_ARGS has an argument that the driver does not know");
}

#[test]
fn a_table_that_may_not_be_read_is_reported_by_its_sqlstate() {
    let postgres = quay_database();
    postgres.sql("quay", ALEMBIC_TABLE);
    postgres_wait(&postgres).waits("schema", "the server answers with an error (psycopg2.InsufficientPrivilege 42501)");
}

#[test]
fn mariadb_is_waited_for_in_both_modes() {
    let mariadb = MariaDb::running();
    let wait = Wait::uri("mysql+pymysql", mariadb.port, PASSWORD, "quay");
    let mut script = wait.start("schema");
    script.prints("waiting: the server refuses user name or password (pymysql.OperationalError 1045)");
    mariadb.sql(&format!(
        "CREATE USER quay@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON quay.* TO quay@'127.0.0.1'"
    ));
    script.prints("waiting: the server does not have this database (pymysql.");
    mariadb.sql("CREATE DATABASE quay");
    script.prints("waiting: the schema has not been created");
    mariadb.sql(&format!("USE quay; {ALEMBIC_TABLE}; INSERT INTO alembic_version VALUES ('{OLDEST}')"));
    script.prints(&format!("waiting: the schema is at {OLDEST}, older than"));
    mariadb.sql(&format!("UPDATE quay.alembic_version SET version_num = '{NEWEST}'"));
    script.ends().with(0, &["ready"]);
    wait.run("extension").with(0, &["the server answers: ready"]);
    let with = |arguments| Wait::uri_with("mysql+pymysql", mariadb.port, arguments);
    with("{threadlocals: true, autorollback: true}").run("schema").with(0, &["ready"]);
    with("{unheard_of: 1}").waits("schema", "DB_CONNECTION_ARGS has an argument that the driver does not know");
    Wait::uri("mysql+pymysql", free_port(), PASSWORD, "quay")
        .waits("extension", "the server cannot be reached or does not accept connections yet (pymysql.");
}

#[test]
fn the_wait_is_bounded_even_where_the_server_accepts_and_is_silent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for scheme in ["postgresql", "mysql+pymysql"] {
        let port = silent.local_addr().unwrap().port();
        let wait = Wait::uri(scheme, port, PASSWORD, "quay").with_timeout("1");
        let start = Instant::now();
        wait.run("schema").with(1, &["error: not ready after 1 s: the server has not answered"]);
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    }
    let wait = Wait::uri("postgresql", free_port(), PASSWORD, "quay").with_timeout("2");
    wait.run("schema").with(1, &["error: not ready after 2 s: the server does not accept connections yet"]);
}

#[test]
fn the_reason_is_repeated_while_nothing_changes() {
    let config = tempfile::NamedTempFile::new().unwrap();
    fs::write(config.path(), format!("DB_URI: postgresql://quay@127.0.0.1:{}/quay\n", free_port())).unwrap();
    let faster = "import importlib.util, os, sys\n\
                  path = sys.argv.pop(1)\n\
                  sys.path.insert(0, os.path.dirname(path))\n\
                  import quay_database\n\
                  quay_database.REPEAT_SECONDS = 1\n\
                  spec = importlib.util.spec_from_file_location('wait', path)\n\
                  wait = importlib.util.module_from_spec(spec)\n\
                  spec.loader.exec_module(wait)\n\
                  sys.exit(wait.main())";
    let mut command = command(&python());
    command.args(["-B", "-c", faster]).arg(component("quay/files/wait-for-database.py"));
    command.arg("extension").arg("--config").arg(config.path()).args(["--interval", "0.1"]);
    let mut script = Script::start(&mut command, &["Traceback"]);
    script.prints("still waiting after 1 s: the server does not accept connections yet");
    script.prints("still waiting after 2 s: the server does not accept connections yet");
    script.terminate();
    script.ends().with(143, &[]);
}

#[test]
fn sigterm_ends_the_wait_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for port in [silent.local_addr().unwrap().port(), free_port()] {
        let mut wait = Wait::uri("postgresql", port, PASSWORD, "quay");
        wait.secrets.push("Traceback".to_owned());
        let mut script = wait.start("schema");
        script.prints("this image's schema revision");
        let start = Instant::now();
        script.terminate();
        script.ends().with(143, &["stopped by signal 15"]);
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    }
}

/// create-extensions.sh as the Job calls it.
fn create_extensions(port: u16, password: &str, database: &str, timeout: &str) -> Command {
    let mut command = command(&program("bash"));
    command.arg(component("postgres/files/create-extensions.sh"));
    command.env("PGHOST", "127.0.0.1").env("PGPORT", port.to_string());
    command.env("PGUSER", "postgres").env("PGPASSWORD", password).env("POSTGRESQL_DATABASE", database);
    command.env("TIMEOUT_SECONDS", timeout).env("INTERVAL_SECONDS", "0.1");
    command
}

#[test]
fn create_extensions_waits_for_server_password_and_database() {
    let name = "my-registry.example-quay-database";
    let mut postgres = Postgres::prepared();
    let another = "not-yet-the-password";
    let mut command = create_extensions(postgres.port, another, name, "30");
    let mut script = Script::start(&mut command, &[ROOT_PASSWORD, another]);
    script.prints("Connection refused");
    postgres.start();
    script.prints("password authentication failed for user \"postgres\"");
    postgres.sql("postgres", &format!("ALTER ROLE postgres PASSWORD '{another}'"));
    script.prints(&format!("database \"{name}\" does not exist"));
    postgres.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
    let done = format!("create-extensions: the database {name} has pg_trgm\n");
    script.ends().with(0, &[&done]);
    let installed = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'";
    assert_eq!(postgres.sql(name, installed), "1\n");
    assert_eq!(postgres.sql("postgres", installed), "0\n");

    let second = Script::start(&mut command, &[ROOT_PASSWORD, another]).ends();
    second.with(0, &[&done]);
    assert_eq!(second.output, done, "the second run says no more than that");
}

#[test]
fn create_extensions_gives_up_after_its_bound() {
    let postgres = Postgres::running();
    let mut command = create_extensions(postgres.port, "wrong-secret", "postgres", "1");
    let ended = Script::start(&mut command, &[ROOT_PASSWORD, "wrong-secret"]).ends();
    ended.with(1, &["error: pg_trgm could not be created within 1 s: ", "password authentication failed"]);
    let mut command = create_extensions(postgres.port, ROOT_PASSWORD, "host=x dbname=postgres", "1");
    let ended = Script::start(&mut command, &[ROOT_PASSWORD]).ends();
    ended.with(1, &["database \"host=x dbname=postgres\" does not exist"]);
    command.env_remove("POSTGRESQL_DATABASE");
    let ended = Script::start(&mut command, &[ROOT_PASSWORD]).ends();
    ended.with(1, &["error: the environment variable POSTGRESQL_DATABASE is not set"]);
}

#[test]
fn create_extensions_stops_on_sigterm() {
    let mut script =
        Script::start(&mut create_extensions(free_port(), "wrong-secret", "quay", "30"), &["wrong-secret"]);
    script.prints("Connection refused");
    script.terminate();
    script.ends().with(143, &["create-extensions: stopped"]);
}
