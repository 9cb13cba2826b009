//! Backups and restores: the scripts of the pods with real PostgreSQL servers, a volume, and a server that plays S3.

mod alerts;
mod bucket;
mod claim;
mod database;
mod moved;
mod page;
mod restore;

use crate::support::postgres::{Postgres, ROOT_PASSWORD};
use crate::support::process::{Ended, Script, command, must, program, python, server_command, until};
use crate::support::repository;
use crate::support::wait::{component, fixture};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const DATABASE: &str = "registry-quay-database";
const PASSWORD: &str = "user-secret-4711";
const SECRET_KEY: &str = "12345678901234567890";
const PLACE: &str = "quay/registry/quay";

/// The Python with the client of S3, and the server.
fn storage_python() -> PathBuf {
    let path = repository().join("target/test-storage/bin/python");
    assert!(path.is_file(), "this test needs {}: run .ci/setup, which makes it", path.display());
    path
}

/// A database with tables of every kind that Quay has: an encrypted field, large rows, sequences of both sorts, an index of the
/// extension.
const TABLES: &str = "
    CREATE TABLE alembic_version (version_num text);
    INSERT INTO alembic_version VALUES ('0a1b2c3d4e05');
    CREATE TABLE tag (id serial PRIMARY KEY, name text);
    INSERT INTO tag (name) SELECT 'tag ' || n FROM generate_series(1, 2000) n;
    CREATE INDEX ON tag USING gin (name gin_trgm_ops);
    CREATE TABLE blob (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content bytea);
    INSERT INTO blob (content) SELECT decode(repeat(md5(n::text), 500), 'hex') FROM generate_series(1, 50) n;
    CREATE TABLE kind (id serial PRIMARY KEY, name text);
    INSERT INTO kind VALUES (1, 'image'), (2, 'application');
    CREATE TABLE \"odd name\" (\"a 'column'\" text);
    CREATE VIEW named AS SELECT name FROM tag";

/// What makes two databases the same to their user: rows, owners, extensions, and the next numbers.
const STATE: &str = "
    SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM tag t;
    SELECT md5(string_agg(b::text, ',' ORDER BY id)) FROM blob b;
    SELECT string_agg(version_num, ',') FROM alembic_version;
    SELECT string_agg(relname || ' of ' || relowner::regrole, ',' ORDER BY relname) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace;
    SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension;
    SELECT string_agg(sequencename || ' ' || last_value, ',' ORDER BY sequencename) FROM pg_sequences";

/// The name of a client in the server's view.
const CLIENT: &str = "a-client-of-the-test";

/// A client of a database; its session ends when it is dropped.
struct Client<'a> {
    child: Child,
    postgres: &'a Postgres,
}

impl Client<'_> {
    fn sessions(&self, condition: &str) -> String {
        let of_client = format!("FROM pg_stat_activity WHERE application_name = '{CLIENT}' {condition}");
        self.postgres.sql("postgres", &format!("SELECT count(*) {of_client}")).trim().to_owned()
    }

    /// Waits until its statement is under way.
    fn once_busy(self) -> Self {
        until("the client", || self.sessions("AND state = 'active' AND wait_event IS NOT NULL") == "1");
        self
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        let terminate =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{CLIENT}'");
        self.postgres.sql("postgres", &terminate);
        let _ended = self.child.wait();
        until("the end of the session", || self.sessions("") == "0");
    }
}

/// A registry with its database, its scripts, and what its pods mount.
struct Scene {
    postgres: Postgres,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { postgres: Postgres::running(), folder: tempfile::tempdir().unwrap() };
        fs::set_permissions(scene.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["scripts", "scratch", "connection", "backups"] {
            fs::create_dir(scene.at(folder)).unwrap();
            fs::set_permissions(scene.at(folder), fs::Permissions::from_mode(0o777)).unwrap();
        }
        for folder in ["backup/files", "quay/files"] {
            for script in fs::read_dir(component(folder)).unwrap().map(Result::unwrap) {
                fs::copy(script.path(), scene.at("scripts").join(script.file_name())).unwrap();
            }
        }
        scene.postgres.create("quay", PASSWORD, DATABASE);
        scene.postgres.sql(DATABASE, "CREATE EXTENSION pg_trgm");
        scene.as_user(TABLES);
        scene.has_config(PASSWORD, SECRET_KEY);
        scene
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Runs statements as the user that Quay has.
    fn as_user(&self, statements: &str) {
        self.postgres.sql(DATABASE, &format!("SET ROLE quay; {statements}"));
    }

    fn state(&self) -> String {
        self.postgres.sql(DATABASE, STATE)
    }

    fn has_config(&self, password: &str, secret_key: &str) {
        let port = self.postgres.port;
        let config = format!(
            "DB_URI: postgresql://quay:{password}@127.0.0.1:{port}/{DATABASE}\nDATABASE_SECRET_KEY: \"{secret_key}\"\n"
        );
        fs::write(self.at("config.yaml"), config).unwrap();
    }

    /// A client that is busy with a statement, as somebody who may do anything.
    fn client(&self, database: &str, statement: &str) -> Client<'_> {
        let mut psql = command(&program("psql"));
        psql.env("PGHOST", self.postgres.folder())
            .env("PGPORT", self.postgres.port.to_string())
            .env("PGUSER", "postgres");
        psql.env("PGAPPNAME", CLIENT).stderr(Stdio::null());
        let child = psql.args(["--quiet", "--dbname", database, "--command", statement]).spawn().unwrap();
        Client { child, postgres: &self.postgres }
    }

