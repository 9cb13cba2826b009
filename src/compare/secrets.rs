//! Which values of an object are secret. What cannot be told is one.

use super::config;
use super::identity::Names;
use super::texts::{is_secret, is_secret_variable, shown};
use super::tree::Tree;
use crate::diagnostic::Diagnostics;
use crate::model::bundle::is_config;
use crate::object::marks::{CHECKSUM, REGISTRY_LABEL};
use crate::object::{Map, Value};
use crate::yaml::{self, Dialect, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Maps of which only the keys are shown, and values that are not shown at all, by kind.
const ENTRIES: &[(&str, &[&str])] = &[
    ("ConfigMap", &["binaryData"]),
    ("Secret", &["stringData"]),
    ("SealedSecret", &["spec", "encryptedData"]),
    ("SealedSecret", &["spec", "template", "data"]),
    ("SealedSecret", &["spec", "template", "stringData"]),
    ("ExternalSecret", &["spec", "target", "template", "data"]),
    ("SealedValues", &["spec"]),
    ("Route", &["spec", "tls", "key"]),
];
/// What the encryption of SOPS adds to any object.
const SOPS: &[&str] = &["sops"];
const ANNOTATIONS: &[&str] = &["metadata", "annotations"];
/// Annotations in which a program keeps a copy of the whole object in a form that cannot be looked into.
const COPIES: &[&str] = &["objectset.rio.cattle.io/applied"];
/// What only the API server, its controllers and `kubectl apply` write: it is nobody's wish, so it is not compared.
const SERVERS: &[&[&str]] = &[
    &["status"],
    &["metadata", "managedFields"],
    &["metadata", "uid"],
    &["metadata", "resourceVersion"],
    &["metadata", "generation"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "annotations", "deployment.kubernetes.io/revision"],
    &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
];

/// Takes the objects of one side for comparing.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The names of that side that follow content.
    pub names: &'a Names,
    /// The registry that an object is of.
    registry: &'a str,
}

impl<'a> Reader<'a> {
    /// A reader of objects.
    pub fn new(names: &'a Names) -> Self {
        Self { names, registry: "" }
    }

    /// An object, with every secret in it known as one.
    pub fn object(&self, object: &Value) -> Tree {
        let registry = object.str_at(&["metadata", "labels", REGISTRY_LABEL]);
        Reader { registry, ..*self }.root(object)
    }

    fn root(&self, object: &Value) -> Tree {
        let kind = object.str_at(&["kind"]);
        match object {
            Value::Map(map) if kind == "Secret" => self.walk(kind, &mut Vec::new(), &Value::Map(with_data(map))),
            _ => self.walk(kind, &mut Vec::new(), object),
        }
    }

    fn walk<'v>(&self, kind: &str, path: &mut Vec<&'v str>, value: &'v Value) -> Tree {
        let at = path.as_slice();
        if at == SOPS || ENTRIES.contains(&(kind, at)) {
            return Tree::opaque_entries(value);
        }
        let is_secret = || at.iter().any(|key| is_secret(key));
        match (kind, at, value) {
            ("Secret", ["data"], _) => entries(value, encoded_entry),
            ("ConfigMap", ["data"], _) => entries(value, open_entry),
            (_, [.., "annotations", name], Value::Str(sum)) if name.starts_with(CHECKSUM) => {
                Tree::Name(sum.clone(), self.checked(name))
            }
            (_, [.., "annotations", name], _) if hides(name, value) => Tree::opaque(value),
            (_, _, Value::Map(map)) => self.map(kind, path, map),
            (_, _, Value::Seq(items)) => self.list(kind, path, items),
            (_, _, Value::Str(text)) => match self.names.get(text) {
                Some(base) => Tree::Name(text.clone(), base.clone()),
                None if is_secret() => Tree::opaque(value),
                None => shown(text),
            },
            (_, _, Value::Int(_) | Value::Float(_)) if is_secret() => Tree::opaque(value),
            _ => Tree::Scalar(value.clone()),
        }
    }

    /// The object whose content a checksum follows.
    fn checked(&self, annotation: &str) -> String {
        let own = annotation.strip_prefix(CHECKSUM).unwrap_or(annotation);
        if self.registry.is_empty() { own.to_owned() } else { format!("{}-{own}", self.registry) }
    }

    fn map<'v>(&self, kind: &str, path: &mut Vec<&'v str>, map: &'v Map) -> Tree {
        let mut entries = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            path.push(key);
            if !is_servers(path, value) {
                entries.push((key.to_owned(), self.walk(kind, path, value)));
            }
            path.pop();
        }
        hide_variable(&mut entries);
        Tree::Map(entries)
    }

    /// A list; in one of arguments a value may follow its option.
    fn list<'v>(&self, kind: &str, path: &mut Vec<&'v str>, items: &'v [Value]) -> Tree {
        let mut trees: Vec<Tree> = Vec::with_capacity(items.len());
        let mut is_next = false;
        for item in items {
            let tree = self.walk(kind, path, item);
            trees.push(if is_next { tree.hidden() } else { tree });
            is_next = item.as_str().is_some_and(|text| text.starts_with('-') && is_secret(text));
        }
        Tree::Seq(trees)
    }
}

