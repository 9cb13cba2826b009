//! `quay-render seal` and `build` from outside, and the controller that decrypts what they made.

use super::controller::{CONTROLLER, Controller, openssl, rsa};
use crate::support::files::without_key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::seal::{DigestKey, digest};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

const DATABASE_PASSWORD: &str = "p@ss w\u{f6}rd/'\"";
const LDAP_PASSWORD: &str = "directory \"secret\" & more\\";
const STORAGE_KEY: &str = "storage/key+of=forty";
const FILE: &str = "private bytes of a file";

/// An input in a directory of its own.
struct Registry(TempDir);

impl Registry {
    /// A registry with a secret of each kind: in the keys file, in config.yaml as a text, in a URI and deep in a list,
    /// and a file of the bundle.
    fn new() -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        fs::create_dir(it.path("config-bundle")).unwrap();
        it.write(
            "quayregistry.yaml",
            "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: sample, namespace: quay}\n\
             spec:\n  configBundleSecret: config-bundle\n  components:\n  - {kind: postgres, managed: false}\n  \
             - {kind: objectstorage, managed: false}\n",
        );
        it.configure("strict", &CONTROLLER.pem);
        it.write("config-bundle/config.yaml", &config(&encoded(DATABASE_PASSWORD), LDAP_PASSWORD));
        it.write("config-bundle/ldap.key", FILE);
        assert_eq!(it.run("keys").status.code(), Some(0));
        it
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn configure(&self, scope: &str, pem: &str) {
        let pem: String = pem.lines().map(|line| format!("        {line}\n")).collect();
        self.write(
            "render-config.yaml",
            &format!(
                "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  cluster:\n    \
                 platform: openshift\n    appsDomain: apps.example.com\n  secrets:\n    mode: sealed\n    sealed:\n      \
                 scope: {scope}\n      certificate: |\n{pem}"
            ),
        );
    }

    fn run(&self, command: &str) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        program.arg(command).arg(self.0.path());
        if command == "build" {
            program.args(["--stdout", "--verbose"]);
        }
        program.output().unwrap()
    }

    /// Runs a command that must succeed; returns its output.
    #[track_caller]
    fn succeed(&self, command: &str) -> String {
        let output = self.run(command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    }

    /// Runs a command that must be refused; returns its output.
    #[track_caller]
    fn refused(&self, command: &str) -> String {
        let output = self.run(command);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty());
        said
    }

    /// The objects of a build, by kind and name.
    #[track_caller]
    fn build(&self) -> BTreeMap<String, Json> {
        let output = self.run("build");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let objects =
            text.trim_start_matches("---\n").split("\n---\n").map(|it| serde_yaml::from_str::<Json>(it).unwrap());
        objects.map(|it| (format!("{}/{}", text_of(&it["kind"]), text_of(&it["metadata"]["name"])), it)).collect()
    }
}

