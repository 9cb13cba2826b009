//! The probes of the application's pod, as the kubelet makes them: against nginx with the certificate of the pod, and
//! with the answers that Quay gives behind it, with the configuration of the pod and a real database.

use super::cluster::{World, text};
use super::nginx::Container;
use super::registry::Registry;
use crate::support::examples::rendered;
use crate::support::postgres::Postgres;
use crate::support::process::{Script, command, free_port, must, program, python, until};
use crate::support::repository;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;

/// A pod of the application: nginx, and what it passes requests on to.
struct Pod {
    container: Container,
    workers: Option<Script>,
    _folder: tempfile::TempDir,
}

impl Pod {
    /// The pod of a registry with this database.
    fn start(registry: &Registry<'_>, database: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let container = Container::in_front_of(registry, port);
        let config = String::from_utf8(registry.file("config.yaml").unwrap().clone()).unwrap();
        let config: String =
            config.lines().filter(|line| !line.starts_with("DB_URI:")).map(|l| format!("{l}\n")).collect();
        let uri = format!("DB_URI: postgresql://quay:example@127.0.0.1:{database}/quay\n");
        let path = folder.path().join("config.yaml");
        fs::write(&path, config + &uri).unwrap();
        let mut stub = command(&python());
        stub.arg(repository().join("tests/access/data/quay.py")).arg(port.to_string()).arg(&path);
        stub.arg(format!("8080={}", container.port(8080)));
        if registry.serves_tls() {
            stub.arg(format!("8443={}", container.port(8443)));
        }
        let workers = Script::start(&mut stub, &[]);
        until("the workers", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { container, workers: Some(workers), _folder: folder }
    }

    /// The result of a probe for the kubelet: any certificate is valid, no redirect is followed, 200 to 399 is a
    /// success.
    fn answers(&self, probe: &Json) -> String {
        let get = &probe["httpGet"];
        let port = self.container.port(get["port"].as_u64().unwrap_or_default());
        let scheme = text(&get["scheme"]).to_lowercase();
        let mut curl = command(&program("curl"));
        curl.args(["-sSk", "--noproxy", "*", "--max-time", "30", "-o", "/dev/null", "-w", "%{http_code}"]);
        must(curl.arg(format!("{scheme}://127.0.0.1:{port}{}", text(&get["path"]))))
    }
}

#[test]
fn a_pod_is_ready_when_quay_and_its_database_are_well_and_only_then() {
    let mut database = Postgres::running();
    database.create("quay", "example", "quay");
    let worlds: Vec<World> = rendered().iter().map(|name| World::of(name)).collect();
    let pods: Vec<(&World, Pod, &Json)> = worlds
        .iter()
        .map(|world| {
            let registry = Registry::of(world);
            let deployment = world.kind("Deployment").find(|it| text(&it["metadata"]["name"]).ends_with("-quay-app"));
            let container = &deployment.unwrap()["spec"]["template"]["spec"]["containers"][0];
            (world, Pod::start(&registry, database.port), container)
        })
        .collect();
    let expect = |when: &str, startup: &str, readiness: &str, pods: &[(&World, Pod, &Json)]| {
        for (world, pod, container) in pods {
            let found = ["startupProbe", "readinessProbe"].map(|probe| pod.answers(&container[probe]));
            assert_eq!(found, [startup, readiness], "{} {when}", world.name);
            // An outage of what is outside the pod restarts nothing.
            assert!(container["livenessProbe"].is_null(), "{}", world.name);
        }
    };
    expect("with everything well", "200", "200", &pods);
    database.stop();
    expect("without its database", "200", "503", &pods);
    database.start();
    expect("with its database back", "200", "200", &pods);
    let mut pods = pods;
    pods.iter_mut().for_each(|(_, pod, _)| drop(pod.workers.take()));
    expect("while its workers start", "502", "502", &pods);
}

/// Quay calls itself at the address in config.yaml. If a setting of the user's, or a certificate for another name,
/// makes it call the port that redirects, another path is probed.
#[test]
fn the_probe_follows_from_where_quay_looks_for_itself() {
    let asked = |name: &str| {
        let world = World::of(name);
        let deployment = world.kind("Deployment").find(|it| text(&it["metadata"]["name"]).ends_with("-quay-app"));
        let container = &deployment.unwrap()["spec"]["template"]["spec"]["containers"][0];
        text(&container["readinessProbe"]["httpGet"]["path"]).to_owned()
    };
    assert_eq!(asked("kubernetes"), "/health/instance");
    assert_eq!(asked("access-route-edge"), "/health/instance");
    assert_eq!(asked("access-route-reencrypt-service-ca"), "/health/endtoend");
}

/// No client is sent to a port for tokens that only redirects.
#[test]
fn every_registry_is_told_its_scheme() {
    let schemes: BTreeSet<(bool, String)> = rendered()
        .iter()
        .map(|name| {
            let world = World::of(name);
            let registry = Registry::of(&world);
            let config = String::from_utf8(registry.file("config.yaml").unwrap().clone()).unwrap();
            let line = config
                .lines()
                .find(|line| line.starts_with("\"PREFERRED_URL_SCHEME\"") || line.starts_with("PREFERRED_URL_SCHEME"));
            assert!(line.is_some(), "{name}");
            (registry.is_https, line.unwrap().split(": ").nth(1).unwrap().trim_matches('"').to_owned())
        })
        .collect();
    assert_eq!(schemes, BTreeSet::from([(true, "https".to_owned()), (false, "http".to_owned())]));
}
