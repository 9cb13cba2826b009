//! Pods read only what is in the output or in the required Secrets, and everything in the latter is read.

use super::{edited, examples, read, referenced, rendered};
use quay_render::cluster_secrets::{Made, plain::made_here};
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

/// What a pod needs from the kubelet.
#[derive(Default)]
struct Asked {
    /// Secrets and ConfigMaps that are mounted.
    mounted: BTreeSet<(&'static str, String)>,
    /// Keys of Secrets in environment variables.
    variables: BTreeSet<(String, String)>,
}

impl Asked {
    fn of(objects: &[Object]) -> Self {
        let mut asked = Self::default();
        for object in objects.iter().filter(|it| ["Deployment", "Job", "CronJob"].contains(&it.kind())) {
            asked.walk(object.pod().unwrap());
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
                        // A pod starts without it.
                        "secret" if value.at(&["optional"]) == Some(&Value::Bool(true)) => {}
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

fn cluster_secrets(rendered: &Rendered) -> Secrets {
    let mut secrets = Secrets::new();
    for wanted in &rendered.cluster_secrets.secrets {
        let keys = wanted.entries.iter().map(|entry| entry.key.clone());
        secrets.entry(wanted.name.clone()).or_default().extend(keys);
    }
    secrets
}

/// The keys that init containers read, by the Secrets in their folders.
fn joined(rendered: &Rendered) -> Secrets {
    let mut secrets = Secrets::new();
    for late in rendered.cluster_secrets.quay.iter().chain(&rendered.cluster_secrets.clair) {
        let files = late.join.files.iter();
        let from = files.flat_map(|file| file.values.iter().map(|value| &value.from).chain([&file.from]));
        let mut folders = BTreeSet::new();
        for from in from {
            let (folder, key) = from.split_once('/').unwrap();
            let piece = late.sources.iter().find(|piece| piece.folder == folder).unwrap();
            folders.insert(folder);
            if piece.is_secret {
                secrets.entry(piece.object.clone()).or_default().insert(key.to_owned());
            }
        }
        // None is mounted for nothing: a pod would wait for it.
        assert_eq!(folders, late.sources.iter().map(|piece| piece.folder.as_str()).collect());
    }
    secrets
}

/// An input with the user's own names, and files that are left to a Secret.
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

/// Every example with its secrets left to the cluster, and some with the user's own names.
fn everything() -> Vec<(String, Rendered)> {
    let plain = examples().into_iter().map(|name| (name.clone(), referenced(read(&name))));
    let own = ["minimal", "kubernetes", "unmanaged-redis"].map(|name| (format!("{name}, renamed"), renamed(name)));
    let given = ["referenced"].map(|name| (name.to_owned(), read(name)));
    plain.chain(own).chain(given).map(|(name, inputs)| (name, rendered(compile(&inputs)))).collect()
}

#[test]
fn what_pods_ask_for_is_in_the_output_or_in_the_contract() {
    for (name, rendered) in everything() {
        assert_all_is_there(&name, &rendered);
    }
}

/// Fails if pods need something that nobody makes, or a required Secret has something that no pod reads.
pub fn assert_all_is_there(name: &str, rendered: &Rendered) {
    let cluster_secrets = cluster_secrets(rendered);
    let asked = Asked::of(&rendered.objects);
    let made: Vec<(&str, &str)> = rendered.objects.iter().map(|it| (it.kind(), it.name())).collect();
    // A Secret may hold the CA that a controller wants to read there.
    assert!(rendered.objects.iter().all(|it| !it.is_confidential()), "{name}");
    let claim = format!("{}-quay-datastore", rendered.resolved.name);
    for (kind, object) in &asked.mounted {
        let is_made = made.contains(&(*kind, object.as_str()));
        let is_claimed = *object == claim && made.contains(&("ObjectBucketClaim", claim.as_str()));
        let is_wanted = *kind == "Secret" && cluster_secrets.contains_key(object);
        assert!(is_made || is_claimed || is_wanted, "{name}: nothing makes {kind} {object}");
    }
    let mut used = joined(rendered);
    for (secret, keys) in &used {
        assert!(asked.mounted.contains(&("Secret", secret.clone())), "{name}: {secret} is not mounted");
        assert!(keys.is_subset(&cluster_secrets[secret]), "{name}: {secret}: {keys:?}");
    }
    for (secret, key) in &asked.variables {
        assert!(cluster_secrets.get(secret).is_some_and(|keys| keys.contains(key)), "{name}: {secret}: {key}");
        used.entry(secret.clone()).or_default().insert(key.clone());
    }
    // The operator reads all of the bundle.
    for object in rendered.objects.iter().filter(|it| it.kind() == "QuayRegistry") {
        let bundle = object.value.str_at(&["spec", "configBundleSecret"]);
        used.extend(cluster_secrets.get(bundle).map(|keys| (bundle.to_owned(), keys.clone())));
    }
    assert_eq!(used, cluster_secrets, "{name}: asked of somebody and read by nobody");
}

/// The result of a script of `show secrets --make`.
struct Ran {
    /// The Secrets and keys that kubectl was to create.
    secrets: Secrets,
    /// The items of the store, each with the properties that it was to get.
    stored: Secrets,
    /// The content of the files for random values, by `<Secret>/<key>`.
    values: BTreeMap<String, String>,
    /// Whether the script succeeded.
    succeeded: bool,
    /// Every command line of every program that it ran.
    command_lines: String,
    /// How many files are left in the folder of temporary files.
    left: usize,
}

/// A stand-in that records its arguments and keeps the files that it gets; the user fills in those that do not exist.
const KUBECTL: &str = r#"#!/bin/bash
[[ $* == 'get namespace quay' ]] && exit 1
[[ $* == 'create namespace quay' ]] && { touch "$NOTES/namespace"; exit; }
[[ -e $NOTES/namespace ]] || exit 4
[[ $4 == "${REFUSED:-}" ]] && { echo "error: secrets \"$4\" already exists" >&2; exit 1; }
printf '%s\0' "$@" >>"$NOTES/log"; printf '\1' >>"$NOTES/log"
for word; do
  [[ $word == --from-file=*=/* ]] || continue
  word=${word#--from-file=}
  [[ $(stat -c %a "${word#*=}") == 600 ]] || exit 3
  mkdir -p "$NOTES/values/$4" && cp "${word#*=}" "$NOTES/values/$4/${word%%=*}"
done
"#;

/// One that records what it is to store, out of files that only their owner can read.
const VAULT: &str = r#"#!/bin/bash
[[ "$1 $2 $3 $4" == 'kv put -mount=secret -cas=0' ]] || exit 3
printf '%s\0' "${@:5}" >>"$NOTES/stored"; printf '\1' >>"$NOTES/stored"
for word in "${@:6}"; do
  [[ $word == *=@FILE_WITH_* || $(stat -c %a "${word#*=@}") == 600 && -s ${word#*=@} ]] || exit 3
done
"#;

/// Runs the script as users do, in `shell`. `refused` is a Secret that exists already; without `openssl`, a program of
/// that name makes nothing.
fn run_commands(script: &[u8], shell: &str, refused: &str, openssl: bool) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let program = |name: &str, text: &str| {
        fs::write(at("programs").join(name), text).unwrap();
        fs::set_permissions(at("programs").join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    ["programs", "tmp", "notes"].iter().for_each(|name| fs::create_dir(at(name)).unwrap());
    program("kubectl", KUBECTL);
    program("vault", VAULT);
    if !openssl {
        program("openssl", "#!/bin/sh\nexit 1\n");
    }
    fs::write(at("script"), script).unwrap();
    let ran = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=execve", "-s", "100000", "-o"])
        .args([at("calls"), shell.into(), at("script")])
        .env("PATH", format!("{}:{}", at("programs").display(), std::env::var("PATH").unwrap()))
        .envs([("TMPDIR", at("tmp")), ("NOTES", at("notes")), ("REFUSED", refused.into())])
        .current_dir(folder.path())
        .output()
        .expect("this test needs strace: run .ci/setup");
    let log = fs::read_to_string(at("notes/log")).unwrap_or_default();
    let (mut secrets, mut values) = (Secrets::new(), BTreeMap::new());
    for call in log.split_terminator('\u{1}') {
        let words: Vec<&str> = call.split_terminator('\0').collect();
        let ["create", "secret", "generic", secret, "--namespace", "quay", entries @ ..] = words.as_slice() else {
            panic!("{words:?}")
        };
        let entries = match entries {
            ["--type", "kubernetes.io/tls", entries @ ..] => entries,
            entries => entries,
        };
        let mut keys = BTreeSet::new();
        for entry in entries {
            let (key, file) = entry.strip_prefix("--from-file=").and_then(|entry| entry.split_once('=')).unwrap();
            assert!(keys.insert(key.to_owned()), "{secret} has {key} twice");
            match fs::read_to_string(at("notes/values").join(secret).join(key)) {
                Ok(value) => _ = values.insert(format!("{secret}/{key}"), value),
                Err(_) => assert!(file.starts_with("FILE_WITH_"), "{secret}: {entry}"),
            }
        }
        // kubectl makes no Secret a second time.
        assert!(secrets.insert((*secret).to_owned(), keys).is_none(), "{secret} is made twice");
    }
    let mut stored = Secrets::new();
    for call in fs::read_to_string(at("notes/stored")).unwrap_or_default().split_terminator('\u{1}') {
        let (item, rest) = call.split_once('\0').unwrap();
        let properties = rest.split_terminator('\0').map(|word| word.split_once("=@").unwrap().0.to_owned());
        assert!(stored.insert(item.to_owned(), properties.collect()).is_none(), "{item} is written twice");
    }
    let command_lines = fs::read_to_string(at("calls")).unwrap();
    let left = fs::read_dir(at("tmp")).unwrap().count();
    Ran { secrets, stored, values, succeeded: ran.status.success(), command_lines, left }
}

fn commands(inputs: &Path) -> Vec<u8> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let shown = program.args(["show", "secrets", "--make"]).arg(inputs).output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    shown.stdout
}

#[test]
fn the_commands_make_what_the_contract_asks_for_and_show_no_value() {
    let renamed_folder = tempfile::tempdir().unwrap();
    for source in renamed("minimal").sources {
        let name = Path::new(&source.name).file_name().unwrap().to_owned();
        fs::write(renamed_folder.path().join(name), source.bytes).unwrap();
    }
    let cases = [
        ("referenced", Path::new("examples/referenced"), read("referenced"), "bash"),
        ("minimal, renamed", renamed_folder.path(), renamed("minimal"), "sh"),
    ];
    for (name, path, inputs, shell) in cases {
        let rendered = rendered(compile(&inputs));
        let ran = run_commands(&commands(path), shell, "", true);
        assert!(ran.succeeded && ran.left == 0, "{name}: {} files left", ran.left);
        let mut wanted = cluster_secrets(&rendered);
        wanted.remove(&format!("{}-quay-datastore", rendered.resolved.name));
        assert_eq!(ran.secrets, wanted, "{name}");
        let random: BTreeMap<String, usize> = made_here(&rendered.cluster_secrets)
            .flat_map(|(_, wanted)| wanted.entries.iter().map(move |entry| (wanted, entry)))
            .filter_map(|(wanted, entry)| match entry.made {
                // Two characters for each byte, and never fewer than 128 bits.
                Made::Random(length) => Some((format!("{}/{}", wanted.name, entry.key), length.max(32))),
                _ => None,
            })
            .collect();
        let lengths: BTreeMap<String, usize> =
            ran.values.iter().map(|(place, value)| (place.clone(), value.len())).collect();
        assert_eq!(lengths, random, "{name}");
        assert!(lengths.len() >= 3, "{name}");
        let distinct: BTreeSet<&String> = ran.values.values().collect();
        assert_eq!(distinct.len(), ran.values.len(), "{name}");
        assert!(ran.command_lines.contains("from-file=SECRET_KEY=") || name == "minimal, renamed", "{name}");
        for value in distinct {
            assert!(value.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
            assert!(!ran.command_lines.contains(value.as_str()), "{name}: a value stands on a command line");
        }
    }
}

/// With External Secrets the values go where the ExternalSecrets look for them, and their Secrets are left to these.
#[test]
fn the_commands_of_a_store_fill_what_the_external_secrets_read() {
    let ran = run_commands(&commands(Path::new("examples/external")), "sh", "", true);
    assert!(ran.succeeded && ran.left == 0 && ran.secrets.is_empty(), "{:?}", ran.secrets);
    let rendered = rendered(compile(&read("external")));
    let mut read = Secrets::new();
    for external in rendered.objects.iter().filter(|object| object.kind() == "ExternalSecret") {
        for data in external.value.at(&["spec", "data"]).and_then(Value::as_seq).unwrap() {
            let at = |name| data.str_at(&["remoteRef", name]).to_owned();
            read.entry(at("key")).or_default().insert(at("property"));
        }
    }
    assert!(read.len() > 3, "{read:?}");
    assert_eq!(ran.stored, read);
}

#[test]
fn a_secret_that_cannot_be_made_keeps_no_other_from_being_made() {
    let script = commands(Path::new("examples/referenced"));
    let all = run_commands(&script, "sh", "", true).secrets;
    let refused = "registry-quay-secret-keys";
    let ran = run_commands(&script, "sh", refused, true);
    assert!(!ran.succeeded && ran.left == 0);
    let mut rest = all.clone();
    assert!(rest.remove(refused).is_some() && rest.len() > 3);
    assert_eq!(ran.secrets, rest);
    // No Secret is made with an empty value.
    let ran = run_commands(&script, "sh", "", false);
    assert!(!ran.succeeded && ran.left == 0 && ran.values.is_empty());
    assert!(!ran.secrets.contains_key(refused) && ran.secrets.len() < all.len() && !ran.secrets.is_empty());
}