/// A field of a document that is no object of a cluster.
pub(super) fn field(path: &[String], value: &Value) -> Tree {
    let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
    Reader::new(&Names::new()).walk("", &mut path, value)
}

/// Whether nobody wishes for a field; or for annotations of which nothing else is left.
fn is_servers(path: &[&str], value: &Value) -> bool {
    let is_servers_own =
        |name: &str| SERVERS.iter().any(|known| known.starts_with(path) && known.last() == Some(&name));
    let is_empty = |map: &Map| !map.is_empty() && map.iter().all(|(name, _)| is_servers_own(name));
    SERVERS.contains(&path) || (path == ANNOTATIONS && value.as_map().is_some_and(is_empty))
}

/// Whether an annotation may tell a secret: a digest tells whether a guess is right, and a document may be a copy of a
/// whole object.
fn hides(name: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    name.contains("checksum") || COPIES.contains(&name) || json_of(text).is_some()
}

/// A variable's value is secret where its name says so: `{name: DB_PASSWORD, value: ...}`.
fn hide_variable(entries: &mut [(String, Tree)]) {
    let name = entries.iter().find(|(key, _)| key == "name").map(|(_, tree)| tree.masked());
    if name.as_ref().and_then(Value::as_str).is_some_and(is_secret_variable) {
        for (_, tree) in entries.iter_mut().filter(|(key, _)| key == "value") {
            *tree = tree.hidden();
        }
    }
}

/// A Secret as the API server keeps it: what stands in `stringData` is part of `data`.
fn with_data(secret: &Map) -> Map {
    let Some(Value::Map(texts)) = secret.get("stringData") else { return secret.clone() };
    let mut data = secret.get("data").and_then(Value::as_map).cloned().unwrap_or_default();
    for (key, value) in texts.iter() {
        let text = value.as_str().map_or_else(|| yaml::flow(value), str::to_owned);
        data.insert(key, STANDARD.encode(text));
    }
    let mut whole = secret.clone();
    whole.insert("data", data);
    whole.remove("stringData");
    whole
}

fn entries(value: &Value, entry: fn(&str, &Value) -> Tree) -> Tree {
    match value {
        Value::Map(map) => Tree::Map(map.iter().map(|(key, value)| (key.to_owned(), entry(key, value))).collect()),
        other => Tree::opaque(other),
    }
}

/// An entry of a Secret. The same bytes may be encoded in several ways.
fn encoded_entry(key: &str, value: &Value) -> Tree {
    let text: String = value.as_str().unwrap_or_default().split_whitespace().collect();
    let plain = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match plain {
        Some(plain) if value.as_str().is_some() => plain_entry(key, &plain),
        _ => Tree::opaque(value),
    }
}

/// A text that may be secret, but for what a config.yaml says.
fn plain_entry(key: &str, text: &str) -> Tree {
    let config = if is_config(key) { config_of(text) } else { None };
    inner(text, config).unwrap_or_else(|| Tree::Opaque(text.to_owned()))
}

/// An entry of a ConfigMap: a config.yaml, a document of JSON, or a text.
fn open_entry(key: &str, value: &Value) -> Tree {
    match value {
        Value::Str(text) if is_config(key) => plain_entry(key, text),
        Value::Bool(_) | Value::Null => Tree::Scalar(value.clone()),
        Value::Str(text) if !is_secret_variable(key) => {
            inner(text, json_of(text).map(|json| json_tree(&json))).unwrap_or_else(|| shown(text))
        }
        _ if is_secret_variable(key) => Tree::opaque(value),
        _ => Tree::Scalar(value.clone()),
    }
}

fn inner(text: &str, tree: Option<Tree>) -> Option<Tree> {
    Some(Tree::Inner(text.to_owned(), Box::new(tree?)))
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

/// A document of JSON; nothing where it is no object and no list.
fn json_of(text: &str) -> Option<Value> {
    text.trim_start()
        .starts_with(['{', '['])
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())?
        .map(Value::from)
}

