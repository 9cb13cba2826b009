//! `quay-render schema`.

use super::{Fatal, Outcome, print};
use crate::schemas::{self, Printed};
use clap::{Args, ValueEnum};

/// Print a schema.
#[derive(Args)]
pub struct Schema {
    /// The file that it describes, or what a command prints
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// The release that it describes [default: the newest]
    #[arg(long)]
    release: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// QuayRegistry
    Registry,
    /// RenderConfig
    RenderConfig,
    /// A RenderConfig of a fleet, completed by those in other folders
    RenderConfigPart,
    /// The config bundle's config.yaml
    ConfigBundle,
    /// What init --format json prints
    InitResult,
    /// What validate --format json prints
    ValidateResult,
    /// What build --format json prints
    BuildResult,
    /// What build --check --format json prints
    CheckResult,
    /// What keys --format json prints
    KeysResult,
    /// What show registries --format json prints
    RegistriesResult,
    /// What show status --format json prints, with --live and without it
    StatusResult,
    /// What show upgrade --live FILE --format json prints
    UpgradeResult,
    /// What version --format json prints
    VersionResult,
}

/// Which schema a word means.
enum Meant {
    Written(schemas::Schema),
    Printed(Printed),
}

impl Kind {
    fn meant(self) -> Meant {
        match self {
            Self::Registry => Meant::Written(schemas::Schema::Registry),
            Self::RenderConfig => Meant::Written(schemas::Schema::RenderConfig),
            Self::RenderConfigPart => Meant::Written(schemas::Schema::RenderConfigPart),
            Self::ConfigBundle => Meant::Written(schemas::Schema::ConfigBundle),
            Self::InitResult => Meant::Printed(Printed::Init),
            Self::ValidateResult => Meant::Printed(Printed::Validate),
            Self::BuildResult => Meant::Printed(Printed::Build),
            Self::CheckResult => Meant::Printed(Printed::Check),
            Self::KeysResult => Meant::Printed(Printed::Keys),
            Self::RegistriesResult => Meant::Printed(Printed::Registries),
            Self::StatusResult => Meant::Printed(Printed::Status),
            Self::UpgradeResult => Meant::Printed(Printed::Upgrade),
            Self::VersionResult => Meant::Printed(Printed::Version),
        }
    }
}

impl Schema {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        match (self.kind.meant(), self.release) {
            (Meant::Written(schema), Some(name)) => print(schema.text_of(&*super::releases::find(&name)?))?,
            (Meant::Written(schema), None) => print(schema.text())?,
            (Meant::Printed(_), Some(_)) => {
                return Err(Fatal(
                    "--release goes with the schema of a file: what a command prints has no release".to_owned(),
                ));
            }
            (Meant::Printed(printed), None) => print(printed.text())?,
        }
        Ok(Outcome::Done)
    }
}
