//! `spec.secrets` of the RenderConfig: where the secrets of a registry are, and how they are called.

use super::Spanned;
use super::fields::Fields;
use super::lacking;
use super::names::is_config;
use crate::catalog::Release;
use crate::diagnostic::{Diagnostics, Location, codes};
use crate::kubernetes_names::{is_data_key, is_object_name};
use crate::object::base_names;
use crate::object::{Value, content_suffix};
use crate::quote;
use crate::yaml::Node;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the values of secrets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In Secret objects in the output.
    Inline,
    /// In Secrets in the cluster, which the user's own system fills.
    Referenced,
    /// As referenced, filled from a store by ExternalSecret objects.
    External(External),
    /// As referenced, filled by SealedSecret objects that `quay-render seal` made.
    Sealed(Sealed),
}

impl Mode {
    /// The mode as the RenderConfig spells it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Referenced => "referenced",
            Self::External(_) => "external",
            Self::Sealed(_) => "sealed",
        }
    }
}

/// `spec.secrets.external`: the store of External Secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// SecretStore or ClusterSecretStore.
    pub kind: String,
    /// The store's name.
    pub store: String,
    /// The path of a Secret's values in the store; `{registry}`, `{namespace}` and `{secret}` are filled in.
    pub path: String,
    /// How often the controller refreshes the values.
    pub refresh_interval: String,
    /// The API version of ExternalSecret.
    pub api_version: String,
}

impl External {
    /// The item of the store that has the values of a Secret, by its logical name.
    #[must_use]
    pub fn item(&self, registry: &str, namespace: &str, secret: &str) -> String {
        let path = self.path.replace("{registry}", registry).replace("{namespace}", namespace);
        path.replace("{secret}", secret)
    }
}

/// `spec.secrets.sealed`: the controller of Sealed Secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// `strict`, `namespace-wide` or `cluster-wide`.
    pub scope: Spanned<String>,
    /// The controller's certificate; `None` if not known yet. Only `seal` needs it.
    pub certificate: Option<Spanned<String>>,
}

/// A key of a Secret in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SecretKey {
    /// The Secret.
    pub name: String,
    pub key: String,
}

/// The user's own names for a required Secret and its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The Secret's name.
    pub name: Option<String>,
    /// The keys, by their logical names.
    pub keys: BTreeMap<String, String>,
}

/// `spec.secrets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// Where the values are.
    pub mode: Mode,
    /// The location of the mode; `None` if it is the default.
    pub at: Option<Location>,
    /// `names`: the user's own names and their locations, by logical name of the Secret.
    pub names: BTreeMap<String, Spanned<Names>>,
    /// `files`: the Secrets with those files of the bundle that are not in the input.
    pub files: BTreeMap<String, SecretKey>,
}

impl Secrets {
    /// Whether the output holds no value of a secret.
    #[must_use]
    pub fn are_referenced(&self) -> bool {
        self.mode != Mode::Inline
    }

    /// The name in the cluster of a required Secret: the user's own, else one made of the names of registry and Secret.
    #[must_use]
    pub fn name(&self, registry: &str, id: &str) -> String {
        let own = self.names.get(id).and_then(|names| names.value.name.clone());
        own.unwrap_or_else(|| base_names::named(registry, &[base_names::REQUIRED_PREFIX, id].concat()))
    }

    /// The Secret and key in the cluster of an entry of a required Secret.
    #[must_use]
    pub fn place(&self, registry: &str, id: &str, entry: &str) -> SecretKey {
        let own = self.names.get(id).and_then(|names| names.value.keys.get(entry).cloned());
        SecretKey { name: self.name(registry, id), key: own.unwrap_or_else(|| as_key(entry)) }
    }
}

/// The key for an entry: characters not allowed in keys are replaced, and a hash keeps keys distinct.
fn as_key(entry: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if entry.chars().all(allowed) && entry.len() <= 253 && !entry.starts_with('.') {
        return entry.to_owned();
    }
    let plain: String = entry.chars().map(|c| if allowed(c) { c } else { '_' }).take(200).collect();
    format!("{}-{}", plain.trim_start_matches('.'), content_suffix(entry))
}

/// The Secret that holds a value of config.yaml: `{fromSecret: {name, key}}`.
#[must_use]
pub fn reference(value: &Value) -> Option<SecretKey> {
    let map = value.as_map().filter(|map| map.len() == 1)?;
    let from = map.get(FROM_SECRET)?.as_map().filter(|from| from.len() == 2)?;
    let text = |name: &str| from.get(name).and_then(Value::as_str).map(str::to_owned);
    let reference = SecretKey { name: text("name")?, key: text("key")? };
    (is_object_name(&reference.name) && is_data_key(&reference.key)).then_some(reference)
}

/// Whether a value of config.yaml is such a reference, even if malformed.
#[must_use]
pub fn is_reference(node: &Node) -> bool {
    node.get(FROM_SECRET).is_some()
}

