//! The table of all combinations, as Markdown.

use super::cases::{Case, EXTERNAL, PAIRS, SCHEMES, SOURCES, TLS, WAYS};
use super::cover::{Cells, Point, cover, shown};
use super::verdicts::{Refusal, Told, Verdict, Written};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
# Every way in, every pairing

Which settings of `spec.access` go together, and with what the bundle says. Every combination of these was compiled:

| setting | values |
|---|---|
| way in | the sections of *What works* |
| `tls` | passthrough, edge, reencrypt, none |
| `certificate.from`, `backendCertificate.from` | unset, pair, controller, secret, certManager, serviceCA |
| own pair in the bundle (`ssl.cert` and `ssl.key`) | no, yes |
| EXTERNAL_TLS_TERMINATION in config.yaml | unset, true, false |
| PREFERRED_URL_SCHEME in config.yaml | unset, http, https |

A cell lists the values with which a row holds, in any combination with those of the other cells; *any* is all of them.
`caBundle` is set throughout: without it `reencrypt` needs a CA that the input knows (`quay-render explain access-ca`).
Builds are off.

## What works

What is in no row is refused. The last three columns say what follows: EXTERNAL_TLS_TERMINATION and PREFERRED_URL_SCHEME as
Quay gets them, and the ports of its Service with those of the container.
";

const REFUSED: &str = "
## What is refused, and what is said of it

Each row is one reason, with `…` for the setting's own value; often there is more than one.

";

const LATE: &str = "
## Secrets that stay in the cluster

Where `spec.secrets.mode` is not inline the same works, but for this (tried where config.yaml says nothing of TLS):

";

/// The axes, and the names of their values.
fn axes() -> [(&'static str, Vec<&'static str>); 7] {
    [
        ("way in", WAYS.iter().map(|way| way.short).collect()),
        ("tls", TLS.to_vec()),
        ("certificate", SOURCES.to_vec()),
        ("backendCertificate", SOURCES.to_vec()),
        ("own pair", PAIRS.to_vec()),
        ("EXTERNAL_TLS_TERMINATION", EXTERNAL.to_vec()),
        ("PREFERRED_URL_SCHEME", SCHEMES.to_vec()),
    ]
}

/// The whole table.
pub fn markdown(inline: &[Told], referenced: &[Told]) -> String {
    let mut out = INTRODUCTION.to_owned();
    for (at, way) in WAYS.iter().enumerate() {
        let told: Vec<&Told> = inline.iter().filter(|told| told.case.way == at).collect();
        let works = told.iter().filter(|told| matches!(told.verdict, Verdict::Works(_))).count();
        _ = write!(out, "\n### {}\n\n{works} of {} combinations work.\n\n", way.name, told.len());
        works_of(&told, &mut out);
    }
    out.push_str(REFUSED);
    let refused = inline.iter().filter_map(|told| match &told.verdict {
        Verdict::Refused(refusals) => Some((&told.case, refusals.as_slice())),
        Verdict::Works(_) => None,
    });
    refusals(refused, &universe(inline.iter()), &mut out);
    out.push_str(LATE);
    exceptions(inline, referenced, &mut out);
    out
}

fn point(case: &Case) -> Point {
    let Case { tls, certificate, backend, pair, external, scheme, .. } = *case;
    let values = [case.way().short, tls, certificate, backend, pair, external, scheme];
    axes().iter().zip(values).map(|((_, known), value)| known.iter().position(|it| *it == value).unwrap()).collect()
}

fn universe<'a>(told: impl Iterator<Item = &'a Told>) -> BTreeSet<Point> {
    told.map(|told| point(&told.case)).collect()
}

/// The values of a cell; nothing if it has all.
fn cell(cells: &Cells, axis: usize, universe: &BTreeSet<Point>) -> Option<String> {
    let (all, values) = shown(cells, axis, universe);
    let known = &axes()[axis].1;
    (!all).then(|| values.iter().map(|at| known[*at]).collect::<Vec<_>>().join(", "))
}

