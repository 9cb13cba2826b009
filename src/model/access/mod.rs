//! `spec.access` of the RenderConfig: how clients reach the registry, and where TLS ends (guide 7.1.2).
//!
//! A field is read by itself here; whether two of them go together is decided in `check`.

mod certificate;
pub mod component;
mod ways;

pub use certificate::{CERTIFICATES, CertManager, Certificate, From, Issuer, PrivateKey};
pub use ways::{Controller, Gateway, Ingress, ParentRef, Service, ServiceType};

use super::Spanned;
use super::fields::{Fields, Word};
use super::formats::is_object_name;
use super::notations::UNLIMITED;
use crate::diagnostic::{Diagnostics, Location, codes};
use crate::object::marks::REGISTRY_LABEL;
use crate::quote;
use std::collections::BTreeMap;
use std::fmt;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// OpenShift's Route.
    Route,
    /// An Ingress.
    Ingress,
    /// The Gateway API.
    Gateway,
    /// The Service itself.
    Service,
    /// The user's own, which sends to the Service.
    None,
}

/// Where TLS ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// At Quay: the way in passes it on.
    Passthrough,
    /// At the way in; plain HTTP to Quay.
    Edge,
    /// At the way in, which calls Quay with TLS again.
    Reencrypt,
    /// Nowhere: plain HTTP all the way.
    None,
}

impl Word for Way {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("route", Self::Route),
        ("ingress", Self::Ingress),
        ("gateway", Self::Gateway),
        ("service", Self::Service),
        ("none", Self::None),
    ];
}

impl Word for Tls {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("passthrough", Self::Passthrough),
        ("edge", Self::Edge),
        ("reencrypt", Self::Reencrypt),
        ("none", Self::None),
    ];
}

impl Way {
    /// Who ends TLS on it, where Quay does not.
    #[must_use]
    pub fn holder(self) -> &'static str {
        match self {
            Self::Route => "router",
            Self::Ingress => "Ingress controller",
            Self::Gateway => "Gateway",
            Self::Service => "load balancer",
            Self::None => "way in",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// `spec.access`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Where it begins.
    pub at: Location,
    /// `type`: the way in.
    pub way: Spanned<Way>,
    /// `tls`: where TLS ends.
    pub tls: Option<Spanned<Tls>>,
    /// `certificate`: the one that clients meet.
    pub certificate: Option<Certificate>,
    /// `backendCertificate`: the one that the way in meets at Quay, with `tls: reencrypt`.
    pub backend_certificate: Option<Certificate>,
    /// `caBundle`: the CAs that issued these certificates, PEM.
    pub ca_bundle: Option<Spanned<String>>,
    /// `publiclyTrusted`: whether every client trusts the certificate anyhow.
    pub publicly_trusted: Option<Spanned<bool>>,
    /// Which fields are given, and where.
    pub given: Vec<(String, Location)>,
    /// `timeout`: how long a request may take.
    pub timeout: Timeout,
    /// `maxBodySize`: the largest request, in nginx's notation; nothing for no limit.
    pub max_body_size: Option<String>,
    /// `labels` of each object of the way in.
    pub labels: BTreeMap<String, String>,
    /// `annotations` of each object of the way in.
    pub annotations: BTreeMap<String, String>,
    /// `ingress`.
    pub ingress: Option<Spanned<Ingress>>,
    /// `gateway`.
    pub gateway: Option<Spanned<Gateway>>,
    /// `service`.
    pub service: Option<Spanned<Service>>,
}

impl Access {
    /// Where it says where TLS ends, else where it begins.
    #[must_use]
    pub fn tls_at(&self) -> &Location {
        self.tls.as_ref().map_or(&self.at, |tls| &tls.at)
    }

    /// A way in, and nothing else said of it.
    #[must_use]
    pub fn of(way: Spanned<Way>) -> Self {
        Self {
            at: way.at.clone(),
            way,
            tls: None,
            certificate: None,
            backend_certificate: None,
            ca_bundle: None,
            publicly_trusted: None,
            given: Vec::new(),
            timeout: Timeout::default(),
            max_body_size: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            ingress: None,
            gateway: None,
            service: None,
        }
    }
}

/// A time: a number and a unit, `s`, `m` or `h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// As it is written, `30m`: HAProxy and the Gateway API take it so.
    pub text: String,
    /// The same in seconds.
    pub seconds: u32,
}

impl Default for Timeout {
    /// Half an hour, as later operators have it: a layer of many GB takes long.
    fn default() -> Self {
        Self { text: "30m".to_owned(), seconds: 1800 }
    }
}

