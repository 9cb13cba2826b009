//! Compares sealed values with the required Secrets: each must be present, sealed for its Secret, and up to date.

use super::plain::{Plain, made_here, plain_values};
use super::{ClusterSecrets, RequiredKey, RequiredSecret};
use crate::check::Resolved;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::model::secrets::{Mode, Sealed};
use crate::model::{Model, SealedValues};
use crate::quote;
use crate::seal::{ControllerCertificate, DigestKey, digest};
use std::collections::BTreeSet;

/// The key for digests of sealed values; nothing if the input has no keys, or these have no DIGEST_KEY.
#[must_use]
pub fn digest_key(model: &Model) -> Option<DigestKey> {
    DigestKey::derive(&[model.keys.digest_key()?.as_bytes()])
}

/// The key for digests before there was a DIGEST_KEY. It recognizes existing values, and no new digest is made with it.
#[must_use]
pub fn former_digest_key(model: &Model) -> Option<DigestKey> {
    let names = ["DATABASE_SECRET_KEY", "SECRET_KEY", "CONFIG_EDITOR_PW"];
    let value = names.iter().find_map(|name| model.keys.get(name))?;
    DigestKey::derive(&[value.as_bytes()])
}

/// The controller's certificate; nothing if the RenderConfig has none, and a problem if it is not valid.
pub fn certificate(sealed: &Sealed, diagnostics: &mut Diagnostics) -> Option<ControllerCertificate> {
    let text = sealed.certificate.as_ref()?;
    match ControllerCertificate::parse(text.value.as_bytes()) {
        Ok(certificate) => Some(certificate),
        Err(error) => {
            diagnostics.push(
                Diagnostic::new(codes::SEAL_CERTIFICATE, error.to_string())
                    .at(text.at.clone())
                    .field("spec.secrets.sealed.certificate")
                    .hint(error.hint()),
            );
            None
        }
    }
}

/// The settings for sealing, if the registry's secrets are sealed.
#[must_use]
pub fn settings(model: &Model) -> Option<&Sealed> {
    match &model.config.secrets.mode {
        Mode::Sealed(sealed) => Some(sealed),
        _ => None,
    }
}

/// Refuses values that the cluster could not decrypt, or that are out of date. `input` is the argument for `seal`.
pub fn check(
    model: &Model,
    resolved: &Resolved,
    cluster_secrets: &ClusterSecrets,
    input: &str,
    diagnostics: &mut Diagnostics,
) {
    let Some(settings) = settings(model) else { return };
    let certificate = certificate(settings, diagnostics);
    let seal = format!("quay-render seal {input}");
    let Some(sealed) = &model.sealed else {
        // A registry that its operator makes without a config bundle has nothing to seal.
        if made_here(cluster_secrets).next().is_none() {
            return;
        }
        let at = model.config.secrets.at.clone().unwrap_or_else(|| model.config.at.clone());
        diagnostics.push(
            Diagnostic::new(codes::SEALED_MISSING, "the input holds no sealed values")
                .at(at)
                .field("spec.secrets.mode")
                .hint(format!("{seal}   # seals them once, into sealed.yaml beside the input")),
        );
        return;
    };
    let mut checker = Checker { sealed, seal, diagnostics };
    let fingerprint = certificate.as_ref().map(ControllerCertificate::fingerprint);
    for (id, wanted) in made_here(cluster_secrets) {
        checker.whole(id, wanted);
        let now = [
            ("name", Some(wanted.name.as_str())),
            ("namespace", Some(resolved.namespace.as_str())),
            ("scope", Some(settings.scope.value.as_str())),
            ("certificate", fingerprint),
        ];
        checker.meant_for(id, now);
    }
    checker.used(cluster_secrets);
    if let Some(key) = digest_key(model) {
        let keys: Vec<DigestKey> = std::iter::once(key).chain(former_digest_key(model)).collect();
        checker.current(&keys, &plain_values(model, resolved, cluster_secrets));
    }
}

struct Checker<'a> {
    sealed: &'a SealedValues,
    /// The command that seals.
    seal: String,
    diagnostics: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn problem(&mut self, code: Code, at: &Location, message: String, remark: &str) {
        let hint = format!("{}{remark}", self.seal);
        self.diagnostics.push(Diagnostic::new(code, message).at(at.clone()).hint(hint));
    }

    /// Checks that every entry of a Secret is there.
    fn whole(&mut self, id: &str, wanted: &RequiredSecret) {
        let here = self.sealed.secrets.get(id);
        let has = |entry: &RequiredKey| here.is_some_and(|secret| secret.values.contains_key(&entry.id));
        let missing = wanted.entries.iter().filter(|entry| !has(entry));
        let missing: Vec<&str> = missing.map(|entry| entry.id.as_str()).collect();
        if !missing.is_empty() {
            let message = format!("Secret {:?} ({id}) lacks {}", wanted.name, missing.join(", "));
            let at = here.map_or(&self.sealed.at, |here| &here.at);
            self.problem(codes::SEALED_MISSING, at, message, "   # says what it needs");
        }
    }

    /// Checks that it was sealed for the present name, namespace, scope and certificate, as far as these are known.
    fn meant_for(&mut self, id: &str, now: [(&str, Option<&str>); 4]) {
        let Some(here) = self.sealed.secrets.get(id) else { return };
        let then = [&here.name, &here.namespace, &here.scope, &here.certificate];
        for ((what, is), was) in now.into_iter().zip(then) {
            if let Some(is) = is.filter(|is| was != is) {
                let was = quote::name(was);
                let message = format!("{id} was sealed for the {what} {was}, and the {what} is {is:?}");
                self.problem(codes::SEALED_STALE, &here.at, message, "");
            }
        }
    }

    /// Checks that every value is required.
    fn used(&mut self, cluster_secrets: &ClusterSecrets) {
        for (id, here) in &self.sealed.secrets {
            let wanted =
                made_here(cluster_secrets).filter(|(known, _)| known == id).flat_map(|(_, wanted)| &wanted.entries);
            let asked: BTreeSet<&str> = wanted.map(|entry| entry.id.as_str()).collect();
            let unused = here.values.keys().map(String::as_str).filter(|entry| !asked.contains(entry));
            let unused: Vec<&str> = unused.map(quote::bare_name).collect();
            if !unused.is_empty() {
                let message = format!("{} of {} is not used", quote::listed(&unused), quote::bare_name(id));
                self.problem(codes::SEALED_UNUSED, &here.at, message, "   # drops what is not used");
            }
        }
    }

    /// Checks that the plain values in the input are those that were sealed.
    fn current(&mut self, keys: &[DigestKey], plains: &[Plain<'_>]) {
        for plain in plains {
            let Some(here) = self.sealed.secrets.get(plain.secret) else { continue };
            let Some(known) = here.values.get(&plain.entry) else { continue };
            let is_it = |key| known.digest == digest(key, plain.secret, &plain.entry, &plain.value);
            if !keys.iter().any(is_it) {
                let (secret, entry) = (plain.secret, &plain.entry);
                let message = format!("{entry} of {secret} has another value in the input than was sealed");
                self.problem(codes::SEALED_STALE, &here.at, message, "");
            }
        }
    }
}
