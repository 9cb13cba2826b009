//! Containers find the same configuration whether secrets are joined or inline.

use super::{analyzed, document, examples, read, referenced, rendered, with_config};
use crate::support::every_field;
use crate::support::pod::{Cluster, Files, Pod, cluster};
use quay_render::cluster_secrets::plain::plain_values;
use quay_render::input::Inputs;
use quay_render::object::{Map, Value};
use quay_render::{Rendered, compile};
use serde_json::{Value as Json, json};

/// The pods with a configuration, and its folders.
const PODS: [(&str, &[&str]); 5] = [
    ("quay-app", &["/conf/stack"]),
    ("quay-app-upgrade", &["/conf/stack"]),
    ("quay-mirror", &["/conf/stack"]),
    ("quay-config-editor", &["/conf/stack"]),
    ("clair-app", &["/clair", "/var/run/certs"]),
];
/// If files are joined, all pods of Quay trust the registry's own certificate, because they share a plan; inline only
/// the mirror does.
const OWN: &str = "/conf/stack/extra_ca_certs/quay-ssl.cert";

/// Compares what every pod of two outputs finds; returns how many pods there are.
pub fn assert_same(late: &Rendered, inline: &Rendered, made: &Cluster, what: &str) -> usize {
    let mut count = 0;
    for (base, below) in PODS {
        let base = format!("{}-{base}", late.resolved.name);
        let has =
            |rendered: &Rendered| rendered.objects.iter().any(|it| it.base_name == base && it.kind() != "Service");
        assert_eq!(has(late), has(inline), "{what}: {base}");
        if !has(late) {
            continue;
        }
        let found = Pod::new(&late.objects, made, &base).sees(below);
        let wanted = Pod::new(&inline.objects, made, &base).sees(below);
        assert!(!wanted.is_empty(), "{what}: {base}");
        assert_files(&found, &wanted, &format!("{what}: {base}"));
        count += 1;
    }
    count
}

fn assert_files(found: &Files, wanted: &Files, what: &str) {
    // Inline, the one Secret of Clair has its certificates too; it looks for them elsewhere.
    let is_read = |path: &str| !path.starts_with("/clair/") || path == "/clair/config.yaml";
    for (path, bytes) in wanted.iter().filter(|(path, _)| is_read(path)) {
        let found = found.get(path).unwrap_or_else(|| panic!("{what}: no {path}"));
        match path.as_str() {
            "/clair/config.yaml" => assert_equal(&quoted(document(found)), &document(bytes), what),
            "/conf/stack/config.yaml" => assert_equal(&document(found), &document(bytes), what),
            _ => assert!(found == bytes, "{what}: {path} differs"),
        }
    }
    for (path, bytes) in found.iter().filter(|(path, _)| !wanted.contains_key(*path)) {
        assert_eq!(path, OWN, "{what}");
        assert!(*bytes == wanted["/conf/stack/ssl.cert"], "{what}: {path}");
    }
}

/// Compares two large documents, and reports only the differences.
fn assert_equal(found: &Value, wanted: &Value, path: &str) {
    match (found, wanted) {
        (Value::Map(found), Value::Map(wanted)) => {
            let names = |map: &Map| map.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
            assert_eq!(names(found), names(wanted), "{path}");
            found.iter().for_each(|(name, value)| {
                assert_equal(value, wanted.get(name).unwrap(), &format!("{path}: {name}"));
            });
        }
        (Value::Seq(found), Value::Seq(wanted)) if found.len() == wanted.len() => {
            found.iter().zip(wanted).for_each(|(found, wanted)| assert_equal(found, wanted, path));
        }
        _ => assert_eq!(found, wanted, "{path}"),
    }
}

/// Clair's connection strings with the password in quotes for libpq, as `inline` writes it.
fn quoted(value: Value) -> Value {
    match value {
        Value::Str(text) => text.replace('\'', "").into(),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, value)| (key, quoted(value))).collect()),
        Value::Seq(items) => Value::Seq(items.into_iter().map(quoted).collect()),
        other => other,
    }
}

