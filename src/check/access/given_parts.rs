//! The parts of a certificate that a RenderConfig gives, for `spec.access` and `spec.clair.tls`.

use crate::diagnostic::Location;
use crate::model::Model;
use crate::model::access::{Certificate, CertificateSource};
use crate::object::base_names;

/// A part of a certificate that does not go with the others.
pub struct Objection {
    /// Where it is, or should be.
    pub at: Location,
    /// Its field.
    pub part: &'static str,
    pub message: String,
    pub hint: &'static str,
}

/// The fields that are valid with another origin only, and those that are missing.
#[must_use]
pub fn objections(given: &Certificate) -> Vec<Objection> {
    let from = given.from.value;
    let takes_name = matches!(from, CertificateSource::Secret | CertificateSource::CertManager);
    let mut found = Vec::new();
    let mut object = |at: &Location, part, message, hint| found.push(Objection { at: at.clone(), part, message, hint });
    match &given.name {
        None if from == CertificateSource::Secret => {
            let hint = "name: registry-tls   # a Secret of type kubernetes.io/tls in the registry's namespace";
            object(&given.at, "name", "from: secret needs its name".to_owned(), hint);
        }
        Some(name) if !takes_name => {
            let message = format!("a Secret's name has no effect with from: {from}");
            object(&name.at, "name", message, "remove it, or from: secret");
        }
        _ => {}
    }
    if let Some(key) = given.ca_key.as_ref().filter(|_| !takes_name) {
        let message = format!("a Secret's key has no effect with from: {from}");
        object(&key.at, "caKey", message, "remove it, or from: secret");
    }
    match (&given.cert_manager, from) {
        (None, CertificateSource::CertManager) => {
            let hint = "certManager:\n  issuer: {kind: ClusterIssuer, name: letsencrypt}";
            object(&given.at, "certManager", "from: certManager needs an issuer".to_owned(), hint);
        }
        (Some(_), other) if other != CertificateSource::CertManager => {
            let message = format!("cert-manager is not asked with from: {from}");
            object(&given.at, "certManager", message, "remove it, or from: certManager");
        }
        _ => {}
    }
    found
}

/// Whether a name is that of a Secret that something else makes; of those in the output, `counts` tells by the part after the
/// registry's name which ones matter.
#[must_use]
pub fn is_made_here(model: &Model, name: &str, counts: impl Fn(&str) -> bool) -> bool {
    let Some(base) = base_names::base(name, &model.registry.name.value) else { return false };
    // The provisioner of an ObjectBucketClaim makes a Secret of the same name.
    let mut rendered = model.release.rendered("Secret").chain(model.release.rendered("ObjectBucketClaim"));
    base.starts_with(base_names::REQUIRED_PREFIX) || (counts(base) && rendered.any(|made| made == base))
}