    /// One of the scripts in Python, with what must not be in its output.
    fn run_python(&self, python: &Path, script: &str, settings: impl FnOnce(&mut Command)) -> Script {
        let mut command = command(python);
        command.arg("-B").arg(self.at("scripts").join(script));
        settings(&mut command);
        Script::start(&mut command, &[PASSWORD, SECRET_KEY, ROOT_PASSWORD, "Traceback"])
    }

    fn connect(&self) -> Ended {
        let script = self.run_python(&python(), "connect.py", |command| {
            command.arg(self.at("connection")).arg("--config").arg(self.at("config.yaml"));
        });
        script.ends()
    }

    /// A script of the database's image, as the user that servers run as.
    fn bash(&self, script: &str, variables: &[(&str, &str)]) -> Script {
        let mut command = server_command(&program("bash"), &self.at("scripts"));
        let servers = program("postgres").parent().unwrap().display().to_string();
        command.env("PATH", format!("{servers}:{}", std::env::var("PATH").unwrap()));
        command
            .env("CONNECTION_FOLDER", self.at("connection"))
            .env("INTERVAL_SECONDS", "0.1")
            .env("TIMEOUT_SECONDS", "20");
        command.arg(self.at("scripts").join(script)).arg(self.at("scratch")).envs(variables.iter().copied());
        Script::start(&mut command, &[PASSWORD, ROOT_PASSWORD])
    }

    /// Each pod has a scratch volume of its own.
    fn clear_scratch(&self) {
        fs::read_dir(self.at("scratch")).unwrap().for_each(|file| fs::remove_file(file.unwrap().path()).unwrap());
    }

    fn dump(&self, variables: &[(&str, &str)]) -> Ended {
        self.clear_scratch();
        self.connect().with(0, &[]);
        self.bash("dump.sh", variables).ends()
    }

    fn paths(&self) -> [String; 4] {
        ["scratch", "backups", "config.yaml", "key"].map(|path| self.at(path).display().to_string())
    }

    /// Keeps the dump on the volume.
    fn keep(&self, more: &[&str]) -> Script {
        let [scratch, backups, config, _] = self.paths();
        let all =
            ["--scratch", &scratch, "--folder", &backups, "--config", &config, "--place", PLACE, "--release", "3.18.0"];
        let number = if more.contains(&"--number") { &[][..] } else { &["--number", "7"] };
        self.run_python(&storage_python(), "keep.py", |command| {
            command.args(all).args(number).args(more);
        })
    }

    /// Keeps the dump on the volume at a time, in seconds since 1970.
    fn keep_at(&self, seconds: u64, more: &[&str]) -> Ended {
        let [scratch, backups, config, _] = self.paths();
        let all =
            ["--scratch", &scratch, "--folder", &backups, "--config", &config, "--place", PLACE, "--release", "3.18.0"];
        let at = "import runpy, sys, time\nat = float(sys.argv[1])\ntime.time = lambda: at\nsys.argv = sys.argv[2:]\n\
                  sys.path.insert(0, sys.argv[0].rpartition('/')[0])\nrunpy.run_path(sys.argv[0], run_name='__main__')";
        let mut command = command(&storage_python());
        command.args(["-B", "-c", at, &seconds.to_string()]).arg(self.at("scripts/keep.py")).args(all).args(more);
        Script::start(&mut command, &["Traceback"]).ends()
    }

    /// A backup from beginning to end; its name.
    fn back_up(&self, more: &[&str]) -> String {
        self.dump(&[]).with(0, &["dumped 5 tables"]);
        let before = self.backups();
        self.keep(more).ends().with(0, &["is kept"]);
        self.backups().into_iter().find(|name| !before.contains(name)).unwrap()
    }

    /// The folders of backups, complete or not, in their order.
    fn backups(&self) -> Vec<String> {
        let folders = fs::read_dir(self.at("backups").join(PLACE)).into_iter().flatten();
        let mut names: Vec<String> = folders.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn backup(&self, name: &str, file: &str) -> PathBuf {
        self.at("backups").join(PLACE).join(name).join(file)
    }

    /// Fetches a backup from the volume.
    fn fetch(&self, name: &str) -> Ended {
        let [scratch, backups, config, key] = self.paths();
        self.clear_scratch();
        let versions = fixture().display().to_string();
        let all = ["--scratch", &scratch, "--folder", &backups, "--config", &config, "--place", PLACE, "--key", &key];
        let script = self.run_python(&storage_python(), "fetch.py", |command| {
            command.args(all).args(["--versions", &versions]).env("BACKUP", name);
        });
        script.ends()
    }

    /// Restores what was fetched, as the Job of a managed database does.
    fn restore(&self) -> Script {
        self.restore_with(&[])
    }

    fn restore_with(&self, more: &[(&str, &str)]) -> Script {
        let port = self.postgres.port.to_string();
        let administrator = [
            ("CONNECTION_FOLDER", "/none"),
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", port.as_str()),
            ("PGUSER", "postgres"),
            ("PGPASSWORD", ROOT_PASSWORD),
            ("DATABASE", DATABASE),
            ("OWNER", "quay"),
            ("INTO", "new"),
        ];
        self.bash("restore.sh", &[&administrator, more].concat())
    }

    fn databases(&self) -> Vec<String> {
        let names =
            self.postgres.sql("postgres", "SELECT datname FROM pg_database WHERE datname LIKE '%quay%' ORDER BY 1");
        names.lines().map(str::to_owned).collect()
    }

    /// A certificate and its key: `name`.crt, `name`.
    fn recipient(&self, name: &str) -> String {
        let certificate = self.at(&format!("{name}.crt"));
        must(
            command(&program("openssl"))
                .args([
                    "req",
                    "-x509",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-subj",
                    "/CN=backups",
                    "-days",
                    "2",
                    "-keyout",
                ])
                .arg(self.at(name))
                .arg("-out")
                .arg(&certificate),
        );
        certificate.display().to_string()
    }
}
