//! Documents of an input that are not quay-render's: a Git folder may hold anything that belongs to a registry. They
//! are skipped, and counted in one note; a document that looks like one of ours with a mistake is an error.

use super::document::Document;
use super::{API_VERSION, ecosystem, schema, sealed};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, Severity, codes};
use crate::input::is_kustomization;
use crate::quote;
use std::collections::BTreeMap;

/// The API version of a QuayRegistry.
pub const QUAY: &str = "quay.redhat.com/v1";
/// The group of quay-render's own documents.
const OWN_GROUP: &str = "quay-render.dev/";

/// The kinds that are read, each with its API version.
const OURS: [(&str, &str); 3] = [("QuayRegistry", QUAY), ("RenderConfig", API_VERSION), (sealed::KIND, API_VERSION)];

/// The most letters by which a kind may differ from one of ours and still be taken for a typo.
const SLIPS: usize = 2;

/// How many kinds of skipped documents the note names.
const MOST_KINDS: usize = 20;

/// The skipped documents.
#[derive(Default)]
pub struct Skipped {
    /// The number of documents of each kind; those without one are counted under a description.
    counts: BTreeMap<String, usize>,
    /// Where the first is.
    first: Option<Location>,
    /// Kind, name and location of those that create a Secret in the cluster; the name is the Secret's.
    makers: Vec<(String, String, Location)>,
    /// Where the first StorageCluster is.
    storage_cluster: Option<Location>,
}

/// Kinds that create a Secret, with their own name or one that they specify.
const MAKERS: &[&str] = &["ExternalSecret", "SealedSecret", "VaultStaticSecret", "SopsSecret"];

impl Skipped {
    /// Skips a document.
    pub fn add(&mut self, document: &Document) {
        let kind = match document.kind() {
            "" if is_kustomization(document.file()) => "Kustomization",
            "" => "document without a kind",
            kind => kind,
        };
        self.count(kind, document.place());
        if kind == "StorageCluster" {
            self.storage_cluster.get_or_insert(document.place());
        }
        if MAKERS.contains(&kind) {
            let target = document.root.get("spec").and_then(|spec| spec.get("target")?.get("name")?.as_str());
            let name = target.unwrap_or_else(|| document.name()).to_owned();
            self.makers.push((kind.to_owned(), name, document.place()));
        }
    }

    /// Skips a file without documents.
    pub fn count(&mut self, what: &str, at: Location) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
        self.first.get_or_insert(at);
    }

    /// The kind and location of what creates a Secret of that name in the cluster.
    #[must_use]
    pub fn maker(&self, name: &str) -> Option<(&str, &Location)> {
        self.makers.iter().find(|(_, made, _)| made == name).map(|(kind, _, at)| (kind.as_str(), at))
    }

    /// Where a StorageCluster of OpenShift Data Foundation is.
    #[must_use]
    pub fn storage_cluster(&self) -> Option<&Location> {
        self.storage_cluster.as_ref()
    }

    /// The counts by kind; beyond the most frequent kinds, all others are added up.
    fn listed(&self) -> String {
        let mut kinds: Vec<(&String, &usize)> = self.counts.iter().collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let others = kinds.split_off(kinds.len().min(MOST_KINDS));
        kinds.sort();
        let mut list: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if !others.is_empty() {
            let count: usize = others.iter().map(|(_, count)| **count).sum();
            list.push(format!("{count} of {} other kinds", others.len()));
        }
        list.join(", ")
    }

    /// Reports one note with counts by kind, or an error if `strict`.
    pub fn tell(&self, strict: bool, diagnostics: &mut Diagnostics) {
        let Some(first) = &self.first else { return };
        let counts = self.listed();
        let note = if strict {
            let message = format!("is not an input of quay-render; of all files: {counts}");
            let mut problem = Diagnostic::new(codes::INPUT_SKIPPED, message).hint("move it out of the input");
            problem.severity = Severity::Error;
            problem
        } else {
            let message = format!("is not an input of quay-render and left out; of all files: {counts}");
            let hint = "fine where other programs apply them; --strict-input refuses them";
            Diagnostic::new(codes::INPUT_SKIPPED, message).hint(hint)
        };
        let note = note.at(first.clone());
        diagnostics.push(note);
    }
}

/// The error for a document that is not readable as it is but was probably meant for quay-render, and the kinds that it
/// stands for if they can be determined; `None` if it was not.
pub fn mistake(document: &Document) -> Option<(Vec<&'static str>, Diagnostic)> {
    let (api, kind) = (document.api(), document.kind());
    let problem = |meant: &[&'static str], message: String, hint: String| {
        Some((meant.to_vec(), Diagnostic::new(codes::INPUT_DOCUMENT, message).at(document.place()).hint(hint)))
    };
    if kind == ecosystem::KIND {
        let hint = "quay-render migrate FILE... --out DIR writes the input of its QuayRegistry, of this file and those with its Secrets";
        return problem(
            // The RenderConfig is written as well.
            &["QuayRegistry", "RenderConfig"],
            "QuayEcosystem is not a QuayRegistry, and is migrated to one".to_owned(),
            hint.to_owned(),
        );
    }
    let is_near = |known: &str| strsim::osa_distance(&kind.to_lowercase(), &known.to_lowercase()) <= SLIPS;
    if let Some((known, version)) = OURS.iter().find(|(known, _)| kind.len() < 32 && is_near(known)) {
        let hint = format!("apiVersion: {version}\nkind: {known}");
        let message = match (api, kind == *known) {
            ("", true) => format!("{kind} has no apiVersion"),
            (_, true) => format!("{kind} of {} is not an input of quay-render", quote::name(api)),
            (_, false) => format!("kind {} is unknown", quote::name(kind)),
        };
        return problem(&[*known], message, hint);
    }
    if api.starts_with(OWN_GROUP) {
        let kinds: Vec<&str> = OURS.iter().map(|(known, _)| *known).collect();
        return problem(
            &[],
            format!("{} is not a kind of {}", quote::name(kind), quote::name(api)),
            format!("the kinds that are read are {}", kinds.join(", ")),
        );
    }
    if kind.is_empty() && api.is_empty() && is_config(document) {
        let message = "holds fields of Quay's config.yaml, and stands where Kubernetes documents are read";
        let hint = "move it into the folder of the config bundle: config-bundle/config.yaml";
        return problem(&[], message.to_owned(), hint.to_owned());
    }
    if !kind.is_empty() && api.is_empty() && !is_kustomization(document.file()) {
        return problem(
            &[],
            format!("{kind} has no apiVersion"),
            "complete it, or move it out of the input".to_owned(),
        );
    }
    None
}

/// Whether a document without a kind is Quay's configuration, by its file name or its fields.
fn is_config(document: &Document) -> bool {
    let name = document.file().rsplit('/').next().unwrap_or_default();
    let is_named = matches!(name, "config.yaml" | "config.yml");
    let entries = document.root.as_map().unwrap_or_default();
    let known = entries.iter().filter(|entry| schema::field(&entry.key).is_some()).count();
    known > 1 || (is_named && known > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_kinds_the_most_frequent_are_named() {
        let mut skipped = Skipped::default();
        for number in 0..1_000 {
            skipped.count(&format!("Kind{number}"), Location::file("a.yaml"));
        }
        skipped.count("Kind999", Location::file("a.yaml"));
        let listed = skipped.listed();
        assert!(listed.ends_with("2 Kind999, 980 of 980 other kinds"), "{listed}");
        assert_eq!(listed.split(", ").count(), MOST_KINDS + 1);
    }
}