impl Timeout {
    /// Reads one of at most 99999 units, which all three readers take.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = match text.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        let digits = text.get(..text.len() - 1)?;
        let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        let count: u32 = digits.parse().ok().filter(|count| plain && *count > 0)?;
        // HAProxy counts milliseconds in 31 bits: 24 days.
        let seconds = count.checked_mul(unit).filter(|seconds| *seconds <= 2_000_000)?;
        Some(Self { text: text.to_owned(), seconds })
    }
}

/// Labels that objects have anyhow; their values are not the user's.
const OWN_LABELS: &[&str] = &[REGISTRY_LABEL, "app", "quay-component"];

/// Reads `spec.access`; nothing where there is none, or none that says the way in.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Access> {
    let map = spec.map("access", diagnostics)?;
    let way = map.choice("type", diagnostics);
    let tls = map.choice("tls", diagnostics);
    let certificate = certificate::read(&map, "certificate", diagnostics);
    let backend_certificate = certificate::read(&map, "backendCertificate", diagnostics);
    Some(Access {
        tls,
        certificate,
        backend_certificate,
        ca_bundle: map.text("caBundle", diagnostics),
        publicly_trusted: map.flag("publiclyTrusted", diagnostics),
        given: map.entries().iter().map(|entry| (entry.key.clone(), map.location(entry.value.pos))).collect(),
        timeout: timeout(&map, diagnostics),
        max_body_size: body_size(&map, diagnostics),
        labels: pairs(&map, "labels", diagnostics),
        annotations: pairs(&map, "annotations", diagnostics),
        ingress: ways::ingress(&map, diagnostics),
        gateway: ways::gateway(&map, diagnostics),
        service: ways::service(&map, diagnostics),
        at: map.place(),
        // Last, so that all else is read, and what is wrong in it said, before nothing comes of it.
        way: way?,
    })
}

fn timeout(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Timeout {
    Timeout::parse(&map.text_or_default("timeout", diagnostics)).unwrap_or_default()
}

fn body_size(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    Some(map.text_or_default("maxBodySize", diagnostics)).filter(|size| size != UNLIMITED)
}

/// A map of texts whose names are those of labels and annotations.
fn pairs(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
    let Some(inner) = map.open_map(name, diagnostics) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for entry in inner.entries() {
        let Some(text) = inner.text(&entry.key, diagnostics) else { continue };
        let is_own = name == "labels" && OWN_LABELS.contains(&entry.key.as_str());
        if is_own || !is_qualified(&entry.key) {
            let message = format!("{:?} is {}", entry.key, if is_own { "quay-render's own" } else { "no name for it" });
            let hint = "letters, digits, `-`, `_` and `.`, at most 63; a domain and `/` may stand before them";
            inner.refuse(codes::FIELD_VALUE, &entry.key, message, hint, diagnostics);
        } else if name == "labels" && !is_label_value(&text.value) {
            let message = format!("{} is no value of a label", quote::name(&text.value));
            let hint = "letters, digits, `-`, `_` and `.`, at most 63, a letter or digit at either end";
            inner.refuse(codes::FIELD_VALUE, &entry.key, message, hint, diagnostics);
        } else {
            found.insert(entry.key.clone(), text.value);
        }
    }
    found
}

/// Whether a text can be the name of a label or an annotation.
pub(super) fn is_qualified(name: &str) -> bool {
    let (prefix, name) = name.rsplit_once('/').map_or((None, name), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_object_name) && !name.is_empty() && is_label_value(name)
}

fn is_label_value(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| edge(c) || matches!(c, '-' | '_' | '.');
    text.len() <= 63 && text.chars().all(inner) && (text.is_empty() || text.starts_with(edge) && text.ends_with(edge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_one_unit_and_fits_haproxy() {
        let seconds = |text: &str| Timeout::parse(text).map(|timeout| timeout.seconds);
        assert_eq!(seconds("30m"), Some(1800));
        assert_eq!(seconds("1h"), Some(3600));
        assert_eq!(seconds("45s"), Some(45));
        for bad in ["", "m", "0s", "30", "1.5h", "+1m", "1d", "99999h", "100000s", "-1s", "ü"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_of_labels_may_have_a_domain() {
        for good in ["app", "example.com/team", "a_B.c-1"] {
            assert!(is_qualified(good), "{good}");
        }
        for bad in ["", "/a", "a/", "a b", "-a", "Example.com/a", "a/b/c"] {
            assert!(!is_qualified(bad), "{bad}");
        }
    }
}
