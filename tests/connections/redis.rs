//! A Redis that takes nobody without TLS and a password.

use super::authority::Authority;
use super::place::{Registry, inputs, refused};
use crate::support::process::{Script, command, free_port, program, until};
use crate::support::process::{must, python, python_with_redis};
use crate::support::redis::Redis;
use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
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

/// The programs of an image: those of Redis' own image, and those of sclorg's, whose start reads the variable.
const IMAGES: [&[(&str, &str)]; 2] = [
    &[("docker-entrypoint.sh", "exec \"$@\"")],
    &[
        ("container-entrypoint", "exec \"$@\""),
        ("run-redis", "echo \"requirepass $REDIS_PASSWORD\" > %/redis.conf; exec redis-server %/redis.conf"),
    ],
];

#[test]
fn the_managed_redis_takes_nobody_without_its_password_in_either_image() {
    for (mode, image) in ["inline", "referenced"].iter().flat_map(|mode| IMAGES.map(|image| (mode, image))) {
        let edits = [
            ("mode: inline", format!("mode: {mode}")),
            ("spec:\n  release", "spec:\n  redisPassword: true\n  release".to_owned()),
            ("  DIGEST_KEY:", format!("  REDIS_PASSWORD: {PASSWORD}\n  DIGEST_KEY:")),
        ];
        let edits: Vec<(&str, &str)> = edits.iter().map(|(old, new)| (*old, new.as_str())).collect();
        let config = b"DB_URI: postgresql://quay:x@db.example.com/quay\n".to_vec();
        let registry = Registry::new(&inputs("unmanaged-postgres", &edits, &[("config.yaml", config)]));

        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let root = folder.path().display();
        let server = program("redis-server");
        let own = format!(
            "echo $$ > {root}/pid; exec {} \"$@\" --port {port} --bind 127.0.0.1 --dir {root} --save ''",
            server.display()
        );
        for (name, script) in image.iter().copied().chain([("redis-server", own.as_str())]) {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{}\n", script.replace('%', &root.to_string()))).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        }
        let place = registry.container("quay-redis", "redis-master");
        assert_eq!(place.secret("REDIS_PASSWORD").as_deref(), Some(PASSWORD));
        let mut start = command(&program("sh"));
        start.args(&place.words[1..]).env("REDIS_PASSWORD", PASSWORD).env("PATH", format!("{root}:/usr/bin:/bin"));
        let _server = Script::start(&mut start, &[]);
        until("the start of Redis", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
        let line = fs::read_to_string(format!("/proc/{}/cmdline", pid.trim())).unwrap();
        assert!(line.contains("redis-server") && !line.contains(PASSWORD), "{line}");

        let place = registry.container("quay-app", "quay-app");
        let path = place.path("conf/stack/config.yaml");
        let told = fs::read_to_string(&path).unwrap().replace("registry-quay-redis", "localhost");
        let told = told.replace("6379", &port.to_string());
        for (config, is_let_in) in [(told.clone(), true), (told.replace(PASSWORD, "another"), false)] {
            fs::write(&path, config).unwrap();
            for field in FIELDS {
                let client = &mut place.client(&["redis", field]);
                match is_let_in {
                    true => assert_eq!(must(client).trim(), "1", "{mode}"),
                    false => assert!(refused(client).contains("WRONGPASS"), "{mode}"),
                }
            }
        }
    }
}

#[test]
fn a_password_is_for_the_managed_redis_alone_and_made_when_it_is_asked_for() {
    let edits = [("spec:\n  release", "spec:\n  redisPassword: true\n  release")];
    let config = config("port: 6379, password: x");
    let compiled = quay_render::compile(&inputs("unmanaged-redis", &edits, &[("config.yaml", config)]));
    let said: String = compiled.diagnostics.iter().map(|problem| format!("{problem}\n")).collect();
    assert!(said.contains("spec.redisPassword: is not used: redis is not managed"), "{said}");
    for asked in [false, true] {
        let registry = crate::support::registry::Registry::given("minimal");
        if asked {
            registry.edit("my-registry/render-config.yaml", "spec:\n", "spec:\n  redisPassword: true\n");
            let said = registry.says(&["build", "my-registry", "--out", "out"], 1);
            assert!(said.contains("REDIS_PASSWORD (the password of Redis)"), "{said}");
        }
        registry.succeed(&["keys", "my-registry"]);
        assert_eq!(registry.read("my-registry/keys.yaml").contains("REDIS_PASSWORD"), asked);
        registry.succeed(&["build", "my-registry", "--out", "out"]);
    }
}
