//! The Secrets that a QuayEcosystem names, among the objects of the files.

use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::live::export::{Export, Live};
use crate::model::ecosystem::Ecosystem;
use crate::quote;

/// The Secrets of the namespace of a QuayEcosystem.
pub(super) struct Secrets<'a> {
    pub export: &'a Export,
    pub ecosystem: &'a Ecosystem,
}

impl<'a> Secrets<'a> {
    /// The Secret of that name, if it is in the files. One that is written by hand may leave its namespace out.
    pub(super) fn find(&self, name: &str) -> Option<&'a Live> {
        let is_near = |it: &&Live| it.namespace().is_empty() || it.namespace() == self.ecosystem.namespace;
        self.export.of_kind("Secret").filter(is_near).find(|it| it.name() == name)
    }

    /// The same; reports one that is not in the files. `at` and `field` are those that name it.
    pub(super) fn need(
        &self,
        name: &str,
        what: &str,
        at: &Location,
        field: &str,
        problems: &mut Diagnostics,
    ) -> Option<&'a Live> {
        let found = self.find(name);
        if found.is_none() {
            let message = format!("the Secret {} is not in the files: {what}", quote::name(name));
            let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(at.clone()).field(field);
            problems.push(problem.hint(self.command(name)));
        }
        found
    }

    /// An entry of a Secret, decoded; reports one that is not there or no base64.
    pub(super) fn entry(&self, secret: &Live, key: &str, problems: &mut Diagnostics) -> Option<Vec<u8>> {
        let found = secret.entry(key);
        if found.is_none() {
            let name = quote::name(secret.name());
            let message = format!("the Secret {name} has no {}, or one that is no base64", quote::name(key));
            let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(secret.at.clone()).field("data");
            problems.push(problem.hint(self.command(secret.name())));
        }
        found
    }

    /// How to get a Secret.
    fn command(&self, name: &str) -> String {
        let namespace = &self.ecosystem.namespace;
        format!(
            "get it and name that file too: kubectl get secret {} -n {namespace} -o yaml > FILE",
            quote::bare_name(name)
        )
    }
}