/// The key of such a reference.
const FROM_SECRET: &str = "fromSecret";

/// Reads `spec.secrets`; without it, and if it is wrong, secrets are inline.
pub(super) fn read(spec: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> Secrets {
    let mut secrets = Secrets { mode: Mode::Inline, at: None, names: BTreeMap::new(), files: BTreeMap::new() };
    let Some(map) = spec.map("secrets", diagnostics) else { return secrets };
    let mode = map.text("mode", diagnostics);
    let (external, sealed) = (external(&map, diagnostics), sealed(&map, diagnostics));
    // A word that is none of them is reported already. What is probably meant spares what else would be said of another.
    let mode = mode.or_else(|| {
        let word = map.get("mode")?.as_str()?;
        let meant = quote::nearest(word, &["inline", "external", "sealed"]).unwrap_or("referenced");
        Some(Spanned { value: meant.to_owned(), at: map.place_of("mode") })
    });
    if let Some(mode) = mode {
        secrets.mode = match mode.value.as_str() {
            "referenced" => Mode::Referenced,
            "external" => external.map_or(Mode::Referenced, Mode::External),
            "sealed" => Mode::Sealed(sealed),
            _ => Mode::Inline,
        };
        secrets.at = Some(mode.at);
    }
    secrets.names = names(&map, facts, diagnostics);
    secrets.files = files(&map, diagnostics);
    if !secrets.are_referenced() && !secrets.files.is_empty() {
        let message = "leaves files to Secrets, and the secrets of this registry are inline".to_owned();
        map.refuse(codes::FIELD_VALUE, "files", message, "mode: referenced   # or external, sealed", diagnostics);
    }
    secrets
}

fn external(secrets: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<External> {
    let map = secrets.map("external", diagnostics)?;
    let store = map.map("store", diagnostics)?;
    Some(External {
        kind: store.text_or_default("kind", diagnostics),
        path: map.text_or_default("path", diagnostics),
        refresh_interval: map.text_or_default("refreshInterval", diagnostics),
        api_version: map.text_or_default("apiVersion", diagnostics),
        // Last, because `?` returns here: all other fields have been read and their problems reported.
        store: store.text("name", diagnostics)?.value,
    })
}

fn sealed(secrets: &Fields<'_>, diagnostics: &mut Diagnostics) -> Sealed {
    let Some(map) = secrets.map("sealed", diagnostics) else {
        let scope = Spanned { value: "strict".to_owned(), at: secrets.place() };
        return Sealed { scope, certificate: None };
    };
    let at = if map.get("scope").is_some() { map.place_of("scope") } else { secrets.place() };
    Sealed {
        scope: Spanned { value: map.text_or_default("scope", diagnostics), at },
        certificate: map.text("certificate", diagnostics),
    }
}

fn names(secrets: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> BTreeMap<String, Spanned<Names>> {
    let Some(map) = secrets.map("names", diagnostics) else { return BTreeMap::new() };
    lacking::warn_of_members(&map, "such Secret", facts, Release::nameable, diagnostics);
    let (mut found, known) = (BTreeMap::new(), facts.nameable());
    for entry in map.entries().iter().filter(|entry| known.contains(&entry.key.as_str())) {
        let Some(own) = map.map(&entry.key, diagnostics) else { continue };
        let mut keys = BTreeMap::new();
        if let Some(map) = own.open_map("keys", diagnostics) {
            for key in map.entries() {
                keys.extend(map.text(&key.key, diagnostics).map(|text| (key.key.clone(), text.value)));
            }
        }
        let name = own.text("name", diagnostics).map(|name| name.value);
        found.insert(entry.key.clone(), Spanned { value: Names { name, keys }, at: map.location(entry.key_pos) });
    }
    found
}

fn files(secrets: &Fields<'_>, diagnostics: &mut Diagnostics) -> BTreeMap<String, SecretKey> {
    let Some(map) = secrets.open_map("files", diagnostics) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for entry in map.entries() {
        let Some(own) = map.map(&entry.key, diagnostics) else { continue };
        let (name, key) = (own.text("name", diagnostics), own.text("key", diagnostics));
        let (Some(name), Some(key)) = (name, key) else { continue };
        if !is_data_key(&entry.key) || is_config(&entry.key) {
            let message = format!("{:?} is not a file of the bundle that can be left to a Secret", entry.key);
            map.refuse(codes::FIELD_VALUE, &entry.key, message, "a file such as ssl.key", diagnostics);
        } else {
            found.insert(entry.key.clone(), SecretKey { name: name.value, key: key.value });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_what_a_secret_allows() {
        assert_eq!(as_key("DB_URI"), "DB_URI");
        assert_ne!(as_key("A b"), as_key("A/b"));
        assert!(as_key("A b").starts_with("A_b-"));
        assert!(as_key(&"x".repeat(400)).len() <= 253);
    }
}