/// Leaves the secrets of an inline input to the cluster, joins them, and compares.
pub fn assert_joined(inputs: Inputs, what: &str) -> Rendered {
    let inline = rendered(compile(&inputs));
    let late = referenced(inputs);
    let made = cluster(&analyzed(&late));
    let late = rendered(compile(&late));
    assert!(assert_same(&late, &inline, &made, what) >= 2, "{what}");
    late
}

#[test]
fn every_pod_of_every_example_joins_what_inline_would_have_given_it() {
    let joined: Vec<usize> = examples()
        .iter()
        .map(|example| {
            let inline = rendered(compile(&read(example)));
            let late = referenced(read(example));
            let made = cluster(&analyzed(&late));
            assert_same(&rendered(compile(&late)), &inline, &made, example)
        })
        .collect();
    assert!(joined.len() > 10 && joined.contains(&5), "{joined:?}");
}

/// Gives Secrets and keys names of the user's own; two entries share one Secret.
#[test]
fn secrets_under_names_of_the_user_s_own_give_the_same() {
    let names = "mode: referenced
    names:
      keys: {name: all-of-quay, keys: {SECRET_KEY: session.key}}
      database: {name: all-of-quay}
      clair: {keys: {CLAIR_DB_PASSWORD: a, SECURITY_SCANNER_V4_PSK: b}}
      tls: {name: registry.certificate, keys: {ssl.cert: tls.crt, ssl.key: tls.key}}";
    let late = super::edited(read("minimal"), |text| text.replace("mode: inline", names));
    let analysis = analyzed(&late);
    let made = cluster(&analysis);
    let keys = |name: &str| -> Vec<String> { made[&("Secret", name.to_owned())].keys().cloned().collect() };
    assert_eq!(keys("all-of-quay"), ["DATABASE_SECRET_KEY", "DB_PASSWORD", "DB_ROOT_PW", "session.key"]);
    assert_eq!(keys("registry.certificate"), ["tls.crt", "tls.key"]);
    let inline = rendered(compile(&read("minimal")));
    assert_eq!(assert_same(&rendered(compile(&late)), &inline, &made, "names"), 5);
}

/// Moves every secret text of config.yaml, and every file with a secret, into one Secret that the input names.
#[test]
fn secrets_that_the_input_names_give_the_same() {
    let mut maker = every_field::Maker::new(5);
    let inline_config = maker.every_field();
    let inline = with_config(&inline_config);
    let mut own = Files::new();
    let mut text = serde_json::to_string(&inline_config).unwrap();
    for (at, secret) in maker.secrets.iter().enumerate() {
        let reference = json!({"fromSecret": {"name": "own", "key": format!("k{at}")}});
        let before = text.len();
        text = text.replace(&format!("\"{secret}\""), &reference.to_string());
        if text.len() != before {
            own.insert(format!("k{at}"), secret.clone().into_bytes());
        }
    }
    assert!(own.len() > 30, "{}", own.len());
    let uri = inline_config["DB_URI"].as_str().unwrap();
    own.insert("uri".to_owned(), uri.as_bytes().to_vec());
    let mut config: serde_json::Map<String, Json> = serde_json::from_str(&text).unwrap();
    // A map with a secret in it is left whole, as YAML.
    let options = "/DISTRIBUTED_STORAGE_CONFIG/SwiftStorage/1/os_options";
    let whole = Json::from(inline_config).pointer(options).unwrap().to_string();
    own.insert("options".to_owned(), whole.into_bytes());
    config["DISTRIBUTED_STORAGE_CONFIG"]["SwiftStorage"][1]["os_options"] =
        json!({"fromSecret": {"name": "own", "key": "options"}});
    config.insert("DB_URI".to_owned(), json!({"fromSecret": {"name": "own", "key": "uri"}}));
    let mut late = with_config(&config);
    let mut files = String::from("mode: referenced\n    files:\n");
    let bundle = late.bundle.as_mut().unwrap();
    for (name, source) in bundle.files.iter().filter(|(name, _)| name != "config.yaml") {
        own.insert(name.clone(), source.bytes.clone());
        files.push_str(&format!("      {name}: {{name: own, key: {name}}}\n"));
    }
    bundle.files.retain(|(name, _)| name == "config.yaml");
    let late = super::edited(late, |text| text.replace("mode: inline\n", &files));
    let analysis = analyzed(&late);
    // Nothing of what the input names is anywhere else.
    let elsewhere = plain_values(&analysis.model, &analysis.resolved, &analysis.cluster_secrets);
    let elsewhere: Vec<&str> = elsewhere.iter().map(|plain| plain.secret).collect();
    assert!(elsewhere.iter().all(|id| ["keys", "editor", "config"].contains(id)), "{elsewhere:?}");
    let mut made = cluster(&analysis);
    made.insert(("Secret", "own".to_owned()), own);
    let (late, inline) = (rendered(compile(&late)), rendered(compile(&inline)));
    assert!(assert_same(&late, &inline, &made, "own") >= 2);
}

