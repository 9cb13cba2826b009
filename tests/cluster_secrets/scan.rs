//! No secret of an input is in an output that leaves its secrets to the cluster.

use super::{analyzed, edited, examples, output, read, referenced, rendered, with_config};
use crate::support::anyway;
use crate::support::every_field::{self, Maker, PROVIDER, name_of};
use crate::support::examples::built;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quay_render::cluster_secrets::plain::plain_values;
use quay_render::compile;
use quay_render::diagnostic::Diagnostics;
use quay_render::input::{Inputs, Source};
use quay_render::model::schema::{self, Fact, Secrecy, Type};
use serde_json::{Map, Value as Json, json};

/// Forms in which a text may be in a file: plain, in base64 at any offset, percent-encoded, escaped in JSON.
fn forms(secret: &str) -> Vec<String> {
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let json = serde_json::to_string(secret).unwrap();
    let mut forms = vec![secret.to_owned(), percent, json.get(1..json.len() - 1).unwrap_or_default().to_owned()];
    for offset in 0..3 {
        let padded = [&vec![b' '; offset], secret.as_bytes()].concat();
        let text = STANDARD.encode(padded);
        // What depends on neighbours is cut off at both ends.
        forms.push(text.get(4..text.len().saturating_sub(4)).unwrap_or_default().to_owned());
    }
    forms.retain(|form| form.len() >= 8);
    forms
}

fn assert_hidden<'a>(text: &str, secrets: impl Iterator<Item = &'a str>, what: &str) {
    for secret in secrets {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{what} holds a secret");
        }
    }
}

#[test]
fn no_example_that_leaves_its_secrets_to_the_cluster_has_one_in_its_output() {
    for example in examples() {
        let inputs = referenced(read(&example));
        let late = rendered(compile(&inputs));
        assert!(late.objects.iter().all(|object| !object.is_confidential()), "{example}");
        let analysis = analyzed(&inputs);
        let plain = plain_values(&analysis.model, &analysis.resolved, &analysis.cluster_secrets);
        // The certificate is for everybody.
        let secrets: Vec<String> = plain
            .iter()
            .filter(|plain| plain.entry != "ssl.cert")
            .map(|plain| String::from_utf8(plain.value.to_vec()).unwrap())
            .collect();
        // An operator is given the bundle, and makes the rest.
        assert!(secrets.len() > 2 || example.starts_with("delivery-"), "{example}");
        assert_hidden(&output(&late.objects), secrets.iter().map(String::as_str), &example);
    }
    for example in ["referenced", "external", "sealed"] {
        for (path, text) in built(example) {
            assert!(!text.lines().any(|line| line == "kind: Secret"), "{example}/{}", path.display());
        }
    }
}

/// Makes markers, which are unique texts, and remembers them.
#[derive(Default)]
struct Markers(Vec<String>);

impl Markers {
    fn next(&mut self) -> String {
        self.marker("MARKER")
    }

    fn marker(&mut self, start: &str) -> String {
        let text = format!("{start}{:04}marker", self.0.len());
        self.0.push(text.clone());
        text
    }

    /// A URL with a password, in an unexpected place: messages may quote public values.
    fn url(&mut self) -> String {
        format!("https://user:{}@example.com/", self.marker("PUBLIC"))
    }

    /// A value of a field or member in which everything secret is a marker. Public values hold a URL with a password,
    /// whatever their type.
    fn value(&mut self, fact: &Fact) -> Json {
        match (fact.secrecy(), &fact.kind) {
            (_, kind @ (Type::Members(_) | Type::Pair(_))) => self.typed(kind),
            (Secrecy::Inside, kind) => self.typed(kind),
            (Secrecy::Secret, Type::List(_)) => json!(["LocalHealthCheck", {"key": self.next()}]),
            (Secrecy::Secret, Type::Map(_)) => json!({"tenant_id": self.next()}),
            (Secrecy::Secret, _) => self.next().into(),
            (Secrecy::Public, Type::List(Some(inner))) if matches!(**inner, Type::Members(_)) => {
                json!([self.typed(inner)])
            }
            (Secrecy::Public, Type::List(_) | Type::OrMap(_)) => json!(["plain", self.url()]),
            (Secrecy::Public, Type::Map(_)) => json!({"plain": 1, "url": self.url()}),
            (Secrecy::Public, _) => format!("see https://example.com/ or {}", self.url()).into(),
        }
    }

    fn typed(&mut self, kind: &Type) -> Json {
        match kind {
            Type::Members(map) => self.members(map).into(),
            Type::Pair(map) => json!(["ephemeral", self.members(map)]),
            Type::Map(Some(inner)) => json!({"one": self.typed(inner), "two": self.typed(inner)}),
            Type::List(Some(inner)) => json!([self.typed(inner), self.typed(inner)]),
            _ => self.next().into(),
        }
    }

    fn members(&mut self, map: &str) -> Map<String, Json> {
        let known: Vec<&Fact> = schema::members(map).collect();
        let mut members: Map<String, Json> =
            known.into_iter().map(|fact| (fact.name.to_owned(), self.value(fact))).collect();
        members.insert("never_heard_of".to_owned(), json!({"nested": [self.next()]}));
        members
    }
}

