//! `spec.access` of the RenderConfig: how clients reach the registry, and where TLS ends (guide 7.1.2).
//!
//! Each field is read by itself here; `check` decides whether fields go together.

pub(in crate::model) mod certificate;
pub mod component;
mod ways;

pub use certificate::{CertManager, Certificate, CertificateSource, Issuer, PrivateKey};
pub use ways::{Controller, Gateway, Ingress, ParentRef, Service, ServiceType};

use super::Spanned;
use super::fields::{Fields, Word};
use super::notations::{Timeout, UNLIMITED};
use crate::diagnostic::{Diagnostics, Location};
use std::collections::BTreeMap;
use std::fmt;

/// A way in: what exposes the registry to clients.
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
    /// Something of the user's own that sends requests to the Service.
    None,
}

/// Where TLS ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// At Quay: the way in passes the TLS connection through.
    Passthrough,
    /// At the way in, which sends plain HTTP to Quay.
    Edge,
    /// At the way in, which connects to Quay with TLS again.
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
    /// What terminates TLS for this way in, unless Quay does.
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
    /// Where the map begins in the input.
    pub at: Location,
    /// `type`: the way in.
    pub way: Spanned<Way>,
    /// `tls`: where TLS ends.
    pub tls: Option<Spanned<Tls>>,
    /// `certificate`: the one that clients see.
    pub certificate: Option<Certificate>,
    /// `backendCertificate`: the one that Quay presents to the way in, with `tls: reencrypt`.
    pub backend_certificate: Option<Certificate>,
    /// `caBundle`: the CAs that issued these certificates, in PEM.
    pub ca_bundle: Option<Spanned<String>>,
    /// `publiclyTrusted`: whether every client trusts the certificate without further configuration.
    pub publicly_trusted: Option<Spanned<bool>>,
    /// The fields that are present, with their locations.
    pub given: Vec<(String, Location)>,
    /// `timeout`: how long a request may take.
    pub timeout: Timeout,
    /// `maxBodySize`: the largest request, in nginx's notation; `None` for no limit.
    pub max_body_size: Option<String>,
    /// `labels` for each object of the way in.
    pub labels: BTreeMap<String, String>,
    /// `annotations` for each object of the way in.
    pub annotations: BTreeMap<String, String>,
    /// `ingress`.
    pub ingress: Option<Spanned<Ingress>>,
    /// `gateway`.
    pub gateway: Option<Spanned<Gateway>>,
    /// `service`.
    pub service: Option<Spanned<Service>>,
}

impl Access {
    /// The location of `tls`, else of the whole map.
    #[must_use]
    pub fn tls_at(&self) -> &Location {
        self.tls.as_ref().map_or(&self.at, |tls| &tls.at)
    }

    /// A way in with everything else left at its default.
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

/// Reads `spec.access`; `None` if it is absent or has no valid `type`.
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
        labels: map.labels("labels", diagnostics),
        annotations: map.annotations("annotations", diagnostics),
        ingress: ways::ingress(&map, diagnostics),
        gateway: ways::gateway(&map, diagnostics),
        service: ways::service(&map, diagnostics),
        at: map.place(),
        // Last, because `?` returns here: all other fields have been read and their problems reported.
        way: way?,
    })
}

fn timeout(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Timeout {
    Timeout::parse(&map.text_or_default("timeout", diagnostics)).unwrap_or_default()
}

fn body_size(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    Some(map.text_or_default("maxBodySize", diagnostics)).filter(|size| size != UNLIMITED)
}
