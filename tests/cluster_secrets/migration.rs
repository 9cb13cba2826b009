//! The migration: which part of the configuration its pod has, and what gives its Job a new name.

use super::{analyzed, document, edited, read, referenced, rendered};
use crate::support::pod::{Pod, cluster};
use quay_render::compile;
use quay_render::input::{Inputs, Source};
use quay_render::object::Value;
use std::collections::BTreeSet;

/// The fields that it reads (Quay 3.5: data/migrations/env.py, app.py, the migrations).
const READ: [&str; 6] =
    ["DATABASE_SECRET_KEY", "DB_CONNECTION_ARGS", "DB_URI", "SECRET_KEY", "SETUP_COMPLETE", "TESTING"];

/// The names of the Jobs, which end in the hash of the content.
fn jobs(inputs: &Inputs) -> BTreeSet<String> {
    let rendered = rendered(compile(inputs));
    let jobs = rendered.objects.iter().filter(|object| object.kind() == "Job");
    jobs.map(|object| object.name().to_owned()).collect()
}

fn with(inputs: Inputs, config: &str) -> Inputs {
    let mut inputs = inputs;
    let folder = inputs.bundle.as_mut().unwrap();
    let (_, source) = folder.files.iter_mut().find(|(key, _)| key == "config.yaml").unwrap();
    source.bytes.extend_from_slice(format!("\n{config}\n").as_bytes());
    inputs
}

/// Makes a new input.
type Make = fn() -> Inputs;

const CASES: [(&str, Make); 3] = [
    ("inline", || read("unmanaged-postgres")),
    ("referenced", || referenced(read("unmanaged-postgres"))),
    ("inline, with the claim's bucket", || edited(read("unmanaged-postgres"), without_bucket)),
];

/// Leaves the example's settings for the bucket to the cluster.
fn without_bucket(text: String) -> String {
    match text.split_once("  objectStorage:\n") {
        Some((front, rest)) => {
            let rest: String =
                rest.lines().skip_while(|line| line.starts_with("   ")).map(|line| format!("{line}\n")).collect();
            front.to_owned() + &rest
        }
        None => text,
    }
}

#[test]
fn it_has_what_it_reads_as_quay_has_it_and_nothing_else() {
    for (mode, inputs) in CASES {
        let inputs = inputs();
        let analysis = analyzed(&inputs);
        let rendered = rendered(compile(&inputs));
        let made = cluster(&analysis);
        let name = |base: &str| format!("{}-{base}", analysis.resolved.name);
        let config = |base: &str| {
            let files = Pod::new(&rendered.objects, &made, &name(base)).sees(&["/conf/stack"]);
            let Value::Map(map) = document(&files["/conf/stack/config.yaml"]) else { panic!("{mode}: no map") };
            map
        };
        let (all, own) = (config("quay-app"), config("quay-app-upgrade"));
        let wanted: Vec<&str> = READ.into_iter().filter(|name| all.get(name).is_some()).collect();
        assert!(wanted.len() > 4, "{mode}: {wanted:?}");
        assert_eq!(own.iter().map(|(name, _)| name).collect::<Vec<_>>(), wanted, "{mode}");
        for (name, value) in own.iter() {
            assert_eq!(all.get(name), Some(value), "{mode}: {name}");
        }
    }
}

/// The server's CA, and other files that the connection names.
#[test]
fn it_has_the_files_that_its_connection_names() {
    let authority = std::fs::read("tests/access/data/authority.cert").unwrap();
    for (mode, inputs) in CASES {
        let mut inputs =
            with(inputs(), "DB_CONNECTION_ARGS: {sslmode: verify-full, sslrootcert: conf/stack/own-ca.pem}");
        for name in ["own-ca.pem", "database.pem", "extra_ca_cert_other.crt"] {
            let source = Source { name: name.to_owned(), bytes: authority.clone() };
            inputs.bundle.as_mut().unwrap().files.push((name.to_owned(), source));
        }
        let analysis = analyzed(&inputs);
        let rendered = rendered(compile(&inputs));
        let (made, name) = (cluster(&analysis), format!("{}-quay-app-upgrade", analysis.resolved.name));
        let files = Pod::new(&rendered.objects, &made, &name).sees(&["/conf/stack"]);
        let paths: Vec<&str> = files.keys().map(|path| path.trim_start_matches("/conf/stack/")).collect();
        assert_eq!(paths, ["config.yaml", "database.pem", "own-ca.pem"], "{mode}");
        assert!(files["/conf/stack/own-ca.pem"] == authority, "{mode}");
    }
}

#[test]
fn it_runs_again_when_what_it_reads_changes_and_only_then() {
    for (mode, inputs) in CASES {
        let before = jobs(&inputs());
        assert_eq!(jobs(&with(inputs(), "REGISTRY_TITLE: changed")), before, "{mode}");
        assert_eq!(jobs(&with(inputs(), "FEATURE_USER_CREATION: false")), before, "{mode}");
        let connection = with(inputs(), "DB_CONNECTION_ARGS: {sslmode: require}");
        assert!(jobs(&connection).is_disjoint(&before), "{mode}");
    }
}

/// After the loss of a volume, Jobs that are done stay done, unless the user changes `spec.rerun`.
#[test]
fn another_word_makes_every_job_another_one() {
    let cases: [Make; 3] = [|| read("minimal"), || read("kubernetes"), || referenced(read("minimal"))];
    for inputs in cases {
        let says =
            |word: &str| edited(inputs(), |text| text.replace("  release:", &format!("  rerun: {word}\n  release:")));
        let (never, once, twice) = (jobs(&inputs()), jobs(&says("restored")), jobs(&says("restored again")));
        assert_eq!(never.len(), 2);
        assert!(never.is_disjoint(&once) && once.is_disjoint(&twice) && never.is_disjoint(&twice));
        assert_eq!(once, jobs(&says("restored")));
    }
}

/// Argo CD and Flux keep the state of the output: no pods, an autoscaler that does nothing at 0, everything else
/// unchanged.
#[test]
fn a_pause_stops_application_and_mirror_alone() {
    for example in ["minimal", "kubernetes", "unmanaged-horizontalpodautoscaler"] {
        let paused = edited(read(example), |text: String| text.replace("  release:", "  paused: true\n  release:"));
        let (before, after) = (rendered(compile(&read(example))), rendered(compile(&paused)));
        let mut changed = Vec::new();
        for (old, new) in before.objects.iter().zip(&after.objects) {
            assert_eq!((old.kind(), old.name()), (new.kind(), new.name()));
            // Nobody waits for pods that are meant to be away.
            if old.value != new.value && old.kind() != "PrometheusRule" {
                assert_eq!(new.value.at(&["spec", "replicas"]), Some(&Value::Int("0".to_owned())), "{}", new.name());
                assert_eq!(old.value.at(&["spec", "template"]), new.value.at(&["spec", "template"]), "{}", new.name());
                changed.push(new.base_name.rsplit('-').next().unwrap().to_owned());
            }
        }
        changed.sort();
        assert_eq!(changed, ["app", "mirror"]);
        assert_eq!(before.objects.len(), after.objects.len());
    }
}
