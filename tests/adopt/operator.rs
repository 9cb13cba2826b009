//! What an operator was measured to apply (`tests/data/adopt`), put together again as `kubectl get -o yaml` would export it: with
//! what servers fill in, former generations, and objects of others.

use super::server::{served, stamped};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;

const FOLDER: &str = "tests/data/adopt";
/// The registry of all cases.
pub const NAME: &str = "test";
pub const NAMESPACE: &str = "ns";
/// The suffix of every name that follows content.
pub const SUFFIX: &str = "7bc6b88tb8";
pub const RELEASES: [&str; 4] = ["3.5", "3.9", "3.15", "3.18"];

/// Every secret value that the export holds; none of them may ever be shown.
pub const SECRETS: &[(&str, &str)] = &[
    ("SECRET_KEY", "Sk7Vb2QmXr9TzLwNc4HdYf6JgPa1eUoK8iRs3MtBvWxZq5CyDn0hGlEjFuApSkO-2bVcXzLqWe7Rt9Yu"),
    ("DATABASE_SECRET_KEY", "Dk1Lp8ZxCv4BnMq6WeRt2YuIo9AsDfGh3JkLz7XcVbNm5QwErTy0UiOpAs-dFgHjKlZxCvBnM8qWeRt6"),
    ("DB_PASSWORD", "Dbp3Xk7QzRm9TvLw2Nc5HdYf8JgPa4eU"),
    ("DB_ROOT_PW", "Rtp6Bn1VcXz8LkJh4GfDsA9qWeRt2YuI"),
    ("CLAIR_DB_PASSWORD", "Cdp9Mn4BvCx2ZlKj7HgFdS5aQwErTy1U"),
    ("CLAIR_DB_ROOT_PW", "Crp2Qw8ErTy5UiOp1AsDfG7hJkLz3XcV"),
    ("PSK", "Psk5Zx9CvBn3MqWe7RtYu1IoPaSdFg6H"),
    ("EDITOR", "Edt4Rf8Vg2Bh6Nj0"),
];

pub fn secret(name: &str) -> &'static str {
    SECRETS.iter().find(|(known, _)| *known == name).unwrap().1
}

/// The published cases of a release.
pub fn cases(release: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{FOLDER}/{release}.tsv")).unwrap();
    let mut names: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .collect();
    names.sort();
    names.dedup();
    names.retain(|name| name != "*");
    names.push("minimal".to_owned());
    names
}

type Facts = BTreeMap<String, Vec<(String, String)>>;

/// What the operator applies in a case: the fields of each object.
fn facts(release: &str, case: &str) -> Facts {
    let mut facts = Facts::new();
    let text = fs::read_to_string(format!("{FOLDER}/{release}.tsv")).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let [of, change, object, path, value] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        if of != "*" && of != case {
            continue;
        }
        match change {
            "-" => drop(facts.remove(object)),
            "+" => drop(facts.entry(object.to_owned()).or_default()),
            _ => {
                let Some(fields) =
                    (if of == "*" { Some(facts.entry(object.to_owned()).or_default()) } else { facts.get_mut(object) })
                else {
                    continue;
                };
                fields.retain(|(known, _)| known != path);
                if value != "<absent>" {
                    fields.push((path.to_owned(), value.to_owned()));
                }
            }
        }
    }
    facts
}

/// A step of a path.
enum Step {
    Key(String),
    /// An item, by its tag.
    Item(String),
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix(".[").or_else(|| rest.strip_prefix('[').filter(|_| steps.is_empty())) {
            let (key, after) = inside.split_once(']').unwrap();
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (tag, after) = inside.split_once(']').unwrap();
            let is_entry = matches!(steps.as_slice(), [Step::Key(data)] if data == "data");
            steps.push(if is_entry { Step::Key(tag.to_owned()) } else { Step::Item(tag.to_owned()) });
            rest = after;
        } else {
            let own = rest.strip_prefix('.').unwrap_or(rest);
            let end = own.find(['.', '[']).unwrap_or(own.len());
            steps.push(Step::Key(own[..end].to_owned()));
            rest = &own[end..];
        }
    }
    steps
}

