//! The move of a managed database from one major version of PostgreSQL to another: the scripts of its pod with real servers of
//! each version, each container in a PID namespace of its own, so that it is killed and stopped as a container is.

mod cut;
mod disk;
mod moves;
mod refusals;

use crate::support::process::{Ended, Script, command, free_port, must, program, until};
use crate::support::repository;
use crate::support::wait::component;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const PASSWORD: &str = "user-secret-4711";
const ADMIN_PASSWORD: &str = "root-secret-0815";

/// Uid and gid of `nobody`.
const NOBODY: u32 = 65534;

/// A registry's tables as far as they are of different kinds: what Quay has, and what a user may have added.
const QUAY: &str = r#"
CREATE EXTENSION pg_trgm;
COMMENT ON DATABASE "registry-quay-database" IS 'of the registry';
SET ROLE "quay-user";
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0a1b2c3d4e05');
CREATE TYPE kind AS ENUM ('image', 'application');
CREATE DOMAIN digest AS text CHECK (VALUE LIKE 'sha256:%');
CREATE TABLE "user" (id serial PRIMARY KEY, username varchar(255) NOT NULL UNIQUE, verified boolean DEFAULT false);
INSERT INTO "user" (username, verified) SELECT 'user ' || n, n % 2 = 0 FROM generate_series(1, 50) n;
CREATE TABLE repository (id serial PRIMARY KEY, owner integer NOT NULL REFERENCES "user" (id), name text, kind kind);
INSERT INTO repository (owner, name, kind) SELECT 1 + n % 50, 'repository ü ' || n, 'image' FROM generate_series(1, 300) n;
CREATE INDEX repository_name ON repository USING gin (name gin_trgm_ops);
CREATE TABLE manifest (id bigserial PRIMARY KEY, repository integer REFERENCES repository (id) ON DELETE CASCADE,
    digest digest NOT NULL, bytes text, UNIQUE (repository, digest));
INSERT INTO manifest (repository, digest, bytes)
    SELECT 1 + n % 300, 'sha256:' || md5(n::text), repeat(md5(n::text) || E'\t\\ \n', 3000) FROM generate_series(1, 100) n;
CREATE TABLE tag (id serial PRIMARY KEY, name text, manifest bigint REFERENCES manifest (id), lifetime_end_ms bigint,
    CHECK (lifetime_end_ms > 0));
INSERT INTO tag (name, manifest) SELECT 'tag ' || n, 1 + n % 100 FROM generate_series(1, 2000) n;
CREATE UNIQUE INDEX tag_alive ON tag (name) WHERE lifetime_end_ms IS NULL;
CREATE TABLE blob (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content bytea, taken timestamp, size numeric);
INSERT INTO blob (content, taken, size) SELECT decode(repeat(md5(n::text), 500), 'hex'), '2024-02-29 12:00'::timestamp + n *
    interval '1 second', n * 1.5 FROM generate_series(1, 50) n;
CREATE TABLE accesstoken (id serial PRIMARY KEY, token text);
INSERT INTO accesstoken (token) SELECT 'v0$$' || encode(decode(md5(n::text), 'hex'), 'base64') FROM generate_series(1, 20) n;
-- Quay's migrations leave sequences behind their rows; others are ahead, and one was never asked.
CREATE TABLE loginservice (id serial PRIMARY KEY, name text);
INSERT INTO loginservice VALUES (1, 'github'), (2, 'quayrobot');
SELECT setval('tag_id_seq', 90000), setval('accesstoken_id_seq', 21, false);
CREATE TABLE "odd name; DROP" ("a 'column'" text);
CREATE VIEW named AS SELECT name FROM tag;
CREATE MATERIALIZED VIEW sizes AS SELECT count(*) AS number FROM blob;
CREATE SCHEMA reports;
CREATE TABLE reports.daily (day date, hits jsonb);
INSERT INTO reports.daily VALUES ('2024-02-29', '{"a": [1, null]}');
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.size = 0; RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON blob FOR EACH ROW EXECUTE PROCEDURE touched();
COMMENT ON TABLE tag IS 'tags';
"#;