fn works_of(told: &[&Told], out: &mut String) {
    let mut by_outcome: BTreeMap<&Written, BTreeSet<Point>> = BTreeMap::new();
    for told in told {
        if let Verdict::Works(written) = &told.verdict {
            by_outcome.entry(written).or_default().insert(point(&told.case));
        }
    }
    let universe = universe(told.iter().copied());
    let covered = by_outcome.into_iter().flat_map(|(written, points)| {
        cover(&points, &universe, true).into_iter().map(move |cells| (cells, written)).collect::<Vec<_>>()
    });
    let mut rows: Vec<(Cells, &Written)> = covered.collect();
    rows.sort();
    let axes = axes();
    let titles: Vec<&str> = axes[1..].iter().map(|(name, _)| *name).collect();
    _ = writeln!(out, "| {} | → EXTERNAL_… | → PREFERRED_… | Service → container |", titles.join(" | "));
    _ = writeln!(out, "|{}", "---|".repeat(titles.len() + 3));
    for (cells, Written { external, scheme, ports }) in rows {
        let cells: Vec<String> =
            (1..axes.len()).map(|axis| cell(&cells, axis, &universe).unwrap_or_else(|| "*any*".to_owned())).collect();
        _ = writeln!(out, "| {} | {external} | {scheme} | {ports} |", cells.join(" | "));
    }
}

/// The refused combinations, by message.
fn refusals<'a>(
    refused: impl Iterator<Item = (&'a Case, &'a [Refusal])>,
    universe: &BTreeSet<Point>,
    out: &mut String,
) {
    let mut by_message: BTreeMap<(&str, &str, String), BTreeSet<Point>> = BTreeMap::new();
    for (case, refusals) in refused {
        for refusal in refusals {
            let said = (refusal.code, refusal.field.as_str(), pattern(&refusal.message, case));
            by_message.entry(said).or_default().insert(point(case));
        }
    }
    _ = writeln!(out, "| code | field | where | why |\n|---|---|---|---|");
    for ((code, field, message), points) in by_message {
        _ = writeln!(out, "| `{code}` | {field} | {} | {message} |", places(&points, universe));
    }
}

/// The combinations for which a message is reported.
fn places(points: &BTreeSet<Point>, universe: &BTreeSet<Point>) -> String {
    let boxes = cover(points, universe, false);
    boxes.iter().map(|cells| condition(cells, universe)).collect::<Vec<_>>().join("; or<br>")
}

/// A message without the values of the case's own settings.
fn pattern(message: &str, case: &Case) -> String {
    let Case { tls, certificate, backend, external, scheme, .. } = *case;
    let own = [case.way().kind, case.way().short, tls, certificate, backend, external, scheme, "controller"];
    let mut before = ":".to_owned();
    let word = |word: &str| {
        let bare = word.trim_end_matches([',', ')', ':']);
        let named = before.ends_with(':') || before == "from";
        before = word.to_owned();
        if named && own.contains(&bare) { word.replacen(bare, "…", 1) } else { word.to_owned() }
    };
    message.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The condition that a box states, for the axes on which it does not have all values.
fn condition(cells: &Cells, universe: &BTreeSet<Point>) -> String {
    let axes = axes();
    let part = |axis: usize| Some(format!("{}: {}", axes[axis].0, cell(cells, axis, universe)?));
    let parts: Vec<String> = (0..axes.len()).filter_map(part).collect();
    if parts.is_empty() { "everywhere".to_owned() } else { parts.join(" · ") }
}

/// What works with secrets inline but not with secrets in the cluster, and the reverse.
fn exceptions(inline: &[Told], referenced: &[Told], out: &mut String) {
    let mut by_message: BTreeMap<String, BTreeSet<Point>> = BTreeMap::new();
    for late in referenced {
        let early = inline.iter().find(|told| told.case == late.case).unwrap();
        let why: Vec<String> = match (&early.verdict, &late.verdict) {
            (Verdict::Works(_), Verdict::Refused(refusals)) => {
                refusals.iter().map(|it| pattern(&it.message, &late.case)).collect()
            }
            (Verdict::Refused(_), Verdict::Works(_)) => vec!["works".to_owned()],
            (Verdict::Works(early), Verdict::Works(late)) if early != late => vec!["works differently".to_owned()],
            _ => continue,
        };
        for why in why {
            by_message.entry(why).or_default().insert(point(&late.case));
        }
    }
    let universe = universe(referenced.iter());
    _ = writeln!(out, "| where | then |\n|---|---|");
    for (why, points) in by_message {
        _ = writeln!(out, "| {} | {why} |", places(&points, &universe));
    }
}
