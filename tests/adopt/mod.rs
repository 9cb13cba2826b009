//! Taking over what an operator runs: its own output, exported, gives an input that renders the same.

mod command;
mod dangers;
mod operator;
mod page;
mod server;
mod status;

use operator::{NAME, NAMESPACE, RELEASES};
use quay_render::compile;
use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::input::Source;
use quay_render::live::adopt::{self, Options};
use quay_render::live::drift::Drift;
use quay_render::live::export::Export;
use quay_render::live::registry;
use quay_render::secret::Secret;
use serde_json::{Value, json};
use std::fmt::Write as _;

const DIGEST_KEY: &str = "nPlvGHhY3hsjGDNcHZexnEH6OpnbMheHUeA7F3JCmtPO";

/// What is open after an export was adopted, compiled and compared, a line each.
fn open(objects: &[Value], form: usize, options: &Options) -> String {
    let mut problems = Diagnostics::new();
    let source = Source { name: "export.yaml".to_owned(), bytes: operator::written(objects, form).into_bytes() };
    let export = Export::read(&[source], &mut problems);
    let wanted = (NAMESPACE.to_owned(), NAME.to_owned());
    let registry = registry::choose(&export, Some(&wanted), &mut problems).unwrap();
    let adopted = adopt::adopt(&registry, options, Secret::new(DIGEST_KEY), &mut problems);
    let said: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    let Some(adopted) = adopted else { return said };
    let compiled = compile(&adopted.inputs(&registry, "in"));
    let errors = compiled.diagnostics.iter().filter(|it| it.severity == Severity::Error);
    let said = said + &errors.map(|problem| format!("{problem}\n")).collect::<String>();
    let Some(rendered) = compiled.registry else { return said };
    let drift = Drift::of(&registry, &rendered.objects, &rendered.resolved.release).unwrap();
    let mut out = said;
    for (change, field) in drift.unexplained() {
        let what = field.map(|field| format!("{}: {:?}", field.path, field.delta)).unwrap_or_default();
        writeln!(out, "{:?} {} {what}", change.class, change.identity).unwrap();
    }
    out
}

/// What no file says: the operator has not finished.
fn options(release: &str, case: &str) -> Options {
    let said = (case == "first-install").then(|| format!("{release}.0"));
    Options { release: said, ..Options::default() }
}

/// What is open of some cases.
fn run(cases: &[(&str, String)]) -> Vec<String> {
    let one = |(at, (release, case)): (usize, &(&str, String))| {
        let open = open(&operator::export(release, case), at, &options(release, case));
        if open.is_empty() { String::new() } else { format!("== {release} {case}\n{open}") }
    };
    cases.iter().enumerate().map(one).collect()
}

#[test]
fn what_an_operator_applied_changes_for_known_reasons_alone() {
    let all: Vec<(&str, String)> = RELEASES
        .into_iter()
        .flat_map(|release| operator::cases(release).into_iter().map(move |case| (release, case)))
        .collect();
    assert_eq!(all.len(), 57);
    let found: Vec<String> = std::thread::scope(|scope| {
        let (first, second) = all.split_at(all.len() / 2);
        let second = scope.spawn(|| run(second));
        [run(first), second.join().unwrap()].concat()
    });
    let found = found.concat();
    assert!(found.is_empty(), "{found}");
}

#[test]
fn what_somebody_changed_by_hand_is_never_passed_over() {
    type Edit = fn(&mut Value);
    let edits: [(&str, &str, Edit, &str); 10] = [
        (
            "Deployment",
            "test-quay-app",
            |it| it["spec"]["template"]["spec"]["nodeSelector"] = json!({"disk": "fast"}),
            "nodeSelector",
        ),
        (
            "Deployment",
            "test-quay-mirror",
            |it| it["spec"]["template"]["spec"]["containers"][0]["image"] = json!("mine.example.com/quay:1"),
            ".image: ",
        ),
        (
            "Deployment",
            "test-quay-app",
            |it| it["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "mine"}]),
            "imagePullSecrets",
        ),
        (
            "Deployment",
            "test-quay-app",
            |it| it["spec"]["template"]["spec"]["dnsPolicy"] = json!("Default"),
            "dnsPolicy",
        ),
        (
            "Deployment",
            "test-quay-database",
            |it| it["spec"]["revisionHistoryLimit"] = json!(3),
            "revisionHistoryLimit",
        ),
        ("Service", "test-quay-app", |it| it["spec"]["sessionAffinity"] = json!("ClientIP"), "sessionAffinity"),
        ("Service", "test-quay-app", |it| it["spec"]["type"] = json!("LoadBalancer"), "spec.type"),
        ("Route", "test-quay", |it| it["spec"]["host"] = json!("mine.example.com"), "spec.host"),
        ("ConfigMap", "test-cluster-service-ca", |it| it["data"]["mine.crt"] = json!("x"), " data: "),
        ("PersistentVolumeClaim", "test-quay-postgres-13", |it| it["metadata"]["labels"]["mine"] = json!("x"), "mine"),
    ];
    for (kind, name, edit, wanted) in edits {
        let mut objects = operator::export("3.15", "minimal");
        edit(operator::find(&mut objects, kind, name));
        let found = open(&objects, 0, &Options::default());
        assert!(found.lines().count() == 1 && found.contains(wanted), "{wanted}: {found}");
    }
    // A Secret of the operator's that nobody has seen before.
    let mut objects = operator::export("3.15", "minimal");
    let mut other = operator::find(&mut objects, "ServiceAccount", "test-quay-app").clone();
    other["metadata"]["name"] = json!("test-mine");
    objects.push(other);
    assert_eq!(open(&objects, 0, &Options::default()), "Destroyed ServiceAccount ns/test-mine \n");
}
