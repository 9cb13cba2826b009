//! The files that Clair's init container joins: its configuration, including the bundle's `clair-config.yaml`, and CAs.

use super::files::add_again;
use super::join::{Form, JoinFile, Step, entry_name};
use super::parts::{CONFIG, Parts};
use super::{BASE, Collector, Made, PodJoin};
use crate::catalog::secret::{CLAIR, CLAIR_DATABASE, CLAIR_SHARED};
use crate::model::Model;
use crate::model::clair_config::{CONNSTRING, SECTIONS, arguments, is_clair_s, may_show, trusted};
use crate::model::keys::{EXTRA_CA, TLS_CERT};
use crate::model::secrets::reference;
use crate::object::base_names;
use crate::object::{Map, Value};
use crate::validate::tls::is_trusted;
use std::collections::BTreeSet;

/// The bundle's whole `clair-config.yaml`; empty if it has none.
pub(super) fn given(collector: &Collector<'_>) -> Map {
    let given = collector.model.bundle.clair.as_ref().map(|file| file.root.to_value());
    let mut given = given.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
    if !collector.resolved.has_clair_database() {
        share_database(&mut given);
    }
    given
}

/// If the database is the user's, sections without a connection get that of the first section that has one.
fn share_database(given: &mut Map) {
    let said = |section: &&&str| given.get(section).and_then(|map| map.as_map()?.get(CONNSTRING)).cloned();
    let Some(first) = SECTIONS.iter().find_map(|section| said(&section)) else { return };
    let silent: Vec<&str> = SECTIONS.iter().filter(|section| said(section).is_none()).copied().collect();
    for section in silent {
        match given.get_mut(section) {
            Some(Value::Map(map)) => drop(map.insert(CONNSTRING, first.clone())),
            _ => drop(given.insert(section, Map::from_iter([(CONNSTRING.to_owned(), first.clone())]))),
        }
    }
}

/// What Clair's init container joins, and the part of the bundle's `clair-config.yaml` that may be shown.
pub(super) fn clair(collector: &mut Collector<'_>) -> (PodJoin, Map) {
    let resolved = collector.resolved;
    let given = given(collector);
    let mut parts = Parts::new(collector);
    let base = parts.folder(BASE, &base_names::named(&resolved.name, base_names::CLAIR_CONFIG_MAP), false);
    let key = |key: &str| Step::Key(key.to_owned());
    let around = &resolved.clair_connection;
    let has_own = |section: &str| given.get(section).and_then(|map| map.as_map()?.get(CONNSTRING)).is_some();
    let has_database = resolved.has_clair_database();
    for section in SECTIONS.iter().filter(|section| has_database && !has_own(section)) {
        let from = parts.value(CLAIR_DATABASE);
        parts.set(
            &[key(section), key(CONNSTRING)],
            from,
            Form::Conninfo,
            Some((around.before.clone(), around.after.clone())),
        );
    }
    let from = parts.value(CLAIR_SHARED);
    parts.set(&[key("auth"), key("psk"), key("key")], from, Form::Base64, None);
    let shown = strip_map(&mut parts, &mut Vec::new(), &given);
    let mut certificates = Vec::new();
    if resolved.access.trust.serving {
        certificates.push(("quay-ssl.cert".to_owned(), certificate(&mut parts)));
    }
    certificates.extend(authorities(&mut parts));
    let mut own = files(&mut parts, is_clair_s);
    own.extend(served(&mut parts));
    let (mut join, values) = (parts.join, parts.values);
    let file = |to: &str, from: String, values| JoinFile { to: to.to_owned(), from, values, is_private: false };
    join.join.files = vec![file("config/config.yaml", format!("{base}/{CONFIG}"), values)];
    join.join.files.extend(own.into_iter().map(|(to, from)| file(&format!("config/{to}"), from, Vec::new())));
    join.join.files.extend(certificates.into_iter().map(|(to, from)| file(&format!("certs/{to}"), from, Vec::new())));
    (join, shown)
}

/// Requires them where Clair's pods mount them as they are.
pub(super) fn require_served(collector: &mut Collector<'_>) {
    let Some(tls) = &collector.resolved.clair_tls else { return };
    for (_, at) in tls.files() {
        collector.require_named(&at, Made::of(&tls.certificate));
    }
}

