//! Upgrades as a state machine: whatever tool applies commits, and in whatever order things happen, no pod serves a schema
//! that is not its own, and when nothing else happens the last commit is what runs.

use super::cluster::{ALL, Action, Cluster, Commit, Gates, Tool};
use super::rendered;
use crate::support::releases::{Case, releases};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use quay_render::object::{Object, Value};
use serde_json::json;
use std::fmt::Write as _;

/// How many interleavings a test tries.
const CASES: u32 = 12_000;

fn commits() -> impl Strategy<Value = Commit> {
    (0_usize..3, any::<bool>()).prop_map(|(release, paused)| Commit { release, paused })
}

/// A tool, the commits that are pushed (upgrades and reverts, with and without the one that pauses), and what happens next
/// at each step, as a number among what can.
fn stories() -> impl Strategy<Value = (Tool, Vec<Commit>, Vec<u8>)> {
    let tools = prop_oneof![Just(Tool::Kubectl), Just(Tool::Argo), Just(Tool::Flux)];
    (tools, prop::collection::vec(commits(), 1..6), prop::collection::vec(any::<u8>(), 0..250))
}

/// Lives a story, and ends it in peace.
fn live(gates: Gates, tool: Tool, commits: &[Commit], choices: &[u8]) -> Result<(), String> {
    let mut log = String::new();
    let pushes: Vec<Commit> = commits[1..].iter().rev().copied().collect();
    let mut cluster = Cluster::new(tool, gates, commits[0], pushes);
    for choice in choices {
        let actions = cluster.actions();
        let action = actions[usize::from(*choice) % actions.len()];
        writeln!(log, "  {action:?}").unwrap();
        cluster.act(action);
        if let Some(harm) = cluster.harm() {
            return Err(format!("{harm}, after\n{log}"));
        }
    }
    cluster.settle().map_err(|end| format!("{end}, after\n{log}"))
}

fn check(gates: Gates) -> Result<(), String> {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    // The same stories in each run: a change of the gates is what makes it fail.
    let mut runner =
        TestRunner::new_with_rng(config, prop::test_runner::TestRng::deterministic_rng(Default::default()));
    let ended = runner
        .run(&stories(), |(tool, commits, choices)| live(gates, tool, &commits, &choices).map_err(TestCaseError::fail));
    match ended {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, (tool, commits, _))) => Err(format!("{tool:?}, {commits:?}: {reason}")),
        Err(abort) => panic!("{abort}"),
    }
}

#[test]
fn no_pod_serves_a_schema_that_is_not_its_own() {
    check(ALL).unwrap();
}

/// Each gate by itself: without it a counterexample is found, and it is short enough to read.
#[test]
fn no_gate_can_go() {
    let without = [
        ("pods_wait", Gates { pods_wait: false, ..ALL }, "serves"),
        ("pods_refuse_newer", Gates { pods_refuse_newer: false, ..ALL }, "serves"),
        ("pods_look_for_lock", Gates { pods_look_for_lock: false, ..ALL }, "serves"),
        ("job_locks", Gates { job_locks: false, ..ALL }, ""),
        ("job_waits_for_pods", Gates { job_waits_for_pods: false, ..ALL }, "serves"),
    ];
    for (name, gates, says) in without {
        let found = check(gates).expect_err(name);
        assert!(found.contains(says), "{name}: {found}");
        assert!(found.lines().count() < 100, "{name}: {found}");
    }
}

/// The upgrade as `docs/upgrading.md` has it, each commit applied before the next is pushed.
#[test]
fn the_documented_commits_come_to_their_end() {
    for tool in [Tool::Kubectl, Tool::Argo, Tool::Flux] {
        for commits in [[(0, false), (0, true), (1, true), (1, false)], [(0, false), (1, true), (1, false), (2, false)]]
        {
            let commits = commits.map(|(release, paused)| Commit { release, paused });
            let mut cluster = Cluster::new(tool, ALL, commits[0], Vec::new());
            cluster.settle().unwrap();
            for commit in &commits[1..] {
                cluster.pushes(*commit);
                cluster.act(Action::Push);
                cluster.settle().unwrap_or_else(|end| panic!("{tool:?} at {commit:?}: {end}"));
            }
        }
    }
}

/// What the model takes for granted is in the output of every release, in both shapes.
#[test]
fn every_release_has_the_gates() {
    for (release, shape) in releases().iter().flat_map(|release| [(release, "operator"), (release, "production")]) {
        let rendered = rendered(&Case { more: vec![("shape", json!(shape))], ..Case::of(release) });
        let find = |kind: &str, name: &str| -> &Object {
            let found =
                rendered.objects.iter().find(|it| it.kind() == kind && it.base_name == format!("registry-{name}"));
            found.unwrap_or_else(|| panic!("{release}, {shape}: no {kind} {name}"))
        };
        let words = |container: &Value| -> Vec<String> {
            let lists =
                ["command", "args"].map(|list| container.at(&[list]).and_then(Value::as_seq).unwrap_or_default());
            lists.concat().iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let container = |object: &Object, list: &str, name: &str| -> Value {
            let all = object.value.at(&["spec", "template", "spec", list]).and_then(Value::as_seq).unwrap();
            all.iter().find(|it| it.str_at(&["name"]) == name).unwrap().clone()
        };
        let job = find("Job", "quay-app-upgrade");
        let migrates = container(job, "containers", "quay-app-upgrade");
        let script = ["python3", "/scripts/migrate.py", "--registry", "registry", "--"];
        assert_eq!(words(&migrates)[..5], script, "{release}, {shape}");
        for name in ["quay-app", "quay-mirror"] {
            let deployment = find("Deployment", name);
            let waits = container(deployment, "initContainers", "wait-for-schema");
            assert_eq!(words(&waits), ["python3", "/scripts/wait-for-database.py", "schema"], "{release}, {shape}");
            // The Job tells pods of its own release from others by this image.
            assert_eq!(container(deployment, "containers", name).at(&["image"]), migrates.at(&["image"]));
            let labels = ["spec", "template", "metadata", "labels"];
            let label = |label: &str| deployment.value.at(&labels).unwrap().str_at(&[label]).to_owned();
            assert_eq!(label("quay-component"), name, "{release}, {shape}");
            assert_eq!(label("quay-operator/quayregistry"), "registry", "{release}, {shape}");
            assert_eq!((job.layer.as_str(), deployment.layer.as_str()), ("migration", "application"));
        }
        let account = job.value.str_at(&["spec", "template", "spec", "serviceAccountName"]);
        let binding = find("RoleBinding", "quay-app-upgrade");
        let subject = &binding.value.at(&["subjects"]).and_then(Value::as_seq).unwrap()[0];
        assert_eq!((subject.str_at(&["name"]), binding.value.str_at(&["roleRef", "name"])), (account, account));
        let rules = find("Role", "quay-app-upgrade").value.at(&["rules"]).and_then(Value::as_seq).unwrap();
        let said = ["resources", "verbs"].map(|list| rules[0].at(&[list]).and_then(Value::as_seq).unwrap()[0].as_str());
        assert_eq!(said, [Some("pods"), Some("list")], "{release}, {shape}");
    }
}
