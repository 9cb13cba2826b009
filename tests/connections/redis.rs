//! A Redis that takes nobody without TLS and a password.

use super::authority::Authority;
use super::place::{Registry, inputs, refused};
use crate::support::process::{must, python, python_with_redis};
use crate::support::redis::Redis;
use std::path::PathBuf;

const PASSWORD: &str = "redis-secret-4711";
const FIELDS: [&str; 2] = ["BUILDLOGS_REDIS", "USER_EVENTS_REDIS"];

/// Releases, each with the client that its Quay has.
fn clients() -> [(&'static str, PathBuf); 4] {
    [("3.5", python_with_redis("3.3")), ("3.6", python()), ("3.16", python()), ("3.18", python_with_redis("7"))]
}

/// Both fields with the same members.
fn config(members: &str) -> Vec<u8> {
    FIELDS.map(|field| format!("{field}: {{host: localhost, {members}}}\n")).concat().into_bytes()
}

fn registry(mode: &str, release: &str, files: &[(&str, Vec<u8>)]) -> Registry {
    let edits = [("mode: inline", format!("mode: {mode}")), ("release: \"3.5\"", format!("release: \"{release}\""))];
    let edits: Vec<(&str, &str)> = edits.iter().map(|(old, new)| (*old, new.as_str())).collect();
    Registry::new(&inputs("unmanaged-redis", &edits, files))
}

fn server(authority: &Authority, clients: &str) -> Redis {
    authority.issue("server", "localhost").issue("client", "quay");
    let paths = ["ca.crt", "server.crt", "server.key"].map(|file| authority.path(file));
    Redis::with_tls(PASSWORD, paths.each_ref().map(PathBuf::as_path), clients)
}

#[test]
fn the_client_of_each_release_comes_in_with_a_ca_of_the_bundle() {
    let authority = Authority::new();
    let redis = server(&authority, "optional");
    for path in ["conf/stack/redis.pem", "conf/stack/extra_ca_certs/redis.pem"] {
        let key = if path.contains("extra") { "extra_ca_cert_redis.pem" } else { "redis.pem" };
        let members = format!("port: {}, password: {PASSWORD}, ssl: true, ssl_ca_certs: {path}", redis.port);
        for (mode, (release, python)) in ["inline", "referenced"].iter().flat_map(|mode| clients().map(|it| (mode, it)))
        {
            let files = [("config.yaml", config(&members)), (key, authority.read("ca.crt"))];
            let place = registry(mode, release, &files).container("quay-app", "quay-app");
            for field in FIELDS {
                assert_eq!(
                    must(&mut place.client_of(&python, &["redis", field])).trim(),
                    "1",
                    "{mode} {release} {path}"
                );
            }
        }
    }
}

#[test]
fn a_server_that_wants_certificates_gets_that_of_the_bundle() {
    let authority = Authority::new();
    let redis = server(&authority, "yes");
    let members = format!(
        "port: {}, password: {PASSWORD}, ssl: true, ssl_ca_certs: conf/stack/redis.pem, ssl_certfile: conf/stack/redis.crt, \
         ssl_keyfile: conf/stack/redis.key",
        redis.port
    );
    for (mode, (release, python)) in ["inline", "referenced"].iter().flat_map(|mode| clients().map(|it| (mode, it))) {
        let files = [
            ("config.yaml", config(&members)),
            ("redis.pem", authority.read("ca.crt")),
            ("redis.crt", authority.read("client.crt")),
            ("redis.key", authority.read("client.key")),
        ];
        let place = registry(mode, release, &files).container("quay-app", "quay-app");
        assert_eq!(must(&mut place.client_of(&python, &["redis", FIELDS[0]])).trim(), "1", "{mode} {release}");
    }
}

#[test]
fn any_other_way_is_refused() {
    let (authority, foreign) = (Authority::new(), Authority::new());
    let redis = server(&authority, "optional");
    let tls = format!("port: {}, ssl: true, ssl_ca_certs: conf/stack/redis.pem", redis.port);
    let cases = [
        ("plain", format!("port: {}, password: {PASSWORD}", redis.port), &authority),
        ("no password", tls.clone(), &authority),
        ("another password", format!("{tls}, password: another-secret"), &authority),
        ("another CA", format!("{tls}, password: {PASSWORD}"), &foreign),
    ];
    for ((case, members, trusted), (release, python)) in cases.iter().flat_map(|case| clients().map(|it| (case, it))) {
        let files = [("config.yaml", config(members)), ("redis.pem", trusted.read("ca.crt"))];
        let place = registry("referenced", release, &files).container("quay-app", "quay-app");
        let said = refused(&mut place.client_of(&python, &["redis", FIELDS[0]]));
        let reasons = match *case {
            "plain" => ["Connection closed", "Connection reset"].as_slice(),
            "another CA" => &["CERTIFICATE_VERIFY_FAILED"],
            _ => &["NOAUTH", "Authentication required", "WRONGPASS", "invalid password", "invalid username-password"],
        };
        assert!(reasons.iter().any(|reason| said.contains(reason)), "{case} {release}: {said}");
    }
}
