//! Which documents of a request are the compiler's input: items, the functionConfig, or documents inside that.

use super::item::{self, LOCAL};
use super::list::{self, List};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::input::Source;
use crate::model::{API_VERSION, keys, sealed};
use crate::object::labels::REGISTRY_LABEL;
use crate::yaml::{self, Raw};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;

/// How many documents an input may have: as many as one file.
const MOST: usize = 10_000;
/// The name of the functionConfig in a diagnostic.
pub(super) const CONFIG: &str = "functionConfig";

/// A document of the input.
pub(super) struct Document<'a> {
    /// Its name in a diagnostic.
    pub name: String,
    /// The document.
    pub raw: &'a Raw,
    /// Its number among the items; nothing if it is in the functionConfig.
    pub item: Option<usize>,
}

/// The chosen documents.
pub(super) struct Chosen<'a> {
    /// The documents of the input.
    pub documents: Vec<Document<'a>>,
    /// The items that are part of the input, or are the functionConfig: they must not be applied.
    pub consumed: BTreeSet<usize>,
}

impl<'a> Chosen<'a> {
    /// The documents as files of an input.
    pub(super) fn sources(&self) -> Vec<Source> {
        let source = |document: &Document<'_>| {
            let text = if is_secret(document.raw) { encoded(document.raw).emit() } else { document.raw.emit() };
            Source { name: document.name.clone(), bytes: text.into_bytes() }
        };
        self.documents.iter().map(source).collect()
    }

    /// The folder of the QuayRegistry's file, with a slash at its end; empty if it has none, or is outside the package.
    pub(super) fn folder(&self) -> &'a str {
        let registry = self.documents.iter().find(|document| is_registry(document.raw) && document.item.is_some());
        let path = registry.and_then(|document| item::path(document.raw)).unwrap_or_default();
        let folder = path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or_default();
        let is_inside = folder.split('/').rev().skip(1).all(|part| !matches!(part, "" | "." | ".."));
        if is_inside { folder } else { "" }
    }

    /// The folder as an argument of a command.
    pub(super) fn folder_name(&self) -> String {
        match self.folder().trim_end_matches('/') {
            "" => ".".to_owned(),
            folder => folder.to_owned(),
        }
    }

    fn first(&self, is_wanted: impl Fn(&Raw) -> bool) -> Option<&'a Raw> {
        self.documents.iter().map(|document| document.raw).find(|raw| is_wanted(raw))
    }

    fn add(&mut self, list: &'a List, number: usize) {
        if let (Some(raw), Some(name)) = (list.items.get(number), list.names.get(number)) {
            self.documents.push(Document { name: name.clone(), raw, item: Some(number) });
            self.consumed.insert(number);
        }
    }
}

/// Chooses the input. Problems with the functionConfig itself go to `diagnostics`; the compiler checks whether the
/// input is complete and valid.
pub(super) fn choose<'a>(list: &'a List, diagnostics: &mut Diagnostics) -> Chosen<'a> {
    let config = list.function_config();
    let mut chosen = Chosen { documents: Vec::new(), consumed: BTreeSet::new() };
    chosen.documents.extend(config.map(|config| configured(config, diagnostics)).unwrap_or_default());
    for (number, found) in list.items.iter().enumerate() {
        if config.is_some_and(|config| is_same(found, config)) {
            chosen.consumed.insert(number);
        } else if is_document(found) {
            chosen.add(list, number);
        }
    }
    for number in secrets(list, &chosen) {
        chosen.add(list, number);
    }
    if chosen.documents.len() > MOST {
        chosen.documents.truncate(MOST);
        diagnostics.push(
            Diagnostic::new(codes::YAML_LIMIT, format!("holds more than {MOST} documents of the input"))
                .at(Location::file(list::FILE))
                .hint("an input is one registry: keep in it only what belongs to that"),
        );
    }
    chosen
}

/// The documents in a functionConfig: it is a document itself, or contains some.
fn configured<'a>(config: &'a Raw, diagnostics: &mut Diagnostics) -> Vec<Document<'a>> {
    if is_document(config) {
        return vec![Document { name: CONFIG.to_owned(), raw: config, item: None }];
    }
    let mut refuse =
        |code, field: &str, message: String| {
            diagnostics.push(Diagnostic::new(code, message).at(Location::file(CONFIG)).field(field).hint(
                "a functionConfig is a QuayRegistry or a RenderConfig, or has a list of documents in spec.inputs",
            ));
        };
    for (name, value) in config.entries() {
        // kpt sends a ConfigMap without data if nothing is configured.
        if !matches!(name, "apiVersion" | "kind" | "metadata" | "spec") && !value.is_empty() {
            unknown("", name, &mut refuse);
        }
    }
    let spec = config.get("spec").filter(|spec| !spec.is_null());
    if let Some(spec) = spec.filter(|spec| !spec.is_map()) {
        refuse(codes::FIELD_TYPE, "spec", format!("is {}, not a map", spec.kind_name()));
    }
    for (name, _) in spec.into_iter().flat_map(Raw::entries).filter(|(name, _)| *name != "inputs") {
        unknown("spec", name, &mut refuse);
    }
    let inputs = spec.and_then(|spec| spec.get("inputs")).filter(|inputs| !inputs.is_null());
    if let Some(inputs) = inputs.filter(|inputs| inputs.items().is_none()) {
        refuse(codes::FIELD_TYPE, "spec.inputs", format!("is {}, not a list", inputs.kind_name()));
    }
    let mut documents = Vec::new();
    for (number, raw) in inputs.and_then(Raw::items).unwrap_or_default().iter().enumerate().take(MOST + 1) {
        let field = format!("spec.inputs[{number}]");
        if raw.is_map() {
            documents.push(Document { name: format!("{CONFIG}.{field}"), raw, item: None });
        } else {
            refuse(codes::FIELD_TYPE, &field, format!("is {}, not a map", raw.kind_name()));
        }
    }
    documents
}

