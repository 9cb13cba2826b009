//! `spec.clair` of the RenderConfig: what of Clair is more than a setting of its pods.

use super::Spanned;
use super::access::{Certificate, certificate};
use super::fields::Fields;
use super::lacking;
use crate::catalog::Release;
use crate::diagnostic::{Diagnostics, Location, codes};
use serde::Serialize;

/// Whether a release has a Clair whose scanners for images of Red Hat read files where there is no internet (Clair 4.6 and
/// later: `claircore/rhel`; the earlier ones leave them out).
const MAPPING_FILES: &[&str] = &["clair", "mapping_files"];

/// Whether a release has a Clair that serves TLS (Clair 4.4 and later: `config.TLS`; the earlier ones do not read it).
const SERVES_TLS: &[&str] = &["clair", "tls"];

/// `spec.clair`.
#[derive(Default)]
pub struct Clair {
    /// `tls`: it serves TLS to Quay.
    pub tls: Option<Tls>,
    /// `disconnected`: it fetches nothing from the internet.
    pub disconnected: Option<Disconnected>,
}

impl Clair {
    /// What is imported.
    #[must_use]
    pub fn updates(&self) -> Option<&Updates> {
        self.disconnected.as_ref()?.updates.as_ref()
    }
}

/// `spec.clair.tls`.
pub struct Tls {
    /// The certificate that it serves.
    pub certificate: Certificate,
    /// `caBundle`: the CAs that issued it, in PEM.
    pub ca_bundle: Option<Spanned<String>>,
}

/// `spec.clair.disconnected`.
pub struct Disconnected {
    /// Where it begins.
    pub at: Location,
    /// `updates`: what is imported.
    pub updates: Option<Updates>,
    /// `mappings`: what its scanners for images of Red Hat would fetch.
    pub mappings: Option<Mappings>,
}

/// `spec.clair.disconnected.updates`.
#[derive(Clone, Serialize)]
pub struct Updates {
    /// The claim with the file.
    pub claim: String,
    /// The file, by its path in the volume.
    pub file: String,
}

/// `spec.clair.disconnected.mappings`.
#[derive(Clone, Serialize)]
pub struct Mappings {
    /// The claim with the files.
    pub claim: String,
    /// The CPEs of repositories.
    pub repositories: String,
    /// The repositories of images.
    pub names: String,
}

/// Reads it.
pub(super) fn read(spec: &Fields<'_>, release: &Release, diagnostics: &mut Diagnostics) -> Clair {
    let clair = spec.map("clair", diagnostics);
    let tls = clair.as_ref().and_then(|clair| tls(clair, release, diagnostics));
    let disconnected = clair.and_then(|clair| clair.map("disconnected", diagnostics));
    Clair { tls, disconnected: disconnected.map(|map| self::disconnected(&map, release, diagnostics)) }
}

/// Whether Clair of a release serves TLS.
#[must_use]
pub fn serves_tls(release: &Release) -> bool {
    release.holds(SERVES_TLS)
}

fn tls(clair: &Fields<'_>, release: &Release, diagnostics: &mut Diagnostics) -> Option<Tls> {
    let map = clair.map("tls", diagnostics)?;
    let certificate = certificate::read_map(&map, diagnostics);
    let ca_bundle = map.text("caBundle", diagnostics);
    if !serves_tls(release) {
        let reason = lacking::reason("Clair that serves TLS", release, serves_tls)?;
        clair.refuse(codes::CLAIR_TLS, "tls", reason, "take it out, or render a release that has one", diagnostics);
        return None;
    }
    Some(Tls { certificate: certificate?, ca_bundle })
}

fn disconnected(map: &Fields<'_>, release: &Release, diagnostics: &mut Diagnostics) -> Disconnected {
    let updates = map.map("updates", diagnostics).and_then(|updates| {
        let mut text = |name| updates.text(name, diagnostics).map(|text| text.value);
        let (claim, file) = (text("claim"), text("file"));
        Some(Updates { claim: claim?, file: file? })
    });
    let mappings = map.map("mappings", diagnostics).and_then(|mappings| self::mappings(&mappings, diagnostics));
    let reads = |release: &Release| release.holds(MAPPING_FILES);
    if mappings.is_some() && !reads(release) {
        lacking::warn(map, "mappings", "scanner that goes by them without the internet", release, reads, diagnostics);
    }
    Disconnected { at: map.place(), updates, mappings: mappings.filter(|_| reads(release)) }
}

fn mappings(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Mappings> {
    let claim = map.text("claim", diagnostics).map(|text| text.value);
    let mut file = |name| map.text_or_default(name, diagnostics);
    let (repositories, names) = (file("repositories"), file("names"));
    Some(Mappings { claim: claim?, repositories, names })
}
