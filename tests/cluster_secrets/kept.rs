//! The keys of an existing registry are the user's, and nobody makes others in their place.

use super::{edited, read, rendered};
use quay_render::cluster_secrets::Made;
use quay_render::compile;
use quay_render::diagnostic::{Severity, codes};
use quay_render::input::Inputs;

const KEPT: [&str; 2] = ["SECRET_KEY", "DATABASE_SECRET_KEY"];
const VALUE: &str = "0123456789012345678901234567890123456789";

fn input(mode: &str, config: &str, has_keys: bool) -> Inputs {
    let mut inputs = edited(read("all-unmanaged"), |text| text.replace("mode: inline", &format!("mode: {mode}")));
    inputs.sources.retain(|source| has_keys || !source.name.ends_with("keys.yaml"));
    let bundle = inputs.bundle.as_mut().unwrap();
    let file = bundle.files.iter_mut().find(|file| file.0 == "config.yaml").unwrap();
    file.1.bytes.extend_from_slice(config.as_bytes());
    inputs
}

#[test]
fn keys_that_the_input_has_are_the_users_and_a_note_says_so() {
    let external = "external\n    external: {store: {kind: ClusterSecretStore, name: vault}}";
    for mode in ["referenced", external] {
        for (config, has_keys, given) in [
            (String::new(), false, &[][..]),
            (String::new(), true, &KEPT[..]),
            (format!("SECRET_KEY: {VALUE}\nDATABASE_SECRET_KEY: {VALUE}\n"), false, &KEPT[..]),
            (format!("DATABASE_SECRET_KEY: {VALUE}\n"), false, &KEPT[1..]),
            ("DATABASE_SECRET_KEY: ${KEY}\n".to_owned(), false, &KEPT[1..]),
        ] {
            let compiled = compile(&input(mode, &config, has_keys));
            let notes: Vec<String> = compiled
                .diagnostics
                .iter()
                .filter(|it| it.code == codes::KEYS_KEPT)
                .map(|it| {
                    assert_eq!(it.severity, Severity::Note);
                    format!("{} {}", it.message, it.hint.as_deref().unwrap())
                })
                .collect();
            let rendered = rendered(compiled);
            for name in KEPT {
                let wanted = rendered
                    .cluster_secrets
                    .secrets
                    .iter()
                    .find(|wanted| wanted.id.as_deref() == Some("keys"))
                    .unwrap();
                let made = wanted.entries.iter().find(|entry| entry.id == name).unwrap().made;
                assert_eq!(made == Made::Given, given.contains(&name), "{mode}: {config}: {name}");
            }
            assert_eq!(notes.len(), usize::from(!given.is_empty()), "{mode}: {config}");
            for (name, note) in given.iter().flat_map(|name| notes.iter().map(move |note| (name, note))) {
                assert!(note.contains(name) && note.contains("registry-quay-secret-keys"), "{note}");
                assert!(!note.contains(VALUE), "{note}");
            }
        }
    }
}

/// A key that is named in another Secret is required only there.
#[test]
fn a_key_in_a_secret_of_the_users_own_is_asked_for_there_alone() {
    let config = "DATABASE_SECRET_KEY: {fromSecret: {name: theirs, key: k}}\n";
    let compiled = compile(&input("referenced", config, false));
    assert!(compiled.diagnostics.iter().all(|it| it.code != codes::KEYS_KEPT));
    let cluster_secrets = rendered(compiled).cluster_secrets;
    assert!(cluster_secrets.find("keys", "SECRET_KEY").is_some());
    assert!(cluster_secrets.find("keys", "DATABASE_SECRET_KEY").is_none());
    assert!(cluster_secrets.secrets.iter().any(|wanted| wanted.name == "theirs"));
}
