//! Values that another program fills in: every syntax, in every kind of field.

use super::{CONFIG, Input, REGISTRY, coded, of};
use crate::support::fleet::Ran;
use crate::support::quay_render;
use quay_render::diagnostic::Severity;

const SYNTAXES: &[(&str, &str)] = &[
    ("<path:secret/data/quay#value>", "placeholder"),
    ("<value>", "placeholder"),
    ("ref+vault://secret/quay#/value", "placeholder"),
    ("vault:secret/data/quay#value", "placeholder"),
    ("${VALUE}", "placeholder"),
    ("${VALUE:-default}", "placeholder"),
    ("$(VALUE)", "placeholder"),
    ("{{ .Values.quay.value }}", "placeholder"),
    ("{{ value | default('x') }}", "placeholder"),
    ("{% if a %}b{% endif %}", "placeholder"),
    ("ENC[AES256_GCM,data:QknY,iv:b8AqN=,tag:+BUrG==,type:str]", "sops"),
];

/// Lines of config.yaml, with `@` where the value belongs, and whether it is a secret.
const FIELDS: &[(&str, bool)] = &[
    ("SERVER_HOSTNAME: @", false),
    ("REGISTRY_TITLE: @", false),
    ("FEATURE_MAILING: @", false),
    ("SUPER_USERS: [@]", false),
    ("TAG_EXPIRATION_OPTIONS: [2w, @]", false),
    ("SECURITY_SCANNER_API_TIMEOUT_SECONDS: @", false),
    ("BRANDING: {logo: @}", false),
    ("GITHUB_LOGIN_CONFIG: {CLIENT_ID: @, CLIENT_SECRET: x, GITHUB_ENDPOINT: 'https://github.com/'}", false),
    ("GITHUB_LOGIN_CONFIG: {CLIENT_ID: a, CLIENT_SECRET: @, GITHUB_ENDPOINT: 'https://github.com/'}", true),
    ("LDAP_ADMIN_PASSWD: @", true),
    ("MAIL_PASSWORD: @", true),
    ("SECRET_KEY: @", true),
    ("NO_SUCH_FIELD: @", true),
];

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn input(line: &str, mode: &str) -> Input {
    let bundle = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle}}\nstringData:\n  config.yaml: |\n    {line}\n"
    );
    Input::of(&[("a.yaml", REGISTRY), ("b.yaml", &CONFIG.replace("referenced", mode)), ("c.yaml", &bundle)])
}

#[test]
fn every_syntax_is_named_in_every_kind_of_field_and_nothing_else_is_said_of_it() {
    for (value, code) in SYNTAXES {
        for (line, is_secret) in FIELDS {
            let line = line.replace('@', &quoted(value));
            let compiled = input(&line, "referenced").compile();
            let said = coded(&compiled.diagnostics, code);
            assert_eq!(said.len(), 1, "{line}: {:?}", of(&compiled.diagnostics, Severity::Error));
            let is_harmless = *is_secret && *code != "sops";
            assert_eq!(said[0].starts_with("note["), is_harmless, "{line}: {said:?}");
            assert!(!said[0].contains(value), "{said:?}");
            let place =
                compiled.diagnostics.iter().find(|problem| problem.code.as_str() == *code).unwrap().location.clone();
            let beside = compiled.diagnostics.iter().filter(|problem| problem.location == place).count();
            assert_eq!(beside, 1, "{line}");
            let inline = input(&line, "inline").compile();
            assert!(inline.registry.is_none(), "{line}");
            assert!(coded(&inline.diagnostics, code)[0].starts_with("error["), "{line}");
        }
    }
}

#[test]
fn the_documents_themselves_hold_none() {
    for (value, code) in SYNTAXES {
        let value = quoted(value);
        for (registry, config) in [
            (REGISTRY.replace("namespace: quay", &format!("namespace: {value}")), CONFIG.to_owned()),
            (REGISTRY.replace("bundle", &value), CONFIG.to_owned()),
            (REGISTRY.to_owned(), CONFIG.replace("apps.example.com", &value)),
            (REGISTRY.to_owned(), CONFIG.replace("'3.5'", &value)),
        ] {
            let input = Input::of(&[
                ("a.yaml", &registry),
                ("b.yaml", &config),
                ("config-bundle/config.yaml", "REGISTRY_TITLE: Example"),
            ]);
            let compiled = input.compile();
            assert!(compiled.registry.is_none());
            assert_eq!(
                coded(&compiled.diagnostics, code).len(),
                1,
                "{registry}{config}: {:?}",
                of(&compiled.diagnostics, Severity::Error)
            );
        }
    }
}

