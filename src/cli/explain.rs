//! `quay-render explain`.

use super::markdown::rendered;
use super::{Fatal, Outcome, print, print_lines, wants_color};
use crate::catalog::Catalog;
use crate::diagnostic::codes::{ALL, Code};
use crate::quote::{self, nearest};
use crate::schemas::{explained, explained_names};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::{self, IsTerminal as _};

/// How wide a page is on a terminal.
const WIDTH: usize = 80;

/// The runbooks of alerts, a section each.
const RUNBOOKS: &str = include_str!("../../docs/alerts.md");

/// Explain a diagnostic, an alert, or a field of the input.
///
/// On a terminal the page is laid out for it; elsewhere it is Markdown.
#[derive(Args)]
pub struct Explain {
    /// A code, as in error[component-unknown]; an alert, as QuayDown; a field of config.yaml, as SERVER_HOSTNAME; or a path of a
    /// RenderConfig or QuayRegistry, as spec.backup. Without one, all codes and alerts are listed with their titles
    #[arg(value_name = "NAME", value_parser = Named, hide_possible_values = true)]
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let alerts: Vec<&str> = Catalog::shipped().map(|release| release.alert_names()).unwrap_or_default();
        let Some(name) = self.code else {
            let codes = ALL.iter().map(|code| (code.severity().as_str(), code.as_str(), opening(code.page())));
            let alerts = alerts.into_iter().map(|name| ("alert", name, runbook(name).map(opening).unwrap_or_default()));
            print_lines(
                codes
                    .chain(alerts)
                    .map(|(what, name, title)| format!("{what:8} {name:<28} {title}\n"))
                    .collect::<String>(),
            )?;
            return Ok(Outcome::Done);
        };
        let page = Code::find(&name).map(Code::page).or_else(|| runbook(&name)).map(Cow::Borrowed);
        if let Some(page) = page.or_else(|| explained(&name).map(Cow::Owned)) {
            let color = wants_color(&io::stdout());
            print(if color || io::stdout().is_terminal() { Cow::Owned(rendered(&page, WIDTH, color)) } else { page })?;
            return Ok(Outcome::Done);
        }
        let known: Vec<&str> = ALL.iter().map(|code| code.as_str()).chain(alerts).chain(explained_names()).collect();
        let hint = nearest(&name, &known).map(|near| format!("; the nearest is {near:?}")).unwrap_or_default();
        Err(Fatal(format!("no diagnostic, alert or field is called {}{hint}", quote::word(&name, &known))))
    }
}

/// The first sentence of a page, which serves as its title.
fn opening(page: &str) -> String {
    let paragraph = page.split("\n\n").find(|it| !it.trim().is_empty() && !it.trim_start().starts_with('#'));
    let text = paragraph.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("**Meaning.** ", "").replace('`', "");
    let end = text.find(". ").unwrap_or(text.trim_end_matches('.').len());
    text.get(..end).unwrap_or_default().to_owned()
}

/// A name that shells complete from the codes and alerts; any other is taken too.
#[derive(Clone)]
struct Named;

impl TypedValueParser for Named {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let alerts = Catalog::shipped().map(|release| release.alert_names()).unwrap_or_default();
        Some(Box::new(ALL.iter().map(|code| code.as_str()).chain(alerts).map(PossibleValue::new)))
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
