//! The pods of both databases with a real PostgreSQL server, started as their image does it: first starts, volumes from
//! the operator, rotations, stops with a client connected, probes. `.ci/setup` installs the server.

use crate::support::image::Container;
use crate::support::process::must;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quay_render::{compile, input};
use serde_json::{Value as Json, json};
use std::fs;
use std::sync::LazyLock;

const DATABASES: [&str; 2] = ["my-registry-quay-database", "my-registry-clair-postgres"];

fn objects() -> &'static [Json] {
    static OBJECTS: LazyLock<Vec<Json>> = LazyLock::new(|| {
        let rendered = compile(&input::read("examples/minimal", None).unwrap()).registry.unwrap();
        rendered.objects.iter().map(|object| serde_json::to_value(&object.value).unwrap()).collect()
    });
    &OBJECTS
}

fn deployment(name: &str) -> &'static Json {
    objects().iter().find(|it| it["kind"] == "Deployment" && it["metadata"]["name"] == name).unwrap()
}

/// A value of the Secret in the output whose name has this prefix.
fn secret(name: &str, key: &str) -> String {
    let is_it = |it: &&Json| it["kind"] == "Secret" && it["metadata"]["name"].as_str().unwrap().starts_with(name);
    let found = objects().iter().filter(is_it).find_map(|it| it["data"][key].as_str()).unwrap();
    String::from_utf8(STANDARD.decode(found).unwrap()).unwrap()
}

fn container(name: &str) -> Container {
    Container::new(deployment(name), secret)
}

/// How the clients of a database connect: a URI, or a connection string.
fn target(name: &str) -> String {
    let [quay, clair] = ["my-registry-quay-config-secret", "my-registry-clair-config-secret"]
        .map(|name| serde_yaml::from_str::<Json>(&secret(name, "config.yaml")).unwrap());
    let told = if name == DATABASES[0] { &quay["DB_URI"] } else { &clair["indexer"]["connstring"] };
    told.as_str().unwrap().to_owned()
}

fn pre_stop(container: &Container) -> &Json {
    &container.spec["lifecycle"]["preStop"]["exec"]["command"]
}

#[test]
fn each_database_starts_at_its_first_try_and_takes_its_clients() {
    for name in DATABASES {
        let container = container(name);
        let _server = container.started();
        must(&mut container.client(&target(name), "CREATE TABLE kept (number integer)"));
    }
}

/// The operator uses the administrator's name for the user to create, so the first start fails and the second one
/// continues from there.
#[test]
fn a_volume_of_clairs_database_that_the_operator_left_goes_on_working() {
    let mut container = container(DATABASES[1]);
    let ours = container.variables.clone();
    let theirs = ["USER", "DATABASE", "PASSWORD", "ADMIN_PASSWORD"];
    container.variables.extend(theirs.map(|name| (format!("POSTGRESQL_{name}"), "postgres".to_owned())));
    container.start().ends().with(1, &["role \"postgres\" already exists"]);
    // With the container its server dies.
    let die = ["pg_ctl", "stop", "--pgdata", "/var/lib/pgsql/data/userdata", "--mode", "immediate"];
    container.exec(&json!(die)).ends().with(0, &[]);
    let old = "dbname=postgres user=postgres password=postgres";
    let server = container.started();
    must(&mut container.client(old, "CREATE TABLE kept (number integer)"));
    container.exec(pre_stop(&container)).ends().with(0, &[]);
    server.ends().with(0, &[]);

    container.variables = ours;
    let _server = container.started();
    must(&mut container.client(&target(DATABASES[1]), "SELECT * FROM kept"));
    assert!(!container.client(old, "").output().unwrap().status.success());
}

