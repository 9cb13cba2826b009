use super::{CLUSTER, HEAD, REGISTRY};
use crate::support::registry::Registry;
use serde_json::{Value as Json, json};
use std::process::Output;

fn show(input: &Registry, more: &[&str]) -> Output {
    input.run(&[&["show", "resources", "in"], more].concat())
}

fn input() -> Registry {
    Registry::of(&[("in/registry.yaml", REGISTRY), ("in/config.yaml", &[HEAD, CLUSTER].concat())])
}

#[test]
fn totals_are_those_of_the_rendered_pods() {
    let input = input();
    let output = show(&input, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let shown: Json = serde_json::from_slice(&output.stdout).unwrap();
    // Two pods of application (2, 8Gi), Clair (2, 2Gi) and mirror (500m, 512Mi), the databases and Redis (500m each, 2Gi and
    // 1Gi), and the config editor (50m, 128Mi); for what is written to disks 1Gi and less each, of Clair 2Gi.
    let requests = json!({"cpu": "10.55", "memory": "26.125Gi", "ephemeral-storage": "8.875Gi"});
    assert_eq!(shown["totals"]["minimum"]["requests"], requests);
    assert_eq!(shown["totals"]["minimum"]["pods"], 10);
    assert_eq!(shown["totals"]["maximum"]["pods"], 28);
    assert_eq!(shown["totals"]["minimum"]["storage"], "100Gi");
    assert_eq!(shown["nodes"][0]["minimum"], 5);
    assert_eq!(shown["refused"], json!([]));
    let text = String::from_utf8(show(&input, &[]).stdout).unwrap();
    assert!(text.contains("at the minimum") && text.contains("10.55 CPU 26.125Gi"), "{text}");
}

#[test]
fn a_quota_that_is_too_small_ends_in_1_and_says_when() {
    let input = input();
    let against = |text: &str| {
        input.write("quota.yaml", text);
        show(&input, &["--against", "quota.yaml"])
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
    let misplaced = input.run(&["show", "images", "in", "--against", "quota.yaml"]);
    assert_eq!(misplaced.status.code(), Some(2));
}
