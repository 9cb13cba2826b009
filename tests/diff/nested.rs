//! A Secret inside random objects and texts: whatever encloses it, no form of the report shows it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use quay_render::compare::report::Format;
use quay_render::compare::{compare, objects};
use quay_render::diagnostic::Diagnostics;
use quay_render::immutable::Table;
use quay_render::object::Value;
use quay_render::yaml::{self, Dialect, Origin};
use serde_json::{Map, Value as Json, json};

/// The secret, and another value for it.
pub const MARKER: &str = "Tr0ub4dorQ7x~9";
pub const OTHER: &str = "c0rrecthorseZ_1";

/// The forms in which a secret may be in an output.
pub fn forms(secret: &str) -> Vec<String> {
    let each = |form: fn(u8) -> String| secret.bytes().map(form).collect::<String>();
    // The same bytes have three forms in base64, by where they begin; the letters at the ends depend on what is around.
    let shifted = (0..3).map(|shift| {
        let text = STANDARD.encode([&vec![b' '; shift], secret.as_bytes()].concat());
        let inner = text.trim_end_matches('=');
        inner.get(4..inner.len() - 1).unwrap().to_owned()
    });
    let plain = [secret.to_owned(), each(|byte| format!("{byte:02x}")), each(|byte| format!("%{byte:02X}"))];
    shifted.chain(plain).chain([each(|byte| format!("\\u{byte:04x}"))]).collect()
}

/// One step from the Secret outwards: what is put around it, and its spelling.
pub type Layer = (u8, u8);

/// A Secret in one spelling of its kind and data: the kind may be that of a ConfigMap, and the data may be in several
/// places.
fn secret(value: &str, spelling: u8, is_plain: bool) -> Json {
    let kinds = [("kind", "Secret"), ("kind", "secret"), ("Kind", "Secret"), ("KIND", "SECRET"), ("kind", "SeCrEt")];
    let (field, kind) = kinds[usize::from(spelling) % kinds.len()];
    let (data, entry) = match spelling / 5 % 5 {
        0 => ("data", json!(STANDARD.encode(value))),
        1 => ("stringData", json!(value)),
        2 => ("stringData", json!(format!("{{\"auths\": {{\"h\": {{\"auth\": \"{}\"}}}}}}", STANDARD.encode(value)))),
        3 => ("StringData", json!(value)),
        _ => ("binaryData", json!(STANDARD.encode(value))),
    };
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), json!("v1"));
    object.insert(field.to_owned(), json!(if is_plain { "ConfigMap" } else { kind }));
    object.insert("metadata".to_owned(), json!({"name": "inner", "labels": {"a": "b"}}));
    object.insert(data.to_owned(), json!({"entry": entry, "other": "eA=="}));
    object.into()
}

