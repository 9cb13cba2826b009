//! Certificates by their origin.

use crate::model::access::{CertManager, CertificateSource};

/// A certificate that is served somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The registry's own pair.
    Pair,
    /// Whatever the way in has.
    Controller,
    /// That of a Secret of type kubernetes.io/tls.
    Secret {
        /// The Secret.
        name: String,
        /// Its key with the CA, where it has one.
        ca_key: Option<String>,
        /// Who makes it.
        maker: Maker,
    },
}

/// Who makes a Secret with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The user, by other means.
    User,
    /// cert-manager, which is told to by a Certificate of the output.
    CertManager(Box<CertManager>),
    /// OpenShift, by an annotation of the Service.
    ServiceCa,
}

impl Certificate {
    /// The Secret that it is in.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::Secret { name, .. } => Some(name),
            Self::Pair | Self::Controller => None,
        }
    }

    /// Where it comes from, as the RenderConfig says it.
    #[must_use]
    pub fn from(&self) -> CertificateSource {
        match self {
            Self::Pair => CertificateSource::Pair,
            Self::Controller => CertificateSource::Controller,
            Self::Secret { maker: Maker::User, .. } => CertificateSource::Secret,
            Self::Secret { maker: Maker::CertManager(_), .. } => CertificateSource::CertManager,
            Self::Secret { maker: Maker::ServiceCa, .. } => CertificateSource::ServiceCa,
        }
    }
}