fn json_tree(json: &Value) -> Tree {
    Reader::new(&Names::new()).walk("", &mut Vec::new(), json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::object;

    fn masked(kind: &str, rest: &str) -> String {
        let names = Names::from([("a-7bc6b88tb8".to_owned(), "a".to_owned())]);
        let tree = Reader::new(&names).object(&object(kind, "n", rest));
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
            ("v1/Secret", "stringData: {a: s3cr3t, b: 7}", r#"data: {"a": "********", "b": "********"}"#),
            ("v1/Secret", "stringData: s3cr3t", r#"stringData: "********""#),
            (
                "v1/Secret",
                &format!("data: {{config.yaml: {base64}}}"),
                r#"data: {"config.yaml": {"SERVER_HOSTNAME": "h", "DB_URI": "********", "NEVER_HEARD_OF": "********"}}"#,
            ),
            ("v1/Secret", "data: {config.yaml: '!'}", r#"data: {"config.yaml": "********"}"#),
            ("v1/Secret", "stringData: {config.yaml: 'a: b: c'}", r#"data: {"config.yaml": "********"}"#),
            ("v1/Secret", "stringData: {config.yaml: 'TESTING: true'}", r#"data: {"config.yaml": {"TESTING": true}}"#),
            ("v1/ConfigMap", "binaryData: {a: czNjcjN0}", r#"binaryData: {"a": "********"}"#),
            ("v1/ConfigMap", "data: {a: b, adminPassword: s3cr3t}", r#"data: {"a": "b", "adminPassword": "********"}"#),
            (
                "bitnami.com/v1alpha1/SealedSecret",
                "spec: {encryptedData: {a: s3cr3t}, template: {data: {b: s3cr3t}, type: Opaque}}",
                r#"spec: {"encryptedData": {"a": "********"}, "template": {"data": {"b": "********"}, "type": "Opaque"}}"#,
            ),
            ("route.openshift.io/v1/Route", "spec: {tls: {key: s3cr3t}}", r#"spec: {"tls": {"key": "********"}}"#),
            ("v1/ConfigMap", "data: {tls.key: s3cr3t, pin: 7}", r#"data: {"tls.key": "********", "pin": 7}"#),
            (
                "v1/ConfigMap",
                r#"data: {a: '[{"user": "u", "token": "s3cr3t"}]'}"#,
                r#"data: {"a": [{"user": "u", "token": "********"}]}"#,
            ),
            ("x.io/v1/X", "spec: {admin_password: s3cr3t, n: 3}", r#"spec: {"admin_password": "********", "n": 3}"#),
            (
                "x.io/v1/X",
                "spec: {credentials: {a: [5, b]}}",
                r#"spec: {"credentials": {"a": ["********", "********"]}}"#,
            ),
            (
                "x.io/v1/X",
                "spec: [--user, u, --password, s3cr3t, --token=s3cr3t]",
                r#"spec: ["--user", "u", "--password", "********", "--token=********"]"#,
            ),
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
            (
                "x.io/v1/X",
                r#"spec: {annotations: {a: '{"data": {"a": "s3cr3t"}}', objectset.rio.cattle.io/applied: H4sI, b: c}}"#,
                r#"spec: {"annotations": {"a": "********", "objectset.rio.cattle.io/applied": "********", "b": "c"}}"#,
            ),
            ("x.io/v1/X", "status: {a: b}\nsops: {mac: s3cr3t}", r#"sops: {"mac": "********"}"#),
        ] {
            assert_eq!(masked(kind, rest), wanted, "{kind} {rest}");
        }
    }

    #[test]
    fn what_is_the_same_to_the_api_server_is_the_same() {
        let tree = |text: &str| Reader::new(&Names::new()).object(&crate::compare::tests::value(text));
        let last = "kubectl.kubernetes.io/last-applied-configuration: '{}'";
        for (one, two) in [
            ("{kind: Secret, data: {a: czNjcjN0}}", "{kind: Secret, stringData: {a: s3cr3t}}"),
            ("{kind: Secret, data: {a: czNjcjN0}}", "{kind: Secret, data: {a: \"czNj\\ncjN0\\n\"}}"),
            ("{kind: Secret, data: {a: eA==}, stringData: {a: y}}", "{kind: Secret, stringData: {a: y}}"),
            ("{metadata: {name: a}, status: {b: c}}", "{metadata: {name: a, uid: b}}"),
            (&format!("{{metadata: {{annotations: {{{last}}}}}}}"), "{metadata: {}}"),
            (&format!("{{metadata: {{annotations: {{{last}, a: b}}}}}}"), "{metadata: {annotations: {a: b}}}"),
        ] {
            assert!(tree(one) == tree(two), "{one} {two}");
        }
    }
}
