//! `quay-render explain`.

use super::{Fatal, Outcome, print};
use crate::diagnostic::codes::{ALL, Code};
use crate::quote::{self, nearest};
use clap::Args;

/// Print the page of a code.
#[derive(Args)]
pub struct Explain {
    /// The code, as in error[component-unknown]; without one, all codes are listed
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let Some(name) = self.code else {
            for code in ALL {
                print(format_args!("{:8} {code}\n", code.severity().as_str()))?;
            }
            return Ok(Outcome::Done);
        };
        if let Some(code) = Code::find(&name) {
            print(code.page())?;
            return Ok(Outcome::Done);
        }
        let known: Vec<&str> = ALL.iter().map(|code| code.as_str()).collect();
        let hint = nearest(&name, &known).map(|near| format!("; the nearest is {near:?}")).unwrap_or_default();
        Err(Fatal(format!("no diagnostic has the code {}{hint}", quote::word(&name, &known))))
    }
}
