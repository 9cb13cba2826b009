//! `quay-render krm`.

use super::terminal::tell_raw;
use super::{Fatal, Outcome, Strictness, print};
use crate::diagnostic::{Diagnostics, Severity};
use crate::krm::{LARGEST, respond};
use crate::report::Report;
use clap::Args;
use std::io::{self, Read as _};

/// Answer a ResourceList.
#[derive(Args)]
pub struct Krm {
    #[command(flatten)]
    strictness: Strictness,
}

impl Krm {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let mut request = Vec::new();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        let read = io::stdin().lock().take(limit).read_to_end(&mut request);
        read.map_err(|error| Fatal(format!("standard input: {error}")))?;
        match respond(&request, self.strictness.options()) {
            Ok(response) => {
                say(&response.diagnostics);
                print(&response.text)?;
                let is_refused = response.diagnostics.has_errors();
                Ok(if is_refused { Outcome::Refused } else { Outcome::Done })
            }
            Err(diagnostics) => {
                say(&diagnostics);
                Err(Fatal("standard input holds no ResourceList; nothing was written".to_owned()))
            }
        }
    }
}

/// Repeats the results on standard error, since kustomize does not show them. Notes are only in the results.
fn say(diagnostics: &Diagnostics) {
    let mut said = diagnostics.clone();
    said.retain(|diagnostic| diagnostic.severity != Severity::Note);
    tell_raw(format_args!("{}", Report::new(&said).text(None, false)));
}