const CLAIR: &str = r#"
CREATE EXTENSION "uuid-ossp";
CREATE TABLE libindex_migrations (version integer PRIMARY KEY);
INSERT INTO libindex_migrations SELECT generate_series(1, 8);
CREATE TABLE scanner (id bigserial PRIMARY KEY, name text NOT NULL, kind text);
INSERT INTO scanner (name) SELECT 'scanner ' || n FROM generate_series(1, 9) n;
CREATE TABLE update_operation (id bigserial PRIMARY KEY, ref uuid UNIQUE DEFAULT uuid_generate_v4(), fingerprint text);
INSERT INTO update_operation (fingerprint) SELECT md5(n::text) FROM generate_series(1, 40) n;
CREATE TABLE indexreport (manifest_id bigint PRIMARY KEY REFERENCES scanner (id), scan_result jsonb);
INSERT INTO indexreport SELECT n, jsonb_build_object('packages', repeat('x', 9000), 'n', n) FROM generate_series(1, 9) n;
CREATE INDEX indexreport_gin ON indexreport USING gin (scan_result);
"#;

/// What makes two databases the same to their user, whatever the version of their server.
const STATE: &str = r"
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, '','' ORDER BY t::text COLLATE %I)) FROM %I.%I t',
    nspname || '.' || relname, 'C', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'v', 'm') AND nspname IN ('public', 'reports') ORDER BY 1 \gexec
SELECT format('SELECT %L, last_value, is_called FROM %I.%I', sequencename, schemaname, sequencename) FROM pg_sequences
    ORDER BY 1 \gexec
SELECT relkind, relname, pg_get_userbyid(relowner), obj_description(c.oid, 'pg_class') FROM pg_class c
    JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('public', 'reports') ORDER BY 1, 2;
SELECT conname || ' of ' || conrelid::regclass, pg_get_constraintdef(c.oid) FROM pg_constraint c
    WHERE connamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'reports')) ORDER BY 1;
SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1;
SELECT extname FROM pg_extension ORDER BY 1;
SELECT pg_encoding_to_char(encoding), pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database();
";

/// Which database is moved.
#[derive(Clone, Copy)]
struct Database {
    name: &'static str,
    owner: &'static str,
    tables: &'static str,
}

const OF_QUAY: Database = Database { name: "registry-quay-database", owner: "quay-user", tables: QUAY };
const OF_CLAIR: Database = Database { name: "postgres", owner: "postgres", tables: CLAIR };

impl Database {
    /// The variables of the server's container.
    fn variables(self) -> Vec<(&'static str, &'static str)> {
        let mut all = vec![("POSTGRESQL_ADMIN_PASSWORD", ADMIN_PASSWORD)];
        if self.owner != "postgres" {
            let names = ["POSTGRESQL_USER", "POSTGRESQL_PASSWORD", "POSTGRESQL_DATABASE"];
            all.extend(names.into_iter().zip([self.owner, PASSWORD, self.name]));
        }
        all
    }
}

/// A move as RenderConfig and releases have it, and its claims.
#[derive(Clone, Copy)]
struct Move {
    id: &'static str,
    from: u32,
    to: u32,
    previous: &'static str,
    next: &'static str,
    database: Database,
}

const FIRST: Move = Move { id: "0a1b2c3d", from: 10, to: 13, previous: "first", next: "second", database: OF_QUAY };
const SECOND: Move = Move { id: "4e5f6071", from: 13, to: 15, previous: "second", next: "third", database: OF_QUAY };

/// The old claim of a database with PostgreSQL 10, made once, and the state of the database.
struct Old {
    scene: Scene,
    state: String,
}

impl Old {
    fn new(database: Database) -> Self {
        let scene = Scene::empty(database);
        let server = scene.server(10, "first");
        server.sql(database.tables);
        let state = server.state();
        server.stop();
        Self { scene, state }
    }
}

static OLD_QUAY: LazyLock<Old> = LazyLock::new(|| Old::new(OF_QUAY));
static OLD_CLAIR: LazyLock<Old> = LazyLock::new(|| Old::new(OF_CLAIR));

/// Claims and what pods mount. The folders `first`, `second` and `third` are claims.
struct Scene {
    folder: tempfile::TempDir,
    database: Database,
    port: u16,
    /// Whom containers run as, where that can be chosen.
    user: u32,
    /// The state of the database in the first claim.
    state: String,
}

impl Scene {
    /// With a filled old claim.
    fn new(database: Database) -> Self {
        let old = if database.owner == "postgres" { &OLD_CLAIR } else { &OLD_QUAY };
        let mut scene = Self::empty(database);
        scene.state.clone_from(&old.state);
        fs::remove_dir(scene.at("first")).unwrap();
        must(command(&program("cp")).arg("-a").arg(old.scene.at("first")).arg(scene.folder.path()));
        let settings = scene.at("first/userdata/postgresql.conf");
        let [theirs, ours] = [&old.scene, &scene].map(|it| it.at("home").display().to_string());
        fs::write(&settings, fs::read_to_string(&settings).unwrap().replace(&theirs, &ours)).unwrap();
        scene
    }