/// A tree whose lists are still maps by tag.
#[derive(Default)]
struct Tree {
    value: Option<Value>,
    keys: Vec<(String, Tree)>,
    items: Vec<(String, Tree)>,
}

impl Tree {
    fn put(&mut self, steps: &[Step], value: Value) {
        let Some((step, rest)) = steps.split_first() else {
            self.value = Some(value);
            return;
        };
        let (children, name) = match step {
            Step::Key(key) => (&mut self.keys, key),
            Step::Item(tag) => (&mut self.items, tag),
        };
        let at = children.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            children.push((name.clone(), Tree::default()));
            children.len() - 1
        });
        children[at].1.put(rest, value);
    }

    fn value(self) -> Value {
        if !self.items.is_empty() {
            let item = |(tag, tree): (String, Tree)| {
                let mut value = tree.value();
                if let (Some((key, name)), Some(map)) = (tag.split_once('='), value.as_object_mut()) {
                    let name = name.split_once('#').map_or(name, |(name, _)| name);
                    let named = if key == "containerPort" { json!(name.parse::<i64>().unwrap()) } else { json!(name) };
                    map.entry(key).or_insert(named);
                }
                value
            };
            return Value::Array(self.items.into_iter().map(item).collect());
        }
        if !self.keys.is_empty() {
            return Value::Object(self.keys.into_iter().map(|(key, tree)| (key, tree.value())).collect());
        }
        match self.value {
            Some(Value::String(text)) if text == "[]" => json!([]),
            value => value.unwrap_or_else(|| json!({})),
        }
    }
}

/// The value of a fact, with something in the place of what was not given.
fn filled(object: &str, path: &str, text: &str, pair: &(String, String)) -> Value {
    let key = |marker: &str| {
        let name = match (object, path) {
            _ if path.ends_with("DATABASE_SECRET_KEY") || path.contains("DATABASE_SECRET_KEY]") => {
                "DATABASE_SECRET_KEY"
            }
            _ if path.contains("SECRET_KEY") => "SECRET_KEY",
            _ if path.contains("DB_URI") => "DB_PASSWORD",
            _ if path.contains("connstring") || path.contains("CLAIR_DB_PASSWORD") => "CLAIR_DB_PASSWORD",
            _ if path.contains("CLAIR_DB_ROOT_PW") => "CLAIR_DB_ROOT_PW",
            (secret, _) if secret.contains("clairpostgres-config-secret") && path.contains("root") => {
                "CLAIR_DB_ROOT_PW"
            }
            (secret, _) if secret.contains("clairpostgres-config-secret") => "CLAIR_DB_PASSWORD",
            _ if path.contains("DB_ROOT_PW") || path.contains("database-root-password") => "DB_ROOT_PW",
            _ if path.contains("database-password") => "DB_PASSWORD",
            _ if path.contains("PSK") || path.contains("psk") => "PSK",
            (secret, _) if secret.contains("editor") || path.contains("EDITOR") => "EDITOR",
            _ => panic!("{object} {path}: {marker}"),
        };
        if name == "PSK" { STANDARD.encode(secret(name)) } else { secret(name).to_owned() }
    };
    let text = text.replace("<hash>", SUFFIX);
    let mut out = text.clone();
    if let Some(start) = text.find("<key") {
        let end = start + text[start..].find('>').unwrap() + 1;
        out.replace_range(start..end, &key(&text[start..end]));
    }
    match out.as_str() {
        "\"<pem>\"" if path.contains("ssl.key") => json!(pair.1),
        "\"<pem>\"" => json!(pair.0),
        "\"<script>\"" => json!("#!/bin/sh\npsql -c 'CREATE EXTENSION IF NOT EXISTS pg_trgm'\n"),
        "\"<dashboard json>\"" => json!("{\"title\": \"Quay\"}"),
        "\"<bytes>\"" | "\"<text>\"" => json!("text"),
        text => serde_json::from_str(text).unwrap_or_else(|_| panic!("{object} {path}: {text}")),
    }
}

