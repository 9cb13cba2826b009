//! `quay-render explain`.

use super::{Fatal, Outcome, print};
use crate::catalog::Catalog;
use crate::diagnostic::codes::{ALL, Code};
use crate::quote::{self, nearest};
use clap::Args;

/// The runbooks of alerts, a section each.
const RUNBOOKS: &str = include_str!("../../docs/alerts.md");

/// Print the page of a code, or the runbook of an alert.
#[derive(Args)]
pub struct Explain {
    /// The code, as in error[component-unknown], or the alert, as QuayDown; without one, all are listed
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let alerts: Vec<&str> = Catalog::shipped().map(|release| release.alert_names()).unwrap_or_default();
        let Some(name) = self.code else {
            for code in ALL {
                print(format_args!("{:8} {code}\n", code.severity().as_str()))?;
            }
            for name in alerts {
                print(format_args!("{:8} {name}\n", "alert"))?;
            }
            return Ok(Outcome::Done);
        };
        if let Some(page) = Code::find(&name).map(Code::page).or_else(|| runbook(&name)) {
            print(page)?;
            return Ok(Outcome::Done);
        }
        let known: Vec<&str> = ALL.iter().map(|code| code.as_str()).chain(alerts).collect();
        let hint = nearest(&name, &known).map(|near| format!("; the nearest is {near:?}")).unwrap_or_default();
        Err(Fatal(format!("no diagnostic or alert is called {}{hint}", quote::word(&name, &known))))
    }
}

/// The section of an alert, with its heading.
fn runbook(alert: &str) -> Option<&'static str> {
    let heading = format!("\n## {alert}\n");
    let begin = RUNBOOKS.find(&heading)? + 1;
    let section = RUNBOOKS.get(begin..)?;
    let end = section.find("\n## ").map_or(section.len(), |end| end + 1);
    section.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
        let alerts = Catalog::shipped().unwrap().alert_names();
        for alert in &alerts {
            let page = runbook(alert).unwrap_or_else(|| panic!("docs/alerts.md has no section {alert}"));
            for part in ["**Meaning.**", "**Impact.**", "**Diagnosis.**", "**Mitigation.**"] {
                assert_eq!(page.matches(part).count(), 1, "{alert}: {part}");
            }
        }
        let headings = RUNBOOKS.lines().filter_map(|line| line.strip_prefix("## Quay"));
        let order: Vec<String> = headings.map(|rest| format!("Quay{rest}")).collect();
        assert_eq!(order, alerts);
        assert!(runbook("Quay").is_none() && runbook("QuayDow").is_none());
    }
}
