//! Certificates by their origin.

use crate::model::access::{self, CertManager, CertificateSource};
use crate::model::secrets::SecretKey;

/// A certificate that is served to clients or to a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The registry's own certificate and key, `ssl.cert` and `ssl.key`.
    Pair,
    /// The certificate of the router, Ingress controller, Gateway or load balancer itself.
    Controller,
    /// The certificate in a Secret of type kubernetes.io/tls.
    Secret {
        /// The Secret's name.
        name: String,
        /// Its key that holds the CA, if any.
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
    /// cert-manager, because the output has a Certificate for it.
    CertManager(Box<CertManager>),
    /// OpenShift, because the Service has the annotation for it.
    ServiceCa,
}

impl Certificate {
    /// The Secret that holds it.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::Secret { name, .. } => Some(name),
            Self::Pair | Self::Controller => None,
        }
    }

    /// One in a Secret, with that origin: in the Secret that the user names, else in `made`.
    pub(in crate::check) fn in_secret(
        from: CertificateSource,
        given: Option<&access::Certificate>,
        made: String,
    ) -> Self {
        let own = given.and_then(|given| given.name.as_ref()).map(|name| name.value.clone());
        let ca_key = given.and_then(|given| given.ca_key.as_ref()).map(|key| key.value.clone());
        let told = given.and_then(|given| given.cert_manager.clone());
        let maker = match (from, told) {
            (CertificateSource::CertManager, Some(told)) => Maker::CertManager(told),
            (CertificateSource::ServiceCa, _) => Maker::ServiceCa,
            _ => Maker::User,
        };
        Self::Secret { name: own.unwrap_or(made), ca_key, maker }
    }

    /// The key of its Secret that holds the CA, if the input says so.
    #[must_use]
    pub fn authority(&self) -> Option<SecretKey> {
        match self {
            Self::Secret { name, ca_key: Some(key), .. } => Some(SecretKey { name: name.clone(), key: key.clone() }),
            _ => None,
        }
    }

    /// Its origin, in the terms of the RenderConfig.
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