/// An object of the facts.
fn object(name: &str, fields: &[(String, String)], pair: &(String, String)) -> Value {
    let (kind, own) = name.split_once('/').unwrap();
    let mut tree = Tree::default();
    for (path, text) in fields {
        tree.put(&steps(path), filled(name, path, text, pair));
    }
    let mut value = tree.value();
    let map = value.as_object_mut().unwrap();
    map.insert("kind".to_owned(), json!(kind));
    let metadata = map.entry("metadata").or_insert_with(|| json!({})).as_object_mut().unwrap();
    metadata.insert("name".to_owned(), json!(own.replace("<hash>", SUFFIX)));
    if let Some(data) = map.get_mut("data").and_then(Value::as_object_mut) {
        for (key, value) in data.iter_mut() {
            let text = match &*value {
                Value::String(text) => text.clone(),
                Value::Object(settings) if key.ends_with(".sample") => {
                    settings.iter().map(|(name, value)| format!("{name} = {}\n", value.as_str().unwrap())).collect()
                }
                other => other.to_string(),
            };
            *value = json!(if kind == "Secret" { STANDARD.encode(text) } else { text });
        }
    }
    value
}

/// A certificate of a case's bundle: for the host that OpenShift makes up, and for the users' own.
fn pair_of(case: &str) -> (String, String) {
    let documents = documents(&format!("{FOLDER}/cases/later/{case}.yaml"));
    let data = &documents[1]["data"];
    let text = |key: &str| String::from_utf8(STANDARD.decode(data[key].as_str().unwrap()).unwrap()).unwrap();
    (text("ssl.cert"), text("ssl.key"))
}

fn documents(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    json_of(&text)
}

/// Documents of YAML as JSON, by the compiler's own reader.
fn json_of(text: &str) -> Vec<Value> {
    let origin = quay_render::yaml::Origin { file: "", within: None };
    let mut problems = quay_render::diagnostic::Diagnostics::new();
    let documents = quay_render::yaml::parse_own(text, &origin, &mut problems);
    documents.iter().map(|document| serde_json::to_value(document.root.to_value()).unwrap()).collect()
}

/// The export of a case: every object, in an order of its own.
pub fn export(release: &str, case: &str) -> Vec<Value> {
    let folder = if release == "3.5" { "3.5" } else { "later" };
    let mut own = documents(&format!("{FOLDER}/cases/{folder}/{case}.yaml"));
    let is_own_host = own.get(1).is_some_and(|bundle| {
        let config = bundle["data"]["config.yaml"].as_str().unwrap_or_default();
        String::from_utf8(STANDARD.decode(config).unwrap()).unwrap().contains("SERVER_HOSTNAME")
    });
    let pair = pair_of(if is_own_host { "kubernetes" } else { "unmanaged-tls" });
    let is_openshift = case != "kubernetes";
    let mut objects: Vec<Value> =
        facts(release, case).iter().map(|(name, fields)| object(name, fields, &pair)).collect();
    let version = format!("{release}.0");
    let registry = &mut own[0];
    registry["metadata"]["finalizers"] = json!(["quay-operator/finalizer"]);
    registry["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": "{}"});
    let mut status = json!({"conditions": [{"type": "Available", "status": "True"}]});
    if case != "first-install" {
        status["currentVersion"] = json!(version);
    }
    registry["status"] = status;
    let is_bucket = objects.iter().any(|object| object["kind"] == "ObjectBucketClaim");
    let more = former(&objects);
    objects.extend(more);
    for object in &mut objects {
        served(object, is_openshift);
    }
    if is_bucket {
        objects.extend(bucket());
    }
    objects.extend(own);
    objects.extend(others(release));
    for (at, object) in objects.iter_mut().enumerate() {
        stamped(object, at);
    }
    objects.reverse();
    objects
}

