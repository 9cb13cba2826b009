//! Settings of components in the RenderConfig and as overrides, and patches.

use super::case::{CLUSTER, Case, FACTS, REGISTRY, room};
use super::text::{fill, letters, lines};
use super::{Kind, files};
use std::fmt::Write as _;

/// Its kinds.
pub const KINDS: &[Kind] = &[
    files("settings: variables", |bytes| {
        component("env", &lines(room(bytes), |n| format!("        - {{name: VARIABLE_{n}, value: x}}")))
    }),
    files("settings: variables of one name", |bytes| {
        component("env", &lines(room(bytes), |_| "        - {name: VARIABLE, value: x}".to_owned()))
    }),
    files("settings: variables of all pods", |bytes| {
        pods("env", &lines(room(bytes), |n| format!("      - {{name: VARIABLE_{n}, value: x}}")))
    }),
    files("settings: variables over others", |bytes| {
        let env = |value: &str| lines(room(bytes) / 2, |n| format!("      - {{name: VARIABLE_{n}, value: {value}}}"));
        Case::facts(&format!(
            "  secrets: {{mode: inline}}\n  pods:\n    env:\n{}  components:\n    quay:\n      env:\n{}",
            env("x"),
            env("y")
        ))
    }),
    files("settings: a long variable", |bytes| {
        component("env", &format!("        - {{name: VARIABLE, value: {}}}\n", letters(room(bytes))))
    }),
    files("settings: a long annotation", |bytes| {
        pods("podAnnotations", &format!("      example.com/a: {}\n", letters(room(bytes))))
    }),
    files("settings: labels taken away", |bytes| {
        let labels = |value: &str| lines(room(bytes) / 2, |n| format!("      a{n:06}: {value}"));
        Case::facts(&format!(
            "  secrets: {{mode: inline}}\n  pods:\n    podLabels:\n{}  components:\n    quay:\n      podLabels:\n{}",
            labels("x"),
            labels("null")
        ))
    }),
    files("settings: sidecars", |bytes| {
        let image = format!("registry.example.com/tools@sha256:{}", "0".repeat(64));
        component("sidecars", &lines(room(bytes), |n| format!("        - {{name: beside-{n}, image: {image}}}")))
    }),
    files("settings: mounts of nothing", |bytes| {
        let mount = |n: usize| format!("        - {{name: volume-{n:06}, mountPath: /mounts/{n:06}}}");
        component("volumeMounts", &lines(room(bytes), mount))
    }),
    files("settings: affinity", |bytes| {
        let terms = fill(room(bytes), |n, out| {
            let _ = write!(out, "{{matchExpressions: [{{key: a{n}, operator: In, values: [b, c]}}]}}, ");
        });
        let text = format!(
            "        nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{terms}]}}}}\n"
        );
        component("affinity", &text)
    }),
    files("settings: unknown ones", |bytes| {
        Case::facts(&format!("  pods:\n{}", lines(room(bytes), |n| format!("    setting{n:06}: value"))))
    }),
    files("settings: unknown fields", |bytes| {
        component("resources", &lines(room(bytes), |n| format!("        field{n:06}: value")))
    }),
    files("settings: secrets in the open", |bytes| {
        component("env", &lines(room(bytes), |n| format!("        - {{name: PASSWORD_{n}_TOKEN, value: x}}")))
    }),
    files("patches: small ones", |bytes| {
        patches(&lines(room(bytes), |_| "  - {target: {}, patch: {metadata: {annotations: {a: b}}}}".to_owned()))
    }),
    files("patches: operations", |bytes| {
        let operations =
            lines(room(bytes), |n| format!("    - {{op: add, path: /metadata/annotations/a{n}, value: b}}"));
        patches(&format!("  - target: {{kind: Deployment}}\n    patch:\n{operations}"))
    }),
    files("patches: copies of copies", |bytes| {
        let copies = lines(room(bytes), |n| format!("    - {{op: copy, from: /metadata, path: /metadata/a{n}}}"));
        patches(&format!("  - target: {{kind: Deployment}}\n    patch:\n{copies}"))
    }),
    files("patches: a long text", |bytes| {
        let text = letters(room(bytes));
        patches(&format!("  - target: {{kind: Deployment}}\n    patch: {{metadata: {{annotations: {{a: {text}}}}}}}\n"))
    }),
    files("overrides: variables", |bytes| {
        overrides("env", &lines(room(bytes), |n| format!("          - {{name: VARIABLE_{n}, value: x}}")))
    }),
    files("overrides: annotations", |bytes| {
        overrides("annotations", &lines(room(bytes), |n| format!("          example.com/a{n:06}: value")))
    }),
    files("overrides: of no kind", |bytes| {
        overrides("volumeSize", &lines(room(bytes), |n| format!("          field{n:06}: value")))
    }),
];

fn component(setting: &str, text: &str) -> Case {
    Case::facts(&format!("  secrets: {{mode: inline}}\n  components:\n    quay:\n      {setting}:\n{text}"))
}

fn pods(setting: &str, text: &str) -> Case {
    Case::facts(&format!("  secrets: {{mode: inline}}\n  pods:\n    {setting}:\n{text}"))
}

fn patches(text: &str) -> Case {
    Case::facts(&format!("  secrets: {{mode: inline}}\n  patches:\n{text}"))
}

fn overrides(field: &str, text: &str) -> Case {
    let registry =
        format!("{REGISTRY}    - kind: quay\n      managed: true\n      overrides:\n        {field}:\n{text}");
    let mut case = Case::with("quayregistry.yaml", registry);
    let facts = format!("{FACTS}{CLUSTER}  secrets: {{mode: inline}}\n").replace("\"3.5\"", "\"3.18\"");
    case.put("render-config.yaml", facts);
    case
}
