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
    /// What can be chosen there, the usual first.
    pub fn ways(self) -> &'static [Access] {
        match self {
            Self::Openshift => Access::value_variants(),
            Self::Kubernetes => &[Access::Ingress, Access::Gateway, Access::Service, Access::None],
        }
    }

    pub fn storages(self) -> &'static [Storage] {
        if self == Self::Openshift { Storage::value_variants() } else { &[Storage::S3] }
    }
}

impl Access {
    /// The certificates that clients can meet there, the usual first.
    pub fn certificates(self) -> &'static [Certificate] {
        match self {
            Self::Gateway => &[Certificate::Controller],
            Self::Service => &[Certificate::Own, Certificate::CertManager],
            Self::Route | Self::Ingress | Self::None => Certificate::value_variants(),
        }
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
        let Self { platform, access, .. } = *self;
        goes("--access", access, platform.ways(), "--platform", platform)?;
        goes("--storage", self.storage, platform.storages(), "--platform", platform)?;
        goes("--certificate", self.certificate, access.certificates(), "--access", access)
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

/// Refuses a choice that another one leaves no room for.
fn goes<T: ValueEnum + PartialEq + Copy>(
    option: &str,
    chosen: T,
    open: &[T],
    other: &str,
    by: impl ValueEnum,
) -> Result<(), Fatal> {
    if open.contains(&chosen) {
        return Ok(());
    }
    let known: Vec<String> = open.iter().copied().map(word).collect();
    let (chosen, by, known) = (word(chosen), word(by), known.join(", "));
    Err(Fatal(format!("{option} {chosen} does not go with {other} {by}, but these do: {known}")))
}

/// A choice as it is written.
pub fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
