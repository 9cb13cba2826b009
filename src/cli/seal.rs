//! `quay-render seal`: encrypts the values of an input, once, for the controller in the cluster.
//!
//! Sealing is random and the compiler must not be, so values are sealed here and `build` copies them. A sealed value
//! stays as it is until the plain value, its Secret, the scope or the certificate changes, so a second run changes no
//! byte.

#![allow(clippy::disallowed_methods, reason = "a certificate that has ended is refused, so this command needs a clock")]

use super::fleet::One;
use super::terminal::{mention, tell, tell_raw};
use super::{Fatal, Outcome, count, failed, input_file, only_errors, print, report};
use crate::catalog::secret::FILES;
use crate::cluster_secrets::plain::{Plain, made_here, plain_values};
use crate::cluster_secrets::{Made, RequiredKey, RequiredSecret, sealed};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::{Inputs, SEALED_FILE};
use crate::model::SealedValues;
use crate::model::sealed::{KIND, SealedSecret, SealedValue};
use crate::model::secrets::Sealed;
use crate::report::Report;
use crate::seal::{ControllerCertificate, DigestKey, Scope, SealError, digest, seal};
use crate::{Analysis, analyze, yaml};
use clap::Args;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

const HEADER: &str =
    "# Made by quay-render seal. Safe to commit: only the controller in the cluster can open these values.\n";

/// Seal the values of a registry for the controller of Sealed Secrets.
#[derive(Args)]
pub struct Seal {
    /// A directory, a file, or - for standard input; sealed.yaml is written into the directory or next to the file, or printed for -
    input: String,
    #[command(flatten)]
    one: One,
}

impl Seal {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let inputs = self.one.read(&self.input, false)?;
        let mut diagnostics = inputs.problems.clone();
        let (analysis, _) = analyze(&inputs, &mut diagnostics);
        let Some(analysis) = analysis else { return refuse(diagnostics) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut diagnostics = Diagnostics::new();
        let Some(sealer) = Sealer::new(&analysis, &inputs, now, &mut diagnostics) else {
            return refuse(diagnostics);
        };
        let sealing = sealer.seal_all(&mut diagnostics)?;
        if diagnostics.has_errors() {
            return refuse(diagnostics);
        }
        let text = format!("{HEADER}{}", yaml::emit(&sealing.values.to_value(&analysis.resolved.name)));
        if self.input == "-" {
            print(text)?;
        } else {
            let found = analysis.model.sealed.as_ref().map(|sealed| sealed.at.file.as_str());
            let path = input_file::target(&inputs.name, found, SEALED_FILE);
            if input_file::content(&inputs, &path) == Some(text.as_bytes()) {
                mention(format_args!("{}: nothing was changed", path.display()));
            } else {
                input_file::refuse_shared(&inputs, &path, "the sealed values", KIND)?;
                if let Err(failure) = input_file::write(&inputs, &path, &text, false) {
                    return failed(failure);
                }
                mention(format_args!("{}: {}", path.display(), sealing.summary()));
            }
        }
        if sealing.missing.is_empty() {
            return Ok(Outcome::Done);
        }
        let mut problems = Diagnostics::new();
        sealing.missing.iter().for_each(|missing| problems.push(sealer.missing(missing)));
        tell_raw(Report::new(&problems).text(None, false));
        let (missing, rest) = (count(sealing.missing.len(), "value"), "and build refuses the input without them");
        tell(format_args!("still missing: {missing}; all others are sealed, {rest}"));
        Ok(Outcome::Refused)
    }
}

/// Reports the errors. Warnings are left to the `build` that comes next.
fn refuse(mut diagnostics: Diagnostics) -> Result<Outcome, Fatal> {
    diagnostics.sort();
    report(&only_errors(&diagnostics), None);
    Ok(Outcome::Refused)
}

/// Everything needed to seal values.
struct Sealer<'a> {
    analysis: &'a Analysis,
    inputs: &'a Inputs,
    scope: Scope,
    certificate: ControllerCertificate,
    key: DigestKey,
    /// The key for digests made before there was a DIGEST_KEY.
    former: Option<DigestKey>,
}

/// The result of sealing.
struct Sealing<'a> {
    values: SealedValues,
    /// What was sealed in this run, `<Secret>.<entry>`.
    sealed: Vec<String>,
    kept: usize,
    /// How many of the kept values have a new digest.
    keyed_anew: usize,
    dropped: Vec<String>,
    /// The values that neither the input nor the old file holds.
    missing: Vec<(&'a str, &'a RequiredKey)>,
}

