//! `quay-render show resources`: what the pods and PersistentVolumeClaims of a registry request from a cluster.

use super::diff::documents;
use super::map::map;
use super::{Fatal, read};
use crate::Rendered;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::object::Value;
use crate::report::visible;
use crate::resources::{Amounts, Bounds, Moment, Needs, Row, Unread};
use std::fmt::Write as _;

/// What is shown.
pub(super) struct Resources {
    needs: Needs,
    rows: Vec<Row>,
    refusals: Vec<String>,
}

/// What a registry needs, compared with bounds if there are any.
pub(super) fn resources(rendered: &Rendered, bounds: Option<&Bounds>) -> Resources {
    let mut needs = Needs::of(&rendered.objects);
    let Some(bounds) = bounds else { return Resources { needs, rows: Vec::new(), refusals: Vec::new() } };
    needs.default_to(bounds);
    let (rows, refusals) = (needs.quotas(bounds, &rendered.objects), needs.refusals(bounds));
    Resources { needs, rows, refusals }
}

/// Reads the file with ResourceQuotas and LimitRanges; nothing if it is refused, for the reason in `diagnostics`.
///
/// # Errors
/// When the system refuses to read it.
pub(super) fn bounds(path: &str, diagnostics: &mut Diagnostics) -> Result<Option<Bounds>, Fatal> {
    let inputs = read(path, None, false)?;
    diagnostics.extend(inputs.problems.clone());
    let documents = documents(&inputs.sources, diagnostics);
    if diagnostics.has_errors() {
        return Ok(None);
    }
    let bounds = Bounds::of(&documents).map_err(|Unread(reason)| {
        let hint = "what `kubectl get resourcequota,limitrange -o yaml` prints";
        diagnostics.push(Diagnostic::new(codes::INPUT_DOCUMENT, reason).at(Location::file(path)).hint(hint));
    });
    Ok(bounds.ok())
}

impl Resources {
    /// Whether a quota or a LimitRange would refuse something.
    pub(super) fn is_refused(&self) -> bool {
        !self.refusals.is_empty() || self.rows.iter().any(|row| row.refused().is_some())
    }

    /// As JSON.
    pub(super) fn rows(&self) -> Value {
        let pods = self.needs.pods.iter().map(|pods| {
            map([
                ("owner", pods.owner.as_str().into()),
                ("minimum", number(pods.number(Moment::Least))),
                ("maximum", number(pods.number(Moment::Most))),
                ("replacing", number(pods.number(Moment::Peak))),
                ("requests", amounts(&pods.requests)),
                ("limits", amounts(&pods.limits)),
            ])
        });
        let totals = Moment::ALL.map(|moment| {
            let total = self.needs.total(moment);
            let row = map([
                ("pods", number(total.pods)),
                ("requests", amounts(&total.requests)),
                ("limits", amounts(&total.limits)),
                ("storage", Amounts::shown("storage", total.storage).into()),
            ]);
            (moment.name(), row)
        });
        let quotas = self.rows.iter().map(|row| {
            let shown = |amount| Value::from(Amounts::shown(of(&row.resource), amount));
            let [least, most, peak] = row.taken.map_or([Value::Null, Value::Null, Value::Null], |it| it.map(shown));
            map([
                ("quota", row.quota.as_str().into()),
                ("resource", row.resource.as_str().into()),
                ("hard", shown(row.hard)),
                ("minimum", least),
                ("maximum", most),
                ("replacing", peak),
                ("refused", row.refused().map_or(Value::Null, |moment| moment.name().into())),
            ])
        });
        map([
            ("pods", Value::Seq(pods.collect())),
            ("claims", Value::Seq(self.needs.claims.iter().map(claim).collect())),
            ("totals", map(totals)),
            ("nodes", Value::Seq(self.nodes().into_iter().map(|(node, counts)| nodes_row(node, &counts)).collect())),
            ("quotas", Value::Seq(quotas.collect())),
            ("refused", Value::Seq(self.refusals.iter().map(|text| text.as_str().into()).collect())),
        ])
    }

    /// How many nodes of each size are needed, for each moment.
    fn nodes(&self) -> Vec<(&'static str, [Result<usize, String>; 3])> {
        let [least, most, peak] = Moment::ALL.map(|moment| self.needs.nodes(moment));
        let all = least.into_iter().zip(most).zip(peak);
        all.map(|((least, most), peak)| (least.node, [least.number, most.number, peak.number])).collect()
    }

