//! `quay-render version`.

use super::words::Form;
use super::{Fatal, Outcome, print, print_lines};
use crate::catalog::Catalog;
use clap::Args;
use serde_json::json;

/// Print the version.
#[derive(Args)]
pub struct Version {
    /// The format
    #[arg(long, default_value = "text")]
    format: Form,
}

/// The commit, where the build knew it: see `build.rs`.
const COMMIT: Option<&str> = option_env!("QUAY_RENDER_BUILT_FROM");

impl Version {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let version = env!("CARGO_PKG_VERSION");
        let releases: Vec<&str> = Catalog::embedded().names().collect();
        match self.format {
            Form::Json => {
                let shown = json!({"version": version, "commit": COMMIT, "releases": releases});
                print(format_args!("{shown:#}\n"))?;
            }
            Form::Text => print_lines(format_args!(
                "quay-render {version}\ncommit    {}\nreleases  {}",
                COMMIT.unwrap_or("unknown"),
                releases.join(" ")
            ))?,
        }
        Ok(Outcome::Done)
    }
}
