//! Splits config.yaml and the bundle's files: one part may be shown, init containers add the other at pod start.

use super::join::{Form, Join, JoinFile, Step};
use super::parts::{CONFIG, Parts};
use super::{BASE, BUCKET_CONFIG, ClusterSecrets, Collector, Made, RequiredKey};
use crate::catalog::secret::{BUCKET, CONFIG as CONFIG_SECRET};
use crate::catalog::{Release, Written};
use crate::check::{Field, Origin, builders, connections};
use crate::database_uri;
use crate::model::registry::kind;
use crate::model::schema::{self, Fact, Secrecy, Type};
use crate::model::secrets::reference;
use crate::object::base_names;
use crate::object::{Map, Value};
use crate::yaml;
use std::borrow::Cow;
use std::sync::Arc;

/// Splits config.yaml and the files, and plans how Quay's pods join them.
pub(super) fn config(collector: &mut Collector<'_>, absent: &[String]) -> ClusterSecrets {
    let (model, resolved) = (collector.model, collector.resolved);
    let referenced = model.config.secrets.are_referenced();
    let bucket_in_cluster = resolved.managed(kind::OBJECT_STORAGE) && (referenced || model.config.bucket.is_none());
    let mut parts = Parts::new(collector);
    let base =
        base_names::named(&resolved.name, if referenced { base_names::CONFIG_MAP } else { base_names::CONFIG_SECRET });
    parts.folder(BASE, &base, !referenced);
    let mut shown = Map::new();
    for field in &resolved.config.0 {
        let value = match &field.origin {
            Origin::Component(kind) if kind == kind::OBJECT_STORAGE && bucket_in_cluster => bucket(&mut parts, field),
            _ if !referenced => Some(field.value.clone()),
            _ => secret_field(&mut parts, field),
        };
        shown.extend_with(&field.name, value);
    }
    if referenced {
        absent_members(&mut parts, &shown, absent);
    }
    let files = super::files::files(&mut parts, referenced);
    let is_whole = !referenced
        && parts.values.is_empty()
        && !super::files::needs_secrets(resolved)
        && !super::files::needs_places(&resolved.config);
    let (mut join, values) = (parts.join, parts.values);
    let key = connections::database_key(&resolved.config);
    let file = |to: &str, from: &str| JoinFile {
        to: to.to_owned(),
        from: from.to_owned(),
        values: Vec::new(),
        is_private: key == Some(to),
    };
    join.join = Join {
        files: std::iter::once(JoinFile { values, ..file(CONFIG, &format!("{BASE}/{CONFIG}")) })
            .chain(files.iter().map(|(to, from)| file(to, from)))
            .collect(),
    };
    let base = format!("{BASE}/");
    let public = files.into_iter().filter(|(_, from)| from.starts_with(&base));
    let public_files = public.map(|(to, _)| to).collect();
    ClusterSecrets { quay: (!is_whole).then_some(join), config: shown, public_files, ..ClusterSecrets::default() }
}