/// The certificate and the key that Clair serves, where they are in a Secret: their names below its folder, and sources.
fn served(parts: &mut Parts<'_, '_>) -> Vec<(String, String)> {
    let resolved = parts.collector.resolved;
    let Some(tls) = &resolved.clair_tls else { return Vec::new() };
    let files = tls.files().map(|(name, at)| (name.to_owned(), parts.named_made(&at, Made::of(&tls.certificate))));
    files.collect()
}

/// The CAs that a connstring names as later operators call them, without the start of their names, and their keys in the
/// bundle.
#[must_use]
pub fn by_short_names(model: &Model) -> Vec<(String, String)> {
    let Some(config) = &model.bundle.clair else { return Vec::new() };
    let connstrings = SECTIONS.iter().filter_map(|section| config.root.get(section)?.get(CONNSTRING)?.as_str());
    let named = connstrings.flat_map(arguments).filter_map(|(_, path)| trusted(&path).map(str::to_owned));
    let named: BTreeSet<String> = named.filter(|name| !is_trusted(name)).collect();
    named.into_iter().map(|name| (name.clone(), format!("{EXTRA_CA}{name}"))).collect()
}

/// The files with such a name, of the bundle or of Secrets of the user's own: their names and sources.
fn files(parts: &mut Parts<'_, '_>, is_one: fn(&str) -> bool) -> Vec<(String, String)> {
    let (bundle, own) = (&parts.collector.model.bundle, &parts.collector.model.config.secrets.files);
    let mut found = Vec::new();
    for file in bundle.files_called(is_one).filter(|file| !own.contains_key(&file.key)) {
        found.push((file.key.clone(), parts.file(file, true)));
    }
    for (name, at) in own.iter().filter(|(name, _)| is_one(name)) {
        found.push((name.clone(), parts.named(at)));
    }
    found
}

/// The CAs that Quay trusts, and the one of the way in: names below Clair's folder of certificates, and sources.
fn authorities(parts: &mut Parts<'_, '_>) -> Vec<(String, String)> {
    let (model, resolved) = (parts.collector.model, parts.collector.resolved);
    let mut found = files(parts, is_trusted);
    for (name, key) in by_short_names(model) {
        add_again(&mut found, &key, name);
    }
    found.extend(resolved.known_authorities().map(|(file, _)| (file.to_owned(), format!("{BASE}/{file}"))));
    if let (Some(at), Some(front)) = (&resolved.access.trust.secret, &resolved.access.front) {
        found.push(("quay-access-secret.crt".to_owned(), parts.authority(at, front)));
    }
    if model.config.cluster.is_openshift() {
        found.push(("service-ca.crt".to_owned(), super::files::service_ca(parts)));
    }
    found
}

fn strip_map(parts: &mut Parts<'_, '_>, path: &mut Vec<Step>, map: &Map) -> Map {
    let mut shown = Map::new();
    for (name, value) in map.iter() {
        path.push(Step::Key(name.to_owned()));
        if let Some(value) = strip(parts, path, value) {
            shown.insert(name, value);
        }
        path.pop();
    }
    shown
}

/// The part of a value that may be shown; the rest is left to the Secret `clair`, or to the one that it names.
fn strip(parts: &mut Parts<'_, '_>, path: &mut Vec<Step>, value: &Value) -> Option<Value> {
    if let Some(at) = reference(value) {
        let from = parts.named(&at);
        parts.set(path, from, Form::Text, None);
        return None;
    }
    match value {
        Value::Map(map) => Some(strip_map(parts, path, map).into()),
        Value::Seq(items) => {
            let mut shown = Vec::new();
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                // A removed item is replaced by null, so that the others keep their index.
                shown.push(strip(parts, path, item).unwrap_or(Value::Null));
                path.pop();
            }
            Some(Value::Seq(shown))
        }
        Value::Str(text) if !may_show(&keys(path), text) => {
            let from = parts.piece(CLAIR, &entry_name(path), Made::Given);
            parts.set(path, from, Form::Text, None);
            None
        }
        other => Some(other.clone()),
    }
}

/// The keys of a path with dots between them.
fn keys(path: &[Step]) -> String {
    let keys = path.iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    keys.collect::<Vec<_>>().join(".")
}

/// The source of the registry's certificate, for a pod that needs nothing else of the bundle.
fn certificate(parts: &mut Parts<'_, '_>) -> String {
    let model = parts.collector.model;
    if let Some(at) = model.config.secrets.files.get(TLS_CERT) {
        return parts.named(at);
    }
    match model.bundle.file(TLS_CERT) {
        Some(file) => parts.file(file, true),
        None => parts.value(TLS_CERT),
    }
}