/// What controllers made of the objects, and a former generation of the Secret with config.yaml.
fn former(objects: &[Value]) -> Vec<Value> {
    let mut found = Vec::new();
    for object in objects {
        let name = object["metadata"]["name"].as_str().unwrap();
        let labels = &object["metadata"]["labels"];
        match object["kind"].as_str().unwrap() {
            "Secret" if name.starts_with("test-quay-config-secret-") => {
                let mut old = object.clone();
                old["metadata"]["name"] = json!("test-quay-config-secret-22222222d2");
                old["data"]["old"] = json!("eA==");
                found.push(old);
            }
            "Deployment" => found.push(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {
                "name": format!("{name}-5d4f8c7b9"), "namespace": NAMESPACE, "labels": labels,
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": "d", "controller": true}]}})),
            "Service" => found.push(json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {
                "name": name, "namespace": NAMESPACE, "labels": labels}, "subsets": []})),
            _ => {}
        }
    }
    found
}

/// The Secret and the ConfigMap of the bucket claim, which the provisioner makes.
fn bucket() -> [Value; 2] {
    let metadata = json!({"name": "test-quay-datastore", "namespace": NAMESPACE,
        "ownerReferences": [{"apiVersion": "objectbucket.io/v1alpha1", "kind": "ObjectBucketClaim", "name": "test-quay-datastore", "uid": "o"}]});
    let encode = |text: &str| STANDARD.encode(text);
    [
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque",
            "data": {"AWS_ACCESS_KEY_ID": encode("oracle-access"), "AWS_SECRET_ACCESS_KEY": encode("oracle-secret")}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata,
            "data": {"BUCKET_HOST": "s3.openshift-storage.svc", "BUCKET_NAME": "oracle-bucket", "BUCKET_PORT": "443"}}),
    ]
}

/// The operator itself, and another registry that it watches.
fn others(release: &str) -> Vec<Value> {
    vec![
        json!({"apiVersion": "operators.coreos.com/v1alpha1", "kind": "ClusterServiceVersion",
            "metadata": {"name": format!("quay-operator.v{release}.0"), "namespace": "operators"}}),
        json!({"apiVersion": "operators.coreos.com/v1alpha1", "kind": "Subscription",
            "metadata": {"name": "quay-operator", "namespace": "operators"}, "spec": {"name": "quay-operator"}}),
        json!({"apiVersion": "quay.redhat.com/v1", "kind": "QuayRegistry",
            "metadata": {"name": "other", "namespace": "elsewhere"}, "spec": {}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": NAMESPACE}, "data": {"a": "eA=="}}),
    ]
}

/// The ways in which people export: one list, lists of lists, many documents.
pub fn written(objects: &[Value], form: usize) -> String {
    let list = |items: &[Value]| json!({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {"resourceVersion": ""}});
    match form % 3 {
        0 => list(objects).to_string(),
        1 => {
            let halves: Vec<Value> = objects.chunks(objects.len() / 3 + 1).map(list).collect();
            serde_json::to_string_pretty(&list(&halves)).unwrap()
        }
        _ => objects.iter().map(|object| format!("---\n{object}\n")).collect(),
    }
}

/// The object of a kind and a name.
pub fn find<'a>(objects: &'a mut [Value], kind: &str, name: &str) -> &'a mut Value {
    objects.iter_mut().find(|object| object["kind"] == kind && object["metadata"]["name"] == name).unwrap()
}

/// A map without a key.
pub fn without(object: &mut Value, key: &str) {
    object.as_object_mut().map(|map: &mut Map<String, Value>| map.remove(key));
}

/// Rendered objects as a cluster has them once they are applied and everything is ready.
pub fn applied(stream: &str) -> Vec<Value> {
    let mut objects = json_of(stream);
    for (at, object) in objects.iter_mut().enumerate() {
        served(object, true);
        without(&mut object["metadata"], "ownerReferences");
        stamped(object, at);
        match object["kind"].as_str().unwrap() {
            "Deployment" => object["status"]["updatedReplicas"] = json!(1),
            "Job" => object["status"] = json!({"conditions": [{"type": "Complete", "status": "True"}]}),
            _ => {}
        }
    }
    objects
}
