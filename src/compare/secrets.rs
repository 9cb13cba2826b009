//! Which values of an object are secret. What cannot be told is one.

use super::config;
use super::identity::Names;
use super::tree::{Tree, from_json};
use crate::diagnostic::Diagnostics;
use crate::object::Value;
use crate::report::{MASK, without_userinfo};
use crate::yaml::{self, Dialect, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Maps of which only the keys are shown, and values that are not shown at all, by kind.
const ENTRIES: &[(&str, &[&str])] = &[
    ("ConfigMap", &["binaryData"]),
    ("SealedSecret", &["spec", "encryptedData"]),
    ("SealedSecret", &["spec", "template", "data"]),
    ("SealedSecret", &["spec", "template", "stringData"]),
    ("ExternalSecret", &["spec", "target", "template", "data"]),
    ("SealedValues", &["spec"]),
    ("Route", &["spec", "tls", "key"]),
];
/// What of any object is not shown: the copy that kubectl makes of it, and what its encryption adds.
const NOWHERE: &[&[&str]] =
    &[&["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"], &["sops"]];
/// How the names of fields end whose texts are secret wherever they stand, in letters and digits alone.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "token",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "clientsecret",
    "credentials",
];
/// What a password stands behind in a text, in the way of libpq and of shells.
const PASSWORD: &str = "password=";
const PRIVATE_KEY: &str = "PRIVATE KEY-----";
/// What only the API server writes: it is nobody's wish, so it is not compared.
const SERVERS: &[&[&str]] = &[
    &["status"],
    &["metadata", "managedFields"],
    &["metadata", "uid"],
    &["metadata", "resourceVersion"],
    &["metadata", "generation"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
];

/// Takes the objects of one side for comparing.
pub(super) struct Reader<'a> {
    /// The names of that side that follow content.
    pub names: &'a Names,
}

impl Reader<'_> {
    /// An object, with every secret in it known as one.
    pub fn object(&self, object: &Value) -> Tree {
        let kind = object.at(&["kind"]).and_then(Value::as_str).unwrap_or_default();
        self.walk(kind, &mut Vec::new(), object)
    }

    fn walk<'v>(&self, kind: &str, path: &mut Vec<&'v str>, value: &'v Value) -> Tree {
        let at = path.as_slice();
        if NOWHERE.contains(&at) {
            return Tree::opaque(value);
        }
        if ENTRIES.contains(&(kind, at)) {
            return Tree::opaque_entries(value);
        }
        match (kind, at, value) {
            ("Secret", ["data"], _) => entries(value, encoded_entry),
            ("Secret", ["stringData"], _) => entries(value, plain_entry),
            ("ConfigMap", ["data"], _) => entries(value, open_entry),
            // A digest of what is secret tells whether a guess is right.
            (_, [.., "annotations", name], _) if name.contains("checksum") => Tree::opaque(value),
            (_, _, Value::Map(map)) => {
                let mut entries = Vec::with_capacity(map.len());
                for (key, value) in map.iter() {
                    path.push(key);
                    if !SERVERS.contains(&path.as_slice()) {
                        entries.push((key.to_owned(), self.walk(kind, path, value)));
                    }
                    path.pop();
                }
                hide_variable(&mut entries);
                Tree::Map(entries)
            }
            (_, _, Value::Seq(items)) => Tree::Seq(items.iter().map(|item| self.walk(kind, path, item)).collect()),
            (_, _, Value::Str(text)) => match self.names.get(text) {
                Some(base) => Tree::Name(text.clone(), base.clone()),
                None if at.last().is_some_and(|key| is_secret(key)) => Tree::opaque(value),
                None => shown(text),
            },
            _ => Tree::Scalar(value.clone()),
        }
    }
}

/// A variable's value is secret where its name says so: `{name: DB_PASSWORD, value: ...}`.
fn hide_variable(entries: &mut [(String, Tree)]) {
    let name = entries.iter().find(|(key, _)| key == "name").map(|(_, tree)| tree.masked());
    if name.as_ref().and_then(Value::as_str).is_some_and(is_secret) {
        for (_, tree) in entries.iter_mut().filter(|(key, _)| key == "value") {
            *tree = tree.hidden();
        }
    }
}

