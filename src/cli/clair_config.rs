//! `quay-render show clair-config`: Clair's configuration as its pods have it (guide 6.2).

use super::Fatal;
use crate::cluster_secrets::{JoinSource, Step};
use crate::diagnostic::Diagnostics;
use crate::model::clair_config::{CONNSTRING, SECTIONS};
use crate::model::registry::kind;
use crate::object::{Map, Object, Value, base_names};
use crate::report::visible;
use crate::sensitive::MASK;
use crate::yaml::{self, Origin};
use crate::{Rendered, compare};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

/// The file of Clair's configuration in the folder that its pods join.
const JOINED: &str = "config/config.yaml";
/// The key with it.
const CONFIG: &str = "config.yaml";

/// Clair's configuration.
pub struct ClairConfig {
    /// It, with a mask for each secret unless they were asked for.
    pub value: Value,
    /// What is joined into it in the cluster: the field, and from where.
    pub joined: Vec<(String, String)>,
}

impl ClairConfig {
    /// The configuration that is rendered, with its secrets where `reveal` asks for them.
    ///
    /// # Errors
    /// If Clair is not managed, or the secrets are in the cluster alone.
    pub fn of(rendered: &Rendered, reveal: bool) -> Result<Self, Fatal> {
        let resolved = &rendered.resolved;
        if !resolved.managed(kind::CLAIR) {
            return Err(Fatal("clair is not managed: its configuration is where it runs".to_owned()));
        }
        let Some(config) = config(rendered) else {
            return Err(Fatal("clair has no configuration among the objects that are rendered".to_owned()));
        };
        let Some(join) = &rendered.cluster_secrets.clair else {
            let value = if reveal { config.into() } else { masked(rendered, &config) };
            return Ok(Self { value, joined: Vec::new() });
        };
        if reveal {
            let (name, namespace) = (&resolved.name, &resolved.namespace);
            return Err(Fatal(format!(
                "the secrets are in the cluster alone, where Clair's pods join them: kubectl --namespace {namespace} exec \
                 deployment/{name}-clair-app -- cat /clair/config.yaml"
            )));
        }
        let mut value = masked(rendered, &config);
        let mut joined = Vec::new();
        for file in join.join.files.iter().filter(|file| file.to == JOINED) {
            for set in &file.values {
                let text = match &set.around {
                    Some((before, after)) => format!("{before}{MASK}{after}"),
                    None => MASK.to_owned(),
                };
                put(&mut value, &set.path, &text);
                joined.push((dotted(&set.path), source(&join.sources, &set.from)));
            }
        }
        Ok(Self { value, joined })
    }

    /// As YAML, after a line for each value that is joined.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (field, from) in &self.joined {
            _ = writeln!(out, "# {}: {}", visible(field), visible(from));
        }
        out.push_str(&yaml::emit(&self.value));
        out
    }
}

/// The configuration in the object that has it: a Secret, or a ConfigMap without what is joined.
fn config(rendered: &Rendered) -> Option<Map> {
    let text = |object: &Object| object.value.at(&["data", CONFIG]).and_then(Value::as_str).map(str::to_owned);
    let plain = rendered.object("ConfigMap", base_names::CLAIR_CONFIG_MAP).and_then(text);
    let text = plain.or_else(|| {
        let encoded = rendered.object("Secret", base_names::CLAIR_CONFIG_SECRET).and_then(text)?;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    })?;
    let documents = yaml::parse_own(&text, &Origin { file: "", within: None }, &mut Diagnostics::new());
    documents.first()?.root.to_value().as_map().cloned()
}

/// With a mask for each secret: of a managed database, for its password alone.
fn masked(rendered: &Rendered, config: &Map) -> Value {
    let mut value = compare::masked_config(config);
    let around = &rendered.resolved.clair_connection;
    for section in SECTIONS {
        let said = config.get(section).and_then(|map| map.as_map()?.get(CONNSTRING)?.as_str());
        let is_managed = rendered.resolved.has_clair_database()
            && said.is_some_and(|said| said.starts_with(&around.before) && said.ends_with(&around.after));
        if is_managed {
            let path = [Step::Key((*section).to_owned()), Step::Key(CONNSTRING.to_owned())];
            put(&mut value, &path, &format!("{}{MASK}{}", around.before, around.after));
        }
    }
    value
}

/// Sets a text at a path, making the maps on the way to it.
fn put(value: &mut Value, path: &[Step], text: &str) {
    let Some((first, rest)) = path.split_first() else {
        *value = text.into();
        return;
    };
    match first {
        Step::Key(key) => {
            if value.as_map().is_none() {
                *value = Map::new().into();
            }
            let Some(map) = value.as_map_mut() else { return };
            if !map.contains(key) {
                map.insert(key.as_str(), Value::Null);
            }
            if let Some(inner) = map.get_mut(key) {
                put(inner, rest, text);
            }
        }
        Step::Index(index) => {
            if let Value::Seq(items) = value
                && let Some(item) = items.get_mut(*index)
            {
                put(item, rest, text);
            }
        }
    }
}

/// A path as messages write it.
fn dotted(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => _ = write!(out, ".{key}"),
            Step::Index(index) => _ = write!(out, "[{index}]"),
        }
    }
    out
}

/// Where a value is joined from, in words.
fn source(sources: &[JoinSource], from: &str) -> String {
    let (folder, key) = from.split_once('/').unwrap_or((from, ""));
    match sources.iter().find(|source| source.folder == folder) {
        Some(source) => {
            let kind = if source.is_secret { "Secret" } else { "ConfigMap" };
            format!("key {key} of {kind} {}", source.object)
        }
        None => format!("key {key}"),
    }
}
