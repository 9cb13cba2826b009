//! `quay-render schema`.

use super::{Fatal, Outcome, print};
use crate::schemas;
use clap::{Args, ValueEnum};

/// Print a schema.
#[derive(Args)]
pub struct Schema {
    /// The file that it describes
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
}

impl Schema {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let schema = match self.kind {
            Kind::Registry => schemas::Schema::Registry,
            Kind::RenderConfig => schemas::Schema::RenderConfig,
            Kind::RenderConfigPart => schemas::Schema::RenderConfigPart,
            Kind::ConfigBundle => schemas::Schema::ConfigBundle,
        };
        match self.release {
            Some(name) => print(schema.text_of(&*super::releases::find(&name)?))?,
            None => print(schema.text())?,
        }
        Ok(Outcome::Done)
    }
}
