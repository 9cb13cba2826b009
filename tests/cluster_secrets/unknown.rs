//! Fields of config.yaml that are not in the tables: which of them stay in plain text, and what is reported of the
//! others.

use super::{edited, read, said};
use quay_render::analyze;
use quay_render::compare;
use quay_render::diagnostic::{Diagnostics, codes};
use quay_render::input::Inputs;

/// Unknown fields, each with what happens to its value: shown, shown if declared, never shown.
const FIELDS: &[(&str, &str, Fate)] = &[
    ("FEATURE_UI_V2", "true", Fate::Open),
    ("COMPANY_LIMIT", "12345678901234567890", Fate::Open),
    ("COMPANY_RATIO", "1.5", Fate::Open),
    ("COMPANY_PASSWORD_REQUIRED", "false", Fate::Open),
    ("FEATURE_SECRET", "true", Fate::Open),
    ("COMPANY_TEXT", "plain text", Fate::Declared),
    ("COMPANY_WORDS", "[a, b, 3]", Fate::Declared),
    ("COMPANY_DAY", "2026-01-01", Fate::Declared),
    ("COMPANY_URL", "\"https://user:Hunter2@example.com/\"", Fate::Secret),
    ("COMPANY_MAP", "{a: 1}", Fate::Secret),
    ("COMPANY_MAPS", "[{a: b}]", Fate::Secret),
    ("COMPANY_PASSWORD", "123456", Fate::Secret),
    ("COMPANY_TOKEN", "text", Fate::Secret),
    ("MAIL_PASWORD", "123456", Fate::Declared),
    ("COMPANY_PIN_KEY", "4711", Fate::Secret),
];
const MODES: [&str; 3] = [
    "referenced",
    "external\n    external: {store: {kind: ClusterSecretStore, name: vault}}",
    "sealed\n    sealed: {}",
];

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Open,
    Declared,
    Secret,
}

fn input(mode: &str, is_declared: bool) -> Inputs {
    let names: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
    let declared = if is_declared { format!("  knownFields: [{}]\n", names.join(", ")) } else { String::new() };
    let mut inputs = edited(read("all-unmanaged"), |text| {
        let text = text.replace("mode: inline", &format!("mode: {mode}"));
        if text.contains("kind: RenderConfig") { text + &declared } else { text }
    });
    let fields: String = FIELDS.iter().map(|(name, value, _)| format!("{name}: {value}\n")).collect();
    let bundle = inputs.bundle.as_mut().unwrap();
    let config = bundle.files.iter_mut().find(|file| file.0 == "config.yaml").unwrap();
    config.1.bytes.extend_from_slice(fields.as_bytes());
    inputs
}

/// Values in plain text are in the ConfigMap and are shown; all others are in the required Secrets. One rule for all.
#[test]
fn what_nobody_knows_is_in_the_open_or_in_the_contract_and_is_shown_alike() {
    for (mode, is_declared) in MODES.iter().flat_map(|mode| [(mode, false), (mode, true)]) {
        let mut problems = Diagnostics::new();
        let analysis =
            analyze(&input(mode, is_declared), &mut problems).0.unwrap_or_else(|| panic!("{}", said(&problems)));
        for (name, _, fate) in FIELDS {
            let is_open = *fate == Fate::Open || (*fate == Fate::Declared && is_declared);
            let case = format!("{name} in {mode}, declared: {is_declared}");
            assert_eq!(analysis.cluster_secrets.config.contains(name), is_open, "{case}");
            assert_eq!(analysis.cluster_secrets.find("config", name).is_none(), is_open, "{case}");
            let value = &analysis.resolved.config.0.iter().find(|field| field.name == *name).unwrap().value;
            let masked = compare::masked(name, value, is_declared);
            assert_eq!(masked == *value, is_open, "{case}: {masked:?}");
        }
    }
}

/// A warning says which value became a secret and where pods look for it; there is none for declared values in plain
/// text.
#[test]
fn a_warning_names_the_secret_and_the_key_of_what_nobody_knows() {
    for mode in MODES {
        let mut problems = Diagnostics::new();
        let analysis = analyze(&input(mode, false), &mut problems).0.unwrap_or_else(|| panic!("{}", said(&problems)));
        for (name, _, fate) in FIELDS {
            let told: Vec<_> = problems
                .iter()
                .filter(|it| it.code == codes::CONFIG_UNKNOWN && it.field.as_deref() == Some(*name))
                .collect();
            let [told] = told.as_slice() else { panic!("{name}: {} warnings", told.len()) };
            let text = format!("{} {}", told.message, told.hint.as_deref().unwrap());
            match analysis.cluster_secrets.find("config", name) {
                Some(at) => {
                    assert!(text.contains(&format!("key {} of Secret {}", at.key, at.name)), "{text}");
                    assert!(text.contains("counts as a secret"), "{text}");
                }
                None => assert!(text.contains("in the open") && *fate == Fate::Open, "{text}"),
            }
        }
        let mut problems = Diagnostics::new();
        assert!(analyze(&input(mode, true), &mut problems).0.is_some());
        assert!(problems.iter().all(|it| it.code != codes::CONFIG_UNKNOWN), "{problems:?}");
    }
    // In inline there is nothing to wait for.
    let mut problems = Diagnostics::new();
    assert!(analyze(&input("inline", false), &mut problems).0.is_some());
    let hints: Vec<_> = problems.iter().filter(|it| it.code == codes::CONFIG_UNKNOWN).collect();
    assert_eq!(hints.len(), FIELDS.len());
    assert!(hints.iter().all(|it| !format!("{it}").contains("Secret ")), "{hints:?}");
}

/// The user's own names for the Secret and its key, and a value that names a Secret itself.
#[test]
fn the_warning_has_the_names_that_the_user_gave() {
    let names = "referenced\n    names: {config: {name: mine, keys: {COMPANY_TEXT: text}}}";
    let mut inputs = input(names, false);
    let bundle = inputs.bundle.as_mut().unwrap();
    let config = bundle.files.iter_mut().find(|file| file.0 == "config.yaml").unwrap();
    config.1.bytes.extend_from_slice(b"COMPANY_REF: {fromSecret: {name: theirs, key: k}}\n");
    let mut problems = Diagnostics::new();
    assert!(analyze(&inputs, &mut problems).0.is_some(), "{}", said(&problems));
    let all: String =
        problems.iter().map(|it| format!("{} {}\n", it.message, it.hint.as_deref().unwrap_or(""))).collect();
    assert!(all.contains("key text of Secret mine"), "{all}");
    assert!(all.contains("key k of Secret theirs"), "{all}");
}
