//! Makes pods restart when content changes: content hashes in names, in kustomize's form, or checksums on pod
//! templates; Jobs get a hash of the whole object.

use super::{annotate, holds};
use crate::keyed_digest::Key;
use crate::object::base_names;
use crate::object::labels::{CHECKSUM, SYNC_OPTIONS};
use crate::object::{LONGEST_CRON_JOB, LONGEST_JOB, Map, Object, Value};
use crate::object::{content_suffix, fitted, suffix, template_path, with_hash};

/// ConfigMaps whose content is joined at pod start have a content suffix, like Secrets.
const JOINED: &str = "join";
/// Secrets that controllers watch, and no pod mounts, keep their names.
const WATCHED: &str = "ingress";

/// Separates this use of the key from all others.
const DOMAIN: &[u8] = b"quay-render content suffix key v1";

/// Hashes content. Names of Secrets are committed in Deployments, and with a plain hash anyone could test guesses of a
/// password; a keyed hash prevents that for those who do not have the key.
pub struct Hasher(Option<Key>);

impl Hasher {
    /// Uses DIGEST_KEY, if there is one.
    pub fn new(digest_key: Option<&str>) -> Self {
        Self(digest_key.map(|key| Key::derive(DOMAIN, &[key.as_bytes()])))
    }

    /// The hash of a Secret or a ConfigMap: for a ConfigMap, and without a key, the same as kustomize's.
    fn hash(&self, object: &Value) -> String {
        let text = hashed(object);
        match &self.0 {
            Some(key) if kind(object) != Some("ConfigMap") => suffix(&key.mac(&[text.as_bytes()])),
            _ => content_suffix(&text),
        }
    }
}

/// Adds a content suffix to the name of every Secret, and every ConfigMap that pods join, and updates all references.
/// An old object must outlive the pods that mount it, so it is pruned last. Those in `stable` keep their names, as no
/// pod mounts them.
pub fn by_content(objects: &mut [Object], registry: &str, stable: &[String], hasher: &Hasher) {
    let is_stable = |object: &Object| stable.iter().any(|name| object.name() == base_names::named(registry, name));
    let mut renamed = Vec::new();
    for object in objects.iter_mut().filter(|object| is_named_by_content(object) && !is_stable(object)) {
        let old = object.name().to_owned();
        let new = format!("{old}-{}", hasher.hash(&object.value));
        if let Some(metadata) = object.map_mut(&["metadata"]) {
            metadata.insert("name", new.as_str());
        }
        annotate(object, SYNC_OPTIONS, "PruneLast=true");
        renamed.push((old, new));
    }
    for object in objects.iter_mut() {
        if let Some(template) = object.map_mut_if(template_path(object.kind())) {
            for (_, value) in template.iter_mut() {
                follow(value, &renamed);
            }
        }
    }
}

/// Keeps all names, and adds checksums of such objects to the pods that use them.
pub fn checksums(objects: &mut [Object], registry: &str, hasher: &Hasher) {
    let hashed = objects.iter().filter(|object| is_named_by_content(object));
    let sums: Vec<(String, String)> =
        hashed.map(|object| (object.name().to_owned(), hasher.hash(&object.value))).collect();
    for object in objects.iter_mut() {
        let Some(template) = object.template() else { continue };
        let used: Vec<_> = sums.iter().filter(|(name, _)| holds(template, &|text| text == name)).cloned().collect();
        for (name, sum) in used {
            let own = base_names::base(&name, registry).unwrap_or(&name);
            if let Some(annotations) =
                object.map_mut(&[template_path(object.kind()), &["metadata", "annotations"]].concat())
            {
                annotations.insert(format!("{CHECKSUM}{own}"), sum);
            }
        }
    }
}

fn is_named_by_content(object: &Object) -> bool {
    (object.is_secret() && object.component != WATCHED) || object.component == JOINED
}

/// Updates every text of a pod template that is exactly the name of a Secret: in volumes, sources of variables, and the
/// value of the variable QE_K8S_CONFIG_SECRET.
fn follow(value: &mut Value, renamed: &[(String, String)]) {
    match value {
        Value::Str(text) => {
            if let Some((_, new)) = renamed.iter().find(|(old, _)| old == text) {
                text.clone_from(new);
            }
        }
        Value::Seq(items) => items.iter_mut().for_each(|item| follow(item, renamed)),
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| follow(value, renamed)),
        _ => {}
    }
}

/// Shortens the name of a CronJob that is too long for one: its own Jobs are named after it.
pub fn cron_job(object: &mut Object) {
    if object.kind() != "CronJob" {
        return;
    }
    let name = fitted(object.name(), LONGEST_CRON_JOB);
    if let Some(metadata) = object.map_mut(&["metadata"]) {
        metadata.insert("name", name);
    }
}

/// Appends a hash of the whole Job to its name: a changed Job is a different Job, so applying it never hits an
/// immutable field, and a new release always migrates.
pub fn job(object: &mut Object) {
    if object.kind() != "Job" {
        return;
    }
    let name = with_hash(object.name(), &content_suffix(&json(&object.value)), LONGEST_JOB);
    if let Some(metadata) = object.map_mut(&["metadata"]) {
        metadata.insert("name", name);
    }
}

