//! What can be chosen, what follows where nothing is, and what does not go together.

use crate::cli::Fatal;
use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// OpenShift, with Routes, bucket claims and monitoring
    Openshift,
    /// Any other Kubernetes, without these three
    Kubernetes,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Access {
    /// A Route of OpenShift
    Route,
    /// An Ingress, of ingress-nginx unless you change it
    Ingress,
    /// An HTTPRoute at a Gateway that is there
    Gateway,
    /// A Service of type LoadBalancer
    Service,
    /// A way in that you build yourself
    None,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Certificate {
    /// A certificate and key of yours
    Own,
    /// One that cert-manager makes
    CertManager,
    /// That of the router, of the Ingress controller or of the Gateway
    #[value(alias = "router")]
    Controller,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Storage {
    /// A bucket claim, which OpenShift Data Foundation fills
    Claim,
    /// A bucket of an S3 service
    S3,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Database {
    /// A PostgreSQL that is rendered
    Managed,
    /// A PostgreSQL of yours
    Own,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// In Secrets of the output
    Inline,
    /// In Secrets that you create in the cluster
    Referenced,
    /// In a store that External Secrets Operator reads
    External,
    /// In SealedSecrets that only the cluster can decrypt
    Sealed,
}

/// What applies the output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Controller {
    /// You, with kubectl
    Kubectl,
    /// Argo CD
    Argocd,
    /// Flux
    Flux,
}

impl Platform {
    pub fn access(self) -> Access {
        if self == Self::Openshift { Access::Route } else { Access::Ingress }
    }

    pub fn storage(self) -> Storage {
        if self == Self::Openshift { Storage::Claim } else { Storage::S3 }
    }
}

impl Access {
    pub fn certificate(self) -> Certificate {
        if self == Self::Gateway { Certificate::Controller } else { Certificate::Own }
    }
}

/// Everything that is chosen, one of each.
#[derive(Clone, Copy)]
pub struct Choices {
    pub platform: Platform,
    pub access: Access,
    pub certificate: Certificate,
    pub storage: Storage,
    pub database: Database,
    pub secrets: Mode,
    pub controller: Controller,
}

impl Choices {
    /// Refuses what does not go together, with what does.
    pub fn check(&self) -> Result<(), Fatal> {
        let is_openshift = self.platform == Platform::Openshift;
        let objection = if !is_openshift && self.access == Access::Route {
            "--access route goes with --platform openshift: choose ingress, gateway, service or none"
        } else if !is_openshift && self.storage == Storage::Claim {
            "--storage claim goes with --platform openshift: choose s3"
        } else if self.access == Access::Gateway && self.certificate != Certificate::Controller {
            "--access gateway goes with --certificate controller: the Gateway shows its own"
        } else if self.access == Access::Service && self.certificate == Certificate::Controller {
            "--access service goes with --certificate own or cert-manager: Quay ends TLS there"
        } else {
            return Ok(());
        };
        Err(Fatal(objection.to_owned()))
    }

    /// Whether config.yaml has the secrets of services that are not rendered.
    pub fn holds_secrets(&self) -> bool {
        self.secrets == Mode::Inline && (self.storage == Storage::S3 || self.database == Database::Own)
    }

    /// Whether Quay itself serves the pair of the config bundle.
    pub fn serves_pair(&self) -> bool {
        self.certificate == Certificate::Own && self.access != Access::Ingress
    }
}

/// A choice as it is written.
pub fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
