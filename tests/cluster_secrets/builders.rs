//! The proxy of the RenderConfig in the executors of config.yaml, as Quay's pods see it.

use super::{analyzed, document, edited, output, read, referenced, rendered};
use crate::support::every_field;
use crate::support::pod::{Pod, cluster};
use quay_render::compile;
use quay_render::input::Inputs;
use serde_json::{Value as Json, json};

const PROXY: &str =
    "{httpProxy: 'http://proxy.example.com:3128', httpsProxy: 'http://proxy.example.com:3129', noProxy: [10.0.0.0/8]}";
const EXECUTORS: &str = "  - {EXECUTOR: kubernetesPodman, K8S_API_SERVER: api.example.com}
  - {EXECUTOR: kubernetesPodman, HTTPS_PROXY: 'http://user:MARKER@own.example.com:3128'}
  - {EXECUTOR: popen}
  - {EXECUTOR: kubernetes}
";

fn inputs(release: &str, proxy: &str, executors: &str) -> Inputs {
    let config = format!(
        "FEATURE_BUILD_SUPPORT: true\nBUILDMAN_HOSTNAME: builds.example.com:443\nBUILD_MANAGER:\n- ephemeral\n- ORCHESTRATOR: \
         {{REDIS_HOST: redis.example.com}}\n  EXECUTORS:\n{executors}"
    );
    let mut inputs = edited(read("minimal"), |text| {
        text.replace("release: \"3.5\"", &format!("release: \"{release}\"\n  proxy: {proxy}"))
    });
    inputs.bundle = Some(every_field::folder(config.as_bytes(), Vec::new()));
    inputs
}

/// The executors that Quay reads.
fn executors(inputs: &Inputs) -> Json {
    let (analysis, rendered) = (analyzed(inputs), rendered(compile(inputs)));
    let sees = Pod::new(&rendered.objects, &cluster(&analysis), "my-registry-quay-app").sees(&["/conf/stack"]);
    let config = serde_json::to_value(document(&sees["/conf/stack/config.yaml"])).unwrap();
    config["BUILD_MANAGER"][1]["EXECUTORS"].clone()
}

/// The executors of which a warning says that their builders get none.
fn told(inputs: &Inputs) -> Vec<String> {
    let compiled = compile(inputs);
    let found = compiled.diagnostics.iter().filter(|problem| problem.code.as_str() == "builds-proxy");
    found.map(|problem| problem.field.clone().unwrap().replace("BUILD_MANAGER[1].EXECUTORS", "")).collect()
}

#[test]
fn an_executor_that_hands_it_on_gets_it_in_every_mode_and_of_any_other_a_warning_says_so() {
    for mode in [|inputs| inputs, referenced] {
        let inputs = mode(inputs("3.18", PROXY, EXECUTORS));
        let found = executors(&inputs);
        assert_eq!(found[0]["HTTP_PROXY"], "http://proxy.example.com:3128");
        assert_eq!(found[0]["HTTPS_PROXY"], "http://proxy.example.com:3129");
        let direct = found[0]["NO_PROXY"].as_str().unwrap();
        for host in ["my-registry-quay-quay.apps.example.com", "builds.example.com", ".svc", "10.0.0.0/8"] {
            assert!(direct.split(',').any(|known| known == host), "{host}: {direct}");
        }
        // What it says itself stands.
        assert_eq!(found[1].get("HTTP_PROXY"), None);
        assert_eq!([&found[2], &found[3]], [&json!({"EXECUTOR": "popen"}), &json!({"EXECUTOR": "kubernetes"})]);
        assert_eq!(told(&inputs), ["[3]"]);
    }
    let text = output(&rendered(compile(&referenced(inputs("3.18", PROXY, EXECUTORS)))).objects);
    assert!(!text.contains("MARKER") && text.contains("HTTP_PROXY: http://proxy.example.com:3128"));
}

#[test]
fn one_that_stands_in_a_secret_is_joined_where_secrets_are() {
    let late = referenced(inputs("3.18", "{secretName: proxy}", EXECUTORS));
    let found = executors(&late);
    assert_eq!([&found[0]["HTTP_PROXY"], &found[0]["HTTPS_PROXY"]], ["HTTP_PROXY of proxy", "HTTPS_PROXY of proxy"]);
    assert_eq!(told(&late), ["[3]"]);
    let inline = inputs("3.18", "{secretName: proxy}", EXECUTORS);
    assert_eq!(executors(&inline)[0].get("HTTP_PROXY"), None);
    assert_eq!(told(&inline), ["[0]", "[3]"]);
}

#[test]
fn what_a_release_does_not_hand_on_is_told() {
    assert_eq!(told(&inputs("3.5", PROXY, EXECUTORS)), ["[0]", "[2]", "[3]"]);
    assert_eq!(told(&inputs("3.9", PROXY, EXECUTORS)), ["[2]", "[3]"]);
    assert!(told(&inputs("3.9", "{}", EXECUTORS)).is_empty());
}