#[test]
fn a_file_that_is_a_template_is_called_one() {
    for text in [
        "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: registry\nspec:\n{{- range .x }}\n  a: {{ .y }}\n{{- end }}\n",
        "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: {{ name }}\n",
        "{% if tls %}\nkind: QuayRegistry\n{% endif %}\n",
    ] {
        let input = Input::of(&[("a.yaml", text), ("b.yaml", CONFIG)]);
        let errors = of(&input.compile().diagnostics, Severity::Error);
        assert!(errors.iter().any(|error| error.starts_with("placeholder: is a template")), "{text}: {errors:?}");
        assert!(errors.iter().all(|error| !error.starts_with("yaml-")), "{text}: {errors:?}");
    }
}

#[test]
fn a_whole_file_that_is_filled_in_or_encrypted_is_said_once() {
    let secret = |value: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle}}\nstringData:\n  config.yaml: {}\n{more}",
            quoted(value)
        )
    };
    for (bundle, code) in [
        (secret("<path:secret/data/quay#config>", ""), "placeholder"),
        (secret("${CONFIG}", ""), "placeholder"),
        (secret("ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]", "sops: {version: 3.9.0}\n"), "sops"),
        (secret("ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]", ""), "sops"),
    ] {
        let input = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", CONFIG), ("c.yaml", &bundle)]);
        let errors = of(&input.compile().diagnostics, Severity::Error);
        assert_eq!(errors.len(), 1, "{bundle}: {errors:?}");
        assert!(errors[0].starts_with(code), "{errors:?}");
    }
}

#[test]
fn a_public_field_does_not_repeat_a_secret_by_an_alias() {
    for line in [
        "MAIL_PASSWORD: &x hunter2\n    REGISTRY_TITLE: *x",
        "REGISTRY_TITLE: &x hunter2\n    MAIL_PASSWORD: *x",
        "BUILDLOGS_REDIS: &x {host: h, password: hunter2}\n    BRANDING: {logo: &y hunter2}\n    LDAP_ADMIN_PASSWD: *y",
    ] {
        let compiled = input(line, "referenced").compile();
        assert!(compiled.registry.is_none(), "{line}");
        let said = coded(&compiled.diagnostics, "secret-exposed");
        assert_eq!(said.len(), 1, "{line}: {said:?}");
        assert!(!said[0].contains("hunter2"), "{said:?}");
    }
    let shared = "FRESH_LOGIN_TIMEOUT: &x 5m\n    TEAM_RESYNC_STALE_TIME: *x";
    assert!(input(shared, "referenced").compile().registry.is_some());
}

/// So many that some are only counted: diagnostics that follow from them are removed all the same.
#[test]
fn a_file_with_more_than_are_shown_is_counted_right_and_nothing_else_is_said_of_them() {
    let lines = format!("TAG_EXPIRATION_OPTIONS:\n{}", "- '{{ value }}'\n".repeat(250));
    let input = Input::of(&[("a.yaml", REGISTRY), ("b.yaml", CONFIG), ("config-bundle/config.yaml", &lines)]);
    let ran = Ran::of(quay_render().args(["validate", "."]).current_dir(input.path()).output().unwrap());
    assert_eq!(ran.code, 1);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let of_file: Vec<&str> = said.lines().filter(|line| line.contains(": ./config-bundle/config.yaml")).collect();
    let (shown, others): (Vec<&str>, Vec<&str>) =
        of_file.into_iter().partition(|line| line.starts_with("error[placeholder]: "));
    assert_eq!((shown.len(), others.len()), (100, 1), "{others:?}");
    assert!(others[0].contains("and 150 more errors"), "{others:?}");
}