    fn empty(database: Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scene = Self { folder, database, port: free_port(), user: NOBODY, state: String::new() };
        fs::set_permissions(scene.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["first", "second", "third", "home", "tmp", "scripts", "image", "shims"] {
            fs::create_dir(scene.at(name)).unwrap();
            scene.own(name);
        }
        for files in ["backup/files", "postgres/files"] {
            for file in fs::read_dir(component(files)).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), scene.at("scripts").join(file.file_name())).unwrap();
            }
        }
        // What the image puts on the PATH; its socket is in a folder of its own here.
        let image = repository().join("tests/data/postgresql-image.sh");
        let start = format!("#!/bin/bash\nexport PGHOST=$HOME PGPORT=$PORT\n. {}\n", image.display());
        scene.executable("image/run-postgresql", &start);
        // The disk of a busy machine takes long to be written, and none of these machines fails.
        scene.executable("image/sync", "#!/bin/sh\n");
        scene
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Gives a file to the user whom servers run as.
    fn own(&self, path: &str) {
        if is_root() {
            chown(self.at(path), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    fn executable(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Puts a program before one of the image's; `$real` is the one that it stands before.
    fn shim(&self, name: &str, text: &str) {
        let real = clients().join(name);
        self.executable(&format!("shims/{name}"), &format!("#!/bin/bash\nreal={}\n{text}\n", real.display()));
    }

    fn without_shims(&self) {
        fs::read_dir(self.at("shims")).unwrap().for_each(|file| fs::remove_file(file.unwrap().path()).unwrap());
    }

    /// A container of an image, with what is mounted as its volume.
    fn container(&self, major: u32, volume: &str, words: &[&str], variables: &[(&str, &str)]) -> Container {
        // A container has a socket of its own.
        for name in ["data".to_owned(), format!(".s.PGSQL.{}", self.port), format!(".s.PGSQL.{}.lock", self.port)] {
            let _none_yet = fs::remove_file(self.at("home").join(name));
        }
        symlink(self.at(volume), self.at("home/data")).unwrap();
        let mut command = command(&program("unshare"));
        if is_root() {
            let user = self.user.to_string();
            command.args(["--pid", "--fork", "setpriv", "--reuid", &user, "--regid", "65534", "--clear-groups"]);
        } else {
            command.args(["--user", "--map-current-user", "--pid", "--fork"]);
        }
        let folders =
            [self.at("shims"), servers(major), self.at("image"), clients()].map(|it| it.display().to_string());
        let path = format!("{}:{}", folders.join(":"), std::env::var("PATH").unwrap());
        command.args(words).current_dir(self.at("tmp")).env("PATH", path).env("TMPDIR", self.at("tmp"));
        command.env("HOME", self.at("home")).env("PORT", self.port.to_string()).env("APP_DATA", self.at("none"));
        command.env("PGUSER", "postgres").envs(variables.iter().copied());
        Container(Some(Script::start(&mut command, &[PASSWORD, ADMIN_PASSWORD])))
    }

    /// An init container of the pod.
    fn script(&self, it: Move, major: u32, name: &str, variables: &[(&str, &str)]) -> Container {
        let [previous, next, server] =
            [it.previous, it.next, "home/data"].map(|path| self.at(path).display().to_string());
        let [from, to] = [it.from, it.to].map(|major| major.to_string());
        let mut all = vec![
            ("UPGRADE_ID", it.id),
            ("DATABASE", it.database.name),
            ("OWNER", it.database.owner),
            ("FROM_VERSION", &from),
            ("TO_VERSION", &to),
            ("PREVIOUS_FOLDER", &previous),
            ("NEXT_FOLDER", &next),
            ("SERVER_FOLDER", &server),
            ("INTERVAL_SECONDS", "0.05"),
            ("TIMEOUT_SECONDS", "20"),
        ];
        if name == "upgrade-restore.sh" {
            all.extend(it.database.variables());
        }
        all.extend(variables);
        let script = self.at("scripts").join(name).display().to_string();
        self.container(major, &format!("{}/upgrade", it.next), &["bash", &script], &all)
    }

    fn dump(&self, it: Move) -> Container {
        self.script(it, it.from, "upgrade-dump.sh", &[])
    }

    fn restore(&self, it: Move) -> Container {
        self.script(it, it.to, "upgrade-restore.sh", &[])
    }

    /// Both init containers to their good end.
    fn moves(&self, it: Move) {
        self.dump(it).ends().with(0, &[]);
        self.restore(it).ends().with(0, &[]);
    }

    /// The server's own container, once it takes clients.
    fn server(&self, major: u32, claim: &str) -> Server<'_> {
        let mut container = self.container(major, claim, &["run-postgresql"], &self.database.variables());
        container.script().prints("Starting server...");
        let server = Server { scene: self, container };
        until("a server that takes clients", || server.psql(&["--command", ""]).output().unwrap().status.success());
        server
    }

    /// Starts the server on a claim, and compares what its database is to its user.
    #[track_caller]
    fn same(&self, major: u32, claim: &str, state: &str) {
        same(&self.state_in(major, claim), state);
    }

    fn state_in(&self, major: u32, claim: &str) -> String {
        let server = self.server(major, claim);
        let state = server.state();
        server.stop();
        state
    }

    /// The record of a claim's last move.
    fn record(&self, claim: &str) -> Option<String> {
        fs::read_to_string(self.at(claim).join("userdata/upgrade.tsv")).ok()
    }

    /// The names in a folder.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A container in a PID namespace of its own. Whoever drops it kills it.
struct Container(Option<Script>);

impl Container {
    fn script(&mut self) -> &mut Script {
        self.0.as_mut().unwrap()
    }

    /// Its first process.
    fn first(&self) -> Option<u32> {
        let id = self.0.as_ref()?.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    fn signal(&self, name: &str) {
        until("the first process", || self.first().is_some());
        must(command(&program("kill")).args(["-s", name, &self.first().unwrap().to_string()]));
    }

    fn ends(mut self) -> Ended {
        self.0.take().unwrap().ends()
    }

    /// Ends it as a container ends whose node fails: with all of its processes.
    fn kill(self) {
        self.signal("KILL");
        self.ends();
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Some(first) = self.first() {
            let _ended_already = command(&program("kill")).args(["-s", "KILL", &first.to_string()]).status();
        }
    }
}

/// A running server, as its container has started it.
struct Server<'a> {
    scene: &'a Scene,
    container: Container,
}

impl Server<'_> {
    fn psql(&self, words: &[&str]) -> Command {
        let mut psql = command(&clients().join("psql"));
        psql.env("PGHOST", self.scene.at("home")).env("PGPORT", self.scene.port.to_string()).env("PGUSER", "postgres");
        psql.env("PGDATABASE", self.scene.database.name).env("PGOPTIONS", "-c statement_timeout=0");
        psql.args(["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--quiet", "--tuples-only", "--no-align"]).args(words);
        psql
    }

    /// Runs statements as the administrator, each by itself.
    fn sql(&self, statements: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), statements).unwrap();
        must(&mut self.psql(&["--file", file.path().to_str().unwrap()]))
    }

    fn state(&self) -> String {
        self.sql(STATE)
    }

    fn stop(self) {
        self.container.signal("INT");
        self.container.ends().with(0, &[]);
    }
}

/// Compares two states by their lines.
#[track_caller]
fn same(found: &str, expected: &str) {
    let [only, missing] = [(found, expected), (expected, found)].map(|(one, other)| {
        let others: Vec<&str> = other.lines().collect();
        one.lines().filter(|line| !others.contains(line)).map(str::to_owned).collect::<Vec<_>>()
    });
    assert!(only.is_empty() && missing.is_empty(), "only here: {only:#?}\nmissing: {missing:#?}");
    assert!(!expected.is_empty());
}

/// The programs of a major version's server.
fn servers(major: u32) -> PathBuf {
    let folder = repository().join(format!("target/test-postgres/node_modules/postgres-{major}/native"));
    assert!(folder.join("linked").is_file(), "this test needs {}: run .ci/setup, which makes it", folder.display());
    folder.join("bin")
}

/// Debian's clients, which speak with each of the servers.
fn clients() -> PathBuf {
    program("postgres").canonicalize().unwrap().parent().unwrap().to_owned()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The state that pg_control has: 1 after a clean stop.
fn state_of(data: &Path) -> u8 {
    fs::read(data.join("global/pg_control")).unwrap()[16]
}
