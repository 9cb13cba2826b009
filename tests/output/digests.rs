//! Digests of secrets, and outputs and keys files from before there was a DIGEST_KEY.

use crate::support::files;
use crate::support::output::{LOCK, LockKey};
use crate::support::registry::Registry;
use quay_render::{compile, input, output};
use std::collections::BTreeSet;
use std::fs;

const BUILD: [&str; 4] = ["build", "my-registry", "--out", "deploy"];
const FORMER: [&str; 3] = ["SECRET_KEY", "DATABASE_SECRET_KEY", "CONFIG_EDITOR_PW"];

/// The digests and hashes of an output that everybody can read.
fn shown(registry: &Registry) -> BTreeSet<String> {
    let lock: serde_json::Value = serde_json::from_str(&registry.read(&format!("deploy/{LOCK}"))).unwrap();
    let entries = lock["files"].as_object().unwrap().values().map(|entry| entry.as_str().unwrap().to_owned());
    let keyed = entries.filter(|entry| !entry.starts_with("sha256:"));
    let pods = registry.read("deploy/quay/deployment-registry-quay-app.yaml");
    let names = pods.lines().filter_map(|line| line.split_once("secretName: ")).map(|(_, name)| name.to_owned());
    let shown: BTreeSet<String> = keyed.chain(names).collect();
    assert!(shown.len() > 2, "{shown:?}");
    shown
}

fn drop_digest_key(registry: &Registry) {
    let keys = registry.at("my-registry/keys.yaml");
    fs::write(&keys, files::without_key(&fs::read_to_string(&keys).unwrap(), "DIGEST_KEY")).unwrap();
}

/// An output as earlier releases wrote it: the lock's digests with passwords as keys, and the names without a key.
fn earlier() -> Registry {
    let registry = Registry::given("own-keys");
    drop_digest_key(&registry);
    let inputs = input::read(registry.at("my-registry").to_str().unwrap(), None).unwrap_or_else(|_| panic!("no input"));
    let rendered = compile(&inputs).registry.unwrap();
    let parts: Vec<&[u8]> = FORMER.iter().filter_map(|name| rendered.model.keys.get(name)).map(str::as_bytes).collect();
    assert_eq!(parts.len(), 1, "two of them are in config.yaml");
    output::write(&registry.at("deploy"), &rendered.files(), Some(&LockKey::derive(&parts)), false).unwrap();
    assert!(registry.read(&format!("deploy/{LOCK}")).contains("hmac-sha256:"));
    registry
}

/// If two of the keys are in config.yaml, only a short password is left in the keys file: whoever reads the output
/// could guess it, and compute the digests that it is the key of.
#[test]
fn a_guessed_password_tells_nothing_of_what_is_digested() {
    let registry = Registry::given("own-keys");
    registry.edit("my-registry/keys.yaml", &registry.key("CONFIG_EDITOR_PW"), "telephone");
    registry.succeed(&BUILD);
    let committed = shown(&registry);
    // What the guess gives, with the secrets as they are.
    fs::remove_dir_all(registry.at("deploy")).unwrap();
    drop_digest_key(&registry);
    let inputs = input::read(registry.at("my-registry").to_str().unwrap(), None).unwrap_or_else(|_| panic!("no input"));
    let files = compile(&inputs).registry.unwrap().files();
    output::write(&registry.at("deploy"), &files, Some(&LockKey::derive(&[b"telephone"])), false).unwrap();
    let guessed = shown(&registry);
    assert_eq!(committed.intersection(&guessed).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(committed.len(), guessed.len());
}

#[test]
fn an_earlier_output_goes_on_with_and_without_the_new_key() {
    for with_key in [false, true] {
        let registry = earlier();
        registry.edit("my-registry/config-bundle/config.yaml", "[admin]", "[another]");
        if with_key {
            assert!(registry.succeed(&["keys", "my-registry"]).contains("made DIGEST_KEY;"));
        }
        let said = registry.succeed(&[&BUILD[..], &["-v"]].concat());
        assert_eq!(said.contains("note[digest-key-missing]"), !with_key, "{said}");
        let lock = registry.read(&format!("deploy/{LOCK}"));
        assert_eq!((lock.contains("hmac-sha256:"), lock.contains(": \"secret\"")), (with_key, !with_key), "{lock}");
        registry.succeed(&[&BUILD[..], &["--check"]].concat());
    }
}

#[test]
fn without_the_key_a_changed_secret_counts_as_edited_until_the_key_is_made() {
    let registry = Registry::given("own-keys");
    drop_digest_key(&registry);
    registry.succeed(&BUILD);
    registry.edit("my-registry/config-bundle/config.yaml", "[admin]", "[another]");
    let said = registry.says(&BUILD, 1);
    assert!(said.contains("error[output-edited]") && said.contains("--force") && said.contains("DIGEST_KEY"), "{said}");
    assert!(registry.says(&[&BUILD[..], &["--check"]].concat(), 1).contains("edited  quay/secret-"));
    // With the key the names change too, so once more nobody can tell; then every later change passes.
    registry.succeed(&["keys", "my-registry"]);
    registry.says(&BUILD, 1);
    registry.succeed(&[&BUILD[..], &["--force"]].concat());
    registry.edit("my-registry/config-bundle/config.yaml", "[another]", "[admin]");
    registry.succeed(&BUILD);
    // An edit is told again.
    let path = "deploy/quay/secret-registry-quay-config-secret.yaml";
    registry.edit(path, "kind: Secret", "kind:  Secret");
    assert!(registry.says(&BUILD, 1).contains("error[output-edited]"));
}

#[test]
fn a_password_may_change_without_the_digests_of_the_rest() {
    let registry = Registry::given("own-keys");
    registry.succeed(&BUILD);
    for name in ["CONFIG_EDITOR_PW", "DB_ROOT_PW"] {
        registry.edit("my-registry/keys.yaml", &registry.key(name), "0123456789abcdef");
        registry.succeed(&BUILD);
    }
}

#[test]
fn a_key_that_was_typed_is_refused_and_not_shown() {
    let registry = Registry::given("own-keys");
    for typed in ["hunter2", "changemechangemechangemechangemechangeme"] {
        registry.edit("my-registry/keys.yaml", &registry.key("DIGEST_KEY"), typed);
        for arguments in [&BUILD[..], &["keys", "my-registry"], &["validate", "my-registry"]] {
            let said = registry.says(arguments, 1);
            assert!(
                said.contains("error[keys-value]") && said.contains("DIGEST_KEY") && !said.contains(typed),
                "{said}"
            );
        }
    }
    assert!(!registry.at("deploy").exists());
}