/// A config.yaml with a marker in every field, member and argument, and in unknown ones.
fn marked() -> (Map<String, Json>, Vec<String>) {
    let mut markers = Markers::default();
    let mut config: Map<String, Json> =
        schema::fields().iter().map(|fact| (name_of(fact).to_owned(), markers.value(fact))).collect();
    let drivers: std::collections::BTreeSet<&str> =
        schema::arguments(quay_render::catalog::Catalog::shipped().unwrap().number()).map(|it| it.driver).collect();
    let storages = drivers.into_iter().map(|it| (it.to_owned(), json!([it, markers.members("storage")])));
    let storages: Map<String, Json> = storages.collect();
    config.insert("DISTRIBUTED_STORAGE_CONFIG".into(), storages.into());
    let uri = format!("postgresql://quay:{}@db.example.com:5432/quay", markers.next());
    config.insert("DB_URI".into(), uri.into());
    config.insert("SERVER_HOSTNAME".into(), "registry.example.com".into());
    config.insert("COMPANY_THING".into(), json!({"inside": [markers.next()]}));
    (config, markers.0)
}

/// The output for an input, even if rules refuse it, and all diagnostics.
fn rendered_anyway(inputs: &Inputs) -> (String, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let (objects, _) = anyway::rendered(inputs, &mut diagnostics).unwrap();
    assert!(objects.iter().all(|object| !object.is_secret()));
    (output(&objects), diagnostics)
}

#[test]
fn no_marker_of_a_secret_is_in_the_output() {
    let (config, markers) = marked();
    assert!(markers.len() > 300, "{}", markers.len());
    let mut inputs = referenced(with_config(&config));
    let files = &mut inputs.bundle.as_mut().unwrap().files;
    for name in ["private.txt", "client.key", "extra_ca_cert_x.crt", "ssl.key"] {
        files.retain(|(known, _)| known != name);
        let bytes = format!("-----BEGIN CERTIFICATE-----\nFILEMARKERfilemarker {name}\n").into_bytes();
        files.push((name.to_owned(), Source { name: format!("bundle/{name}"), bytes }));
    }
    files.push((
        "logo.png".to_owned(),
        Source { name: "bundle/logo.png".to_owned(), bytes: b"\xff\xfeFILEMARKERfilemarker".to_vec() },
    ));
    let (text, diagnostics) = rendered_anyway(&inputs);
    let all = || markers.iter().map(String::as_str).chain(["FILEMARKERfilemarker"]);
    assert_hidden(&text, all(), "the output");
    let inline = output(&rendered(compile(&read("all-unmanaged"))).objects);
    assert!(inline.contains("kind: Secret"), "the scan would see one");
    assert!(
        text.contains("registry.example.com") && text.contains("never_heard_of"),
        "the cluster_secrets names what it cuts"
    );
    assert!(text.contains("postgresql://quay@db.example.com:5432/quay"), "the rest of a URI stays readable");
    for problem in diagnostics.iter() {
        let secrets = all().filter(|marker| !marker.starts_with("PUBLIC"));
        assert_hidden(&problem.to_string(), secrets, "a diagnostic");
    }
}

/// A rule would refuse it, but can be switched off.
#[test]
fn a_password_that_others_see_in_a_uri_is_not_in_the_output() {
    let mut config = Maker::new(1).every_field();
    for uri in [
        "postgresql://quay:MARKER/marker@db.example.com/quay",
        "postgresql://quay:a@b/MARKERmarker@db.example.com/quay",
        "postgresql://quay:a#MARKERmarker@db.example.com/quay",
        "postgresql://quay@db.example.com/quay?password=MARKERmarker",
        "postgresql://quay:a@db.example.com/quay?sslpassword=MARKERmarker",
    ] {
        config.insert("DB_URI".to_owned(), uri.into());
        let (text, _) = rendered_anyway(&referenced(with_config(&config)));
        assert!(!text.contains("MARKER") && !text.contains("marker@"), "{uri}");
    }
}

/// Valid configurations, through the whole compiler.
#[test]
fn no_secret_of_a_valid_configuration_is_in_the_output_or_said() {
    for seed in 0..12 {
        let mut maker = Maker::new(seed);
        let config = maker.every_field();
        assert!(config.contains_key(PROVIDER));
        let inputs = referenced(with_config(&config));
        let compiled = compile(&inputs);
        for problem in compiled.diagnostics.iter() {
            assert_hidden(&problem.to_string(), maker.secrets.iter().map(String::as_str), "a diagnostic");
        }
        let late = rendered(compiled);
        assert!(late.objects.iter().all(|object| !object.is_secret()));
        let text = output(&late.objects);
        assert_hidden(&text, maker.secrets.iter().map(String::as_str), &format!("seed {seed}"));
        for (name, bytes) in
            every_field::files().iter().filter(|(name, _)| name.ends_with("key") || name.ends_with("gpg"))
        {
            let line = std::str::from_utf8(bytes).unwrap().lines().nth(1).unwrap_or("nothing in it");
            assert!(!text.contains(line), "{name}");
        }
    }
}

/// A reference names a Secret, and does not become part of the configuration.
#[test]
fn a_reference_leaves_nothing_but_its_name_and_key() {
    let inputs = read("referenced");
    let late = rendered(compile(&inputs));
    let text = output(&late.objects);
    assert!(!text.contains("fromSecret"));
    let again = edited(inputs, |text| text.replace("registry-certificate", "another-pair"));
    assert!(output(&rendered(compile(&again)).objects).contains("another-pair"));
}
