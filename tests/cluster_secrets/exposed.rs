//! Secrets in plain text in the bundle although they are left to the cluster.

use super::{edited, read, said};
use quay_render::diagnostic::{Diagnostic, Diagnostics, codes};
use quay_render::input::{Inputs, Source};
use quay_render::{Analysis, analyze, compile};
use std::collections::BTreeSet;

const MODES: [&str; 3] = [
    "referenced",
    "external\n    external: {store: {kind: ClusterSecretStore, name: vault}}",
    "sealed\n    sealed: {}",
];
/// Every secret in plain text, with the keys that the operator accepts in config.yaml, a file and a declared field.
const PLAIN: &str = "SECRET_KEY: hunter2-0123456789012345678901234567890\n\
    DATABASE_SECRET_KEY: hunter2-9876543210987654321098765432109\nCOMPANY_PASSWORD: hunter2-c\n";
/// The same after following the hint.
const NAMED: &[(&str, &str)] = &[
    (
        "SECRET_KEY: hunter2-0123456789012345678901234567890",
        "SECRET_KEY: {fromSecret: {name: S-keys, key: SECRET_KEY}}",
    ),
    (
        "DATABASE_SECRET_KEY: hunter2-9876543210987654321098765432109",
        "DATABASE_SECRET_KEY: {fromSecret: {name: S-keys, key: DATABASE_SECRET_KEY}}",
    ),
    ("hunter2-c", "{fromSecret: {name: S-config, key: COMPANY_PASSWORD}}"),
    ("quay:hunter2@", "quay:@"),
    (
        "s3_access_key: hunter2",
        "s3_access_key: {fromSecret: {name: S-config, key: DISTRIBUTED_STORAGE_CONFIG.default.s3_access_key}}",
    ),
    (
        "s3_secret_key: hunter2",
        "s3_secret_key: {fromSecret: {name: S-config, key: DISTRIBUTED_STORAGE_CONFIG.default.s3_secret_key}}",
    ),
];

fn input(mode: &str, change: impl Fn(String) -> String, file: Option<&str>) -> Inputs {
    let mut inputs = edited(read("all-unmanaged"), |text| {
        let text = text.replace("mode: inline", &format!("mode: {mode}"));
        if text.contains("kind: RenderConfig") { text + "  knownFields: [COMPANY_PASSWORD]\n" } else { text }
    });
    inputs.sources.retain(|source| !source.name.ends_with("keys.yaml"));
    let bundle = inputs.bundle.as_mut().unwrap();
    let config = &mut bundle.files.iter_mut().find(|file| file.0 == "config.yaml").unwrap().1.bytes;
    let text = String::from_utf8(std::mem::take(config)).unwrap();
    let text = text.replace("EXAMPLEACCESSKEY", "hunter2").replace("EXAMPLESECRETKEY", "hunter2");
    *config = change(text.replace("EXAMPLE", "hunter2") + PLAIN).into_bytes();
    if let Some(bytes) = file {
        let source = Source { name: "in/config-bundle/private.pem".to_owned(), bytes: bytes.as_bytes().to_vec() };
        bundle.files.push(("private.pem".to_owned(), source));
    }
    inputs
}

fn warnings(problems: &Diagnostics) -> Vec<&Diagnostic> {
    problems.iter().filter(|it| it.code == codes::SECRET_IN_INPUT).collect()
}

fn analyzed(inputs: &Inputs, problems: &mut Diagnostics) -> Analysis {
    analyze(inputs, problems).0.unwrap_or_else(|| panic!("{}", said(problems)))
}

fn asked(analysis: &Analysis) -> BTreeSet<(String, String)> {
    let secrets = analysis.cluster_secrets.secrets.iter();
    secrets.flat_map(|wanted| wanted.entries.iter().map(|entry| (wanted.name.clone(), entry.key.clone()))).collect()
}

