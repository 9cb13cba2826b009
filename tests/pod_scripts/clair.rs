//! Application and mirror wait for Clair, which Quay's check at start connects to.

use super::support::process::{Script, command, free_port, python};
use super::support::wait::component;
use std::fs;
use std::net::TcpListener;

fn wait(config: &str, timeout: &str) -> Script {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    fs::write(&path, config).unwrap();
    let mut command = command(&python());
    command.arg(component("quay/files/wait-for-clair.py")).arg("--config").arg(&path);
    let mut script = Script::start(command.args(["--interval", "0.05", "--timeout", timeout]), &[]);
    // Read by then.
    script.prints("wait-for-clair: ");
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
    wait(&config, "0.2").ends().with(1, &["error: not reached within 0 s: Connection refused; look at Clair's pods"]);
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
