//! The import of vulnerabilities: what its pod has of Clair's configuration, and what makes its Job another one.

use super::{analyzed, document, edited, output, read, referenced, rendered};
use crate::support::every_field;
use crate::support::pod::{Pod, cluster};
use quay_render::host::Host;
use quay_render::input::{Inputs, Source};
use quay_render::{compile, pki};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;

/// Clair's database elsewhere, whose password is left to the cluster where secrets are.
const ELSEWHERE: &str = "matcher: {connstring: host=db.example.com user=clair password=MARKER sslmode=verify-full}\n";

fn disconnected(file: &str, clair: &str) -> Inputs {
    let more = format!("  clair: {{disconnected: {{updates: {{claim: clair-updates, file: {file}}}}}}}\n  release:");
    let mut inputs = edited(read("minimal"), |text| text.replace("  release:", &more));
    let authority = fs::read("tests/rules/files/ca.cert").unwrap();
    let files = [
        ("clair-config.yaml", clair.as_bytes().to_vec()),
        ("clair-database.pem", authority.clone()),
        ("extra_ca_cert_database.crt", authority),
    ]
    .into_iter();
    let files = files.filter(|(_, bytes)| !bytes.is_empty()).map(|(name, bytes)| (name.to_owned(), bytes));
    inputs.bundle = Some(every_field::folder(b"FEATURE_MAILING: false\n", files.collect()));
    inputs
}

/// The same of a release in which Clair's database is a component, and not managed.
fn without_database() -> Inputs {
    let later = |text: String| {
        text.replace("release: \"3.5\"", "release: \"3.18\"").replace(
            "  name: my-registry\n",
            "  name: my-registry\nspec: {components: [{kind: clairpostgres, managed: false}]}\n",
        )
    };
    let everywhere: String = ["indexer", "matcher", "notifier"].map(|part| ELSEWHERE.replace("matcher", part)).concat();
    edited(disconnected("updates.gz", &everywhere), later)
}

/// The same with a Clair that serves TLS, with a certificate of that origin.
fn serving(from: &str) -> Inputs {
    let tls = format!("  clair: {{tls: {{from: {from}}}, ");
    let mut inputs = edited(without_database(), |text| text.replace("  clair: {", &tls));
    if from == "pair" {
        let authority = pki::issue_ca("own", 1_700_000_000).unwrap();
        let host = Host::read("my-registry-clair-app.quay.svc.cluster.local");
        let pair = pki::issue_leaf(&authority, &[host], 1_700_000_000).unwrap();
        let files = [("clair-ssl.crt", pair.cert.clone()), ("clair-ssl.key", pair.key.expose().to_owned())];
        let source = |name: &str, text: String| Source { name: name.to_owned(), bytes: text.into_bytes() };
        let folder = inputs.bundle.as_mut().unwrap();
        folder.files.extend(files.map(|(name, text)| (name.to_owned(), source(name, text))));
        folder.files.sort_by(|a, b| a.0.cmp(&b.0));
    }
    inputs
}

/// The name of the Job, which ends in the hash of the whole.
fn job(inputs: &Inputs) -> String {
    let rendered = rendered(compile(inputs));
    let mut jobs = rendered.objects.iter().filter(|object| object.kind() == "Job");
    jobs.find(|object| object.name().contains("-clair-import-")).unwrap().name().to_owned()
}

fn sees(inputs: &Inputs, pod: &str) -> BTreeMap<String, Vec<u8>> {
    let (analysis, rendered) = (analyzed(inputs), rendered(compile(inputs)));
    let (made, name) = (cluster(&analysis), format!("{}-{pod}", analysis.resolved.name));
    Pod::new(&rendered.objects, &made, &name).sees(&["/clair", "/var/run/certs"])
}

fn config(files: &BTreeMap<String, Vec<u8>>) -> Json {
    serde_json::to_value(document(&files["/clair/config.yaml"])).unwrap()
}

#[test]
fn it_reaches_the_database_as_clair_does_and_knows_nothing_else() {
    let cases: [fn() -> Inputs; 3] =
        [|| disconnected("updates.gz", ""), || disconnected("updates.gz", ELSEWHERE), without_database];
    for inputs in cases {
        for inputs in [inputs(), referenced(inputs())] {
            let (clair, import) = (config(&sees(&inputs, "clair-app")), config(&sees(&inputs, "clair-import")));
            assert_eq!(import, json!({"matcher": {"connstring": clair["matcher"]["connstring"]}}));
            assert!(clair["matcher"]["connstring"].as_str().unwrap().contains("password="));
            assert_eq!(clair["matcher"]["disable_updaters"], true);
            assert_eq!(clair["indexer"]["airgap"], true);
        }
    }
}

/// One that is rendered serves no TLS, and is the only one that the import may reach.
#[test]
fn it_has_the_files_of_a_database_that_is_the_user_s_own_and_may_reach_it() {
    let beside = |inputs: &Inputs, pod: &str| {
        let files = sees(inputs, pod).into_keys();
        files.filter(|path| path != "/clair/config.yaml").collect::<Vec<_>>()
    };
    let directions = |inputs: &Inputs| {
        let rendered = rendered(compile(inputs));
        let mut policies = rendered.objects.iter().filter(|object| object.kind() == "NetworkPolicy");
        let policy = policies.find(|object| object.base_name == "my-registry-clair-import");
        policy.unwrap().value.at(&["spec", "policyTypes"]).and_then(|types| types.as_seq()).unwrap().len()
    };
    for mode in [|inputs| inputs, referenced] {
        for inputs in [without_database(), disconnected("updates.gz", ELSEWHERE)].map(mode) {
            let found = beside(&inputs, "clair-import");
            assert_eq!(found, beside(&inputs, "clair-app"));
            for file in ["/clair/clair-database.pem", "/var/run/certs/extra_ca_cert_database.crt"] {
                assert!(found.iter().any(|path| path == file), "{file}: {found:?}");
            }
            assert_eq!(directions(&inputs), 1, "egress is open");
        }
        for served in ["serviceCA", "pair"].map(|from| mode(serving(from))) {
            let (found, of_clair) = (beside(&served, "clair-import"), beside(&served, "clair-app"));
            let more: Vec<_> = of_clair.into_iter().filter(|path| !found.contains(path)).collect();
            assert_eq!(more, ["/clair/clair-ssl.crt", "/clair/clair-ssl.key"], "nobody calls the import");
        }
        let own = mode(disconnected("updates.gz", ""));
        assert!(beside(&own, "clair-import").is_empty());
        assert_eq!(directions(&own), 2);
    }
}

#[test]
fn it_runs_again_for_another_file_or_database_and_for_nothing_else() {
    for mode in [|inputs| inputs, referenced] {
        let before = job(&mode(disconnected("updates.gz", "")));
        assert_eq!(job(&mode(disconnected("updates.gz", "log_level: debug\nindexer: {airgap: false}\n"))), before);
        assert_ne!(job(&mode(disconnected("2026-10-02/updates.gz", ""))), before);
        assert_ne!(job(&mode(disconnected("updates.gz", ELSEWHERE))), before);
        let said = edited(disconnected("updates.gz", ""), |text| {
            text.replace("  release:", "  rerun: the same file again\n  release:")
        });
        assert_ne!(job(&mode(said)), before);
    }
}

#[test]
fn no_password_is_in_an_output_that_leaves_secrets_to_the_cluster() {
    for inputs in [referenced(disconnected("updates.gz", ELSEWHERE)), referenced(without_database())] {
        assert!(!output(&rendered(compile(&inputs)).objects).contains("MARKER"));
    }
}