/// Whether a field of that name holds a secret.
fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn entries(value: &Value, entry: fn(&str, &Value) -> Tree) -> Tree {
    match value {
        Value::Map(map) => Tree::Map(map.iter().map(|(key, value)| (key.to_owned(), entry(key, value))).collect()),
        other => Tree::opaque(other),
    }
}

/// An entry of a Secret's `data`.
fn encoded_entry(key: &str, value: &Value) -> Tree {
    let text = value.as_str().filter(|_| is_config(key)).unwrap_or_default();
    let plain = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    inner(text, plain.and_then(|plain| config_of(&plain))).unwrap_or_else(|| Tree::opaque(value))
}

/// An entry of a Secret's `stringData`.
fn plain_entry(key: &str, value: &Value) -> Tree {
    let text = value.as_str().filter(|_| is_config(key)).unwrap_or_default();
    inner(text, config_of(text)).unwrap_or_else(|| Tree::opaque(value))
}

/// An entry of a ConfigMap: a config.yaml, a document of JSON, or a text.
fn open_entry(key: &str, value: &Value) -> Tree {
    match value {
        Value::Str(_) if is_config(key) => plain_entry(key, value),
        Value::Str(_) if is_secret(key) => Tree::opaque(value),
        Value::Str(text) => {
            inner(text, key.ends_with(".json").then(|| json_of(text)).flatten()).unwrap_or_else(|| shown(text))
        }
        other => Tree::Scalar(other.clone()),
    }
}

fn inner(text: &str, tree: Option<Tree>) -> Option<Tree> {
    Some(Tree::Inner(text.to_owned(), Box::new(tree?)))
}

/// Whether a key holds fields of config.yaml: itself, or a part of it beside the bundle's.
fn is_config(key: &str) -> bool {
    key == "config.yaml" || key.ends_with(".config.yaml")
}

/// The fields of a config.yaml; nothing where it cannot be read.
fn config_of(text: &str) -> Option<Tree> {
    let mut problems = Diagnostics::new();
    let origin = Origin { file: "config.yaml", within: None };
    let root = yaml::parse_one(text, &origin, Dialect::Python, &mut problems)?;
    match root.to_value() {
        Value::Map(map) if !problems.has_errors() => Some(config::tree(&map)),
        _ => None,
    }
}

/// What a document of JSON says; nothing where it is no object and no list.
fn json_of(text: &str) -> Option<Tree> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let names = Names::new();
    (json.is_object() || json.is_array()).then(|| Reader { names: &names }.walk("", &mut Vec::new(), &from_json(&json)))
}

/// A text, without the passwords in it.
pub(super) fn shown(text: &str) -> Tree {
    if text.contains(PRIVATE_KEY) {
        return Tree::opaque(&text.into());
    }
    let shown = without_assignments(&without_userinfo(text));
    if shown == text { Tree::Scalar(text.into()) } else { Tree::Text(text.to_owned(), shown) }
}

/// Masks what stands behind each `password=`, up to the end of the word.
fn without_assignments(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let (mut out, mut done) = (String::new(), 0);
    while let Some(found) = lower.get(done..).and_then(|rest| rest.find(PASSWORD)) {
        let start = done + found + PASSWORD.len();
        out.push_str(text.get(done..start).unwrap_or_default());
        let length = word(text.get(start..).unwrap_or_default());
        if length > 0 {
            out.push_str(MASK);
        }
        done = start + length;
    }
    out + text.get(done..).unwrap_or_default()
}

