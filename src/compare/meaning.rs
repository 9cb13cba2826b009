//! What a change means for the cluster.

use super::fields::{Delta, Field, Path, Presence, Step};
use super::identity::Pair;
use super::rules;
use crate::immutable::{Refusal, Table};
use crate::object::labels::{FLUX_PRUNE, SYNC_OPTIONS};
use crate::object::{CRON_POD_SPEC, CRON_TEMPLATE, Identity, POD_SPEC, TEMPLATE, Value};
use std::collections::{BTreeMap, BTreeSet};

mod hands;
mod pods;

use hands::Hands;
use pods::Pods;

/// A kind of consequence, in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Pruning deletes an object that holds data.
    DataDeleted,
    /// An object that holds data is no longer in the output, and its annotations protect it from pruning.
    DataKept,
    /// An object that holds data is no longer protected from pruning.
    Unprotected,
    /// An operator makes an object that was rendered, or one is rendered that an operator made.
    ChangesHands,
    /// A field changes that is immutable.
    Immutable,
    /// Pods restart.
    Restart,
    /// A Job runs again.
    RunsAgain,
    /// The number of pods changes.
    Scaled,
    /// Who has access changes, or how.
    Access,
    /// Only labels and annotations change.
    LabelsOnly,
}

impl Sort {
    /// All of them in order, with the words for them in text and Markdown and in JSON.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::DataDeleted, "data deleted", "data-deleted"),
        (Self::DataKept, "data kept", "data-kept"),
        (Self::Unprotected, "unprotected", "unprotected"),
        (Self::ChangesHands, "changes hands", "changes-hands"),
        (Self::Immutable, "immutable", "immutable"),
        (Self::Restart, "restart", "restart"),
        (Self::RunsAgain, "runs again", "runs-again"),
        (Self::Scaled, "scaled", "scaled"),
        (Self::Access, "access", "access"),
        (Self::LabelsOnly, "labels only", "labels-only"),
    ];

    /// The words for it in text and Markdown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(sort, ..)| *sort == self).map_or("", |(_, word, _)| word)
    }

    /// The word for it in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(sort, ..)| *sort == self).map_or("", |(.., id)| id)
    }
}

/// One consequence of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Which sort of consequence it is.
    pub sort: Sort,
    /// What happens, in one line; for [`Sort::LabelsOnly`] the object alone.
    pub text: String,
    /// What to do about it, if anything.
    pub advice: Option<String>,
}

impl Meaning {
    fn new(sort: Sort, text: String) -> Self {
        Self { sort, text, advice: None }
    }

    fn advise(self, advice: &str) -> Self {
        Self { advice: Some(advice.to_owned()), ..self }
    }
}

/// What changed in Secrets and ConfigMaps: names of keys, and of fields of config.yaml, by namespace and name.
pub(super) type Contents = BTreeMap<(String, String), Vec<String>>;

/// What is known of both sides as a whole.
pub(super) struct Cluster<'a> {
    contents: Contents,
    table: &'a Table,
    pods: Pods<'a>,
    hands: Hands<'a>,
}

