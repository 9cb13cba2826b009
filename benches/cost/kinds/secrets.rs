//! The keys and the sealed values.

use super::case::{Case, KEYS, SEALED, room};
use super::text::{letters, lines};
use super::{Kind, files};

/// Its kinds.
pub const KINDS: &[Kind] = &[
    files("keys: many", |bytes| {
        Case::with("keys.yaml", format!("{KEYS}{}", lines(room(bytes), |n| format!("  key-{n:06}: value"))))
    }),
    files("sealed: many", |bytes| {
        let digest = "hmac-sha256:09d2f86939f963e446139fe8a65600ff473f69062373416e605456918917a14b";
        let value = |n| format!("        key{n:06}: {{digest: \"{digest}\", sealed: {}}}", letters(360));
        let text = "apiVersion: quay-render.dev/v1alpha1\nkind: SealedValues\nmetadata: {name: registry}\nspec:\n  \
            secrets:\n    config:\n      name: registry-quay-secret-config\n      namespace: quay\n      scope: strict\n      \
            certificate: \"8f44424adb4beef29b29c2ea7ac1e4c788dba4f072c820513326ce3102c5cea7\"\n      values:\n";
        let mut case = Case::with("sealed.yaml", format!("{text}{}", lines(room(bytes), value)));
        case.put("render-config.yaml", SEALED.replace("openshift", "kubernetes"));
        case
    }),
    files("sealed: Secrets", |bytes| {
        let secret = |n| {
            let of = "namespace: quay, scope: strict, certificate: \"8f44\", values: {}";
            format!("    s{n:06}: {{name: secret-{n}, {of}}}")
        };
        let text =
            "apiVersion: quay-render.dev/v1alpha1\nkind: SealedValues\nmetadata: {name: registry}\nspec:\n  secrets:\n";
        let mut case = Case::with("sealed.yaml", format!("{text}{}", lines(room(bytes), secret)));
        case.put("render-config.yaml", SEALED.replace("openshift", "kubernetes"));
        case
    }),
    files("keys: a long value", |bytes| {
        Case::with("keys.yaml", format!("{KEYS}  DB_PASSWORD: {}\n", letters(room(bytes))))
    }),
];