/// The value without its secret members at any depth; the maps around them stay.
fn without(value: &Json, secrets: &[String]) -> Option<Json> {
    match value {
        Json::String(text) if secrets.iter().any(|secret| text == secret) => None,
        Json::Array(items) => Some(items.iter().filter_map(|item| without(item, secrets)).collect()),
        Json::Object(map) => {
            let left = map.iter().filter_map(|(name, value)| Some((name.clone(), without(value, secrets)?)));
            Some(left.filter(|(name, _)| name != "os_options").collect::<serde_json::Map<_, _>>().into())
        }
        other => Some(other.clone()),
    }
}

/// The value at the path of an entry, which has no indices of lists.
fn at<'a>(value: &'a Json, path: &str) -> Option<&'a Json> {
    match value {
        _ if path.is_empty() => Some(value),
        Json::Array(items) => items.iter().rev().find_map(|item| at(item, path)),
        Json::Object(map) => map.iter().find_map(|(name, value)| {
            let rest = path.strip_prefix(name.as_str())?;
            if rest.is_empty() { Some(value) } else { at(value, rest.strip_prefix('.')?) }
        }),
        _ => None,
    }
}

/// Values that Quay needs are required even if config.yaml omits them, and have the right type.
#[test]
fn secrets_that_config_yaml_leaves_out_are_joined() {
    let mut found = std::collections::BTreeSet::new();
    for seed in 0..24 {
        let mut maker = every_field::Maker::new(seed);
        let whole = Json::from(maker.every_field());
        let Some(Json::Object(mut config)) = without(&whole, &maker.secrets) else { panic!("no map") };
        config.shift_remove("DB_URI");
        let late = referenced(with_config(&config));
        let analysis = analyzed(&late);
        let mut made = cluster(&analysis);
        let asked =
            analysis.cluster_secrets.secrets.iter().find(|wanted| wanted.id.as_deref() == Some("config")).unwrap();
        let mut wanted = Vec::new();
        for entry in &asked.entries {
            let Some(value) = at(&whole, &entry.id) else { continue };
            let piece = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let secret = made.entry(("Secret", asked.name.clone())).or_default();
            // An empty list of a health check's arguments and the like stands in the input itself.
            if secret.insert(entry.key.clone(), piece.into_bytes()).is_none() {
                wanted.push((entry.id.clone(), value.clone()));
            }
        }
        let late = rendered(compile(&late));
        let sees = Pod::new(&late.objects, &made, "registry-quay-app").sees(&["/conf/stack"]);
        let joined = serde_json::to_value(document(&sees["/conf/stack/config.yaml"])).unwrap();
        for (id, value) in wanted {
            assert_eq!(at(&joined, &id), Some(&value), "seed {seed}: {id}");
            found.insert(id);
        }
    }
    assert!(
        found.contains("DB_URI") && found.contains("DISTRIBUTED_STORAGE_CONFIG.SwiftStorage.os_options"),
        "{found:?}"
    );
}