/// An unknown field of the functionConfig; if its key is not a name, it may hold a value.
fn unknown(path: &str, name: &str, refuse: &mut impl FnMut(Code, &str, String)) {
    let dot = if path.is_empty() { "" } else { "." };
    if yaml::is_name(name) {
        refuse(codes::FIELD_UNKNOWN, &format!("{path}{dot}{name}"), format!("unknown field {name:?}"));
    } else {
        refuse(
            codes::FIELD_NAME,
            path,
            "a key here is not a name: it is not repeated, for it may hold a value".to_owned(),
        );
    }
}

/// Whether an item is the functionConfig: kpt keeps it among the items, kustomize puts it there for a generator.
fn is_same(found: &Raw, config: &Raw) -> bool {
    let is_named = !config.str_at(&["metadata", "name"]).is_empty();
    let is_typed = !config.str_at(&["kind"]).is_empty();
    is_typed
        && ["apiVersion", "kind"].iter().all(|field| found.str_at(&[field]) == config.str_at(&[field]))
        && item::identity(found) == item::identity(config)
        && (is_named || found.get("spec") == config.get("spec"))
}

fn is_registry(raw: &Raw) -> bool {
    item::is(raw, "quay.redhat.com/v1", "QuayRegistry")
}

fn is_render_config(raw: &Raw) -> bool {
    item::is(raw, API_VERSION, "RenderConfig")
}

fn is_document(raw: &Raw) -> bool {
    is_registry(raw) || is_render_config(raw) || item::is(raw, API_VERSION, sealed::KIND)
}

fn is_secret(raw: &Raw) -> bool {
    item::is(raw, "v1", "Secret")
}

/// The items that are the config bundle and the keys of the registry, found by name as the operator does. All other
/// Secrets are somebody else's.
fn secrets(list: &List, chosen: &Chosen<'_>) -> Vec<usize> {
    let Some(registry) = chosen.first(is_registry) else { return Vec::new() };
    let config = chosen.first(is_render_config);
    let own = registry.str_at(&["metadata", "namespace"]);
    let namespace =
        if own.is_empty() { config.map(|it| it.str_at(&["spec", "namespace"])).unwrap_or_default() } else { own };
    let is_near = |secret: &Raw| {
        let there = secret.str_at(&["metadata", "namespace"]);
        is_secret(secret) && (there.is_empty() || namespace.is_empty() || there == namespace)
    };
    let wanted = registry.str_at(&["spec", "configBundleSecret"]);
    let is_keys =
        |secret: &Raw| keys::is_name(secret.str_at(&["metadata", "name"]), registry.str_at(&["metadata", "name"]));
    let near = || list.items.iter().enumerate().filter(|(_, found)| is_near(found));
    let bundles = near().filter(|(_, it)| !wanted.is_empty() && it.str_at(&["metadata", "name"]) == wanted);
    let mut found: Vec<usize> = bundles.map(|(number, _)| number).collect();
    // The output of an earlier run has the same name: it has the label, and may be applied.
    let is_made = |it: &Raw| {
        !it.str_at(&["metadata", "labels", REGISTRY_LABEL]).is_empty() && item::annotation(it, LOCAL).is_empty()
    };
    let (made, given): (Vec<_>, Vec<_>) = near().filter(|(_, it)| is_keys(it)).partition(|(_, it)| is_made(it));
    let has_keys = !given.is_empty() || chosen.first(|it| is_secret(it) && is_keys(it)).is_some();
    let mode = config.map(|it| it.str_at(&["spec", "secrets", "mode"])).unwrap_or_default();
    // Keys made by an operator have the label as well; they are needed only if secrets are inline.
    let from_cluster = !has_keys && matches!(mode, "" | "inline");
    found.extend(given.into_iter().chain(made.into_iter().filter(|_| from_cluster)).map(|(number, _)| number));
    found.sort_unstable();
    found.dedup();
    found
}

/// A Secret with all its texts in `data`, so that diagnostics for a config.yaml name a line of that file, and not one
/// of a layout that nobody has seen. `stringData` wins, as in a cluster.
fn encoded(secret: &Raw) -> Raw {
    let mut secret = secret.clone();
    let Some(plain) = secret.get("stringData").filter(|plain| plain.is_map()) else { return secret };
    let texts = plain.entries().filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?)));
    let texts: Vec<_> = texts.map(|(key, text)| (key, Raw::text(STANDARD.encode(text)))).collect();
    let Some(data) = secret.map_mut("data") else { return secret };
    data.set_all(texts);
    if let Some(plain) = secret.map_mut("stringData") {
        plain.retain(|value| value.as_str().is_none());
    }
    secret
}
