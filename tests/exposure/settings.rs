//! Secrets in settings of components, in the RenderConfig and as overrides of a QuayRegistry: in every text of every
//! type of Kubernetes that is allowed there. And in patches, at every place.

use super::documents::{all, inputs};
use super::values::{NAMED, URLS};
use super::{Markers, Said, assert_tight, leaks, made};
use quay_render::diagnostic::Diagnostics;
use quay_render::kubernetes::settings::{self, Setting};
use quay_render::kubernetes::{Form, Kind};
use serde_json::{Map, Value as Json, json};

/// Values of a type, each with a text in another place, and with everything else that is required.
fn each(kind: Kind, name: &str, above: &[&str], text: &mut dyn FnMut() -> Json) -> Vec<Json> {
    match kind.form() {
        Form::Text | Form::IntegerOrText => vec![text()],
        Form::Names | Form::Map => kind
            .inner()
            .map_or_else(Vec::new, |inner| each(inner, name, above, text))
            .into_iter()
            .map(|it| json!({name: it}))
            .collect(),
        Form::List => kind
            .inner()
            .map_or_else(Vec::new, |inner| each(inner, name, above, text))
            .into_iter()
            .map(|it| json!([it]))
            .collect(),
        // A type within itself has no other fields there.
        Form::Fields if !above.contains(&kind.as_str()) => {
            let above = [above, &[kind.as_str()]].concat();
            let of = |field: &quay_render::kubernetes::Field, text: &mut dyn FnMut() -> Json| {
                let values = each(field.kind, name, &above, text);
                values
                    .into_iter()
                    .map(|value| {
                        let mut whole = least(kind);
                        whole[field.name] = value;
                        whole
                    })
                    .collect::<Vec<_>>()
            };
            kind.fields().iter().flat_map(|field| of(field, text)).collect()
        }
        _ => Vec::new(),
    }
}

/// The smallest value of a type.
fn least(kind: Kind) -> Json {
    match kind.form() {
        Form::Text | Form::IntegerOrText => "a".into(),
        Form::Boolean => true.into(),
        Form::Integer | Form::Number | Form::Quantity => 1.into(),
        Form::List => json!([]),
        Form::Map | Form::Names => json!({}),
        Form::Fields => {
            let required = kind.fields().iter().filter(|field| field.is_required);
            let value = |field: &quay_render::kubernetes::Field| match field.words.first() {
                Some(word) => Json::from(*word),
                None => least(field.kind),
            };
            required.map(|field| (field.name.to_owned(), value(field))).collect::<Map<_, _>>().into()
        }
    }
}

/// Uses a value as a setting of Quay.
fn of_render_config(setting: &'static Setting, value: Json) -> (Said, Diagnostics) {
    let mut documents = all("referenced", &Map::new());
    documents[1].1["spec"]["components"] = json!({"quay": {setting.name: value}});
    made::reports(&inputs(&documents, &mut |_| None))
}

/// Uses it as a setting of the Namespace.
fn of_namespace(setting: &'static Setting, value: Json) -> (Said, Diagnostics) {
    let mut documents = all("referenced", &Map::new());
    documents[1].1["spec"]["components"] = json!({"namespace": {setting.name: value}});
    made::reports(&inputs(&documents, &mut |_| None))
}

/// Uses it as a setting of all pods.
fn of_pods(setting: &'static Setting, value: Json) -> (Said, Diagnostics) {
    let mut documents = all("referenced", &Map::new());
    documents[1].1["spec"]["pods"] = json!({setting.name: value});
    made::reports(&inputs(&documents, &mut |_| None))
}

/// Uses it as an override.
fn of_registry(setting: &'static Setting, value: Json) -> (Said, Diagnostics) {
    let mut documents = all("referenced", &Map::new());
    documents[1].1["spec"]["release"] = "3.18".into();
    documents[0].1["spec"]["components"] =
        json!([{"kind": "quay", "managed": true, "overrides": {setting.name: value}}]);
    made::reports(&inputs(&documents, &mut |_| None))
}

