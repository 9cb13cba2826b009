//! The migration runs while no pod of another release can use the database.

use super::{NEWEST, OLDEST, create_alembic_table, postgres_wait, quay_database, set_revisions};
use crate::support::mariadb::MariaDb;
use crate::support::postgres::Postgres;
use crate::support::process::{Script, command, must, program, python};
use crate::support::wait::{PASSWORD, Wait, component, fixture};
use serde_json::json;
use std::fs;
use std::path::Path;

const TOKEN: &str = "token-of-the-account";
const OLD: &str = "quay.io/quay:old";
const NEW: &str = "quay.io/quay:new";

/// The API of a cluster, and the account of a pod in it.
struct Api {
    folder: tempfile::TempDir,
    server: Script,
    port: String,
}

impl Api {
    fn with(pods: &[(&str, &str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        must(
            command(&program("openssl"))
                .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=api", "-days", "2"])
                .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
                .arg(at("key"))
                .arg("-out")
                .arg(at("ca.crt")),
        );
        fs::write(at("token"), format!("{TOKEN}\n")).unwrap();
        fs::write(at("namespace"), "quay").unwrap();
        let mut server = command(&python());
        server.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pod_scripts/api.py"));
        server.args([at("ca.crt"), at("key"), at("pods")]).arg(TOKEN);
        let mut server = Script::start(&mut server, &[]);
        server.prints("port ");
        server.prints(".\n");
        let port = server.text().trim().trim_start_matches("port ").trim_end_matches('.').to_owned();
        let api = Self { folder, server, port };
        api.has(pods);
        api
    }

    /// Sets the pods: name, container, image, phase.
    fn has(&self, pods: &[(&str, &str, &str, &str)]) {
        let pod = |(name, container, image, phase): &(&str, &str, &str, &str)| {
            let containers = [json!({"name": "sidecar", "image": "other"}), json!({"name": container, "image": image})];
            json!({"metadata": {"name": name}, "spec": {"containers": containers}, "status": {"phase": phase}})
        };
        let list = json!({"items": pods.iter().map(pod).collect::<Vec<_>>()});
        fs::write(self.folder.path().join("next"), list.to_string()).unwrap();
        fs::rename(self.folder.path().join("next"), self.folder.path().join("pods")).unwrap();
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.terminate();
    }
}

const MIGRATION: (&str, &str, &str, &str) = ("migration-1", "quay-app-upgrade", NEW, "Running");
const WAITING: (&str, &str, &str, &str) = ("app-new", "quay-app", NEW, "Pending");
const SERVING: (&str, &str, &str, &str) = ("app-old", "quay-app", OLD, "Running");
const COPYING: (&str, &str, &str, &str) = ("mirror-old", "quay-mirror", OLD, "Pending");

/// Starts the migration in the pod `migration-1`; what it runs says so, and ends with status 7 at a signal.
fn migrate(wait: &Wait, api: Option<&Api>, timeout: &str, then: &str) -> Script {
    let mut command = command(&python());
    command.arg("-B").arg(component("quay/files/migrate.py")).args(["--registry", "registry"]);
    command.arg("--config").arg(wait.folder.path().join("config.yaml")).arg("--versions").arg(fixture());
    command.args(["--interval", "0.05", "--timeout", timeout]).args(&wait.more);
    if let Some(api) = api {
        command.env("KUBERNETES_SERVICE_HOST", "127.0.0.1").env("KUBERNETES_SERVICE_PORT", &api.port);
        command.env("HOSTNAME", "migration-1").env("HTTPS_PROXY", "http://127.0.0.1:1");
        command.arg("--account").arg(api.folder.path());
    }
    command.args(["--", "bash", "-c", &format!("echo migrating; {then}")]);
    let secrets = wait.secrets.iter().map(String::as_str).chain([TOKEN, "Traceback"]).collect::<Vec<_>>();
    Script::start(&mut command, &secrets)
}

/// Revisions of an image whose newest is [`OLDEST`].
fn old_versions() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("revision = '{OLDEST}'\ndown_revision = None\n");
    fs::write(folder.path().join("oldest.py"), text).unwrap();
    folder
}

fn at_the_oldest() -> Postgres {
    let postgres = quay_database();
    create_alembic_table(&postgres);
    set_revisions(&postgres, &[OLDEST]);
    postgres
}

#[test]
fn it_waits_for_the_pods_of_another_release_and_lets_none_start_after_it() {
    let postgres = at_the_oldest();
    let versions = old_versions();
    let old = postgres_wait(&postgres).with_versions(versions.path());
    old.run("schema").with(0, &["ready"]);

    let api = Api::with(&[MIGRATION, WAITING, SERVING, COPYING]);
    let wait = postgres_wait(&postgres);
    let mut script = migrate(&wait, Some(&api), "30", "sleep 3600 & wait");
    script.prints("waiting: app-old and mirror-old of another release must end first; where the commit that pauses");
    script.prints("kubectl -n quay scale deployment registry-quay-app registry-quay-mirror --replicas=0");
    // What runs may start again meanwhile.
    old.run("schema").with(0, &["ready"]);
    // A pod that has ended and one that waits for this migration are in nobody's way.
    api.has(&[MIGRATION, WAITING, ("app-old", "quay-app", OLD, "Succeeded"), ("x", "quay-app", OLD, "Failed")]);
    script.prints("migrate: this migration has the lock\n");
    script.prints("migrate: no pod of another release uses the database\nmigrating");
    old.waits("schema", "a migration of the database runs");
    set_revisions(&postgres, &[NEWEST]);
    postgres_wait(&postgres).waits("schema", "a migration of the database runs");
    script.terminate();
    script.ends().with(143, &["stopped by signal 15"]);
    postgres_wait(&postgres).run("schema").with(0, &["ready"]);
    old.waits("schema", "the schema is at 0a1b2c3d4e05, which this image does not know");
}

#[test]
fn one_migration_runs_at_a_time() {
    let postgres = at_the_oldest();
    let api = Api::with(&[MIGRATION]);
    let wait = postgres_wait(&postgres);
    let mut first = migrate(&wait, Some(&api), "30", "read -r _ <&2 2>/dev/null; sleep 3600 & wait");
    first.prints("migrating");
    let mut second = migrate(&wait, Some(&api), "30", "exit 9");
    second.prints("waiting: another migration of this database runs");
    set_revisions(&postgres, &[NEWEST]);
    first.terminate();
    first.ends().with(143, &[]);
    second.ends().with(9, &["there is nothing to migrate\nmigrating"]);
}

#[test]
fn a_new_database_is_migrated_and_a_migrated_one_needs_nothing_but_the_command() {
    let postgres = quay_database();
    let wait = postgres_wait(&postgres);
    let api = Api::with(&[MIGRATION, WAITING]);
    migrate(&wait, Some(&api), "30", "exit 5").ends().with(5, &["the schema is at no revision", "migrating"]);
    create_alembic_table(&postgres);
    set_revisions(&postgres, &[NEWEST]);
    migrate(&wait, None, "30", "exit 0").ends().with(0, &["there is nothing to migrate\nmigrating"]);
}

/// Else it would make tables in a database that is to be replaced.
#[test]
fn nothing_is_migrated_before_the_database_is_restored() {
    let postgres = quay_database();
    let wait = postgres_wait(&postgres).restored_from("old-server");
    let api = Api::with(&[MIGRATION]);
    let mut script = migrate(&wait, Some(&api), "30", "exit 5");
    script.prints("waiting: the database has not been restored from old-server yet");
    // A database with a session is not renamed.
    postgres.sql("postgres", "ALTER DATABASE quay RENAME TO quay_before_1");
    postgres.sql("postgres", "CREATE DATABASE quay OWNER quay");
    postgres.sql("postgres", "ALTER DATABASE quay SET quay_render.restored_from = 'old-server'");
    let ended = script.ends();
    assert!(ended.output.contains("the database was restored from old-server\n"), "{ended:?}");
    ended.with(5, &["the schema is at no revision", "migrating"]);
}

#[test]
fn the_schema_of_a_newer_release_is_left_alone() {
    let postgres = at_the_oldest();
    set_revisions(&postgres, &["ffffffffffff"]);
    let ended = migrate(&postgres_wait(&postgres), None, "30", "").ends();
    assert!(!ended.output.contains("migrating"), "{ended:?}");
    ended.with(1, &["error: the schema is at ffffffffffff, which this image does not know"]);
}

#[test]
fn nothing_is_migrated_where_the_pods_are_not_known() {
    let postgres = at_the_oldest();
    let wait = postgres_wait(&postgres);
    let api = Api::with(&[WAITING]);
    let says = |api: Option<&Api>, text: &str| {
        let ended = migrate(&wait, api, "1", "").ends();
        assert!(!ended.output.contains("migrating\n"), "{ended:?}");
        ended.with(1, &["error: not ready after 1 s: ", text]);
    };
    says(Some(&api), "the cluster's API does not list this pod");
    fs::write(api.folder.path().join("pods"), "[").unwrap();
    says(Some(&api), "the cluster's API cannot be asked for the registry's pods");
    fs::write(api.folder.path().join("token"), "another").unwrap();
    says(Some(&api), "does not let this pod's account list pods: the Role registry-quay-app-upgrade does");
    says(None, "the cluster's API cannot be asked for the registry's pods");
}

#[test]
fn mariadb_has_the_same_lock() {
    let mariadb = MariaDb::running();
    mariadb.sql(&format!(
        "CREATE DATABASE quay; CREATE USER quay@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON quay.* TO \
         quay@'127.0.0.1'; USE quay; {}; INSERT INTO alembic_version VALUES ('{OLDEST}')",
        super::ALEMBIC_TABLE
    ));
    let wait = Wait::uri("mysql+pymysql", mariadb.port, PASSWORD, "quay");
    let versions = old_versions();
    let old = Wait::uri("mysql+pymysql", mariadb.port, PASSWORD, "quay").with_versions(versions.path());
    let api = Api::with(&[MIGRATION, SERVING]);
    let mut script = migrate(&wait, Some(&api), "30", "sleep 3600 & wait");
    script.prints("waiting: app-old of another release must end first");
    api.has(&[MIGRATION]);
    script.prints("migrating");
    old.waits("schema", "a migration of the database runs");
    script.terminate();
    script.ends().with(143, &[]);
    old.run("schema").with(0, &["ready"]);
}