#[test]
fn a_rotated_password_counts_from_the_next_start_of_its_database() {
    for name in DATABASES {
        let mut container = container(name);
        let server = container.started();
        let old: Vec<String> = container.variables.values().cloned().collect();
        container.exec(pre_stop(&container)).ends().with(0, &[]);
        server.ends().with(0, &[]);
        let is_password = |name: &str| name.ends_with("PASSWORD");
        container.variables.iter_mut().filter(|(name, _)| is_password(name)).for_each(|(_, it)| it.push_str("-new"));
        let _server = container.started();
        let passwords = container.variables.iter().filter(|(name, _)| is_password(name)).map(|(_, it)| it);
        for new in passwords {
            let before = new.trim_end_matches("-new");
            assert!(old.iter().any(|it| it == before));
            let told = target(name);
            // The administrator's of the registry's database is told to no client.
            let told = if told.contains(before) { told } else { format!("user=postgres password={before}") };
            assert!(!container.client(&told, "").output().unwrap().status.success(), "{name}");
            must(&mut container.client(&told.replace(before, new), "SELECT 1"));
        }
    }
}

#[test]
fn a_stop_with_a_client_connected_leaves_nothing_to_recover() {
    for name in DATABASES {
        let container = container(name);
        for signalled_first in [false, true] {
            let mut server = container.started();
            let _client = container.idle_client();
            if signalled_first {
                // What a stop was without the hook: the server waits for its client.
                server.terminate();
                server.prints("received smart shutdown request");
                assert!(!container.is_open());
            }
            container.exec(pre_stop(&container)).ends().with(0, &[]);
            server.ends().with(0, &["received fast shutdown request", "database system is shut down"]);
        }
        let server = container.started();
        server.terminate();
        let ended = server.ends();
        ended.with(0, &["database system was shut down at"]);
        assert!(!ended.output.contains("recovery") && !ended.output.contains("interrupted"), "{}", ended.output);
        let spec = &deployment(name)["spec"]["template"]["spec"];
        let hook = pre_stop(&container).to_string();
        let timeout: u64 = hook.rsplit("--timeout ").next().unwrap().split('\\').next().unwrap().parse().unwrap();
        assert!(spec["terminationGracePeriodSeconds"].as_u64().unwrap() > timeout, "{name}");
    }
}

/// An interrupted first start would leave a server without its user, which no later start creates.
#[test]
fn a_stop_during_the_first_start_waits_until_all_is_made() {
    let container = container(DATABASES[0]);
    container.add_script("postgresql-init", "echo held; until [[ -e $HOME/go ]]; do sleep 0.05; done");
    let mut server = container.start();
    server.prints("held");
    let hook = container.exec(pre_stop(&container));
    // The kernel keeps this signal from a script that is the container's first process; here it would end the script.
    fs::write(container.file("go"), "").unwrap();
    hook.ends().with(0, &[]);
    server.ends().with(0, &["Starting server...", "database system is shut down"]);
    let _server = container.started();
    must(&mut container.client(&target(DATABASES[0]), "SELECT 1"));
}

#[test]
fn liveness_tells_a_server_that_hangs_from_one_that_is_busy() {
    for name in DATABASES {
        let mut container = container(name);
        container.variables.insert("POSTGRESQL_MAX_CONNECTIONS".to_owned(), "5".to_owned());
        let mut server = container.started();
        for probe in ["startupProbe", "livenessProbe"] {
            let probe = &container.spec[probe];
            let is_alive = || container.exec(&probe["exec"]["command"]).ends().code == Some(0);
            assert!(is_alive(), "{name}");
            server.signal("STOP");
            assert!(!is_alive(), "{name}: stopped");
            server.signal("CONT");
            assert!(is_alive(), "{name}: goes on");
            let command = probe["exec"]["command"].to_string();
            let own: u64 = command.split("--timeout ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
            assert!(probe["timeoutSeconds"].as_u64().unwrap() > own, "{name}");
        }
        let is_alive = || container.exec(&container.spec["livenessProbe"]["exec"]["command"]).ends().code == Some(0);
        let _clients: Vec<_> = (0..5).map(|_| container.idle_client()).collect();
        let full = container.client("user=postgres password=none", "").output().unwrap();
        assert!(String::from_utf8_lossy(&full.stderr).contains("too many clients"), "{full:?}");
        assert!(is_alive(), "{name}: no connection is left");
        server.terminate();
        server.prints("received smart shutdown request");
        assert!(is_alive(), "{name}: refuses clients, as in a recovery");
        server.signal("INT");
        server.ends().with(0, &[]);
        assert!(!is_alive(), "{name}: is gone");
    }
}