type Put = fn(&'static Setting, Json) -> (Said, Diagnostics);

/// Overrides of Quay that contain texts.
const OVERRIDDEN: &[&str] =
    &["affinity", "annotations", "env", "labels", "resources", "securityContext", "storageClassName"];

/// Settings of the Namespace.
const OF_NAMESPACE: &[&str] = &["annotations", "labels"];

/// How many items of a list are tried together.
const TOGETHER: usize = 40;

/// Values of a setting with a text in one place each, with the number of texts: items of lists are combined.
fn everything(setting: &Setting, name: &str, text: &mut dyn FnMut() -> Json) -> Vec<(usize, Json)> {
    let values = each(setting.kind, name, &[], text);
    if setting.kind.form() != Form::List {
        return values.into_iter().map(|value| (1, value)).collect();
    }
    let items: Vec<Json> = values.into_iter().map(|value| value[0].clone()).collect();
    items.chunks(TOGETHER).map(|items| (items.len(), items.into())).collect()
}

/// Tries texts of one form in each place, and as members of maps with one name.
fn scan(name: &str, form: &dyn Fn(&str, usize) -> String) -> Vec<(String, String)> {
    let (mut found, mut seen) = (Vec::new(), 0);
    for setting in settings::settings() {
        let places: [(bool, &str, Put); 4] = [
            (true, "spec.components.quay", of_render_config),
            (OF_NAMESPACE.contains(&setting.name), "spec.components.namespace", of_namespace),
            (setting.is_of_pods, "spec.pods", of_pods),
            (OVERRIDDEN.contains(&setting.name), "overrides", of_registry),
        ];
        for (_, what, put) in places.into_iter().filter(|(is_taken, ..)| *is_taken) {
            let mut markers = Markers::default();
            let mut text = || {
                seen += 1;
                form(&markers.next(), seen).into()
            };
            for (texts, value) in everything(setting, name, &mut text) {
                let (said, refused) = put(setting, value);
                let case = format!("{what}.{}", setting.name);
                found.extend(leaks(&markers, &said, &case));
                let exposed = refused.iter().filter(|it| it.code.as_str() == "secret-exposed").count();
                assert!(exposed >= texts, "{case}: {exposed} of {texts} are refused: {:?}", said[0]);
            }
        }
    }
    assert!(seen > 400, "{seen}");
    found
}

#[test]
fn no_secret_in_a_setting_is_said_or_accepted() {
    // An address of mail is at home in some places.
    let urls: Vec<_> = URLS.iter().chain(NAMED).filter(|url| url("SECRET") != "SECRET@example.com").collect();
    let found = scan("example.com/a", &|marker, number| match number % (urls.len() + 1) {
        0 => format!("-----BEGIN PRIVATE KEY-----\n{marker}\n"),
        at => urls[at - 1](marker),
    });
    assert_tight(&found);
}

/// Members with the name of a secret; in labels these are allowed.
#[test]
fn no_member_that_is_named_as_a_secret_is_accepted() {
    for (key, is_refused) in
        [("password", true), ("pass", true), ("client_secret", true), ("secretName", false), ("vhost", false)]
    {
        for volume in [
            json!({"csi": {"driver": "a", "volumeAttributes": {key: "hunter2marker"}}}),
            json!({"flexVolume": {"driver": "a", "options": {key: "hunter2marker"}}}),
        ] {
            let mut value = volume;
            value["name"] = "a".into();
            let (said, refused) = of_render_config(settings::find("volumes").unwrap(), json!([value]));
            let exposed = refused.iter().any(|it| it.code.as_str() == "secret-exposed");
            assert_eq!(exposed, is_refused, "{key}: {said:?}");
            assert!(!is_refused || said.iter().all(|(_, text)| !text.contains("hunter2marker")), "{said:?}");
        }
    }
}

/// Forms of patches with a secret for `@`: as a whole text, after a name, as an argument, in a target.
const PATCHES: &[&str] = &[
    "{metadata: {annotations: {example.com/a: @}}}",
    "{spec: {template: {spec: {containers: [{name: quay-app, env: [{name: A, value: @}]}]}}}}",
    "{spec: {template: {spec: {containers: [{name: quay-app, args: [a, @]}]}}}}",
    "{spec: [[@]]}",
    "[{op: add, path: /metadata/annotations/a, value: @}]",
    "[{op: add, path: /metadata, value: {annotations: {a: [@]}}}]",
    "[{op: test, path: /metadata/annotations/a, value: @}]",
    "[{op: @, path: /metadata}]",
    "[{op: remove, path: @}]",
    "[{op: copy, from: @, path: /metadata}]",
    "@",
    "[@]",
];
const NAMED_PATCHES: &[&str] = &[
    "{spec: {template: {spec: {containers: [{name: quay-app, env: [{name: DB_PASSWORD, value: @}]}]}}}}",
    "{data: {password: @}}",
    "{spec: {template: {spec: {containers: [{name: quay-app, args: [--password, @]}]}}}}",
    "[{op: add, path: /data, value: {db_password: @}}]",
];

#[test]
fn no_secret_in_a_patch_is_said_or_accepted() {
    let with = |patches: Json| {
        let mut documents = all("referenced", &Map::new());
        documents[1].1["spec"]["patches"] = patches;
        made::reports(&inputs(&documents, &mut |_| None))
    };
    let parsed = |patch: &str, secret: &str| -> Json {
        serde_yaml::from_str(&patch.replace('@', &Json::from(secret).to_string())).unwrap()
    };
    let (mut markers, mut found) = (Markers::default(), Vec::new());
    let mut look = |patches: Json, case: &str, markers: &Markers| {
        let (said, refused) = with(patches);
        found.extend(leaks(markers, &said, case));
        assert!(refused.iter().any(|it| it.code.as_str() == "secret-exposed"), "{case}: {:?}", said[0]);
    };
    let urls = URLS.iter().chain(NAMED).filter(|url| url("SECRET") != "SECRET@example.com");
    for (number, url) in urls.enumerate() {
        for patch in [PATCHES[number % PATCHES.len()], PATCHES[(number * 5 + 2) % PATCHES.len()]] {
            let secret = url(&markers.next());
            look(json!([{"target": {"kind": "Deployment"}, "patch": parsed(patch, &secret)}]), patch, &markers);
        }
        let target = ["group", "kind", "name", "labelSelector"][number % 4];
        let secret = url(&markers.next());
        look(
            json!([{"target": {target: secret}, "patch": {"metadata": {"annotations": {"a": "b"}}}}]),
            target,
            &markers,
        );
    }
    for patch in NAMED_PATCHES {
        let secret = markers.next();
        look(json!([{"target": {}, "patch": parsed(patch, &secret)}]), patch, &markers);
    }
    assert_tight(&found);
}
