//! Sealed values against the contract: that each is there, is meant for its Secret, and is not out of date.

use super::Contract;
use super::plain::{made_here, plain_values};
use crate::check::Resolved;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::model::Model;
use crate::model::sealed::SealedSecret;
use crate::model::secrets::{Mode, Sealed};
use crate::seal::{ControllerCertificate, DigestKey, digest};

/// What the digests of sealed values are keyed by: the one value of the keys Secret that is never rotated, so that a new
/// password leaves the other values as they are. Without it another one; nothing where the input has no keys.
#[must_use]
pub fn digest_key(model: &Model) -> Option<DigestKey> {
    let names = ["DATABASE_SECRET_KEY", "SECRET_KEY", "CONFIG_EDITOR_PW"];
    let value = names.iter().find_map(|name| model.keys.get(name))?;
    DigestKey::derive(&[value.as_bytes()])
}

/// The controller's certificate; nothing where the RenderConfig has none, and a problem where it is none.
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

/// Whether the registry's secrets are sealed, and by which settings.
#[must_use]
pub fn settings(model: &Model) -> Option<&Sealed> {
    match &model.config.secrets.mode {
        Mode::Sealed(sealed) => Some(sealed),
        _ => None,
    }
}

/// Refuses what could not be opened in the cluster, or holds what is no longer so. `input` is what `seal` is told.
pub fn check(model: &Model, resolved: &Resolved, contract: &Contract, input: &str, diagnostics: &mut Diagnostics) {
    let Some(settings) = settings(model) else { return };
    let certificate = certificate(settings, diagnostics);
    let seal = format!("quay-render seal {input}");
    let Some(sealed) = &model.sealed else {
        let at = model.config.secrets.at.clone().unwrap_or_else(|| model.config.at.clone());
        diagnostics.push(
            Diagnostic::new(codes::SEALED_MISSING, "the input holds no sealed values")
                .at(at)
                .field("spec.secrets.mode")
                .hint(format!("{seal}   # seals them once, into sealed.yaml beside the input")),
        );
        return;
    };
    let mut problem = |code: Code, at: &SealedSecret, message: String, hint: String| {
        diagnostics.push(Diagnostic::new(code, message).at(at.at.clone()).hint(hint));
    };
    for (id, wanted) in made_here(contract) {
        let here = sealed.secrets.get(id);
        let missing: Vec<&str> = wanted.entries.iter().map(|entry| entry.id.as_str()).collect();
        let has = |entry: &&str| here.is_some_and(|secret| secret.values.contains_key(*entry));
        let missing: Vec<&str> = missing.into_iter().filter(|entry| !has(entry)).collect();
        if !missing.is_empty() {
            let at = SealedSecret { at: sealed.at.clone(), ..SealedSecret::default() };
            let message = format!("Secret {:?} ({id}) lacks {}", wanted.name, missing.join(", "));
            problem(codes::SEALED_MISSING, here.unwrap_or(&at), message, format!("{seal}   # says what it needs"));
        }
        let Some(here) = here else { continue };
        for (what, was, is) in [
            ("name", &here.name, Some(wanted.name.as_str())),
            ("namespace", &here.namespace, Some(resolved.namespace.as_str())),
            ("scope", &here.scope, Some(settings.scope.value.as_str())),
            ("certificate", &here.certificate, certificate.as_ref().map(ControllerCertificate::fingerprint)),
        ] {
            if let Some(is) = is.filter(|is| was != is) {
                let message = format!("{id} was sealed for the {what} {was:?}, and the {what} is {is:?}");
                problem(codes::SEALED_STALE, here, message, seal.clone());
            }
        }
    }
    for (id, here) in &sealed.secrets {
        let wanted = made_here(contract).find(|(known, _)| known == id).map(|(_, wanted)| wanted);
        let asked = |entry: &String| wanted.is_some_and(|wanted| wanted.entries.iter().any(|it| it.id == *entry));
        let unused: Vec<&str> = here.values.keys().filter(|entry| !asked(entry)).map(String::as_str).collect();
        if !unused.is_empty() {
            let message = format!("nobody asks for {} of {id}", unused.join(", "));
            problem(codes::SEALED_UNUSED, here, message, format!("{seal}   # drops what is not used"));
        }
    }
    let Some(key) = digest_key(model) else { return };
    for plain in plain_values(model, resolved, contract) {
        let Some(here) = sealed.secrets.get(plain.secret) else { continue };
        let Some(known) = here.values.get(&plain.entry) else { continue };
        if known.digest != digest(&key, plain.secret, &plain.entry, &plain.value) {
            let message = format!("{} of {} has another value in the input than was sealed", plain.entry, plain.secret);
            problem(codes::SEALED_STALE, here, message, seal.clone());
        }
    }
}
