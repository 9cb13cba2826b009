//! `spec.diagnostics` of the RenderConfig: how severe each rule about Quay's configuration is.

use super::document::Document;
use super::fields::{Fields, Word};
use crate::diagnostic::{Allowed, Code, Diagnostics, Severity, codes};
use crate::quote::{self, nearest_hint};
use crate::sensitive::{self, MASK};

/// How the diagnostics of a rule are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are not shown, only counted.
    Allow,
    /// They are warnings.
    Warn,
    /// They are errors.
    Deny,
}

impl Word for Verdict {
    const WORDS: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("warn", Self::Warn), ("deny", Self::Deny)];
}

/// The severity that the user gave to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSeverity {
    /// The rule.
    pub code: Code,
    /// How its diagnostics are treated.
    pub verdict: Verdict,
    /// Why; never empty where the rule is allowed.
    pub reason: String,
}

/// Reads `spec.diagnostics`.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<RuleSeverity> {
    let Some(map) = spec.open_map("diagnostics", diagnostics) else { return Vec::new() };
    map.entries().iter().filter_map(|entry| rule_severity(&map, &entry.key, diagnostics)).collect()
}

/// The severities in a RenderConfig with errors elsewhere, already reported: they still apply to other diagnostics.
pub(super) fn of_broken(document: &Document) -> Vec<RuleSeverity> {
    let mut told = Diagnostics::new();
    let root = Fields::root(document, "RenderConfig", &mut told);
    let spec = root.and_then(|root| root.open_map("spec", &mut told));
    spec.map(|spec| read(&spec, &mut told)).unwrap_or_default()
}

fn rule_severity(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<RuleSeverity> {
    let Some(code) = Code::find(name).filter(|code| code.is_rule()) else {
        let rules: Vec<&str> = codes::ALL.iter().filter(|code| code.is_rule()).map(|code| code.as_str()).collect();
        let message = match Code::find(name) {
            Some(_) => format!("{name} is not a rule about Quay's configuration or images, so its severity is fixed"),
            None => format!("no rule has the code {}", quote::word(name, &rules)),
        };
        let hint = format!("{}quay-render explain lists all codes", nearest_hint(name, &rules));
        map.refuse(codes::FIELD_VALUE, name, message, &hint, diagnostics);
        return None;
    };
    let fields = map.map(name, diagnostics)?;
    let given = fields.text("reason", diagnostics);
    let verdict = fields.choice::<Verdict>("level", diagnostics)?.value;
    let reason = given.as_ref().map(|text| text.value.trim().to_owned()).unwrap_or_default();
    if verdict == Verdict::Allow && reason.is_empty() {
        if given.is_some() {
            fields.missing("reason", diagnostics);
        }
        return None;
    }
    Some(RuleSeverity { code, verdict, reason })
}

/// Gives each diagnostic the severity that the user chose for its rule, and removes those of allowed rules. With
/// `deny_warnings`, remaining warnings become errors.
pub fn apply(severities: &[RuleSeverity], deny_warnings: bool, diagnostics: &mut Diagnostics) -> Vec<Allowed> {
    let allowed = |level: &&RuleSeverity| level.verdict == Verdict::Allow;
    let mut counts: Vec<Allowed> = severities
        .iter()
        .filter(allowed)
        .map(|level| Allowed {
            code: level.code.to_string(),
            reason: if sensitive::is_harmless(&level.reason, true) { &level.reason } else { MASK }.to_owned(),
            count: 0,
        })
        .collect();
    diagnostics.judge(|problem, count| {
        let severity = match severities.iter().find(|level| level.code == problem.code).map(|level| level.verdict) {
            Some(Verdict::Allow) => {
                if let Some(entry) = counts.iter_mut().find(|entry| entry.code == problem.code.as_str()) {
                    entry.count += count;
                }
                return None;
            }
            Some(Verdict::Warn) => Severity::Warning,
            Some(Verdict::Deny) => Severity::Error,
            None => problem.severity,
        };
        Some(if deny_warnings && severity == Severity::Warning { Severity::Error } else { severity })
    });
    counts
}