impl Parts<'_, '_> {
    /// Removes the secrets from a value of the type `kind`: that of its field or member, or of a part of it. Returns
    /// what may be shown, if anything. `fact` is the field's or member's row in the tables; nothing if it is unknown.
    fn strip(
        &mut self,
        path: &mut Vec<Step>,
        value: &Value,
        fact: Option<&Fact>,
        kind: Option<&Type>,
    ) -> Option<Value> {
        let secrecy = fact.zip(kind).map_or(Secrecy::Secret, |(fact, kind)| fact.secrecy_of(kind));
        if let Some(at) = reference(value).filter(|_| secrecy != Secrecy::Public) {
            let from = self.named(&at);
            let form = match (kind, path.as_slice()) {
                (_, [Step::Key(name)]) if name == "DB_URI" => Form::Uri,
                (Some(Type::Text | Type::Digits), _) => Form::Text,
                _ => Form::Yaml,
            };
            self.set(path, from, form, None);
            return None;
        }
        if self.is_written_here(path) {
            return Some(value.clone());
        }
        match (secrecy, kind, value) {
            (Secrecy::Public, Some(kind), _) if fact.is_some_and(|fact| fact.may_show(kind, value)) => {
                Some(value.clone())
            }
            (Secrecy::Inside, Some(Type::Members(map)), Value::Map(entries)) => {
                Some(self.strip_members(path, entries, map).into())
            }
            (Secrecy::Inside, Some(Type::Pair(map)), Value::Seq(items)) => self.strip_pair(path, value, items, map),
            (Secrecy::Inside, Some(Type::Map(Some(inner))), Value::Map(entries)) => {
                let mut shown = Map::new();
                for (key, value) in entries.iter() {
                    path.push(Step::Key(key.to_owned()));
                    shown.extend_with(key, self.strip(path, value, fact, Some(inner)));
                    path.pop();
                }
                Some(shown.into())
            }
            (Secrecy::Inside, Some(Type::List(Some(inner))), Value::Seq(items)) => {
                let mut shown = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    path.push(Step::Index(index));
                    // A removed item is replaced by null, so that the others keep their index.
                    shown.push(self.strip(path, item, fact, Some(inner)).unwrap_or(Value::Null));
                    path.pop();
                }
                Some(Value::Seq(shown))
            }
            _ => self.strip_whole(path, value, kind),
        }
    }

    /// Whether it is the proxy of the RenderConfig, which all pods have in the open, for builders.
    fn is_written_here(&self, path: &[Step]) -> bool {
        let [Step::Key(field), Step::Index(1), Step::Key(list), Step::Index(executor), Step::Key(name)] = path else {
            return false;
        };
        field == builders::MANAGER
            && list == builders::EXECUTORS
            && builders::is_written(self.collector.model, *executor, name)
    }

    /// Leaves the whole value to a Secret.
    fn strip_whole(&mut self, path: &[Step], value: &Value, kind: Option<&Type>) -> Option<Value> {
        let is_text = matches!((kind, value), (Some(Type::Text), Value::Str(_)));
        self.take_from_cluster(path, if is_text { Form::Text } else { Form::Yaml });
        None
    }

    fn strip_members(&mut self, path: &mut Vec<Step>, entries: &Map, map: &str) -> Map {
        let mut shown = Map::new();
        for (key, value) in entries.iter() {
            path.push(Step::Key(key.to_owned()));
            let fact = schema::member(map, key);
            shown.extend_with(key, self.strip(path, value, fact, fact.map(|fact| &fact.kind)));
            path.pop();
        }
        shown
    }

    fn strip_pair(&mut self, path: &mut Vec<Step>, value: &Value, items: &[Value], map: &str) -> Option<Value> {
        let [Value::Str(name), Value::Map(arguments)] = items else { return self.strip_whole(path, value, None) };
        if !yaml::is_name(name) {
            return self.strip_whole(path, value, None);
        }
        path.push(Step::Index(1));
        let shown = self.strip_members(path, arguments, map);
        path.pop();
        Some(Value::Seq(vec![name.as_str().into(), shown.into()]))
    }
}

/// A field that holds a secret, or may hold one.
fn secret_field(parts: &mut Parts<'_, '_>, field: &Field) -> Option<Value> {
    let path = vec![Step::Key(field.name.clone())];
    let resolved = parts.collector.resolved;
    let random = random_value(&resolved.release, field);
    let value = without_random_members(parts, field);
    match (random, field.name.as_str()) {
        (Some((name, Written::Text)), _) => {
            let from = parts.value(name);
            parts.set(&path, from, Form::Text, None);
            None
        }
        (Some((name, Written::Base64)), _) => {
            let from = parts.value(name);
            parts.set(&path, from, Form::Base64, None);
            None
        }
        (Some((_, Written::Uri)), _) | (None, "DB_URI") if field.value.as_str().is_some() => {
            let Some(uri) = field.value.as_str().and_then(database_uri::around) else {
                parts.take_from_cluster(&path, Form::Uri);
                return None;
            };
            if !uri.has_password() {
                // A URI without a password means that the database needs none.
                return Some(uri.without_password().into());
            }
            let from = match random {
                Some((name, _)) => parts.value(name),
                None => parts.piece(CONFIG_SECRET, &format!("{}.password", field.name), Made::Given),
            };
            parts.set(&path, from, Form::Uri, Some((uri.before.to_owned(), uri.after.to_owned())));
            Some(uri.without_password().into())
        }
        (_, name) => match schema::field_in(name, resolved.release.number()).or_else(|| schema::field(name)) {
            None if schema::may_show_unknown(name, &field.value, parts.collector.model.config.declares(name)) => {
                Some(field.value.clone())
            }
            fact => parts.strip(&mut path.clone(), &value, fact, fact.map(|fact| &fact.kind)),
        },
    }
}

/// A field without its members that are random values, where a component writes them: pods take each from its own Secret.
fn without_random_members<'a>(parts: &mut Parts<'_, '_>, field: &'a Field) -> Cow<'a, Value> {
    let mut value = Cow::Borrowed(&field.value);
    if !matches!(field.origin, Origin::Component(_)) {
        return value;
    }
    let release = Arc::clone(&parts.collector.resolved.release);
    let members = release.keys().flat_map(|(name, key, _)| key.members.iter().map(move |path| (name, path)));
    for (name, path) in members {
        let member = path.strip_prefix(field.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let Some(member) = member.filter(|member| value.at(&[member]).is_some()) else { continue };
        if let Value::Map(map) = value.to_mut() {
            map.remove(member);
        }
        let from = parts.value(name);
        let path = [Step::Key(field.name.clone()), Step::Key(member.to_owned())];
        parts.set(&path, from, Form::Text, None);
    }
    value
}

