//! Application and mirror wait for Redis and Clair, because Quay's check at start connects to them; Clair for its
//! database.

use crate::support::postgres::Postgres;
use crate::support::process::{Script, command, free_port, program, python};
use crate::support::wait::component;
use std::fs;
use std::net::TcpListener;

fn wait(config: &str, timeout: &str) -> Script {
    wait_for("clair", config, timeout)
}

fn wait_for(service: &str, config: &str, timeout: &str) -> Script {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    fs::write(&path, config).unwrap();
    let mut command = command(&python());
    command.arg("-B").arg(component("quay/files/wait-for-service.py")).arg(service).arg("--config").arg(&path);
    let mut script = Script::start(command.args(["--interval", "0.05", "--timeout", timeout]), &[]);
    // Read by then.
    script.prints("wait-for-service: ");
    script
}

fn endpoint(endpoint: &str) -> String {
    format!("FEATURE_SECURITY_SCANNER: true\nSECURITY_SCANNER_V4_ENDPOINT: {endpoint}\n")
}

#[test]
fn it_waits_until_clair_takes_connections() {
    let port = free_port();
    let mut script = wait(&endpoint(&format!("http://127.0.0.1:{port}")), "30");
    script.prints(&format!("waiting for 127.0.0.1:{port} (0 s): Connection refused"));
    let _clair = TcpListener::bind(("127.0.0.1", port)).unwrap();
    script.ends().with(0, &[&format!("Clair answers at 127.0.0.1:{port}: ready")]);
}

#[test]
fn it_ends_when_the_time_is_over_or_it_is_stopped() {
    let port = free_port();
    let config = endpoint(&format!("http://127.0.0.1:{port}"));
    wait(&config, "0.2")
        .ends()
        .with(1, &["error: not reached within 0 s: Connection refused; look at the pods of Clair"]);
    let script = wait(&config, "30");
    script.terminate();
    script.ends().with(143, &["stopped by signal 15"]);
    let nowhere = endpoint("http://no-such-host.invalid");
    wait(&nowhere, "0.2").ends().with(1, &["waiting for no-such-host.invalid:80", "error: not reached"]);
}

#[test]
fn it_waits_for_nothing_that_quay_does_not_look_for() {
    for config in
        ["A: 1\n", "FEATURE_SECURITY_SCANNER: true\n", &endpoint("http://127.0.0.1:1").replace("true", "false")]
    {
        wait(config, "30").ends().with(0, &["nothing to wait for"]);
    }
}

#[test]
fn a_broken_configuration_is_told_without_its_words() {
    let cases = [
        ("SECRET: hidden: twice\n", "is not valid YAML"),
        ("[]\n", "is not a map of fields"),
        (&endpoint("clair:80"), "SECURITY_SCANNER_V4_ENDPOINT is not a URL"),
        (&endpoint("http://clair:port"), "SECURITY_SCANNER_V4_ENDPOINT is not a URL"),
        (&endpoint("[80]"), "SECURITY_SCANNER_V4_ENDPOINT is not a URL"),
        (&endpoint("http://"), "SECURITY_SCANNER_V4_ENDPOINT names no host"),
    ];
    for (config, says) in cases {
        let ended = wait(config, "30").ends();
        ended.with(1, &["error: ", says]);
        assert!(!ended.output.contains("hidden") && !ended.output.contains("Traceback"), "{}", ended.output);
    }
}

fn redis(port: u16, second: &str) -> String {
    format!("BUILDLOGS_REDIS: {{host: 127.0.0.1, port: {port}}}\nUSER_EVENTS_REDIS: {second}\n")
}

#[test]
fn it_waits_until_every_redis_takes_connections() {
    let (first, second) = (free_port(), free_port());
    let _first = TcpListener::bind(("127.0.0.1", first)).unwrap();
    let mut script = wait_for("redis", &redis(first, &format!("{{host: 127.0.0.1, port: {second}}}")), "30");
    script.prints(&format!("Redis answers at 127.0.0.1:{first}: ready"));
    script.prints(&format!("waiting for 127.0.0.1:{second}"));
    let _second = TcpListener::bind(("127.0.0.1", second)).unwrap();
    script.ends().with(0, &[&format!("Redis answers at 127.0.0.1:{second}: ready")]);
    wait_for("redis", "A: 1\n", "30").ends().with(0, &["config.yaml has no Redis in use: nothing to wait for"]);
    let port = free_port();
    let once = wait_for("redis", &redis(port, &format!("{{host: 127.0.0.1, port: {port}}}")), "0.2").ends();
    once.with(1, &["error: not reached within 0 s: Connection refused; look at the pods of Redis"]);
    for (broken, says) in [
        ("hidden", "USER_EVENTS_REDIS names no host"),
        ("{password: hidden}", "USER_EVENTS_REDIS names no host"),
        ("{host: h, port: hidden}", "the port of USER_EVENTS_REDIS is not a number"),
    ] {
        let ended = wait_for("redis", &redis(port, broken), "30").ends();
        ended.with(1, &["error: ", says]);
        assert!(!ended.output.contains("hidden"), "{}", ended.output);
    }
}

fn wait_for_database(port: u16, timeout: &str) -> Script {
    let mut command = command(&program("bash"));
    command.arg(component("clair/files/wait-for-database.sh"));
    // Debian keeps the programs of the server outside of PATH.
    let bin = program("pg_isready").parent().unwrap().to_owned();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env("PGHOST", "127.0.0.1").env("PGPORT", port.to_string());
    command.env("TIMEOUT_SECONDS", timeout).env("INTERVAL_SECONDS", "0.1");
    Script::start(&mut command, &[])
}

#[test]
fn clair_waits_until_its_database_takes_connections() {
    let mut postgres = Postgres::prepared();
    let mut script = wait_for_database(postgres.port, "30");
    script.prints("waiting (0 s): 127.0.0.1:");
    postgres.start();
    script.ends().with(0, &["accepting connections: ready"]);
    postgres.stop();
    wait_for_database(postgres.port, "0").ends().with(1, &["error: not ready within 0 s: 127.0.0.1:", "no response"]);
    let mut script = wait_for_database(postgres.port, "30");
    script.prints("waiting");
    script.terminate();
    script.ends().with(143, &["stopped"]);
}
