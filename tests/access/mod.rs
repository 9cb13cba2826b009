//! Access to the registry: every combination of its settings is compared with an independent oracle of what can work;
//! what must agree in the output of those that do; a client's walk over each example; requests through nginx with the
//! output's settings.
//!
//! `.ci/bless` writes `golden/access.md`, the table of all combinations. `.ci/setup` installs nginx, curl, openssl and
//! the Python that the pods' script runs in.

mod cases;
pub mod clients;
pub mod cluster;
mod cover;
mod entrance;
mod health;
mod invariants;
mod nginx;
mod openssl;
mod oracle;
mod output;
mod registry;
mod table;
mod verdicts;
mod walk;

use crate::support::golden;
use crate::support::problems::assert_none;
use cases::{Case, EXTERNAL, SCHEMES, TLS, WAYS};
use quay_render::compile;
use verdicts::{Told, Verdict, inline, referenced};

/// How a verdict and the oracle disagree.
fn disagreement(told: &Told, in_cluster: bool) -> Option<String> {
    let objections = oracle::objections(&told.case, in_cluster);
    match &told.verdict {
        Verdict::Works(_) if objections.is_empty() => None,
        Verdict::Works(_) => Some(format!("is built, and cannot work: {}", objections[0].1)),
        Verdict::Refused(refusals) => {
            let said: Vec<&str> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
            let said = said.join("; ");
            if objections.is_empty() {
                return Some(format!("would work, and is refused: {said}"));
            }
            if let Some(other) =
                refusals.iter().find(|refusal| !["access-conflict", "access-api"].contains(&refusal.code))
            {
                return Some(format!("is refused with {}: {}", other.code, other.message));
            }
            // Where it is one thing alone, that one is told and nothing else.
            let [(code, why)] = objections.as_slice() else { return None };
            let right = matches!(refusals.as_slice(), [only] if only.code == *code);
            (!right).then(|| format!("is refused only because {why} ({code}), and told: {said}"))
        }
    }
}

#[test]
fn what_can_work_is_built_and_nothing_else() {
    for (told, in_cluster) in [(inline(), false), (referenced(), true)] {
        let works = told.iter().filter(|told| matches!(told.verdict, Verdict::Works(_))).count();
        assert!(works > 100 && works * 4 < told.len(), "{works} of {} work", told.len());
        let problems = told.iter().filter_map(|told| Some((told.case.to_string(), disagreement(told, in_cluster)?)));
        assert_none(problems);
    }
}

#[test]
fn in_what_works_everything_agrees() {
    for told in [inline(), referenced()] {
        let broken = told.iter().flat_map(|told| told.broken.iter().map(|it| (told.case.to_string(), it.clone())));
        assert_none(broken);
    }
}

/// The checks find something: an output is judged as that of another combination.
#[test]
fn what_does_not_agree_is_found() {
    let usual = inline()[0].case;
    for (way, known) in WAYS.iter().enumerate().filter(|(_, known)| known.tls.len() == TLS.len()) {
        for (tls, other) in [("passthrough", "edge"), ("edge", "reencrypt"), ("none", "edge")] {
            let case = Case { way, tls, ..usual };
            let Some(rendered) = compile(&case.inputs("inline")).registry else { continue };
            assert_eq!(invariants::broken(&case, &rendered, false), Vec::<String>::new(), "{}", known.name);
            let found = invariants::broken(&Case { tls: other, ..case }, &rendered, false);
            assert!(found.len() > 1, "{}: {tls} passes for {other}: {found:?}", known.name);
            assert!(!invariants::broken(&case, &rendered, true).is_empty(), "{}: builds", known.name);
        }
    }
}

/// Builders speak TLS to nginx on 55443: it must serve that, with a certificate for them, and nothing on the way may
/// end their TLS.
#[test]
fn builders_come_in_where_their_tls_gets_through() {
    let usual = |told: &&Told| told.case.external == EXTERNAL[0] && told.case.scheme == SCHEMES[0];
    let works = inline().iter().filter(|told| matches!(told.verdict, Verdict::Works(_))).filter(usual);
    let mut problems = Vec::new();
    for case in works.map(|told| told.case) {
        let serves = matches!(case.tls, "passthrough" | "reencrypt") && case.backend != "serviceCA";
        let passes = match case.way().short {
            "ingress-nginx" => case.tls == "passthrough",
            "Traefik" | "Gateway 1.4" => false,
            _ => true,
        };
        let compiled = compile(&case.inputs_with_builds());
        let found = match compiled.registry {
            Some(rendered) if serves && passes => invariants::broken(&case, &rendered, true),
            None if !(serves && passes) => Vec::new(),
            Some(_) => vec!["is built with builds, and no builder gets in".to_owned()],
            None => compiled.diagnostics.iter().map(ToString::to_string).collect(),
        };
        problems.extend(found.into_iter().map(|problem| (case.to_string(), problem)));
    }
    assert_none(problems);
}

/// By default, TLS ends where it usually does with that access type.
#[test]
fn tls_ends_at_quay_unless_something_in_front_is_made_for_it() {
    for (way, known) in WAYS.iter().enumerate() {
        let case = Case { way, tls: "unset", ..inline()[0].case };
        let compiled = compile(&case.inputs("inline"));
        let usual = if matches!(known.kind, "ingress" | "gateway") { "edge" } else { "passthrough" };
        assert_eq!(compiled.registry.unwrap().resolved.access.tls.to_string(), usual, "{}", known.name);
    }
}

#[test]
fn the_table_has_every_pairing() {
    let found = table::markdown(inline(), referenced());
    let differs = golden::compare("golden/access.md", &found);
    assert!(differs.is_none(), "{}", differs.unwrap_or_default());
}