fn kind(object: &Value) -> Option<&str> {
    object.at(&["kind"]).and_then(Value::as_str)
}

/// The content that kustomize hashes for a Secret or a ConfigMap.
fn hashed(object: &Value) -> String {
    let mut hashed = Map::new();
    let field = |name: &str| object.at(&[name]).cloned();
    if let Some(binary) = field("binaryData") {
        hashed.insert("binaryData", binary);
    }
    hashed.insert("data", field("data").unwrap_or_else(|| "".into()));
    hashed.insert("kind", field("kind").unwrap_or_else(|| "Secret".into()));
    hashed.insert("name", "");
    if kind(object) != Some("ConfigMap") {
        hashed.insert("type", field("type").unwrap_or_else(|| "".into()));
    }
    json(&hashed.into())
}

/// Compact JSON as Go writes it.
pub fn json(value: &Value) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let Some(first) = text.find(ESCAPED) else { return text };
    let (plain, rest) = text.split_at(first);
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    escaped.push_str(plain);
    for c in rest.chars() {
        match c {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Characters that Go escapes in JSON and serde does not.
const ESCAPED: [char; 5] = ['<', '>', '&', '\u{2028}', '\u{2029}'];

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(entries: &[(&str, &str)]) -> Value {
        let data: Map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
        let mut secret = Map::new();
        secret.insert("data", data);
        secret.insert("type", "Opaque");
        secret.into()
    }

    #[test]
    fn json_is_escaped_as_go_does_it() {
        assert_eq!(json(&"a".into()), "\"a\"");
        let wanted = "\"a\\u003cb\\u003e\\u0026\\u2028\\u2029\u{e9}\\\"\"";
        assert_eq!(json(&"a<b>&\u{2028}\u{2029}\u{e9}\"".into()), wanted);
    }

    #[test]
    fn without_a_key_a_secret_has_the_hash_that_kustomize_gives_it() {
        assert_eq!(Hasher::new(None).hash(&secret(&[("a", "MQ=="), ("b", "dHdv")])), "m4g9729d86");
    }

    #[test]
    fn with_a_key_nobody_else_can_tell_the_hash_of_a_secret() {
        let values = secret(&[("password", "aHVudGVyMg==")]);
        let [plain, one, other] = [None, Some("one"), Some("other")].map(|key| Hasher::new(key).hash(&values));
        assert!(plain != one && one != other && plain != other);
        assert!(one.len() == 10 && one.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(one, Hasher::new(Some("one")).hash(&secret(&[("password", "aHVudGVyMw==")])));
        // A ConfigMap is public.
        let mut map = Map::new();
        map.insert("kind", "ConfigMap");
        map.insert("data", "a");
        let map: Value = map.into();
        assert_eq!(Hasher::new(Some("one")).hash(&map), Hasher::new(None).hash(&map));
    }

    #[test]
    fn a_long_job_name_is_cut_in_front_and_stays_a_label() {
        let job_of = |name: &str| {
            let mut metadata = Map::new();
            metadata.insert("name", name);
            let mut root = Map::new();
            root.insert("kind", "Job");
            root.insert("metadata", metadata);
            let mut object = Object::new("quay", root.into());
            job(&mut object);
            object.name().to_owned()
        };
        let short = job_of("test-quay-app-upgrade");
        assert!(short.starts_with("test-quay-app-upgrade-") && short.len() == "test-quay-app-upgrade-".len() + 10);
        let long = job_of(&format!("{}-quay-postgres-init", "r".repeat(44)));
        assert!(long.len() <= 63 && long.contains("-quay-postgres-init-"), "{long}");
    }

    #[test]
    fn with_stable_names_the_pods_follow_by_a_checksum() {
        let mut object = secret(&[("a", "MQ==")]);
        let root = object.as_map_mut().unwrap();
        root.insert("kind", "Secret");
        let mut metadata = Map::new();
        metadata.insert("name", "r-config");
        root.insert("metadata", metadata);
        let pods = |mentioned: &str| {
            let mut spec = Map::new();
            spec.insert("secretName", mentioned);
            let mut template = Map::new();
            template.insert("spec", spec);
            let mut spec = Map::new();
            spec.insert("template", template);
            let mut root = Map::new();
            root.insert("spec", spec);
            Object::new("quay", root.into())
        };
        let mut objects = vec![Object::new("quay", object), pods("r-config"), pods("another")];
        let hasher = Hasher::new(Some("key"));
        checksums(&mut objects, "r", &hasher);
        assert_eq!(objects[0].name(), "r-config");
        let annotations = |object: &Object| object.value.at(&["spec", "template", "metadata", "annotations"]).cloned();
        let sum = hasher.hash(&objects[0].value);
        let found = annotations(&objects[1]).unwrap();
        assert_eq!(found.at(&["checksum.quay-render.dev/config"]), Some(&sum.as_str().into()));
        assert_eq!(annotations(&objects[2]), None);
    }
}