fn text_of(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn config(database: &str, ldap: &str) -> String {
    let ldap = serde_json::to_string(ldap).unwrap();
    format!(
        "DB_URI: postgresql://quay:{database}@db.example.com:5432/quay\nAUTHENTICATION_TYPE: LDAP\n\
         LDAP_URI: ldaps://ldap.example.com\nLDAP_ADMIN_DN: uid=quay\nLDAP_ADMIN_PASSWD: {ldap}\n\
         LDAP_BASE_DN: [dc=example]\nLDAP_USER_RDN: [ou=people]\nDISTRIBUTED_STORAGE_CONFIG:\n  default:\n  \
         - RadosGWStorage\n  - {{hostname: s3.example.com, is_secure: true, bucket_name: quay, storage_path: /r, \
         access_key: EXAMPLEACCESSKEY, secret_key: {STORAGE_KEY}}}\nDISTRIBUTED_STORAGE_PREFERENCE: [default]\n\
         DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]\n"
    )
}

/// A text with every byte percent-encoded.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The ciphertexts of all SealedSecrets, `<Secret>/<key>`.
fn ciphertexts(objects: &BTreeMap<String, Json>) -> BTreeMap<String, String> {
    let sealed = objects.values().filter(|object| object["kind"] == "SealedSecret");
    let values = sealed.flat_map(|object| {
        let name = text_of(&object["metadata"]["name"]).strip_prefix("sample-quay-secret-").unwrap().to_owned();
        let data = object["spec"]["encryptedData"].as_object().unwrap().clone();
        data.into_iter().map(move |(key, value)| (format!("{name}/{key}"), text_of(&value).to_owned()))
    });
    values.collect()
}

fn keys_of(registry: &Registry) -> Json {
    serde_yaml::from_str::<Json>(&registry.read("keys.yaml")).unwrap()["stringData"].take()
}

/// The expected content of the Secrets.
fn wanted(registry: &Registry) -> BTreeMap<String, String> {
    let keys = keys_of(registry);
    let of_keys = [
        ("keys", "SECRET_KEY"),
        ("keys", "DATABASE_SECRET_KEY"),
        ("clair", "CLAIR_DB_PASSWORD"),
        ("clair", "SECURITY_SCANNER_V4_PSK"),
        ("editor", "CONFIG_EDITOR_PW"),
        ("tls", "ssl.cert"),
        ("tls", "ssl.key"),
    ];
    let of_bundle = [
        ("config/DB_URI.password", DATABASE_PASSWORD),
        ("config/LDAP_ADMIN_PASSWD", LDAP_PASSWORD),
        ("config/DISTRIBUTED_STORAGE_CONFIG.default.access_key", "EXAMPLEACCESSKEY"),
        ("config/DISTRIBUTED_STORAGE_CONFIG.default.secret_key", STORAGE_KEY),
        ("files/ldap.key", FILE),
    ];
    let of_keys = of_keys.map(|(secret, key)| (format!("{secret}/{key}"), text_of(&keys[key]).to_owned()));
    of_keys.into_iter().chain(of_bundle.map(|(key, value)| (key.to_owned(), value.to_owned()))).collect()
}

fn opened(controller: &Controller, label: impl Fn(&str) -> String, sealed: &BTreeMap<String, String>) -> Vec<String> {
    let labelled: Vec<(String, &str)> =
        sealed.iter().map(|(key, text)| (label(key.split('/').next().unwrap()), text.as_str())).collect();
    let values: Vec<(&str, &str)> = labelled.iter().map(|(label, text)| (label.as_str(), *text)).collect();
    controller.open(&values).iter().map(|it| String::from_utf8(it.value().to_vec()).unwrap()).collect()
}

#[test]
fn the_controller_opens_every_value_in_every_scope() {
    for scope in ["strict", "namespace-wide", "cluster-wide"] {
        let registry = Registry::new();
        registry.configure(scope, &CONTROLLER.pem);
        registry.succeed("seal");
        let objects = registry.build();
        assert!(objects.keys().all(|name| !name.starts_with("Secret/")), "{:#?}", objects.keys());
        for object in objects.values().filter(|object| object["kind"] == "SealedSecret") {
            let own = &object["metadata"];
            let made = &object["spec"]["template"]["metadata"];
            assert_eq!((&own["name"], &own["namespace"]), (&made["name"], &made["namespace"]));
            // The order of Argo CD is about the SealedSecret, and not about what is made of it.
            let mut annotations = own["annotations"].as_object().cloned().unwrap_or_default();
            annotations.remove("argocd.argoproj.io/sync-wave");
            let of_made = made.get("annotations").and_then(|it| it.as_object()).cloned().unwrap_or_default();
            assert_eq!(annotations, of_made);
            let annotation = format!("sealedsecrets.bitnami.com/{scope}");
            let annotated = own["annotations"].get(&annotation);
            assert_eq!(annotated.map(text_of), (scope != "strict").then_some("true"), "{scope}");
        }
        let sealed = ciphertexts(&objects);
        let label = |secret: &str| match scope {
            "strict" => format!("quay/sample-quay-secret-{secret}"),
            "namespace-wide" => "quay".to_owned(),
            _ => String::new(),
        };
        let opened = opened(&CONTROLLER, label, &sealed);
        let found: BTreeMap<String, String> = sealed.into_keys().zip(opened).collect();
        assert!(found == wanted(&registry), "{:?}", found.keys());
    }
}

#[test]
fn a_second_run_changes_no_byte_and_a_build_needs_no_plain_value() {
    let registry = Registry::new();
    assert!(registry.refused("build").contains("error[sealed-missing]"));
    registry.succeed("seal");
    let (first, objects) = (registry.read("sealed.yaml"), registry.build());
    assert!(registry.succeed("seal").contains("nothing was changed"));
    assert_eq!(registry.read("sealed.yaml"), first);
    // What is committed in the end: no keys, and places where the secrets were.
    let keys = registry.read("keys.yaml");
    fs::remove_file(registry.path("keys.yaml")).unwrap();
    fs::remove_file(registry.path("config-bundle/ldap.key")).unwrap();
    let place = |key: &str| format!("{{fromSecret: {{name: sample-quay-secret-config, key: {key}}}}}");
    let storage = "DISTRIBUTED_STORAGE_CONFIG.default";
    let bare = config("", "LDAP")
        .replace("\"LDAP\"", &place("LDAP_ADMIN_PASSWD"))
        .replace("EXAMPLEACCESSKEY", &place(&format!("{storage}.access_key")))
        .replace(STORAGE_KEY, &place(&format!("{storage}.secret_key")));
    registry.write("config-bundle/config.yaml", &bare);
    let render = registry.read("render-config.yaml");
    let file = "secrets:\n    files: {ldap.key: {name: sample-quay-secret-files, key: ldap.key}}\n";
    registry.write("render-config.yaml", &render.replace("secrets:\n", file));
    // The pods may find a file in another folder, but the Secrets are the same.
    assert!(ciphertexts(&objects) == ciphertexts(&registry.build()));
    assert!(registry.refused("seal").contains("quay-render keys"));
    registry.write("keys.yaml", &keys);
    assert!(registry.succeed("seal").contains("nothing was changed"));
    assert_eq!(registry.read("sealed.yaml"), first);
}

/// The names of the objects that differ.
fn changed(before: &BTreeMap<String, Json>, after: &BTreeMap<String, Json>) -> Vec<String> {
    assert!(before.keys().eq(after.keys()));
    before.iter().filter(|(name, object)| after[*name] != **object).map(|(name, _)| name.clone()).collect()
}

#[test]
fn a_new_password_changes_its_own_sealed_secret_alone() {
    let registry = Registry::new();
    registry.succeed("seal");
    let first = registry.build();
    registry.write("config-bundle/config.yaml", &config(&encoded(DATABASE_PASSWORD), "another one"));
    let said = registry.refused("build");
    assert!(said.contains("error[sealed-stale]") && said.contains("LDAP_ADMIN_PASSWD"), "{said}");
    assert!(said.contains("quay-render seal"), "{said}");
    let said = registry.succeed("seal");
    assert!(said.contains("sealed: config.LDAP_ADMIN_PASSWD; kept: 11"), "{said}");
    let second = registry.build();
    assert_eq!(changed(&first, &second), ["SealedSecret/sample-quay-secret-config"]);
    // A value of the keys file, and one that other digests might have been keyed by.
    for (entry, secret) in [("CONFIG_EDITOR_PW", "editor"), ("SECRET_KEY", "keys"), ("CLAIR_DB_PASSWORD", "clair")] {
        let before = registry.build();
        let value = text_of(&keys_of(&registry)[entry]).to_owned();
        registry.write("keys.yaml", &registry.read("keys.yaml").replace(&value, &format!("new{}", &value[3..])));
        let said = registry.succeed("seal");
        assert!(said.contains(&format!("sealed: {secret}.{entry}; kept: 11")), "{said}");
        assert_eq!(changed(&before, &registry.build()), [format!("SealedSecret/sample-quay-secret-{secret}")]);
    }
}

/// Before there was a DIGEST_KEY, another value of the keys file was the key of digests.
#[test]
fn values_with_earlier_digests_are_kept_and_get_new_ones() {
    let registry = Registry::new();
    registry.succeed("seal");
    let (sealed, keys) = (registry.read("sealed.yaml"), registry.read("keys.yaml"));
    let former = DigestKey::derive(&[text_of(&keys_of(&registry)["DATABASE_SECRET_KEY"]).as_bytes()]).unwrap();
    let now = DigestKey::derive(&[text_of(&keys_of(&registry)["DIGEST_KEY"]).as_bytes()]).unwrap();
    let mut earlier = sealed.clone();
    for (place, value) in wanted(&registry) {
        let (secret, entry) = place.split_once('/').unwrap();
        let under = |key| digest(key, secret, entry, value.as_bytes());
        assert_eq!(earlier.matches(&under(&now)).count(), 1, "{place}");
        earlier = earlier.replace(&under(&now), &under(&former));
    }
    registry.write("sealed.yaml", &earlier);
    // Built with the key and without it, and with neither keys nor plain values.
    let objects = registry.build();
    registry.write("keys.yaml", &without_key(&keys, "DIGEST_KEY"));
    assert_eq!(registry.build(), objects);
    assert!(registry.succeed("build").contains("note[digest-key-missing]"));
    assert!(registry.refused("seal").contains("the keys Secret has no DIGEST_KEY"));
    registry.write("keys.yaml", &keys);
    let said = registry.succeed("seal");
    assert!(said.contains("sealed: none; kept: 12, 12 with a digest under DIGEST_KEY from now on"), "{said}");
    assert_eq!(registry.read("sealed.yaml"), sealed);
    // Another value is told under the earlier digests too.
    registry.write("sealed.yaml", &earlier);
    registry.write("config-bundle/config.yaml", &config(&encoded(DATABASE_PASSWORD), "another one"));
    assert!(registry.refused("build").contains("LDAP_ADMIN_PASSWD of config has another value"));
    assert!(registry.succeed("seal").contains("sealed: config.LDAP_ADMIN_PASSWD; kept: 11, 11 with"));
}

#[test]
fn another_certificate_scope_or_namespace_reseals_all() {
    let registry = Registry::new();
    registry.succeed("seal");
    let stranger = Controller::new(&rsa(2048));
    registry.configure("strict", &stranger.pem);
    assert!(registry.refused("build").contains("the certificate"));
    assert!(registry.succeed("seal").contains("kept: 0"));
    let sealed = ciphertexts(&registry.build());
    let opened = opened(&stranger, |secret| format!("quay/sample-quay-secret-{secret}"), &sealed);
    assert!(opened.into_iter().eq(wanted(&registry).into_values()));
    registry.configure("namespace-wide", &stranger.pem);
    assert!(registry.refused("build").contains("the scope \"strict\""));
    assert!(registry.succeed("seal").contains("kept: 0"));
    let moved = registry.read("quayregistry.yaml").replace("namespace: quay", "namespace: other");
    registry.write("quayregistry.yaml", &moved);
    registry.write("keys.yaml", &registry.read("keys.yaml").replace("namespace: quay", "namespace: other"));
    assert!(registry.refused("build").contains("the namespace \"quay\""));
    // Without a plain value nothing is thrown away.
    let (before, config) = (registry.read("sealed.yaml"), registry.read("config-bundle/config.yaml"));
    registry.write("config-bundle/config.yaml", &config.replace(&encoded(DATABASE_PASSWORD), ""));
    let said = registry.refused("seal");
    assert!(said.contains("config.DB_URI.password must be sealed anew"), "{said}");
    assert_eq!(registry.read("sealed.yaml"), before);
    registry.write("config-bundle/config.yaml", &config);
    assert!(registry.succeed("seal").contains("kept: 0"));
    registry.build();
}

#[test]
fn what_is_missing_is_listed_and_the_rest_is_sealed() {
    let registry = Registry::new();
    registry.write("config-bundle/config.yaml", &config("", LDAP_PASSWORD));
    let said = registry.refused("seal");
    assert!(said.contains("config.DB_URI.password") && said.contains("still missing: 1 value"), "{said}");
    assert!(registry.read("sealed.yaml").contains("LDAP_ADMIN_PASSWD:"));
    assert!(registry.refused("build").contains("lacks DB_URI.password"));
    registry.write("config-bundle/config.yaml", &config("now", LDAP_PASSWORD));
    assert!(registry.succeed("seal").contains("sealed: config.DB_URI.password; kept: 11"));
    registry.build();
    // What nobody asks for any more is a warning, and goes.
    fs::remove_file(registry.path("config-bundle/ldap.key")).unwrap();
    let output = registry.run("build");
    assert!(String::from_utf8_lossy(&output.stderr).contains("warning[sealed-unused]"));
    assert!(registry.succeed("seal").contains("dropped: files.ldap.key"));
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused() {
    let registry = Registry::new();
    let config = registry.read("render-config.yaml");
    registry.write("render-config.yaml", &config[..config.find("      certificate").unwrap()]);
    assert!(registry.refused("seal").contains("error[seal-certificate]"));
    registry.configure("strict", &CONTROLLER.key);
    let said = registry.refused("seal");
    assert!(said.contains("holds a private key"), "{said}");
    assert!(CONTROLLER.key.lines().all(|line| line.starts_with('-') || !said.contains(line)));
    let folder = tempfile::tempdir().unwrap();
    openssl(&folder, &format!("genpkey -out key.pem {}", rsa(2048)), "");
    openssl(&folder, "req -new -key key.pem -subj / -out request.pem", "");
    let ended = openssl(&folder, "x509 -req -in request.pem -signkey key.pem -days -1", "");
    registry.configure("strict", &ended);
    assert!(registry.refused("seal").contains("has ended"));
    registry.configure("strict", &CONTROLLER.pem);
    registry.write("render-config.yaml", &registry.read("render-config.yaml").replace("mode: sealed", "mode: inline"));
    assert!(registry.refused("seal").contains("only mode sealed"));
    assert!(!registry.path("sealed.yaml").exists());
}

/// Two required Secrets with the same name are one object with the keys of both.
#[test]
fn names_of_the_users_own_are_sealed_for() {
    let registry = Registry::new();
    let names =
        "secrets:\n    names:\n      keys: {name: one, keys: {SECRET_KEY: session}}\n      editor: {name: one}\n";
    let render = registry.read("render-config.yaml");
    registry.write("render-config.yaml", &render.replace("secrets:\n", names));
    registry.succeed("seal");
    let objects = registry.build();
    let data = &objects["SealedSecret/one"]["spec"]["encryptedData"];
    let keys: Vec<&String> = data.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["CONFIG_EDITOR_PW", "DATABASE_SECRET_KEY", "session"]);
    let plain = keys_of(&registry);
    for (key, entry) in [("session", "SECRET_KEY"), ("CONFIG_EDITOR_PW", "CONFIG_EDITOR_PW")] {
        let opened = CONTROLLER.open(&[("quay/one", text_of(&data[key]))]);
        assert_eq!(opened[0].value(), text_of(&plain[entry]).as_bytes());
    }
    // Another key of the Secret takes the same ciphertext; another Secret does not.
    registry.write("render-config.yaml", &registry.read("render-config.yaml").replace("session", "other"));
    assert!(registry.succeed("seal").contains("nothing was changed"));
    registry.build();
    registry
        .write("render-config.yaml", &registry.read("render-config.yaml").replace("editor: {name: one}", "tls: {}"));
    assert!(registry.refused("build").contains("editor was sealed for the name \"one\""));
    assert!(registry.succeed("seal").contains("sealed: editor.CONFIG_EDITOR_PW; kept: 11"));
}

/// The committed file, the output, and everything that is printed.
#[test]
fn no_plain_value_is_told_in_any_form() {
    let registry = Registry::new();
    let mut texts = vec![registry.succeed("seal"), registry.read("sealed.yaml")];
    let output = registry.run("build");
    texts.extend([output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap()));
    assert!(texts[2].len() > 10_000);
    let mut wanted = wanted(&registry);
    wanted.remove("tls/ssl.cert");
    for (key, value) in wanted {
        let json = serde_json::to_string(&value).unwrap();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let percent: String = value
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        let forms = [
            STANDARD.encode(&value).trim_end_matches('=').to_owned(),
            STANDARD.encode(STANDARD.encode(&value)).trim_end_matches('=').to_owned(),
            json[1..json.len() - 1].to_owned(),
            encoded(&value),
            percent,
            value.lines().max_by_key(|line| line.len()).unwrap().to_owned(),
            value,
        ];
        for text in &texts {
            assert!(forms.iter().all(|form| !text.contains(form)), "{key} is told");
        }
    }
}

/// A registry that its operator makes: each file of the bundle is sealed whole, and comes out as it was written.
#[test]
fn the_bundle_of_an_operator_comes_out_byte_for_byte() {
    let registry = Registry::new();
    registry.configure("strict", &CONTROLLER.pem);
    let text = registry.read("render-config.yaml").replace("spec:\n", "spec:\n  delivery: operator\n");
    registry.write("render-config.yaml", &text);
    let odd = format!(
        "# a comment\r\n{}REGISTRY_TITLE: 'it''s #1'   # behind",
        config(&encoded(DATABASE_PASSWORD), LDAP_PASSWORD)
    );
    let bytes: Vec<u8> = (0..=255).chain([0, 13, 10]).collect();
    let files = [("config.yaml", odd.as_bytes()), ("ldap.key", FILE.as_bytes()), ("icon.bin", &bytes)];
    for (name, bytes) in files {
        fs::write(registry.path("config-bundle").join(name), bytes).unwrap();
    }
    registry.succeed("seal");
    let objects = registry.build();
    let sealed = &objects["SealedSecret/config-bundle"]["spec"]["encryptedData"];
    assert_eq!(objects["QuayRegistry/sample"]["spec"]["configBundleSecret"], "config-bundle");
    let texts: Vec<(&str, &str)> =
        files.iter().map(|(name, _)| ("quay/config-bundle", text_of(&sealed[name]))).collect();
    for ((name, bytes), opened) in files.iter().zip(CONTROLLER.open(&texts)) {
        assert!(opened.value() == *bytes, "{name}");
    }
    assert_eq!(sealed.as_object().unwrap().len(), files.len());
}