impl Sealing<'_> {
    fn summary(&self) -> String {
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let dropped = match self.dropped.as_slice() {
            [] => String::new(),
            names => format!("; dropped: {}", names.join(", ")),
        };
        let keyed_anew = match self.keyed_anew {
            0 => String::new(),
            number => format!(", {number} with a digest under DIGEST_KEY from now on"),
        };
        format!("sealed: {}; kept: {}{keyed_anew}{dropped}", list(&self.sealed), self.kept)
    }
}

impl<'a> Sealer<'a> {
    /// Finds the certificate and the key for digests; reports what is wrong where one is missing.
    fn new(analysis: &'a Analysis, inputs: &'a Inputs, now: u64, diagnostics: &mut Diagnostics) -> Option<Self> {
        let model = &analysis.model;
        let at = model.config.secrets.at.clone().unwrap_or_else(|| model.config.at.clone());
        let Some(settings) = sealed::settings(model) else {
            let message = format!("is {}, and only mode sealed has sealed values", model.config.secrets.mode.as_str());
            let problem = Diagnostic::new(codes::FIELD_VALUE, message).at(at).field("spec.secrets.mode");
            diagnostics.push(problem.hint("mode: sealed"));
            return None;
        };
        let certificate = certificate(settings, at.clone(), now, diagnostics);
        let key = sealed::digest_key(model);
        if key.is_none() {
            let message = match &model.keys.at {
                Some(_) => "the keys Secret has no DIGEST_KEY, and the digests of sealed values are keyed by it",
                None => "there is no keys Secret, and the digests of sealed values are keyed by its DIGEST_KEY",
            };
            let at = model.keys.at.clone().unwrap_or_else(|| Location::file(&inputs.name));
            diagnostics.push(Diagnostic::new(codes::KEYS_MISSING, message).at(at).hint(format!(
                "quay-render keys {}   # makes what is missing, and keeps what is there",
                inputs.argument()
            )));
        }
        let scope = Scope::parse(&settings.scope.value).unwrap_or_default();
        let former = sealed::former_digest_key(model);
        Some(Self { analysis, inputs, scope, certificate: certificate?, key: key?, former })
    }

