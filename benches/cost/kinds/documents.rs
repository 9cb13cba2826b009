//! Files and documents of an input, of any kind.

use super::case::{Case, REGISTRY, room};
use super::text::{fill, letters, lines};
use super::{Kind, files};
use std::fmt::Write as _;

/// Its kinds.
pub const KINDS: &[Kind] = &[
    files("documents: in one file", |bytes| {
        Case::with("more.yaml", lines(room(bytes), |n| format!("---\nkind: Thing{n}")))
    }),
    files("documents: empty ones", |bytes| Case::with("more.yaml", lines(room(bytes), |_| "---\n{}".to_owned()))),
    files("documents: registries", |bytes| {
        Case::with("more.yaml", fill(room(bytes), |_, out| out.push_str(&format!("---\n{REGISTRY}"))))
    }),
    files("documents: Secrets", |bytes| {
        let secret =
            |n: usize| format!("---\napiVersion: v1\nkind: Secret\nmetadata: {{name: secret-{n}, namespace: quay}}");
        Case::with("more.yaml", lines(room(bytes), secret))
    }),
    files("documents: kustomize's", |bytes| {
        let text = |_| "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization".to_owned();
        Case::with("more.yaml", lines(room(bytes), text))
    }),
    files("documents: many files", |bytes| {
        let mut case = Case::new();
        for number in 0..bytes / 512 {
            let text = format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n# {}", letters(400));
            case.put(&format!("file-{number}.yaml"), text);
        }
        case
    }),
    files("documents: JSON", |bytes| {
        let items = fill(room(bytes), |n, out| {
            let _ = write!(out, "{{\"number\": {n}}}, ");
        });
        Case::with("more.json", format!("{{\"kind\": \"Thing\", \"items\": [{items}0]}}"))
    }),
    files("registry: components", |bytes| {
        let more = lines(room(bytes), |_| "    - {kind: quay, managed: true}".to_owned());
        Case::with("quayregistry.yaml", format!("{REGISTRY}{more}"))
    }),
    files("registry: overrides", |bytes| {
        let env = lines(room(bytes), |n| format!("          - {{name: VARIABLE_{n}, value: x}}"));
        let text = format!("{REGISTRY}    - kind: quay\n      managed: true\n      overrides:\n        env:\n{env}");
        Case::with("quayregistry.yaml", text)
    }),
    files("registry: annotations", |bytes| {
        let annotations = lines(room(bytes), |n| format!("    example.com/a{n}: value"));
        let metadata = format!("metadata:\n  name: registry\n  namespace: quay\n  annotations:\n{annotations}");
        Case::with("quayregistry.yaml", REGISTRY.replace("metadata: {name: registry, namespace: quay}\n", &metadata))
    }),
    files("documents: of many kinds", |bytes| {
        let text = |n: usize| format!("---\napiVersion: example.com/v1\nkind: Kind{n}\nmetadata: {{name: a}}");
        Case::with("more.yaml", lines(room(bytes), text))
    }),
    files("documents: almost ours", |bytes| {
        let text =
            |n: usize| format!("---\napiVersion: quay.redhat.com/v1\nkind: QuayRegistri\nmetadata: {{name: a{n}}}");
        Case::with("more.yaml", lines(room(bytes), text))
    }),
    files("documents: what makes Secrets", |bytes| {
        let text = |n: usize| {
            format!(
                "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: a{n}}}\nspec: {{}}"
            )
        };
        Case::with("more.yaml", lines(room(bytes), text))
    }),
    files("documents: a List", |bytes| {
        let item = |n| format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{n}}}}}");
        Case::with("more.yaml", format!("apiVersion: v1\nkind: List\nitems:\n{}", lines(room(bytes), item)))
    }),
    files("documents: values of SOPS", |bytes| {
        let text = lines(room(bytes), |n| format!("  key{n}: ENC[AES256_GCM,data:{n},iv:a,tag:b,type:str]"));
        Case::with(
            "more.yaml",
            format!("kind: Secret\napiVersion: v1\nmetadata: {{name: a}}\nstringData:\n{text}sops: {{}}\n"),
        )
    }),
    files("documents: two large files", |bytes| {
        let mut case = Case::new();
        for name in ["one", "two"] {
            let text = lines(bytes.min(4 << 20) - 2_000, |n| format!("a{n}: {{b: [c, d]}}"));
            case.put(&format!("{name}.yaml"), format!("kind: Thing\n{text}"));
        }
        case
    }),
    files("documents: what is not read", |bytes| {
        let mut case = Case::new();
        for number in 0..bytes / 4_096 {
            case.put(&format!("folder-{number}/file.yaml"), letters(2_048));
            case.put(&format!("file-{number}.md"), letters(2_048));
        }
        case
    }),
];