impl<'a> Cluster<'a> {
    /// From the objects of both sides, and those that differ.
    pub fn new(old: &'a [Value], new: &'a [Value], found: &[(Pair<'_>, Vec<Field>)], table: &'a Table) -> Self {
        Self { contents: contents(found), table, pods: Pods::new(old, new), hands: Hands::new(old, new) }
    }
}

/// The contents of all objects that differ.
fn contents(found: &[(Pair<'_>, Vec<Field>)]) -> Contents {
    let mut contents = Contents::new();
    let mut told = BTreeSet::new();
    for (pair, fields) in found.iter().filter(|(pair, _)| has_data(&pair.identity)) {
        let names = contents.entry((pair.identity.namespace.clone(), pair.identity.name.clone())).or_default();
        for field in fields {
            let name = match field.path.steps().as_slice() {
                [Step::Key(data), _, Step::Key(name), ..] | [Step::Key(data), Step::Key(name), ..]
                    if matches!(data.as_str(), "data" | "binaryData") =>
                {
                    name
                }
                _ => continue,
            };
            if told.insert((&pair.identity.namespace, &pair.identity.name, name)) {
                names.push(name.clone());
            }
        }
    }
    contents
}

fn has_data(identity: &Identity) -> bool {
    matches!(identity.kind.as_str(), "Secret" | "ConfigMap")
}

/// What the change of a pair means; `fields` are its differences.
pub(super) fn of(pair: &Pair<'_>, fields: &[Field], cluster: &Cluster<'_>) -> Vec<Meaning> {
    let identity = &pair.identity;
    let mut meanings: Vec<Meaning> = match (pair.old, pair.new) {
        (Some(old), None) => {
            let gone = data_removed(identity, old, &cluster.hands).into_iter().chain(way_in(identity, old, "is gone"));
            gone.chain(cluster.pods.unscaled(identity, old)).chain(cluster.hands.of(identity, old)).collect()
        }
        (None, Some(new)) => {
            way_in(identity, new, "is new").into_iter().chain(cluster.hands.of(identity, new)).collect()
        }
        (Some(old), Some(new)) => changed(identity, old, new, fields, cluster),
        (None, None) => Vec::new(),
    };
    meanings.sort_by_key(|meaning| meaning.sort);
    meanings
}

fn changed(identity: &Identity, old: &Value, new: &Value, fields: &[Field], cluster: &Cluster<'_>) -> Vec<Meaning> {
    let is_below = |field: &Field, path: &[&str]| field.path.is_below(path);
    let mut meanings: Vec<Meaning> = unprotected(identity, old, new).into_iter().collect();
    if fields.iter().all(|it| is_below(it, &["metadata", "labels"]) || is_below(it, &["metadata", "annotations"])) {
        meanings.push(Meaning::new(Sort::LabelsOnly, identity.to_string()));
        return meanings;
    }
    // To the API server, an object with another name is another object.
    let is_renamed = old.at(&["metadata", "name"]) != new.at(&["metadata", "name"]);
    if !is_renamed {
        let refused = cluster.table.refusals(&identity.kind, old, new).into_iter();
        meanings.extend(refused.map(|refusal| immutable(identity, refusal)));
    } else if identity.kind == "Job" {
        let causes = causes(identity, fields, &cluster.contents, &["spec"]);
        meanings.push(Meaning::new(Sort::RunsAgain, format!("{identity} runs again: {causes}")));
    }
    if rules::ROLLING.contains(&identity.kind.as_str()) && fields.iter().any(|field| is_below(field, TEMPLATE)) {
        let causes = causes(identity, fields, &cluster.contents, TEMPLATE);
        meanings.push(Meaning::new(Sort::Restart, format!("pods of {identity} restart: {causes}")));
    }
    meanings.extend(cluster.pods.scaled(identity, old, new));
    meanings.extend(access(identity, fields));
    meanings
}

/// Why pods restart: first images, Secrets and ConfigMaps, then other fields.
fn causes(identity: &Identity, fields: &[Field], contents: &Contents, below: &[&str]) -> String {
    let (mut front, mut rest) = (Vec::new(), Vec::new());
    for field in fields.iter().filter(|field| field.path.is_below(below)) {
        match (&field.delta, field.path.steps().as_slice()) {
            (Delta::Follows(name), _) => {
                let names = contents.get(&(identity.namespace.clone(), name.clone()));
                let names = names.filter(|names| !names.is_empty());
                let what = names.map_or_else(|| "content".to_owned(), |names| listed(names, ", "));
                front.push(format!("{what} of {name}"));
            }
            (_, [.., Step::Item(container), Step::Key(last)]) if last == "image" => {
                front.push(format!("image of {container}"));
            }
            _ => rest.push(short(&field.path)),
        }
    }
    front.extend(rest);
    if front.is_empty() { "its name".to_owned() } else { listed(&front, "; ") }
}

/// The path without the steps that all pod templates share.
fn short(path: &Path) -> String {
    let front: &[&[&str]] = &[POD_SPEC, TEMPLATE, CRON_POD_SPEC, CRON_TEMPLATE];
    front
        .iter()
        .find(|front| path.is_below(front))
        .map_or_else(|| path.clone(), |front| path.from(front.len()))
        .to_string()
}

/// How many names are listed.
const MOST_NAMES: usize = 4;

/// `a, b and 3 more`.
pub(super) fn listed(names: &[String], separator: &str) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(separator) } else { format!("{} and {more} more", shown.join(separator)) }
}

/// The consequence of a change that the API server refuses.
fn immutable(identity: &Identity, refusal: Refusal<'_>) -> Meaning {
    let path: Path = refusal.path.into_iter().map(Step::Key).collect();
    let text = if refusal.shrinks {
        format!("{identity} cannot shrink")
    } else {
        format!("{path} of {identity} cannot be changed")
    };
    Meaning { sort: Sort::Immutable, text, advice: Some(refusal.advice.to_owned()) }
}

/// Whether the annotations of an object protect it from pruning by Argo CD, and by Flux.
fn protection(object: &Value) -> (bool, bool) {
    let annotation = |name: &str| object.at(&["metadata", "annotations", name]).and_then(Value::as_str);
    let options = annotation(SYNC_OPTIONS).unwrap_or_default();
    let flux = annotation(FLUX_PRUNE) == Some("disabled");
    (options.split(',').any(|option| option.trim() == "Prune=false"), flux)
}

/// What is lost with an object of this kind that holds data.
fn data_of(identity: &Identity) -> Option<&'static str> {
    rules::DATA.iter().find(|(kind, _)| *kind == identity.kind).map(|(_, what)| *what)
}

/// What to do about a QuayRegistry: its objects have owner references to it.
const LEAVE: &str = "do not delete it before its objects are taken over: `quay-render adopt` prints how";

/// What to do about data that an operator takes over.
const GOES_ON: &str = "leave it where it is: the operator goes on with it";

fn data_removed(identity: &Identity, old: &Value, hands: &Hands<'_>) -> Option<Meaning> {
    let what = data_of(identity)?;
    let own = match () {
        () if identity.kind == rules::REGISTRY => Some(LEAVE),
        () if hands.are_for(identity, old) => Some(GOES_ON),
        () => None,
    };
    let (sort, text, advice) = match protection(old) {
        (true, true) => (
            Sort::DataKept,
            format!("{identity} is no longer wanted; its annotations keep it, with {what}, from Argo CD and Flux"),
            own.unwrap_or("delete it by hand once it is not needed"),
        ),
        (argo, flux) => {
            let how = match (argo, flux) {
                (true, _) => "by Flux; its annotations keep it from Argo CD alone",
                (_, true) => "by Argo CD; its annotations keep it from Flux alone",
                _ => "by whoever prunes; no annotation keeps it",
            };
            let advice = own.unwrap_or("back it up, or keep it");
            (Sort::DataDeleted, format!("{identity} is deleted with {what} {how}"), advice)
        }
    };
    Some(Meaning { sort, text, advice: Some(advice.to_owned()) })
}

fn unprotected(identity: &Identity, old: &Value, new: &Value) -> Option<Meaning> {
    data_of(identity)?;
    let ((old_argo, old_flux), (argo, flux)) = (protection(old), protection(new));
    let by = match (old_argo && !argo, old_flux && !flux) {
        (true, true) => "Argo CD and Flux",
        (true, false) => "Argo CD",
        (false, true) => "Flux",
        (false, false) => return None,
    };
    Some(Meaning::new(Sort::Unprotected, format!("{identity} is no longer kept from pruning by {by}")))
}

/// An object that gives or limits access and is added or removed.
fn way_in(identity: &Identity, object: &Value, what: &str) -> Option<Meaning> {
    let text = |path: &[&str]| object.at(path).and_then(Value::as_str);
    let is_outside = text(&["spec", "type"]).is_some_and(|kind| rules::OUTSIDE.contains(&kind));
    let is_way = rules::WAYS_IN.contains(&identity.kind.as_str()) || (identity.kind == "Service" && is_outside);
    let host = text(&["spec", "host"]).map(|host| format!(" ({host})")).unwrap_or_default();
    is_way.then(|| Meaning::new(Sort::Access, format!("{identity}{host} {what}")))
}

/// The right needed to change the host of a Route; a namespace's `admin` may only create a Route with one.
const CUSTOM_HOST: &str = "who applies it needs the verb update on routes/custom-host: see `quay-render show rights`";

/// Every change of who has access, and how.
fn access(identity: &Identity, fields: &[Field]) -> Vec<Meaning> {
    let is_access = |field: &&Field| {
        let by_kind = rules::ACCESS.iter().any(|(kind, path)| *kind == identity.kind && field.path.is_below(path));
        by_kind || (has_data(identity) && rules::ACCESS_DATA.iter().any(|path| field.path.is_below(path)))
    };
    let meaning = |field: &Field| {
        let how = match &field.delta {
            Delta::Changed(Value::Str(old), Value::Str(new)) => format!("changes from {old} to {new}"),
            Delta::Added(_) | Delta::Secret(Presence::Added) => "is new".to_owned(),
            Delta::Removed(_) | Delta::Secret(Presence::Removed) => "is gone".to_owned(),
            _ => "changes".to_owned(),
        };
        let meaning = Meaning::new(Sort::Access, format!("{} of {identity} {how}", field.path));
        let is_host = identity.kind == "Route" && field.path.is_below(&["spec", "host"]);
        if is_host { meaning.advise(CUSTOM_HOST) } else { meaning }
    };
    fields.iter().filter(is_access).map(meaning).collect()
}

#[cfg(test)]
mod tests;