    /// As text.
    pub(super) fn text(&self) -> Result<String, Fatal> {
        let mut out = String::new();
        writeln!(out, "{:<52} {:>9} {:>20} {:>20}", "of one pod", "pods", "requests", "limits")?;
        for pods in &self.needs.pods {
            let (least, most) = (pods.number(Moment::Least), pods.number(Moment::Most));
            let number = match (pods.is_job, least == most) {
                (true, _) => "runs once".to_owned(),
                (_, true) => least.to_string(),
                _ => format!("{least} to {most}"),
            };
            let (requests, limits) = (short(&pods.requests), short(&pods.limits));
            writeln!(out, "{:<52} {number:>9} {requests:>20} {limits:>20}", visible(&pods.owner))?;
        }
        writeln!(out, "\n{:<52} {:>9} {:>20} {:>20} {:>9}", "in all", "pods", "requests", "limits", "storage")?;
        let words =
            ["at the minimum", "at the maximum of the autoscalers", "the same while pods are replaced and Jobs run"];
        for (moment, words) in Moment::ALL.into_iter().zip(words) {
            let total = self.needs.total(moment);
            let (requests, limits) = (short(&total.requests), short(&total.limits));
            let storage = Amounts::shown("storage", total.storage);
            writeln!(out, "{words:<52} {:>9} {requests:>20} {limits:>20} {storage:>9}", total.pods)?;
        }
        writeln!(
            out,
            "\n{:<52} {:>9} {:>20} {:>20}",
            "nodes, each with what is free on it", "minimum", "maximum", "replacing"
        )?;
        for (node, counts) in self.nodes() {
            let [least, most, peak] = counts.each_ref().map(|count| match count {
                Ok(number) => number.to_string(),
                Err(_) => "too small".to_owned(),
            });
            writeln!(out, "{node:<52} {least:>9} {most:>20} {peak:>20}")?;
            if let Some(owner) = counts.iter().find_map(|count| count.as_ref().err()) {
                writeln!(out, "  a pod of {} fits on none", visible(owner))?;
            }
        }
        self.bounded(&mut out)?;
        Ok(out)
    }

    fn bounded(&self, out: &mut String) -> Result<(), Fatal> {
        if !self.rows.is_empty() {
            writeln!(out, "\n{:<52} {:>9} {:>20} {:>20} {:>9}", "quota", "minimum", "maximum", "replacing", "hard")?;
        }
        for row in &self.rows {
            let shown = |amount| Amounts::shown(of(&row.resource), amount);
            let name = visible(&format!("{} {}", row.quota, row.resource));
            let hard = shown(row.hard);
            let Some(taken) = row.taken else {
                writeln!(out, "{name:<52} {:>9} {:>20} {:>20} {hard:>9}", "?", "?", "?")?;
                continue;
            };
            let [least, most, peak] = taken.map(shown);
            let verdict = match row.refused() {
                None => "",
                Some(Moment::Least) => "  refused: not all pods start",
                Some(Moment::Most) => "  refused at the maximum",
                Some(Moment::Peak) => "  refused while pods are replaced or a Job runs",
            };
            writeln!(out, "{name:<52} {least:>9} {most:>20} {peak:>20} {hard:>9}{verdict}")?;
        }
        if !self.refusals.is_empty() {
            writeln!(out, "\nrefused:")?;
        }
        for text in &self.refusals {
            writeln!(out, "  {}", visible(text))?;
        }
        Ok(())
    }
}

fn number(number: u32) -> Value {
    Value::Int(number.to_string())
}

fn amounts(amounts: &Amounts) -> Value {
    let entry = |(name, amount): (&str, f64)| (name.to_owned(), Value::from(Amounts::shown(name, amount)));
    amounts.iter().map(entry).collect::<crate::object::Map>().into()
}

fn claim(claim: &crate::resources::Claim) -> Value {
    map([
        ("name", claim.name.as_str().into()),
        ("storageClassName", claim.class.as_deref().map_or(Value::Null, Value::from)),
        ("storage", Amounts::shown("storage", claim.storage).into()),
    ])
}

fn nodes_row(node: &str, counts: &[Result<usize, String>; 3]) -> Value {
    let [least, most, peak] = counts.each_ref().map(|count| match count {
        Ok(number) => Value::Int(number.to_string()),
        Err(_) => Value::Null,
    });
    let too_large = counts.iter().find_map(|count| count.as_ref().err());
    map([
        ("node", node.into()),
        ("minimum", least),
        ("maximum", most),
        ("replacing", peak),
        ("tooSmallFor", too_large.map_or(Value::Null, |owner| owner.as_str().into())),
    ])
}

/// CPU and memory as a short text.
fn short(amounts: &Amounts) -> String {
    let of = |name: &str, unit: &str| Some(format!("{}{unit}", Amounts::shown(name, amounts.get(name)?)));
    let shown: Vec<String> = of("cpu", " CPU").into_iter().chain(of("memory", "")).collect();
    if shown.is_empty() { "-".to_owned() } else { shown.join(" ") }
}

/// The resource in a quota's name for it, which decides whether the amount is in bytes; empty for a count of objects.
fn of(resource: &str) -> &str {
    let last = resource.rsplit(['.', '/']).next().unwrap_or(resource);
    if resource.contains("count/") { "" } else { last }
}
