//! Inputs of `krm` and of the plugin for Argo CD.

use super::case::{CLUSTER, CONFIG, Case, FACTS, KEYS, LARGEST_VARIABLE, LIST, REGISTRY, room, standard_items};
use super::text::{block, fill, letters, lines};
use super::{Grows, Kind, request};
use std::fmt::Write as _;

/// Its kinds.
pub const KINDS: &[Kind] = &[
    request("list: items", |bytes| {
        let item = |n| format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{n}, namespace: other}}}}");
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: items of the input", |bytes| {
        let item =
            |n| format!("- {{apiVersion: quay-render.dev/v1alpha1, kind: SealedValues, metadata: {{name: s{n}}}}}");
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: items with files", |bytes| {
        let item = |n: usize| {
            let annotations = "internal.config.kubernetes.io/path: all.yaml, internal.config.kubernetes.io/index";
            format!("- {{kind: Thing, metadata: {{name: a{n}, annotations: {{{annotations}: '{n}'}}}}}}")
        };
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: items of one name", |bytes| {
        let annotations = "annotations: {config.kubernetes.io/path: all.yaml}";
        Case::request(&lines(room(bytes), |_| format!("- {{kind: Thing, metadata: {{name: a, {annotations}}}}}")), "")
    }),
    request("list: items of an earlier run", |bytes| {
        let label = "labels: {quay-operator/quayregistry: registry}";
        let item = |n| {
            format!(
                "- {{apiVersion: v1, kind: Secret, metadata: {{name: a-2456789bc{}, namespace: quay, {label}}}}}",
                n % 10
            )
        };
        Case::request(&lines(room(bytes), item), "")
    }),
    request("list: a large item", |bytes| {
        Case::request(&format!("- kind: Thing\n  list:\n{}", lines(room(bytes), |n| format!("  - a: {n}"))), "")
    }),
    request("list: a long text", |bytes| {
        Case::request(&format!("- {{kind: Thing, a: {}}}\n", letters(room(bytes))), "")
    }),
    request("list: aliases", |bytes| {
        let aliases = lines(room(bytes), |_| "  - *it".to_owned());
        Case::request(&format!("- kind: Thing\n  a: &it [1, 2, 3, 4, 5]\n  list:\n{aliases}"), "")
    }),
    request("list: keys of a map", |bytes| {
        Case::request(&format!("- kind: Thing\n  map:\n{}", lines(room(bytes), |n| format!("    a{n}: {n}"))), "")
    }),
    request("list: inputs", |bytes| {
        let inputs = lines(room(bytes), |n| format!("    - {{kind: Thing{n}}}"));
        Case::request("", &format!("functionConfig:\n  apiVersion: a/v1\n  kind: A\n  spec:\n    inputs:\n{inputs}"))
    }),
    request("list: wrong inputs", |bytes| {
        let inputs = lines(room(bytes), |n| format!("    - {n}"));
        Case::request("", &format!("functionConfig:\n  apiVersion: a/v1\n  kind: A\n  spec:\n    inputs:\n{inputs}"))
    }),
    request("list: unknown fields", |bytes| {
        let fields = lines(room(bytes), |n| format!("    field{n}: 1"));
        Case::request("", &format!("functionConfig:\n  apiVersion: a/v1\n  kind: A\n  spec:\n{fields}"))
    }),
    request("list: config.yaml", |bytes| {
        let config = lines(room(bytes), |n| format!("      FIELD_{n:06}: value"));
        let text = format!("{LIST}items:\n{}", standard_items());
        let mut case = Case::new();
        case.request = text.replace("      SERVER_HOSTNAME", &format!("{config}      SERVER_HOSTNAME"));
        case
    }),
    Kind {
        name: "parameters: images",
        grows: Grows::Parameters,
        make: |bytes| {
            let images = fill(bytes.min(LARGEST_VARIABLE), |n, out| {
                let _ = write!(out, "\"IMAGE_{n}\": \"quay\", ");
            });
            let parameters = format!("[{{\"name\": \"images\", \"map\": {{{images}\"IMAGE\": \"quay\"}}}}]");
            Case { parameters, ..Case::new() }
        },
    },
    Kind {
        name: "parameters: many",
        grows: Grows::Parameters,
        make: |bytes| {
            let many = fill(bytes.min(LARGEST_VARIABLE), |n, out| {
                let _ = write!(out, "{{\"name\": \"parameter-{n}\"}}, ");
            });
            Case { parameters: format!("[{many}{{\"name\": \"last\"}}]"), ..Case::new() }
        },
    },
    request("list: keys of one Secret", |bytes| {
        let keys = lines(room(bytes), |n| format!("    key-{n:06}: value"));
        let text = standard_items()
            .replace("  stringData:\n    config.yaml", &format!("  stringData:\n{keys}    config.yaml"));
        Case { request: format!("{LIST}items:\n{text}"), ..Case::new() }
    }),
    request("list: results", |bytes| {
        let results = lines(room(bytes), |n| format!("- {{message: problem {n}, severity: info}}"));
        let mut case = Case::request("", "");
        case.request.push_str(&format!("results:\n{results}"));
        case
    }),
    request("list: nested lists", |bytes| {
        let nested = |n: usize| format!("  - {}{n}{}", "[".repeat(60), "]".repeat(60));
        Case::request(&format!("- kind: Thing\n  list:\n{}", lines(room(bytes), nested)), "")
    }),
    Kind {
        name: "input: documents",
        grows: Grows::Stream,
        make: |bytes| Case { request: lines(room(bytes), |n| format!("---\nkind: Thing{n}")), ..Case::new() },
    },
    Kind {
        name: "input: a registry with unknown fields",
        grows: Grows::Stream,
        make: |bytes| {
            let fields = lines(room(bytes), |n| format!("    FIELD_{n:06}: value"));
            let config = format!("stringData:\n  config.yaml: |\n{}{fields}", block(CONFIG, 4));
            let secret = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\n{config}");
            let facts = format!("{FACTS}{CLUSTER}  secrets: {{mode: inline}}\n");
            Case { request: format!("{REGISTRY}---\n{facts}---\n{KEYS}---\n{secret}"), ..Case::new() }
        },
    },
];
