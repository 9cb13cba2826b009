//! What pods are given is in the output or in the contract, and nothing in the contract is for nobody.

use crate::{edited, examples, read, referenced, rendered};
use quay_render::contract::{Made, plain::made_here};
use quay_render::input::Inputs;
use quay_render::object::{Object, Value};
use quay_render::{Rendered, compile};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Secrets with their keys.
type Secrets = BTreeMap<String, BTreeSet<String>>;

/// What a pod asks the kubelet for.
#[derive(Default)]
struct Asked {
    /// Secrets and ConfigMaps that are mounted.
    mounted: BTreeSet<(&'static str, String)>,
    /// Keys of Secrets that are variables.
    variables: BTreeSet<(String, String)>,
}

impl Asked {
    fn of(objects: &[Object]) -> Self {
        let mut asked = Self::default();
        for object in objects.iter().filter(|it| ["Deployment", "Job"].contains(&it.kind())) {
            asked.walk(object.value.at(&["spec", "template", "spec"]).unwrap());
        }
        asked
    }

    fn walk(&mut self, value: &Value) {
        match value {
            Value::Seq(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Map(map) => {
                for (name, value) in map.iter() {
                    let text = |name: &str| value.at(&[name]).and_then(Value::as_str).map(str::to_owned);
                    match name {
                        "secret" => _ = self.mounted.insert(("Secret", text("secretName").or(text("name")).unwrap())),
                        "configMap" => _ = self.mounted.insert(("ConfigMap", text("name").unwrap())),
                        "secretKeyRef" => _ = self.variables.insert((text("name").unwrap(), text("key").unwrap())),
                        "configMapKeyRef" | "configMapRef" | "secretRef" => panic!("{name} is not looked at"),
                        _ => self.walk(value),
                    }
                }
            }
            _ => {}
        }
    }
}

fn contract(rendered: &Rendered) -> Secrets {
    let mut secrets = Secrets::new();
    for wanted in &rendered.contract.secrets {
        let keys = wanted.entries.iter().map(|entry| entry.key.clone());
        secrets.entry(wanted.name.clone()).or_default().extend(keys);
    }
    secrets
}

/// The keys that init containers read, by the Secrets that their folders are of.
fn joined(rendered: &Rendered) -> Secrets {
    let mut secrets = Secrets::new();
    for late in rendered.contract.quay.iter().chain(&rendered.contract.clair) {
        let files = late.join.files.iter();
        let from = files.flat_map(|file| file.values.iter().map(|value| &value.from).chain([&file.from]));
        let mut folders = BTreeSet::new();
        for from in from {
            let (folder, key) = from.split_once('/').unwrap();
            let piece = late.pieces.iter().find(|piece| piece.folder == folder).unwrap();
            folders.insert(folder);
            if piece.is_secret {
                secrets.entry(piece.object.clone()).or_default().insert(key.to_owned());
            }
        }
        // None is mounted for nothing: a pod would wait for it.
        assert_eq!(folders, late.pieces.iter().map(|piece| piece.folder.as_str()).collect());
    }
    secrets
}

/// Names of the user's own, and files that are left to a Secret.
fn renamed(example: &str) -> Inputs {
    edited(read(example), |text| {
        text.replace(
            "mode: inline",
            "mode: referenced
    names:
      keys: {name: all-of-quay, keys: {SECRET_KEY: session.key}}
      database: {name: all-of-quay, keys: {DB_PASSWORD: user}}
      tls: {name: pair, keys: {ssl.cert: tls.crt, ssl.key: tls.key}}
    files:
      ldap.crt: {name: directory, key: ca.crt}
      favicon.ico: {name: directory, key: icon}",
        )
    })
}

/// Every example with its secrets left to the cluster, and some with names of the user's own.
fn everything() -> Vec<(String, Rendered)> {
    let plain = examples().into_iter().map(|name| (name.clone(), referenced(read(&name))));
    let own = ["minimal", "kubernetes", "unmanaged-redis"].map(|name| (format!("{name}, renamed"), renamed(name)));
    let given = ["referenced"].map(|name| (name.to_owned(), read(name)));
    plain.chain(own).chain(given).map(|(name, inputs)| (name, rendered(compile(&inputs)))).collect()
}

#[test]
fn what_pods_ask_for_is_in_the_output_or_in_the_contract() {
    for (name, rendered) in everything() {
        let contract = contract(&rendered);
        let asked = Asked::of(&rendered.objects);
        let made: Vec<(&str, &str)> = rendered.objects.iter().map(|it| (it.kind(), it.name())).collect();
        // A Secret may hold the CA that a controller wants to read there.
        assert!(rendered.objects.iter().all(|it| !it.is_confidential()), "{name}");
        let claim = format!("{}-quay-datastore", rendered.resolved.name);
        for (kind, object) in &asked.mounted {
            let is_made = made.contains(&(*kind, object.as_str()));
            let is_claimed = *object == claim && made.contains(&("ObjectBucketClaim", claim.as_str()));
            let is_wanted = *kind == "Secret" && contract.contains_key(object);
            assert!(is_made || is_claimed || is_wanted, "{name}: nothing makes {kind} {object}");
        }
        let mut used = joined(&rendered);
        for (secret, keys) in &used {
            assert!(asked.mounted.contains(&("Secret", secret.clone())), "{name}: {secret} is not mounted");
            assert!(keys.is_subset(&contract[secret]), "{name}: {secret}: {keys:?}");
        }
        for (secret, key) in &asked.variables {
            assert!(contract.get(secret).is_some_and(|keys| keys.contains(key)), "{name}: {secret}: {key}");
            used.entry(secret.clone()).or_default().insert(key.clone());
        }
        assert_eq!(used, contract, "{name}: asked of somebody and read by nobody");
    }
}

/// What `show secrets --make` does to kubectl: Secrets and keys, with the values that are literal.
fn made(name: &str, inputs: &Path) -> (Secrets, Vec<String>) {
    let shown = Command::new(env!("CARGO_BIN_EXE_quay-render"))
        .args(["show", "secrets", "--make"])
        .arg(inputs)
        .output()
        .unwrap();
    assert!(shown.status.success(), "{name}: {}", String::from_utf8_lossy(&shown.stderr));
    let folder = tempfile::tempdir().unwrap();
    let program = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/bash\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let log = folder.path().join("log");
    program("kubectl", &format!("printf '%s\\0' \"$@\" >> {0}; printf '\\1' >> {0}", log.display()));
    program("openssl", "[ \"$1 $2\" = 'rand -hex' ] && printf '%0*d' $((2 * $3)) 7");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let script = folder.path().join("script");
    fs::write(&script, &shown.stdout).unwrap();
    let ran =
        Command::new("bash").arg("-eu").arg(&script).env("PATH", path).current_dir(folder.path()).output().unwrap();
    assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
    let log = fs::read_to_string(&log).unwrap();
    let (mut secrets, mut literals) = (Secrets::new(), Vec::new());
    for call in log.split_terminator('\u{1}') {
        let words: Vec<&str> = call.split_terminator('\0').collect();
        let ["create", "secret", "generic", secret, "--namespace", "quay", entries @ ..] = words.as_slice() else {
            panic!("{name}: {words:?}")
        };
        let entries = match entries {
            ["--type", "kubernetes.io/tls", entries @ ..] => entries,
            entries => entries,
        };
        let mut keys = BTreeSet::new();
        for entry in entries {
            let (option, key, value) = match entry.splitn(3, '=').collect::<Vec<_>>()[..] {
                [option, key, value] => (option, key, value),
                _ => panic!("{name}: {entry}"),
            };
            assert!(keys.insert(key.to_owned()), "{name}: {secret} has {key} twice");
            match option {
                "--from-literal" => literals.push(format!("{secret}/{key}={}", value.len())),
                "--from-file" => assert!(value.starts_with("FILE_WITH_"), "{name}: {entry}"),
                _ => panic!("{name}: {entry}"),
            }
        }
        // kubectl makes no Secret a second time.
        assert!(secrets.insert((*secret).to_owned(), keys).is_none(), "{name}: {secret} is made twice");
    }
    (secrets, literals)
}

#[test]
fn the_commands_make_what_the_contract_asks_for() {
    let renamed_folder = tempfile::tempdir().unwrap();
    for source in renamed("minimal").sources {
        let name = Path::new(&source.name).file_name().unwrap().to_owned();
        fs::write(renamed_folder.path().join(name), source.bytes).unwrap();
    }
    let cases = [
        ("referenced", Path::new("examples/referenced"), read("referenced")),
        ("external", Path::new("examples/external"), read("external")),
        ("minimal, renamed", renamed_folder.path(), renamed("minimal")),
    ];
    for (name, path, inputs) in cases {
        let rendered = rendered(compile(&inputs));
        let (found, literals) = made(name, path);
        let mut wanted = contract(&rendered);
        wanted.remove(&format!("{}-quay-datastore", rendered.resolved.name));
        assert_eq!(found, wanted, "{name}");
        let mut random: Vec<String> = made_here(&rendered.contract)
            .flat_map(|(_, wanted)| wanted.entries.iter().map(move |entry| (wanted, entry)))
            .filter_map(|(wanted, entry)| match entry.made {
                // Two characters for each byte, and never fewer than 128 bits.
                Made::Random(length) => Some(format!("{}/{}={}", wanted.name, entry.key, length.max(32))),
                _ => None,
            })
            .collect();
        let mut literals = literals;
        literals.sort();
        random.sort();
        assert_eq!(literals, random, "{name}");
        assert!(literals.len() >= 3, "{name}");
    }
}