/// The random value that a field is made of, and how it is written there: in what a component writes its own, and in what
/// it may also be in the bundle where no Secret of the user's is named.
fn random_value<'a>(release: &'a Release, field: &Field) -> Option<(&'a str, Written)> {
    release.keys().find_map(|(name, key, secret)| {
        let config = key.config.as_ref().filter(|config| config.field == field.name)?;
        let is_it = match &field.origin {
            Origin::Component(kind) => *kind == secret.component,
            _ => key.in_bundle && reference(&field.value).is_none(),
        };
        is_it.then_some((name, config.form))
    })
}

/// Removes the values that only the ObjectBucketClaim's Secret and ConfigMap have.
fn bucket(parts: &mut Parts<'_, '_>, field: &Field) -> Option<Value> {
    if field.name != "DISTRIBUTED_STORAGE_CONFIG" {
        return Some(field.value.clone());
    }
    let claim = base_names::named(&parts.collector.resolved.name, base_names::BUCKET_CLAIM);
    let mut value = field.value.clone();
    let Value::Map(storages) = &mut value else { return Some(value) };
    for (name, storage) in storages.iter_mut() {
        let Value::Seq(items) = storage else { continue };
        let Some(Value::Map(arguments)) = items.get_mut(1) else { continue };
        for (argument, key, form, is_secret) in [
            ("access_key", "AWS_ACCESS_KEY_ID", Form::Text, true),
            ("bucket_name", "BUCKET_NAME", Form::Text, false),
            ("hostname", "BUCKET_HOST", Form::Host, false),
            ("port", "BUCKET_PORT", Form::Integer, false),
            ("secret_key", "AWS_SECRET_ACCESS_KEY", Form::Text, true),
        ] {
            arguments.remove(argument);
            let folder = parts.folder(if is_secret { BUCKET } else { BUCKET_CONFIG }, &claim, is_secret);
            if is_secret {
                let entry = RequiredKey { id: key.to_owned(), key: key.to_owned(), made: Made::Claim };
                parts.collector.note(Some(BUCKET), &claim, entry);
            }
            let step = |key: &str| Step::Key(key.to_owned());
            let path = [step(&field.name), step(name), Step::Index(1), step(argument)];
            parts.set(&path, format!("{folder}/{key}"), form, None);
        }
    }
    Some(value)
}

/// Secret members that Quay needs and config.yaml omits.
fn absent_members(parts: &mut Parts<'_, '_>, shown: &Map, absent: &[String]) {
    for path in absent {
        let (field, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut steps = vec![Step::Key(field.to_owned())];
        match shown.get(field).filter(|_| field == "DISTRIBUTED_STORAGE_CONFIG").and_then(Value::as_map) {
            Some(storages) => {
                let found =
                    storages.iter().find_map(|(name, _)| Some((name, rest.strip_prefix(name)?.strip_prefix('.')?)));
                let Some((name, argument)) = found else { continue };
                steps.extend([Step::Key(name.to_owned()), Step::Index(1), Step::Key(argument.to_owned())]);
            }
            None => steps.extend(rest.split('.').filter(|part| !part.is_empty()).map(|key| Step::Key(key.to_owned()))),
        }
        parts.take_from_cluster(&steps, absent_form(&steps));
    }
}

/// The form of a value that config.yaml omits: the tables say whether it is a text.
fn absent_form(path: &[Step]) -> Form {
    let mut names = path.iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Index(_) => None,
    });
    let Some(field) = names.next() else { return Form::Text };
    let fact = match field {
        "DB_URI" => return Form::Uri,
        "DISTRIBUTED_STORAGE_CONFIG" => names.nth(1).and_then(|argument| schema::member("storage", argument)),
        _ => names
            .try_fold(schema::field(field), |fact, name| match fact?.kind {
                Type::Members(map) | Type::Pair(map) => Some(schema::member(map, name)),
                _ => None,
            })
            .flatten(),
    };
    match fact.map(|fact| &fact.kind) {
        None | Some(Type::Text | Type::Digits) => Form::Text,
        Some(_) => Form::Yaml,
    }
}

/// Adds an optional value.
trait ExtendWith {
    fn extend_with(&mut self, key: &str, value: Option<Value>);
}

impl ExtendWith for Map {
    fn extend_with(&mut self, key: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.insert(key, value);
        }
    }
}
