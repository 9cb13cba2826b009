//! Inputs of `diff`: two folders of manifests, of half the size each.

use super::case::Case;
use super::text::{block, fill, letters, lines};
use super::{Kind, compared};
use std::fmt::Write as _;

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map, namespace: quay}\n";

/// A ConfigMap with one text.
fn map(text: &str) -> String {
    format!("{HEAD}data:\n  text: |\n{}", block(text, 4))
}

/// Numbered objects.
fn objects(bytes: usize, word: &str) -> String {
    let object = |n| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{n}, namespace: quay}}\ndata: {{a: {word}}}"
        )
    };
    lines(bytes, object)
}

/// Its kinds.
pub const KINDS: &[Kind] = &[
    compared("diff: objects", |bytes| Case::compared(objects(bytes / 2, "old"), objects(bytes / 2, "new"))),
    compared("diff: other objects", |bytes| {
        let other = objects(bytes / 2, "a").replace("name: map-", "name: other-");
        Case::compared(objects(bytes / 2, "a"), other)
    }),
    compared("diff: names by content", |bytes| {
        let objects = |of: usize| {
            let named = |n: usize| format!("{:08x}", n.wrapping_mul(of)).replace(['0', '1', '3', 'a', 'e'], "g");
            lines(bytes / 2, |n| {
                let head = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: quay, name: map-gg";
                format!("{head}{}}}\ndata: {{a: x{n}}}", named(n))
            })
        };
        Case::compared(objects(2_654_435_761), objects(2_246_822_519))
    }),
    compared("diff: fields", |bytes| {
        let fields = |word: &str| format!("{HEAD}data:\n{}", lines(bytes / 2, |n| format!("  field-{n:06}: {word}")));
        Case::compared(fields("old"), fields("new"))
    }),
    compared("diff: items", |bytes| {
        let items = |first: usize| {
            let head = "apiVersion: a/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n  list:\n";
            format!("{head}{}", lines(bytes / 2, |n| format!("  - item {}", n * 7 + first)))
        };
        Case::compared(items(0), items(1))
    }),
    compared("diff: named items", |bytes| {
        let items = |word: &str| {
            let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n";
            let env = lines(bytes / 2, |n| format!("          - {{name: VARIABLE_{n}, value: {word}{n}}}"));
            format!("{head}      containers:\n      - name: c\n        env:\n{env}")
        };
        Case::compared(items("a"), items("b"))
    }),
    compared("diff: lines of a text", |bytes| {
        let text = |every: usize| {
            map(&lines(bytes / 2, |n| format!("line {n:06} {}", if n % every == 0 { "changed" } else { "kept" })))
        };
        Case::compared(text(3), text(5))
    }),
    compared("diff: other lines", |bytes| {
        let text = |word: &str| map(&lines(bytes / 2, |n| format!("{word} {n:06}")));
        Case::compared(text("old"), text("new"))
    }),
    compared("diff: lines out of order", |bytes| {
        let text = |step: usize| map(&lines(bytes / 2, |n| format!("line {:06}", n.wrapping_mul(step) % 1_000_003)));
        Case::compared(text(7_919), text(104_729))
    }),
    compared("diff: one long line", |bytes| {
        let text = |word: &str| map(&format!("{}{word}", letters(bytes / 2)));
        Case::compared(text("old"), text("new"))
    }),
    compared("diff: URLs on one line", |bytes| {
        let text = |word: &str| map(&fill(bytes / 2, |_, out| out.push_str(&format!("{word}://%"))));
        Case::compared(text("a"), text("b"))
    }),
    compared("diff: assignments", |bytes| {
        let text = |word: &str| map(&lines(bytes / 2, |n| format!("export PASSWORD_{n}={word} --token {n}: 'x")));
        Case::compared(text("a"), text("b"))
    }),
    compared("diff: sentences about passwords", |bytes| {
        let line =
            |word: &str, n| format!("the password for user {n} of the registry is {word} and is to be set to x{n} / y");
        let text = |word: &str| map(&lines(bytes / 2, |n| line(word, n)));
        Case::compared(text("old1"), text("new1"))
    }),
    compared("diff: sentences on one line", |bytes| {
        let text = |word: &str| map(&fill(bytes / 2, |_, out| out.push_str(&format!("password for {word} is: "))));
        Case::compared(text("a"), text("b"))
    }),
    compared("diff: calls", |bytes| {
        let text = |word: &str| {
            map(&fill(bytes / 2, |_, out| out.push_str(&format!("set('TOKEN', '{word}', (auth=(send( s/TOKEN/"))))
        };
        Case::compared(text("a"), text("b"))
    }),
    compared("diff: questions", |bytes| {
        let text = |word: &str| map(&lines(bytes / 2, |n| format!("expect assword: {{ send \"{word}{n}\\\\n")));
        Case::compared(text("a"), text("b"))
    }),
    compared("diff: base64 of base64", |bytes| {
        let text = |word: &str| map(&format!("{word} {}", "VmpJ".repeat(bytes / 8)));
        Case::compared(text("a"), text("b"))
    }),
    compared("diff: escapes", |bytes| {
        let text = |word: &str| map(&format!("kind: {word} {}", "\\\\u0041\\n".repeat(bytes / 18)));
        Case::compared(text("a"), text("b"))
    }),
    compared("diff: JSON in a text", |bytes| {
        let json = |word: &str| {
            let inner = fill(bytes / 2, |n, out| {
                let _ = write!(out, "{{\"kind\": \"Secret\", \"{word}\": {n}}}, ");
            });
            map(&format!("[{inner}0]"))
        };
        Case::compared(json("a"), json("b"))
    }),
    compared("diff: config.yaml", |bytes| {
        let config = |word: &str| {
            let fields = lines(bytes / 2, |n| format!("      FIELD_{n:06}: {word}"));
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\nstringData:\n  config.yaml: |\n{}",
                block(&fields, 0)
            )
        };
        Case::compared(config("a"), config("b"))
    }),
    compared("diff: keys of a Secret", |bytes| {
        let data = |word: &str| {
            let keys = lines(bytes / 2, |n| format!("  key-{n:06}: {word}"));
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: quay}}\ndata:\n{keys}")
        };
        Case::compared(data("YQ=="), data("Yg=="))
    }),
    compared("diff: a List", |bytes| {
        let list = |word: &str| {
            let item =
                |n| format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{n}}}, data: {{a: {word}}}}}");
            format!("apiVersion: v1\nkind: List\nitems:\n{}", lines(bytes / 2, item))
        };
        Case::compared(list("a"), list("b"))
    }),
];