/// A document as a text.
fn text(document: &Json, spelling: u8) -> String {
    let compact = document.to_string();
    match spelling % 8 {
        0 => compact,
        1 => serde_json::to_string_pretty(document).unwrap(),
        2 => yaml::emit(&Value::from(document.clone())),
        3 => format!("# a comment\n---\na: b\n---\n{}", yaml::emit(&Value::from(document.clone()))),
        4 => compact.replace("\"kind\"", r#""\u006bind""#).replace("\"Secret\"", r#""\u0053ecret""#),
        5 => format!("{}\n{compact}", json!({"apiVersion": "v1", "kind": "A"})),
        6 => format!("defaults: &it {compact}\nobject:\n  <<: *it\n"),
        // Of the object itself alone: within a text that it holds, this would be no YAML any more.
        _ => yaml::emit(&Value::from(document.clone()))
            .lines()
            .map(|line| match line.strip_prefix("kind: ") {
                Some(kind) => format!("? kind\n: &k {kind}\n"),
                None => format!("{line}\n"),
            })
            .collect(),
    }
}

pub fn object(kind: &str, rest: Json) -> Json {
    let (api, kind) = kind.rsplit_once('/').unwrap();
    let mut object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": "outer"}});
    object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    object
}

/// How many ways there are to put something around an object.
pub const WAYS: u8 = 24;

pub fn around(inner: Json, (way, spelling): Layer) -> Json {
    let map = |text: String| object("v1/ConfigMap", json!({"data": {"a": "b", "objects.yaml": text}}));
    match way % WAYS {
        0 => object("template.openshift.io/v1/Template", json!({"objects": [inner], "parameters": [{"name": "A"}]})),
        1 => object(
            "work.open-cluster-management.io/v1/ManifestWork",
            json!({"spec": {"workload": {"manifests": [inner]}}}),
        ),
        2 => object("hive.openshift.io/v1/SyncSet", json!({"spec": {"resources": [{"a": 1}, inner]}})),
        3 => object("hive.openshift.io/v1/SelectorSyncSet", json!({"spec": {"resources": [inner]}})),
        4 => json!({"apiVersion": "v1", "kind": "List", "metadata": {"name": "outer"}, "items": [inner]}),
        5 => object(
            "policy.open-cluster-management.io/v1/Policy",
            json!({"spec": {"policy-templates": [{"objectDefinition": {"kind": "ConfigurationPolicy",
                "spec": {"object-templates": [{"complianceType": "musthave", "objectDefinition": inner}]}}}]}}),
        ),
        6 => object("kubernetes.crossplane.io/v1/Object", json!({"spec": {"forProvider": {"manifest": inner}}})),
        7 | 8 => map(text(&inner, spelling)),
        9 => {
            object("x.io/v1/X", json!({"metadata": {"name": "outer", "annotations": {"copy": text(&inner, spelling)}}}))
        }
        10 => object(
            "external-secrets.io/v1/ExternalSecret",
            json!({"spec": {"target": {"template": {"templateFrom": [{"literal": text(&inner, spelling)}]}}}}),
        ),
        11 => object("x.io/v1/X", json!({"spec": {"content": STANDARD.encode(text(&inner, spelling))}})),
        12 => {
            let encoded: String = text(&inner, spelling).bytes().map(|byte| format!("%{byte:02X}")).collect();
            object(
                "machineconfiguration.openshift.io/v1/MachineConfig",
                json!({"spec": {"source": format!("data:,{encoded}")}}),
            )
        }
        13 => object("x.io/v1/X", json!({"spec": [["kubectl", "apply"], [[inner]]]})),
        14 => {
            let document = yaml::emit(&Value::from(inner));
            map(format!("#!/bin/sh\ncat <<'END' | kubectl apply -f - || exit 1\n{document}END\n'\n"))
        }
        15 => map(format!("{{{{- if .Values.x }}}}\n{}{{{{- end }}}}\n", yaml::emit(&Value::from(inner)))),
        16 => object("v1/Secret", json!({"stringData": {"objects.yaml": text(&inner, spelling)}})),
        17 => object(
            "argoproj.io/v1alpha1/Application",
            json!({"spec": {"source": {"helm": {"values": text(&inner, spelling)}}}}),
        ),
        18 => json!({"apiVersion": "v1", "kind": "SecretList", "metadata": {"name": "outer"},
            "entries": [inner], "items": []}),
        19 => object(
            "kustomize.toolkit.fluxcd.io/v1/Kustomization",
            json!({"spec": {"patches": [{"patch": text(&inner, spelling)}]}}),
        ),
        20 => {
            let encoded = STANDARD.encode(text(&inner, spelling));
            object(
                "batch/v1/Job",
                json!({"spec": {"args": [format!("echo {encoded} | base64 -d | kubectl apply -f -")]}}),
            )
        }
        21 => {
            let encoded = URL_SAFE_NO_PAD.encode(text(&inner, spelling));
            let lines: Vec<&str> = encoded.as_bytes().chunks(57).map(|it| std::str::from_utf8(it).unwrap()).collect();
            map(format!("base64 -d <<'END' | kubectl apply -f -\n{}\nEND\n", lines.join("\n")))
        }
        22 => {
            let hex: String = text(&inner, spelling).bytes().map(|byte| format!("{byte:02x}")).collect();
            map(format!("echo {hex} | xxd -r -p | kubectl apply -f -"))
        }
        _ => {
            let encoded: String = text(&inner, spelling).bytes().map(|byte| format!("%{byte:02x}")).collect();
            map(format!("curl -L 'DATA:text/plain,{encoded}' | kubectl apply -f -"))
        }
    }
}

fn side(value: &str, spelling: u8, layers: &[Layer], is_plain: bool) -> Json {
    layers.iter().fold(secret(value, spelling, is_plain), |inner, layer| around(inner, *layer))
}

/// All reports of a difference.
pub fn said(old: &[&Json], new: &[&Json]) -> Vec<String> {
    let read = |documents: &[&Json]| -> Vec<Value> {
        let mut problems = Diagnostics::new();
        let texts = documents.iter().map(|document| document.to_string() + "\n---\n");
        let origin = Origin { file: "a.yaml", within: None };
        let found = yaml::parse(&texts.collect::<String>(), &origin, Dialect::Kubernetes, &mut problems);
        assert!(!problems.has_errors());
        objects(found.iter().map(|document| document.root.to_value()).collect())
    };
    let comparison = compare(&read(old), &read(new), &Table::newest().unwrap());
    [Format::Text, Format::Markdown, Format::Json].map(|format| comparison.render(format, false)).to_vec()
}

pub fn told(old: &[&Json], new: &[&Json]) -> Option<String> {
    let forms: Vec<String> = [MARKER, OTHER].into_iter().flat_map(forms).collect();
    let said = said(old, new);
    said.into_iter().find_map(|text| {
        let form = forms.iter().find(|form| text.contains(form.as_str()))?;
        Some(format!("{form} is in\n{text}"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_secret_within_anything_is_never_shown(
        spelling in any::<u8>(),
        layers in proptest::collection::vec((0..WAYS, any::<u8>()), 0..5),
        others in proptest::collection::vec((0..WAYS, any::<u8>()), 0..3),
    ) {
        let old = side(MARKER, spelling, &layers, false);
        let new = side(OTHER, spelling, &layers, false);
        // As it changes; as it comes and goes; as it moves elsewhere in an object.
        let elsewhere = side(MARKER, spelling.wrapping_add(7), &others, false);
        for (old, new) in [(&old, &new), (&old, &elsewhere)] {
            for (old, new) in [(&[old][..], &[new][..]), (&[old][..], &[][..]), (&[][..], &[new][..])] {
                prop_assert_eq!(told(old, new), None);
                prop_assert_eq!(told(new, old), None);
            }
        }
        // A list is not an object, and one without a kind that is spelled as it should be is none.
        if layers.last().is_some_and(|(way, _)| !matches!(way, 4 | 18)) {
            let text = said(&[&old], &[&new]).remove(0);
            prop_assert!(text.contains("(secret) changed") && text.contains("1 changed otherwise"), "{text}");
        }
    }

    #[test]
    fn what_was_no_secret_beside_one_of_the_same_place_is_not_shown(
        spelling in any::<u8>(),
        layers in proptest::collection::vec(prop_oneof![0..4u8, 5..7u8], 1..4),
    ) {
        // Who sees that a value is secret makes a Secret of a ConfigMap.
        let layers: Vec<Layer> = layers.into_iter().map(|way| (way, 0)).collect();
        let (old, new) = (side(MARKER, spelling, &layers, true), side(OTHER, spelling, &layers, false));
        prop_assert_eq!(told(&[&old], &[&new]), None);
        prop_assert_eq!(told(&[&new], &[&old]), None);
    }
}

#[test]
fn what_is_put_around_a_secret_would_show_it_were_it_none() {
    let shown = (0..WAYS).filter(|way| {
        let open = |value: &str| {
            let mut inner = json!({"apiVersion": "v1", "metadata": {"name": "inner"}, "data": {"entry": value}});
            inner["kind"] = json!("Thing");
            around(inner, (*way, 0))
        };
        told(&[&open(MARKER)], &[&open(OTHER)]).is_some()
    });
    // An annotation in JSON, a template of an ExternalSecret, what is encoded and a Secret's own data never show.
    assert!(shown.count() >= 12);
}

#[test]
fn a_secret_that_is_encoded_several_times_over_within_a_script_is_not_shown() {
    for layers in [[(11, 0), (12, 0), (14, 0)], [(12, 0), (11, 0), (14, 0)], [(20, 0), (22, 0), (15, 0)]] {
        let (old, new) = (side(MARKER, 0, &layers, false), side(OTHER, 0, &layers, false));
        assert_eq!(told(&[&old], &[&new]), None, "{layers:?}");
        assert_eq!(told(&[&old], &[]).or_else(|| told(&[], &[&new])), None, "{layers:?}");
    }
}

#[test]
fn parts_of_a_secret_that_name_no_kind_of_their_own_are_not_shown() {
    let of = |rest: fn(&str) -> Json| (rest(MARKER), rest(OTHER));
    for (name, (old, new)) in [
        (
            "items of a SecretList",
            of(|it| object("x.io/v1/X", json!({"list": {"kind": "SecretList", "items": [{"stringData": {"a": it}}]}}))),
        ),
        (
            "a patch of a Secret",
            of(|it| {
                let patch = format!("- op: add\n  path: /data/a\n  value: {it}\n");
                object("x.io/v1/X", json!({"spec": {"patches": [{"target": {"kind": "secret"}, "patch": patch}]}}))
            }),
        ),
        (
            "a step of a patch",
            of(|it| object("x.io/v1/X", json!({"patch": [{"op": "add", "path": "/stringData/a", "value": it}]}))),
        ),
        (
            "a patch of a SelectorSyncSet",
            of(|it| {
                let patch = format!("{{\"data\": {{\"a\": \"{it}\"}}}}");
                object("x.io/v1/X", json!({"spec": {"patches": [{"kind": "Secret", "name": "a", "patch": patch}]}}))
            }),
        ),
        (
            "a parameter of a Template",
            of(|it| {
                object(
                    "template.openshift.io/v1/Template",
                    json!({"objects": [{"kind": "Secret", "stringData": {"a": "x${{ABC}}"}}],
                        "parameters": [{"name": "ABC", "value": it}]}),
                )
            }),
        ),
        (
            "a provider's own values",
            of(|it| {
                let data = json!([{"key": "a", "value": it}]);
                object(
                    "external-secrets.io/v1/ClusterSecretStore",
                    json!({"spec": {"provider": {"fake": {"data": data}}}}),
                )
            }),
        ),
        (
            "a template of a ClusterExternalSecret",
            of(|it| {
                let target = json!({"template": {"data": {"a": it}}});
                object(
                    "external-secrets.io/v1/ClusterExternalSecret",
                    json!({"spec": {"externalSecretSpec": {"target": target}}}),
                )
            }),
        ),
        (
            "a key of a Secret",
            of(|it| object("x.io/v1/X", json!({"a": {"kind": "Secret", "data": {(format!("a:{it}")): null}}}))),
        ),
        (
            "a key that swallowed its value",
            of(|it| object("x.io/v1/X", json!({"a": {(format!("password:{it}")): null}}))),
        ),
    ] {
        assert_eq!(told(&[&old], &[&new]), None, "{name}");
        assert!(said(&[&old], &[&new])[0].contains("1 changed otherwise"), "{name}");
        assert_eq!(told(&[&old], &[]).or_else(|| told(&[], &[&new])), None, "{name}");
    }
}

#[test]
fn a_text_with_a_secret_in_it_is_compared_field_by_field() {
    let map = |secret: &str, name: &str| {
        let document = format!("kind: Secret\nmetadata: {{name: {name}}}\nstringData: {{a: {secret}}}\n");
        object("v1/ConfigMap", json!({"data": {"a.yaml": document}}))
    };
    let text = said(&[&map(MARKER, "x")], &[&map(OTHER, "z")]).remove(0);
    for line in ["data[\"a.yaml\"].metadata.name: \"x\" -> \"z\"", "data[\"a.yaml\"].data.a: (secret) changed"] {
        assert!(text.contains(line), "{text}");
    }
}
