//! The RenderConfig.

use super::case::{CLUSTER, Case, EXTERNAL, FACTS, room};
use super::text::{authority, block, fill, letters, lines};
use super::{Kind, files};

/// Its kinds.
pub const KINDS: &[Kind] = &[
    files("facts: unknown fields", |bytes| Case::facts(&lines(room(bytes), |n| format!("  field{n:06}: value")))),
    files("facts: known fields", |bytes| {
        Case::facts(&format!("  knownFields:\n{}", lines(room(bytes), |n| format!("  - FIELD_{n:06}"))))
    }),
    files("facts: images", |bytes| {
        Case::facts(&format!("  images:\n{}", lines(room(bytes), |n| format!("    RELATED_IMAGE_{n:06}: quay"))))
    }),
    files("facts: names", |bytes| {
        let names = lines(room(bytes), |n| format!("      name{n:06}: {{name: secret-{n}}}"));
        Case::facts(&format!("  secrets:\n    mode: referenced\n    names:\n{names}"))
    }),
    files("facts: keys of a name", |bytes| {
        let keys = lines(room(bytes), |n| format!("          key{n:06}: other{n}"));
        Case::facts(&format!(
            "  secrets:\n    mode: referenced\n    names:\n      tls:\n        name: secret\n        keys:\n{keys}"
        ))
    }),
    files("facts: files", |bytes| {
        let files = lines(room(bytes), |n| format!("      file{n:06}.crt: {{name: secret-{n}, key: ca.crt}}"));
        Case::facts(&format!("  secrets:\n    mode: referenced\n    files:\n{files}"))
    }),
    files("facts: diagnostics", |bytes| {
        let levels = lines(room(bytes), |n| format!("    code-{n:06}: {{level: allow, reason: why}}"));
        Case::facts(&format!("  diagnostics:\n{levels}"))
    }),
    files("facts: annotations", |bytes| {
        let annotations = lines(room(bytes), |n| format!("      example.com/a{n:06}: value"));
        Case::facts(&format!("  access:\n    type: service\n    annotations:\n{annotations}"))
    }),
    files("facts: labels", |bytes| {
        let labels = lines(room(bytes), |n| format!("      a{n:06}: value"));
        Case::facts(&format!("  access:\n    type: service\n    labels:\n{labels}"))
    }),
    files("facts: parents of routes", |bytes| {
        let parents = lines(room(bytes), |n| format!("      - {{name: gateway-{n}, namespace: gateways}}"));
        Case::with(
            "render-config.yaml",
            format!(
                "{FACTS}  cluster: {{platform: kubernetes, apis: {{gateway: {{release: \"1.4\", channel: standard}}}}}}\n  \
                 access:\n    type: gateway\n    tls: edge\n    certificate: {{from: controller}}\n    gateway:\n      \
                 parentRefs:\n{parents}"
            ),
        )
    }),
    files("facts: bundle of CAs", |bytes| {
        let one = block(&authority(), 6);
        let bundle = fill(room(bytes), |_, out| out.push_str(&one));
        Case::facts(&format!("  access:\n    type: service\n    caBundle: |\n{bundle}"))
    }),
    files("facts: of a registry and above it", |bytes| {
        let annotations = |value: &str| {
            let all = lines(room(bytes) / 2, |n| format!("      example.com/a{n:06}: {value}"));
            format!("{FACTS}{CLUSTER}  access:\n    type: service\n    annotations:\n{all}")
        };
        let mut case = Case::new();
        for (path, _) in &mut case.files {
            *path = format!("one/{path}");
        }
        case.put("render-config.yaml", annotations("above"));
        case.put("one/render-config.yaml", annotations("below"));
        case
    }),
    files("facts: annotations in layers", |bytes| {
        let annotations = lines(room(bytes), |n| format!("      example.com/a{n:06}: value"));
        let flux =
            "  output: layers\n  flux: {path: ./deploy, sourceRef: {kind: GitRepository, name: a, namespace: b}}\n";
        Case::facts(&format!("{flux}  access:\n    type: service\n    annotations:\n{annotations}"))
    }),
    files("facts: files in Vault", |bytes| {
        let files = lines(room(bytes), |n| format!("      file{n:06}.crt: {{name: secret-{n}, key: ca.crt}}"));
        Case::facts(&format!("{EXTERNAL}    files:\n{files}"))
    }),
    files("facts: a certificate to seal with", |bytes| {
        let one = block(&authority(), 8);
        let chain = fill(room(bytes), |_, out| out.push_str(&one));
        Case::facts(&format!("  secrets:\n    mode: sealed\n    sealed:\n      certificate: |\n{chain}"))
    }),
    files("facts: a long text", |bytes| Case::facts(&format!("  rerun: {}\n", letters(room(bytes))))),
];