    fn seal_all(&self, diagnostics: &mut Diagnostics) -> Result<Sealing<'a>, Fatal> {
        let Analysis { model, resolved, cluster_secrets } = self.analysis;
        let plains = plain_values(model, resolved, cluster_secrets);
        let plains: BTreeMap<(&str, &str), &Plain> =
            plains.iter().map(|plain| ((plain.secret, plain.entry.as_str()), plain)).collect();
        let at = Location::file(&self.inputs.name);
        let mut sealing = Sealing {
            values: SealedValues { at, secrets: BTreeMap::new() },
            sealed: Vec::new(),
            kept: 0,
            keyed_anew: 0,
            dropped: Vec::new(),
            missing: Vec::new(),
        };
        for (id, wanted) in made_here(cluster_secrets) {
            let old = model.sealed.as_ref().and_then(|sealed| sealed.secrets.get(id));
            let mut new = SealedSecret {
                at: Location::default(),
                name: wanted.name.clone(),
                namespace: resolved.namespace.clone(),
                scope: self.scope.as_str().to_owned(),
                certificate: self.certificate.fingerprint().to_owned(),
                values: BTreeMap::new(),
            };
            // A value sealed for the same place with the same key can still be decrypted.
            let still_opens = old.is_some_and(|old| self.opens_alike(old, &new));
            for entry in &wanted.entries {
                let plain = plains.get(&(id, entry.id.as_str())).copied();
                let known = old.and_then(|old| old.values.get(&entry.id));
                let under = |key| plain.map(|plain| digest(key, id, &entry.id, &plain.value));
                let (digest, former) = (under(&self.key), self.former.as_ref().and_then(under));
                let is_same = |known: &&SealedValue| {
                    digest.is_none() || [&digest, &former].into_iter().flatten().any(|it| *it == known.digest)
                };
                let keeps = known.filter(|known| still_opens && is_same(known));
                match (plain, digest, keeps) {
                    (_, digest, Some(known)) => {
                        sealing.kept += 1;
                        let digest = digest.unwrap_or_else(|| known.digest.clone());
                        sealing.keyed_anew += usize::from(digest != known.digest);
                        new.values.insert(entry.id.clone(), SealedValue { digest, sealed: known.sealed.clone() });
                    }
                    (Some(plain), Some(digest), None) => {
                        let Some(sealed) = self.seal_one(wanted, plain, diagnostics)? else { continue };
                        sealing.sealed.push(format!("{id}.{}", entry.id));
                        new.values.insert(entry.id.clone(), SealedValue { digest, sealed });
                    }
                    _ if known.is_some() => diagnostics.push(self.stuck(id, entry, old)),
                    _ => sealing.missing.push((id, entry)),
                }
            }
            if !new.values.is_empty() {
                sealing.values.secrets.insert(id.to_owned(), new);
            }
        }
        sealing.dropped = self.dropped(&sealing.values);
        Ok(sealing)
    }

    fn opens_alike(&self, old: &SealedSecret, new: &SealedSecret) -> bool {
        let label = |secret: &SealedSecret| self.scope.label(&secret.namespace, &secret.name);
        old.scope == new.scope && old.certificate == new.certificate && label(old) == label(new)
    }

    /// Seals a value; nothing and a problem if it is too long for a Secret.
    fn seal_one(
        &self,
        wanted: &RequiredSecret,
        plain: &Plain,
        diagnostics: &mut Diagnostics,
    ) -> Result<Option<String>, Fatal> {
        let namespace = &self.analysis.resolved.namespace;
        match seal(&self.certificate, self.scope, namespace, &wanted.name, &plain.value) {
            Ok(sealed) => Ok(Some(sealed)),
            Err(error @ SealError::TooLong) => {
                let problem = Diagnostic::new(codes::BUNDLE_KEY, format!("{} {error}", plain.entry));
                let at = self.analysis.model.bundle.at.clone().unwrap_or_default();
                diagnostics.push(problem.at(at).hint(error.hint()));
                Ok(None)
            }
            Err(error) => Err(Fatal(format!("{}.{} {error}: {}", plain.secret, plain.entry, error.hint()))),
        }
    }

    /// A value that would be lost: its sealed form is out of date, and the plain value is not in the input.
    fn stuck(&self, id: &str, entry: &RequiredKey, old: Option<&SealedSecret>) -> Diagnostic {
        let message = format!("{id}.{} must be sealed anew, and the input does not hold its value", entry.id);
        let hint = format!("{}; nothing was changed so far", self.remedy(id, entry));
        let at = old.map(|old| old.at.clone()).unwrap_or_default();
        Diagnostic::new(codes::SEALED_STALE, message).at(at).hint(hint)
    }

    fn missing(&self, (id, entry): &(&str, &RequiredKey)) -> Diagnostic {
        let model = &self.analysis.model;
        let at = model.config.secrets.at.clone().unwrap_or_else(|| model.config.at.clone());
        let message = format!("{id}.{} is wanted, and the input does not hold its value", entry.id);
        Diagnostic::new(codes::SEALED_MISSING, message).at(at).hint(self.remedy(id, entry))
    }

    fn remedy(&self, id: &str, entry: &RequiredKey) -> String {
        match (id, entry.made) {
            (FILES, _) => format!("put the file {} into the config bundle for one run of seal", entry.id),
            (_, Made::Random(_) | Made::Pair) => format!("quay-render keys {}", self.inputs.argument()),
            _ => format!(
                "write the value of {} into config.yaml for one run of seal, or name a Secret of yours: {{fromSecret: ...}}",
                entry.id
            ),
        }
    }

    /// The entries of the old file that are no longer needed.
    fn dropped(&self, new: &SealedValues) -> Vec<String> {
        let old = self.analysis.model.sealed.iter().flat_map(|sealed| &sealed.secrets);
        let is_gone = |id: &str, entry: &str| new.secrets.get(id).is_none_or(|it| !it.values.contains_key(entry));
        old.flat_map(|(id, secret)| secret.values.keys().map(move |entry| (id, entry)))
            .filter(|(id, entry)| is_gone(id, entry))
            .map(|(id, entry)| format!("{id}.{entry}"))
            .collect()
    }
}

/// The certificate. One that has ended is refused, as by kubeseal: by then the controller has another one.
fn certificate(
    settings: &Sealed,
    at: Location,
    now: u64,
    diagnostics: &mut Diagnostics,
) -> Option<ControllerCertificate> {
    let problem = |at: Location, message: &str, hint: &str| {
        let problem = Diagnostic::new(codes::SEAL_CERTIFICATE, message).at(at);
        problem.field("spec.secrets.sealed.certificate").hint(hint)
    };
    let Some(given) = &settings.certificate else {
        let hint = "certificate: |   # what kubeseal --fetch-cert prints";
        diagnostics.push(problem(at, "is missing, and values are sealed with it", hint));
        return None;
    };
    let certificate = sealed::certificate(settings, diagnostics)?;
    if certificate.ends() <= now {
        let hint = "kubeseal --fetch-cert prints the newest";
        diagnostics.push(problem(given.at.clone(), "has ended, and the controller has a newer one", hint));
        return None;
    }
    Some(certificate)
}
