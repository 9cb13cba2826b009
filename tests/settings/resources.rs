use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn show(folder: &Path, more: &[&str]) -> Output {
    let arguments = [&["show", "resources", "in"], more].concat();
    Command::new(env!("CARGO_BIN_EXE_quay-render")).args(arguments).current_dir(folder).output().unwrap()
}

fn input() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let registry = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: a, namespace: quay}\n";
    let config = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: '3.5'\n  cluster: {platform: openshift, appsDomain: a.example.com}\n  secrets: {mode: referenced}\n";
    fs::write(folder.path().join("in/registry.yaml"), registry).unwrap();
    fs::write(folder.path().join("in/config.yaml"), config).unwrap();
    folder
}

#[test]
fn totals_are_those_of_the_rendered_pods() {
    let folder = input();
    let output = show(folder.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let shown: Json = serde_json::from_slice(&output.stdout).unwrap();
    // Two pods of application (2, 8Gi), Clair (2, 2Gi) and mirror (500m, 512Mi), the databases and Redis (500m each, 2Gi and
    // 1Gi), and of the config editor what its container of init asks for.
    assert_eq!(shown["totals"]["minimum"]["requests"], json!({"cpu": "10.55", "memory": "26.125Gi"}));
    assert_eq!(shown["totals"]["minimum"]["pods"], 10);
    assert_eq!(shown["totals"]["maximum"]["pods"], 28);
    assert_eq!(shown["totals"]["minimum"]["storage"], "100Gi");
    assert_eq!(shown["nodes"][0]["minimum"], 5);
    assert_eq!(shown["refused"], json!([]));
    let text = String::from_utf8(show(folder.path(), &[]).stdout).unwrap();
    assert!(text.contains("at the minimum") && text.contains("10.55 CPU 26.125Gi"), "{text}");
}

#[test]
fn a_quota_that_is_too_small_ends_in_1_and_says_when() {
    let folder = input();
    let against = |text: &str| {
        fs::write(folder.path().join("quota.yaml"), text).unwrap();
        show(folder.path(), &["--against", "quota.yaml"])
    };
    let quota = |hard: &str| {
        format!("apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q}}\nspec: {{hard: {{{hard}}}}}\n")
    };
    let text = |output: &Output| String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
    let roomy = against(&quota("requests.storage: 200Gi, pods: '50'"));
    assert_eq!(roomy.status.code(), Some(0), "{}", text(&roomy));
    let tight = against(&quota("requests.storage: 50Gi, pods: '28'"));
    assert_eq!(tight.status.code(), Some(1));
    assert!(text(&tight).contains("refused: not all pods start"), "{}", text(&tight));
    assert!(text(&tight).contains("refused while pods are replaced or a Job runs"), "{}", text(&tight));
    let wrong = against("kind: ConfigMap\n");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong).contains("holds something else than ResourceQuotas and LimitRanges"), "{}", text(&wrong));
    let misplaced = Command::new(env!("CARGO_BIN_EXE_quay-render"))
        .args(["show", "images", "in", "--against", "quota.yaml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(misplaced.status.code(), Some(2));
}
