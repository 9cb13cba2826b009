//! Quay calls Clair by https: with what both find in their pods they reach each other, and with anything else Quay refuses.

use super::authority::Authority;
use super::place::{Place, Registry, inputs, refused};
use crate::support::process::{Script, command, free_port, must, python};
use crate::support::repository;
use quay_render::input::Inputs;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const HOST: &str = "registry-clair-app.quay.svc.cluster.local";
const REDIS: &str = "{host: redis.example.com, port: 6379, password: x}";
const SECRET: &str = "registry-clair-tls";
const CERT: &str = "clair-ssl.crt";

/// A registry of a release whose Clair has these settings of `tls`, with files of the bundle.
fn given(mode: &str, release: &str, tls: &str, files: &[(&str, Vec<u8>)]) -> Inputs {
    let edits = [
        ("mode: inline", format!("mode: {mode}")),
        ("release: \"3.5\"", format!("release: \"{release}\"\n  clair:\n    tls: {tls}")),
    ];
    let edits: Vec<(&str, &str)> = edits.iter().map(|(old, new)| (*old, new.as_str())).collect();
    let config = format!("BUILDLOGS_REDIS: {REDIS}\nUSER_EVENTS_REDIS: {REDIS}\n").into_bytes();
    let files: Vec<_> = files.iter().cloned().chain([("config.yaml", config)]).collect();
    inputs("unmanaged-redis", &edits, &files)
}

/// A CA with a pair for a host.
fn authority(host: &str) -> Authority {
    let authority = Authority::new();
    authority.issue("clair", host);
    authority
}

fn pair(authority: &Authority) -> [(&'static str, Vec<u8>); 2] {
    [(CERT, authority.read("clair.crt")), ("clair-ssl.key", authority.read("clair.key"))]
}

/// What it is compiled to, in a cluster where a CA fills Clair's Secret as cert-manager does, and OpenShift has this service CA.
fn registry(inputs: &Inputs, authority: &Authority, of_cluster: &Authority) -> Registry {
    let read = |file| authority.read(file);
    let entries = [("tls.crt", read("clair.crt")), ("tls.key", read("clair.key")), ("ca.crt", read("ca.crt"))];
    let known = [("service-ca.crt", of_cluster.read("ca.crt"))];
    Registry::new(inputs).with("Secret", SECRET, &entries).with("ConfigMap", "registry-cluster-service-ca", &known)
}

/// What a CA looks like in a field `caBundle`, as part of a map in one line.
fn bundle(authority: &Authority) -> String {
    let pem = String::from_utf8(authority.read("ca.crt")).unwrap();
    format!("caBundle: \"{}\"", pem.replace('\n', "\\n"))
}

fn program(words: &[&str]) -> Command {
    let mut command = command(&python());
    command.arg(repository().join("tests/connections/clair.py")).args(words);
    command
}

/// A Clair that serves what its pod has, and the folder of Quay's configuration in the pod that calls it.
struct Met {
    _clair: (Script, Place),
    port: String,
    quay: Place,
}

impl Met {
    fn new(registry: &Registry, caller: &str) -> Self {
        let clair = registry.container("clair-app", "clair-app");
        let mode = fs::metadata(clair.path("clair/clair-ssl.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o004, 0o004, "Clair runs as another user than what joins its files: {mode:o}");
        let port = free_port().to_string();
        let config = clair.path("clair/config.yaml");
        let mut server = Script::start(&mut program(&["serve", config.to_str().unwrap(), &port]), &[]);
        server.prints("serving");
        Self { _clair: (server, clair), port, quay: registry.container(caller, caller) }
    }

    fn call(&self) -> Command {
        program(&["call", self.quay.path("conf/stack").to_str().unwrap(), HOST, &self.port])
    }
}

#[test]
fn quay_and_mirror_trust_the_clair_that_they_meet_wherever_its_certificate_is_from() {
    let authority = authority(HOST);
    let told = bundle(&authority);
    let in_chain = [authority.read("clair.crt"), authority.read("ca.crt")].concat();
    let [cert, key] = pair(&authority);
    let beside = ("extra_ca_cert_own.crt", authority.read("ca.crt"));
    let issuer = "certManager: {issuer: {name: own}}";
    for (tls, files) in [
        ("{from: pair}".to_owned(), vec![(CERT, in_chain), key.clone()]),
        ("{from: pair}".to_owned(), vec![cert.clone(), key.clone(), beside.clone()]),
        (format!("{{from: pair, {told}}}"), vec![cert, key]),
        (format!("{{from: secret, name: {SECRET}, caKey: ca.crt}}"), vec![]),
        (format!("{{from: secret, name: {SECRET}, {told}}}"), vec![]),
        (format!("{{from: secret, name: {SECRET}}}"), vec![beside]),
        (format!("{{from: certManager, caKey: ca.crt, {issuer}}}"), vec![]),
        ("{from: serviceCA}".to_owned(), vec![]),
    ] {
        for (mode, release, callers) in
            [("inline", "3.18", ["quay-app", "quay-mirror"].as_slice()), ("referenced", "3.7", &["quay-app"])]
        {
            let registry = registry(&given(mode, release, &tls, &files), &authority, &authority);
            for caller in callers {
                let met = Met::new(&registry, caller);
                assert_eq!(must(&mut met.call()).trim(), "Clair", "{mode} {release} {caller} {tls}");
            }
        }
    }
}

#[test]
fn any_other_clair_is_refused() {
    let (foreign, elsewhere) = (authority(HOST), authority("registry-clair-app"));
    let tls = |authority: &Authority| format!("{{from: secret, name: {SECRET}, {}}}", bundle(authority));
    for (case, trusted, served, reason) in [
        ("another CA", &elsewhere, &foreign, "CERTIFICATE_VERIFY_FAILED"),
        ("another host", &elsewhere, &elsewhere, "Hostname mismatch"),
    ] {
        let registry = registry(&given("referenced", "3.18", &tls(trusted), &[]), served, trusted);
        let said = refused(&mut Met::new(&registry, "quay-app").call());
        assert!(said.contains(reason), "{case}: {said}");
    }
}