/// How long the word is that a text begins with: in quotes up to the closing one, else up to a blank or a separator.
fn word(text: &str) -> usize {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '&' | ';' | '\'' | '"');
        return text.find(is_end).unwrap_or(text.len());
    };
    text.get(1..).and_then(|rest| rest.find(quote)).map_or(text.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::object;

    fn masked(kind: &str, rest: &str) -> String {
        let names = Names::from([("a-7bc6b88tb8".to_owned(), "a".to_owned())]);
        let tree = Reader { names: &names }.object(&object(kind, "n", rest));
        let map = tree.masked();
        let shown = map.as_map().unwrap().iter().filter(|(key, _)| !["apiVersion", "kind", "metadata"].contains(key));
        shown.map(|(key, value)| format!("{key}: {}", yaml::flow(value))).collect()
    }

    #[test]
    fn values_of_secrets_are_masked_in_every_kind_that_has_some() {
        let base64 = STANDARD.encode("SERVER_HOSTNAME: h\nDB_URI: x\nNEVER_HEARD_OF: {a: b}\n");
        for (kind, rest, wanted) in [
            ("v1/Secret", "data: {a: czNjcjN0}", r#"data: {"a": "********"}"#),
            ("v1/Secret", "data: s3cr3t", r#"data: "********""#),
            ("v1/Secret", "stringData: {a: s3cr3t, b: 7}", r#"stringData: {"a": "********", "b": "********"}"#),
            (
                "v1/Secret",
                &format!("data: {{config.yaml: {base64}}}"),
                r#"data: {"config.yaml": {"SERVER_HOSTNAME": "h", "DB_URI": "********", "NEVER_HEARD_OF": "********"}}"#,
            ),
            ("v1/Secret", "data: {config.yaml: '!'}", r#"data: {"config.yaml": "********"}"#),
            ("v1/Secret", "stringData: {config.yaml: 'a: b: c'}", r#"stringData: {"config.yaml": "********"}"#),
            ("v1/ConfigMap", "binaryData: {a: czNjcjN0}", r#"binaryData: {"a": "********"}"#),
            ("v1/ConfigMap", "data: {a: b, adminPassword: s3cr3t}", r#"data: {"a": "b", "adminPassword": "********"}"#),
            (
                "bitnami.com/v1alpha1/SealedSecret",
                "spec: {encryptedData: {a: s3cr3t}, template: {data: {b: s3cr3t}, type: Opaque}}",
                r#"spec: {"encryptedData": {"a": "********"}, "template": {"data": {"b": "********"}, "type": "Opaque"}}"#,
            ),
            ("route.openshift.io/v1/Route", "spec: {tls: {key: s3cr3t}}", r#"spec: {"tls": {"key": "********"}}"#),
            ("x.io/v1/X", "spec: {admin_password: s3cr3t, n: 3}", r#"spec: {"admin_password": "********", "n": 3}"#),
            (
                "x.io/v1/X",
                "spec: [{name: DB_PASSWORD, value: s3cr3t}]",
                r#"spec: [{"name": "DB_PASSWORD", "value": "********"}]"#,
            ),
            ("x.io/v1/X", "spec: {uri: 'a://u:s3cr3t@h/b'}", r#"spec: {"uri": "a://********@h/b"}"#),
            ("x.io/v1/X", "spec: {name: a-7bc6b88tb8}", r#"spec: {"name": "a"}"#),
            ("x.io/v1/X", "spec: '-----BEGIN PRIVATE KEY-----'", r#"spec: "********""#),
            (
                "x.io/v1/X",
                "spec: {metadata: {annotations: {checksum/a: d1g3st}}}",
                r#"spec: {"metadata": {"annotations": {"checksum/a": "********"}}}"#,
            ),
            ("x.io/v1/X", "status: {a: b}\nsops: {mac: s3cr3t}", r#"sops: "********""#),
        ] {
            assert_eq!(masked(kind, rest), wanted, "{kind} {rest}");
        }
    }

    #[test]
    fn a_password_in_a_text_is_masked_up_to_the_end_of_its_word() {
        for (text, wanted) in [
            ("host=a password=s3cr3t user=b", "host=a password=******** user=b"),
            ("PGPASSWORD='s3 cr3t' psql", "PGPASSWORD=******** psql"),
            ("a\npassword=\"$(cat x)\"\nb", "a\npassword=********\nb"),
            ("password='open", "password=********"),
            ("password=", "password="),
            ("--password=a&password=ü", "--password=********&password=********"),
            ("no assignment", "no assignment"),
        ] {
            assert_eq!(without_assignments(text), wanted);
        }
    }
}
