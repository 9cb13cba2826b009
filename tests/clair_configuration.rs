//! `show clair-config`: what Clair's pods read, with a mask where a secret is, and the secrets themselves where they are asked
//! for; and its page of `docs/`, followed.

use crate::support::fleet::Ran;
use crate::support::page::{Computer, blocks};
use crate::support::{example, quay_render};
use std::fs;

fn shown(name: &str, more: &[&str]) -> Ran {
    Ran::of(quay_render().args(["show", "clair-config"]).arg(example(name)).args(more).output().unwrap())
}

#[test]
fn inline_secrets_are_masked_unless_they_are_asked_for() {
    let masked = shown("minimal", &[]).well().stdout;
    let connection = "host=my-registry-clair-postgres port=5432 dbname=postgres user=postgres password=";
    assert!(masked.contains(&format!("connstring: {connection}******** sslmode=disable\n")), "{masked}");
    assert!(masked.contains("    key: \"********\"\n") && masked.contains("log_level: info\n"), "{masked}");
    let open = shown("minimal", &["--reveal"]).well().stdout;
    let keys = fs::read_to_string(example("minimal").join("keys.yaml")).unwrap();
    let password = keys.lines().find_map(|line| line.trim().strip_prefix("CLAIR_DB_PASSWORD: ")).unwrap();
    let password = password.trim_matches('"');
    assert!(open.contains(&format!("{connection}{password} sslmode=disable")) && !open.contains("********"), "{open}");
    assert!(!masked.contains(password));
}

#[test]
fn what_is_joined_in_the_cluster_is_named_with_its_secret() {
    let ran = shown("referenced", &[]).well();
    for part in [
        "# indexer.connstring: key CLAIR_DB_PASSWORD of Secret registry-quay-secret-clair\n",
        "# auth.psk.key: key SECURITY_SCANNER_V4_PSK of Secret registry-quay-secret-clair\n",
        "  connstring: host=registry-clair-postgres port=5432 dbname=postgres user=postgres password=******** sslmode=disable\n",
    ] {
        assert!(ran.stdout.contains(part), "{part:?} is not in\n{}", ran.stdout);
    }
    let refused = shown("referenced", &["--reveal"]);
    assert_eq!(refused.code, 2);
    let command = "kubectl --namespace quay exec deployment/registry-clair-app -- cat /clair/config.yaml";
    assert!(refused.stderr.contains(command) && refused.stdout.is_empty(), "{}", refused.stderr);
}

#[test]
fn json_holds_the_same_and_an_unmanaged_clair_has_none() {
    let json = shown("release-3.18", &["--format", "json"]).well().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["http_listen_addr"], ":8080");
    assert!(json["matcher"]["connstring"].as_str().unwrap().contains("********"), "{json}");
    let refused = shown("unmanaged-clair", &[]);
    assert!(refused.code == 2 && refused.stderr.contains("clair is not managed"), "{}", refused.stderr);
    let misused = Ran::of(quay_render().args(["show", "config", "examples/minimal", "--reveal"]).output().unwrap());
    assert!(
        misused.code == 2 && misused.stderr.contains("--reveal goes with `show clair-config`"),
        "{}",
        misused.stderr
    );
}

/// kubectl notes what it is asked, and knows what the pods read.
const KUBECTL: &str = "echo \"$*\" >>~/../asked\ncase \"$*\" in *'exec deployment/my-registry-clair-app -- cat /clair/config.yaml') echo 'log_level: debug' ;; esac\n";

#[test]
fn the_page_is_followed_to_its_end() {
    let computer = Computer::with_registry(KUBECTL, "");
    let page = blocks("clair-configuration.md");
    assert_eq!(page.len(), 3);
    let calls = computer.run(&page[0].replace("clair-config my-registry", "clair-config my-registry > before.yaml"));
    assert_eq!(calls, ["0 show clair-config my-registry"]);
    let before = fs::read_to_string(computer.at("work/before.yaml")).unwrap();
    assert!(
        before.starts_with("# ") && before.contains("password=********") && before.contains("log_level: info\n"),
        "{before}"
    );
    let calls = computer.run(&page[1]);
    assert!(calls.len() == 2 && calls.iter().all(|call| call.starts_with("0 ")), "{calls:#?}");
    let after = fs::read_to_string(computer.at("work/clair.yaml")).unwrap();
    assert!(after.contains("log_level: debug\n") && after.contains("sets:\n"), "{after}");
    computer.run(&page[2]);
    assert_eq!(fs::read_to_string(computer.at("work/clair-live.yaml")).unwrap(), "log_level: debug\n");
    let asked = fs::read_to_string(computer.at("asked")).unwrap();
    assert!(asked.ends_with("-n quay exec deployment/my-registry-clair-app -- cat /clair/config.yaml\n"), "{asked}");
    // Where the page says that it is refused, the command of its last section is what is said.
    let calls = computer.run("quay-render show clair-config my-registry --reveal 2> refused");
    assert_eq!(calls, ["2 show clair-config my-registry --reveal"]);
    let refused = fs::read_to_string(computer.at("work/refused")).unwrap();
    assert!(refused.contains("exec deployment/my-registry-clair-app -- cat /clair/config.yaml"), "{refused}");
}