#[test]
fn secrets_in_the_clear_are_listed_by_name_and_the_advice_ends_the_warning() {
    for mode in MODES {
        let mut problems = Diagnostics::new();
        let before = analyzed(&input(mode, |it| it, Some("hunter2")), &mut problems);
        let found = warnings(&problems);
        let [warning] = found.as_slice() else { panic!("{mode}: {}", found.len()) };
        let text = format!("{warning:?}");
        for name in [
            "SECRET_KEY, DATABASE_SECRET_KEY, BUILDLOGS_REDIS.password, COMPANY_PASSWORD, DB_URI.password, \
             DISTRIBUTED_STORAGE_CONFIG.default.s3_access_key, DISTRIBUTED_STORAGE_CONFIG.default.s3_secret_key, \
             USER_EVENTS_REDIS.password, private.pem",
            "{fromSecret: {name:",
            "DB_URI: take out the password alone",
            "{private.pem: {name:",
            if mode.starts_with("sealed") { "`quay-render seal` reads them" } else { "has no effect" },
        ] {
            assert!(text.contains(name), "{mode}: {name}\n{text}");
        }
        assert!(!text.contains("hunter2"), "{text}");
        // What is named in place of each, with the same contract afterwards.
        let secret = format!("{}-quay-secret", before.resolved.name);
        let advice = |text: String| {
            let text = NAMED.iter().fold(text, |text, (plain, named)| {
                assert!(text.contains(plain), "{plain}");
                text.replace(plain, &named.replace("S-", &format!("{secret}-")))
            });
            let mut parts = text.split("password: hunter2");
            let redis =
                |name: &str| format!("password: {{fromSecret: {{name: {secret}-config, key: {name}.password}}}}");
            let [first, second, rest] = [parts.next(), parts.next(), parts.next()].map(Option::unwrap);
            [first, &redis("BUILDLOGS_REDIS"), second, &redis("USER_EVENTS_REDIS"), rest].concat()
        };
        let mut problems = Diagnostics::new();
        let mut inputs = input(mode, advice, None);
        let files = format!("{mode}\n    files: {{private.pem: {{name: {secret}-files, key: private.pem}}}}");
        inputs = edited(inputs, |text| text.replace(&format!("mode: {mode}"), &format!("mode: {files}")));
        let after = analyzed(&inputs, &mut problems);
        assert!(warnings(&problems).is_empty(), "{mode}: {problems:?}");
        assert_eq!(asked(&before), asked(&after), "{mode}");
    }
}

#[test]
fn what_other_programs_fill_in_and_what_inline_holds_is_none() {
    let mut problems = Diagnostics::new();
    let filled = |text: String| {
        text.replace("hunter2-0123456789012345678901234567890", "${SECRET_KEY}")
            .replace("hunter2-9876543210987654321098765432109", "<path:quay#key>")
            .replace("hunter2-c", "\"{{ company }}\"")
            .replace("quay:hunter2@", "quay:@")
            .replace("hunter2", "${VALUE}")
    };
    analyzed(&input("referenced", filled, None), &mut problems);
    assert!(warnings(&problems).is_empty(), "{problems:?}");
    let mut problems = Diagnostics::new();
    let mut inline = input("inline", |it| it, Some("hunter2"));
    inline
        .sources
        .extend(read("all-unmanaged").sources.into_iter().filter(|source| source.name.ends_with("keys.yaml")));
    assert!(analyze(&inline, &mut problems).0.is_some(), "{}", said(&problems));
    assert!(warnings(&problems).is_empty(), "{problems:?}");
}

/// In the workflow that `init` writes, this is an error.
#[test]
fn with_denied_warnings_nothing_is_rendered() {
    let mut inputs = input("referenced", |it| it, None);
    assert!(compile(&inputs).registry.is_some());
    inputs.options.deny_warnings = true;
    let compiled = compile(&inputs);
    assert!(compiled.registry.is_none());
    assert!(said(&compiled.diagnostics).contains("[secret-in-input]"));
    let workflow = std::fs::read_to_string("components/init/workflow.yaml").unwrap();
    assert!(workflow.contains("\"quay-render validate \" ~ input ~ \" --deny warnings "));
}

/// Its severity can be set, like that of any rule.
#[test]
fn the_render_config_says_how_severe_it_is() {
    let levels = [("{level: allow, reason: a test}", 0, true), ("{level: warn}", 1, true), ("{level: deny}", 1, false)];
    for (level, shown, is_rendered) in levels {
        let inputs = edited(input("referenced", |it| it, None), |text| {
            let is_config = text.contains("kind: RenderConfig");
            if is_config { format!("{text}  diagnostics: {{secret-in-input: {level}}}\n") } else { text }
        });
        let compiled = compile(&inputs);
        assert_eq!(warnings(&compiled.diagnostics).len(), shown, "{level}: {}", said(&compiled.diagnostics));
        assert_eq!(compiled.registry.is_some(), is_rendered, "{level}");
        assert_eq!(compiled.allowed.iter().map(|it| it.count).sum::<usize>(), 1 - shown, "{level}");
    }
}
