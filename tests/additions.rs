//! Additions by files alone: a release on top of another, a component with an API that it needs. The files are the
//! tests'.

use quay_render::catalog::{Catalog, Files};
use quay_render::cluster_secrets::facts::{made, rotation};
use quay_render::input::{Inputs, Source};
use quay_render::object::{Object, Value};
use quay_render::{Compiled, compile};

const REGISTRY: &str = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: r, namespace: quay}\n";
const CONFIG: &str = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"RELEASE\"\n  \
    cluster: {platform: openshift, appsDomain: apps.example.com}\n  secrets: {mode: referenced}\n";

fn with(added: &[(&str, &str)]) -> Catalog {
    let mut files = Files::embedded();
    for (path, text) in added {
        files.insert(*path, *text);
    }
    Catalog::new(files)
}

fn build(catalog: &Catalog, release: &str) -> Compiled {
    build_of(catalog, REGISTRY, &CONFIG.replace("RELEASE", release))
}

fn build_of(catalog: &Catalog, registry: &str, config: &str) -> Compiled {
    let source = |name: &str, text: &str| Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
    let sources = vec![source("registry.yaml", registry), source("config.yaml", config)];
    compile(&Inputs { name: "DIR".to_owned(), sources, catalog: catalog.clone(), ..Inputs::default() })
}

fn objects(catalog: &Catalog, release: &str) -> Vec<Object> {
    let compiled = build(catalog, release);
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    compiled.registry.unwrap_or_else(|| panic!("{release}: {said:?}")).objects
}

/// The only error of a catalog that is invalid.
fn refusal(added: &[(&str, &str)], release: &str) -> String {
    let compiled = build(&with(added), release);
    assert!(compiled.registry.is_none());
    compiled.diagnostics.iter().map(|found| found.message.clone()).collect::<Vec<_>>().join("\n")
}

fn find<'a>(objects: &'a [Object], kind: &str, base: &str) -> Option<&'a Object> {
    objects.iter().find(|object| object.kind() == kind && object.base_name == format!("r-{base}"))
}

fn config_yaml(objects: &[Object]) -> String {
    let object = find(objects, "ConfigMap", "quay-config").unwrap();
    object.value.at(&["data", "config.yaml"]).and_then(Value::as_str).unwrap().to_owned()
}

/// The release on which the tests base theirs.
fn parent() -> String {
    Catalog::shipped().unwrap().name.clone()
}

#[test]
fn a_release_is_a_directory_over_its_parent() {
    let parent = parent();
    let facts = format!(
        "from: \"{parent}\"\nversion: 99.0.0\nimages:\n  RELATED_IMAGE_COMPONENT_REDIS: example.com/redis@sha256:{}\n\
         defaults: {{REGISTRY_TITLE: Tested, TESTING: null}}\nwithout:\n  - clair/persistentvolumeclaim-clair-postgres.yaml\n  - monitoring/\n",
        "a".repeat(64)
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: ${ name(\"quay-redis\") }\n  labels:\n    quay-operator/quayregistry: ${ registry }\nspec:\n  ports:\n    - {port: 7000}\n";
    let catalog = with(&[("releases/99/release.yaml", &facts), ("releases/99/redis/service-quay-redis.yaml", service)]);
    assert_eq!(catalog.names().collect::<Vec<_>>().last(), Some(&"99"));

    let (before, after) = (objects(&catalog, &parent), objects(&catalog, "99"));
    let image = |objects: &[Object]| {
        let redis = find(objects, "Deployment", "quay-redis").unwrap();
        let containers = redis.value.at(&["spec", "template", "spec", "containers"]).and_then(Value::as_seq).unwrap();
        containers[0].str_at(&["image"]).to_owned()
    };
    assert!(image(&after).starts_with("example.com/redis@sha256:") && image(&before) != image(&after));
    let port = |objects: &[Object]| {
        let service = find(objects, "Service", "quay-redis").unwrap();
        service.value.at(&["spec", "ports"]).and_then(Value::as_seq).unwrap()[0].at(&["port"]).cloned()
    };
    assert_eq!(port(&after), Some(7000_i64.into()));
    assert_ne!(port(&before), port(&after));
    assert!(config_yaml(&after).contains("REGISTRY_TITLE: Tested\n") && !config_yaml(&after).contains("TESTING"));
    assert!(config_yaml(&before).contains("TESTING: false\n"));
    assert!(find(&before, "PersistentVolumeClaim", "clair-postgres").is_some());
    assert!(find(&after, "PersistentVolumeClaim", "clair-postgres").is_none());
    assert!(before.iter().any(|object| object.component == "monitoring"));
    assert!(after.iter().all(|object| object.component != "monitoring"));
    // Nothing else comes or goes, and the parent is as it was.
    let gone = before.iter().filter(|object| object.component == "monitoring").count() + 1;
    assert_eq!(after.len(), before.len() - gone);
    let plain = objects(&Catalog::default(), &parent);
    assert!(plain.iter().map(|object| &object.value).eq(before.iter().map(|object| &object.value)));
}

/// An invented release, in ten lines.
const NEXT: &str = "from: \"3.18\"
version: 3.19.1
images: {RELATED_IMAGE_COMPONENT_QUAY: quay.io/projectquay/quay:3.19.1}
patches: {3.19.0: {RELATED_IMAGE_COMPONENT_QUAY: quay.io/projectquay/quay:3.19.0}}
defaults: {FEATURE_UI_V2: true}
facts: {clair: {layers: 30Gi, autoscaler: {from: 3}}, database: {claim: quay-postgres-16}}
components: {postgres: {settings: {postgres: {claim: quay-postgres-16}}}}
moved:
  postgres/persistentvolumeclaim-quay-postgres-13.yaml: postgres/persistentvolumeclaim-quay-postgres-16.yaml
  redis/service-quay-redis.yaml: redis/service-quay-valkey.yaml
";

#[test]
fn the_next_release_is_ten_lines() {
    let catalog = with(&[("releases/3.19/release.yaml", NEXT)]);
    let (before, after) = (objects(&catalog, "3.18"), objects(&catalog, "3.19"));
    let text = |objects: &[Object], kind: &str, base: &str| {
        let object = find(objects, kind, base).unwrap_or_else(|| panic!("{kind} {base}"));
        serde_json::to_string(&object.value).unwrap()
    };
    let quay = text(&after, "Deployment", "quay-app");
    assert!(
        quay.contains(r#"{"name":"QUAY_VERSION","value":"3.19.1"}"#)
            && quay.contains("quay.io/projectquay/quay:3.19.1")
    );
    assert!(text(&after, "Deployment", "clair-app").contains(r#""storage":"30Gi""#));
    assert!(text(&after, "HorizontalPodAutoscaler", "clair-app").contains(r#""maxReplicas":10"#));
    assert!(text(&after, "HorizontalPodAutoscaler", "clair-app").contains(r#""minReplicas":3"#));
    assert!(text(&after, "Deployment", "quay-database").contains(r#""claimName":"r-quay-postgres-16""#));
    assert!(find(&after, "PersistentVolumeClaim", "quay-postgres-16").is_some());
    assert!(find(&after, "PersistentVolumeClaim", "quay-postgres-13").is_none());
    // Its earlier version has another image, and everything else.
    let patch = text(&objects(&catalog, "3.19.0"), "Deployment", "quay-app");
    assert_eq!(patch, quay.replace("3.19.1", "3.19.0"));
    assert!(catalog.release("3.19.2").is_none());
    assert!(config_yaml(&after).contains("FEATURE_UI_V2: true\n") && !config_yaml(&before).contains("FEATURE_UI_V2"));
    // What moved is the same object, and everything else is there as before.
    assert_eq!(text(&after, "Service", "quay-redis"), text(&before, "Service", "quay-redis"));
    assert_eq!(after.len(), before.len());
    let plain = objects(&Catalog::default(), "3.18");
    assert!(plain.iter().map(|object| &object.value).eq(before.iter().map(|object| &object.value)));
}

#[test]
fn a_release_of_a_release_has_what_both_change() {
    let first = format!("from: \"{}\"\nversion: 98.0.0\ndefaults: {{REGISTRY_TITLE: First}}\n", parent());
    let second = "from: \"98\"\nversion: 99.0.0\ndefaults: {REGISTRY_TITLE_SHORT: Second}\n";
    let catalog = with(&[("releases/98/release.yaml", &first), ("releases/99/release.yaml", second)]);
    let config = config_yaml(&objects(&catalog, "99"));
    assert!(config.contains("REGISTRY_TITLE: First\n") && config.contains("REGISTRY_TITLE_SHORT: Second\n"));
}

#[test]
fn a_broken_file_is_named_and_nothing_is_rendered() {
    let child = |rest: &str| format!("from: \"{}\"\nversion: 99.0.0\n{rest}", parent());
    let facts = "releases/99/release.yaml";
    let json = || ("releases/99/redis/a.yaml", "data: ${ file(\"redis/files/a.json\") }\n".to_owned());
    let cases = [
        (vec![(facts, child("image: {}\n"))], "components/releases/99/release.yaml:3: unknown field `image`"),
        (
            vec![(facts, child("defaults: {FEATURE_MAILING: maybe}\n"))],
            "components/releases/99/release.yaml: the value of FEATURE_MAILING is not of its type",
        ),
        (
            vec![(facts, child("defaults: {FEATURE_MAILLING: true}\n"))],
            "components/releases/99/release.yaml: config.yaml has no field FEATURE_MAILLING",
        ),
        (vec![(facts, child("without: [redis/none.yaml]\n"))], "has no file redis/none.yaml to be without"),
        (vec![(facts, "from: \"1\"\nversion: 99.0.0\n".to_owned())], "there is no release 1 to be its parent"),
        (vec![(facts, "from: \"99\"\nversion: 99.0.0\n".to_owned())], "its parent 99 is made of it"),
        (
            vec![(facts, child("")), ("releases/99/redis/component.yaml", "when: true\nlayer: nowhere\n".to_owned())],
            "components/redis/component.yaml: no layer is called \"nowhere\"",
        ),
        (
            vec![
                (facts, child("")),
                (
                    "releases/99/redis/component.yaml",
                    "when: managed.rediss\nlayer: data\nkind: {place: 3}\n".to_owned(),
                ),
            ],
            "components/redis/component.yaml: when: undefined value: managed.rediss",
        ),
        (
            vec![
                (facts, child("")),
                ("releases/99/redis/a.yaml", "kind: Pod\nmetadata:\n  name: ${ database.nme }\n".to_owned()),
            ],
            "components/redis/a.yaml:3: undefined value: name: ${ database.nme }",
        ),
        (
            vec![
                (facts, child("")),
                (
                    "releases/99/redis/a.yaml",
                    "kind: Pod\nmetadata:\n  name: ${ secrets.STORE_PASSWORD.name }\n".to_owned(),
                ),
            ],
            "components/redis/a.yaml:3: undefined value: name: ${ secrets.STORE_PASSWORD.name }",
        ),
        (
            vec![
                (facts, child("")),
                json(),
                ("releases/99/redis/files/a.json", "{\n\"a\": \"${ serie }\"}\n".to_owned()),
            ],
            "components/redis/files/a.json:2: undefined value: ${ serie }",
        ),
        (
            vec![(facts, child("")), json(), ("releases/99/redis/files/a.json", "{\n\"a\": }\n".to_owned())],
            "components/redis/files/a.json:2: expected value at line 2",
        ),
        (
            vec![(facts, child("")), ("releases/99/monitoring/files/dashboard.yaml", "title: ${ titel }\n".to_owned())],
            "components/monitoring/files/dashboard.yaml:1: undefined value: title: ${ titel }",
        ),
        (
            vec![(facts, child("")), ("releases/99/monitoring/files/dashboard.yaml", "titel: a\n".to_owned())],
            "components/monitoring/files/dashboard.yaml: unknown field `titel`",
        ),
        (
            vec![
                (facts, child("")),
                ("releases/99/clair/files/connection.yaml", "before: a\nafter: ${ nme }\n".to_owned()),
            ],
            "components/clair/files/connection.yaml:2: undefined value: after: ${ nme }",
        ),
        (
            vec![(facts, child("")), ("releases/99/route/files/annotations.yaml", "a: b\nc: ${ nme }\n".to_owned())],
            "components/route/files/annotations.yaml:2: undefined value: c: ${ nme }",
        ),
        (
            vec![(facts, child("")), ("releases/99/route/files/annotations.yaml", "- a\n".to_owned())],
            "components/route/files/annotations.yaml: renders no map",
        ),
        (
            vec![(facts, child("")), ("releases/99/redis/a.yaml", "kind: Pod\nmetadata: {\n  name: a\n".to_owned())],
            "components/redis/a.yaml",
        ),
        (
            vec![(facts, child("")), ("releases/99/redis/a.yaml", "kind: Pod\nmetadata:\n  name: a\n".to_owned())],
            "components/redis/a.yaml: metadata.labels has no \"quay-operator/quayregistry: ${ registry }\"",
        ),
    ];
    for (files, expected) in cases {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let said = refusal(&files, "99");
        assert!(said.contains(expected) && !said.contains('\n'), "{said}");
    }
}

#[test]
fn secrets_that_cannot_be_are_named_with_their_line() {
    let facts = format!("from: \"{}\"\nversion: 99.0.0\n", parent());
    let of_redis = |secrets: &str| {
        let component = format!("when: managed.redis\nlayer: data\nkind: {{place: 3}}\nsecrets:\n{secrets}");
        refusal(&[("releases/99/release.yaml", &facts), ("releases/99/redis/component.yaml", &component)], "99")
    };
    let key = |name: &str, rest: &str| {
        format!("  store:\n    place: 20\n    rotation: x\n    keys:\n      {name}: {{what: x, {rest}}}\n")
    };
    let cases = [
        ("  store: {place: 20}\n".to_owned(), ":5: secrets.store: missing field `rotation`"),
        ("  store: {place: 2, rotation: x}\n".to_owned(), ":5: database has the place 2 already"),
        ("  database: {place: 20, rotation: x}\n".to_owned(), ":5: postgres has a Secret database too"),
        ("  Redis: {place: 20, rotation: x}\n".to_owned(), ":5: \"Redis\" is not a name of lower-case letters"),
        (key("DB_PASSWORD", "length: 32"), ":9: postgres has a key DB_PASSWORD too"),
        (key("REDIS-PW", "length: 32"), ":9: \"REDIS-PW\" is not a name of upper-case letters, digits and _"),
        (key("REDIS_PW", "length: 15"), ":9: REDIS_PW has 15 characters, and none has fewer than 16"),
        (
            key("REDIS_PW", "length: 32, in_bundle: true"),
            ":9: REDIS_PW is in_bundle, and config.field does not name the same field",
        ),
        (
            key("REDIS_PW", "length: 32, inline: {secret: redis, key: password}"),
            ":9: REDIS_PW is inline in a Secret that has no template redis/secret-redis.yaml",
        ),
        (key("REDIS_PW", "length: 32, inlin: {}"), ":9: secrets.store.keys.REDIS_PW: unknown field `inlin`"),
    ];
    for (secrets, expected) in cases {
        let said = of_redis(&secrets);
        assert!(said.contains(&format!("components/redis/component.yaml{expected}")), "{said}");
    }
    let component = "when: access.gateway\nlayer: data\nsecrets:\n  store: {place: 20, rotation: x, keys: {REDIS_PW: {length: 32, what: x}}}\n";
    let said = refusal(&[("releases/99/release.yaml", &facts), ("releases/99/redis/component.yaml", component)], "99");
    assert!(said.contains("components/redis/component.yaml: when: undefined value: access.gateway"), "{said}");
    let said = refusal(
        &[("releases/99/release.yaml", &facts), ("releases/99/clair/component.yaml", "when: true\nlayer: data\n")],
        "99",
    );
    assert!(said.contains("components/clair/component.yaml: has no Secret clair"), "{said}");
}

const EXPORTER: &[(&str, &str)] = &[
    (
        "exporter/component.yaml",
        "# What a test adds.\nwhen: managed.exporter\nlayer: monitoring\nkind:\n  place: 9\n  \
         needs: {api: exporters, description: Whether there are exporters.}\n  fields: [EXPORTER_HOST]\n  required: [MAIL_SERVER]\n\
         images: {exporter: RELATED_IMAGE_COMPONENT_REDIS}\n",
    ),
    (
        "exporter/exporter-quay.yaml",
        "apiVersion: example.com/v1\nkind: Exporter\nmetadata:\n  name: ${ name(\"quay\") }\n  labels:\n    \
         quay-operator/quayregistry: ${ registry }\nspec:\n  image: ${ images.exporter }\n",
    ),
];

#[test]
fn a_component_with_an_api_is_a_folder() {
    let catalog = with(EXPORTER);
    let config = CONFIG.replace("RELEASE", &parent());
    let exporter = |registry: &str, config: &str| {
        let compiled = build_of(&catalog, registry, config);
        let objects = compiled.registry.map(|rendered| rendered.objects).unwrap_or_default();
        let found = find(&objects, "Exporter", "quay").map(|object| object.value.str_at(&["spec", "image"]).to_owned());
        let codes: Vec<&str> = compiled.diagnostics.iter().map(|found| found.code.as_str()).collect();
        (found, codes.join(" "))
    };
    let listed = |managed: bool| format!("{REGISTRY}spec: {{components: [{{kind: exporter, managed: {managed}}}]}}\n");
    let without_api = config.replace("apps.example.com}", "apps.example.com, apis: {exporters: false}}");

    let (image, said) = exporter(REGISTRY, &config);
    assert!(image.unwrap().contains("@sha256:") && said.is_empty(), "{said}");
    assert_eq!(exporter(&listed(true), &without_api), (None, "component-api".to_owned()));
    assert_eq!(exporter(&listed(false), &config), (None, "component-required".to_owned()));
    // The program itself knows neither.
    let own = build_of(&Catalog::default(), &listed(true), &without_api);
    let codes: Vec<&str> = own.diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["field-unknown", "component-unknown"]);
}

/// A component with a random value: in a Secret of its own while secrets are inline, and in config.yaml.
const SENDER: &[(&str, &str)] = &[
    (
        "sender/component.yaml",
        "when: managed.sender\nlayer: monitoring\nkind: {place: 9, fields: [SENDER_TOKEN]}\nsecrets:\n  sender:\n    place: 9\n    \
         rotation: change it and restart the sender\n    keys:\n      SENDER_PASSWORD:\n        length: 20\n        \
         what: the sender's password\n        inline: {secret: sender-password, key: password}\n        \
         config: {field: SENDER_TOKEN, form: base64}\n",
    ),
    (
        "sender/secret-sender-password.yaml",
        "#% if secrets.inline\napiVersion: v1\nkind: Secret\nmetadata:\n  name: ${ name(\"sender-password\") }\n  labels:\n    \
         quay-operator/quayregistry: ${ registry }\nstringData:\n  password: ${ keys.SENDER_PASSWORD }\n#% endif\n",
    ),
    (
        "sender/deployment-sender.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${ name(\"sender\") }\n  labels:\n    \
         quay-operator/quayregistry: ${ registry }\nspec:\n  template:\n    metadata:\n      labels:\n        \
         quay-operator/quayregistry: ${ registry }\n    spec:\n      containers:\n        - name: sender\n          env:\n            \
         - name: PASSWORD\n              valueFrom:\n                secretKeyRef:\n                  \
         name: ${ secrets.SENDER_PASSWORD.name }\n                  key: ${ secrets.SENDER_PASSWORD.key }\n",
    ),
    ("sender/files/quay-config.yaml", "SENDER_TOKEN: ${ base64(keys.SENDER_PASSWORD) }\n"),
];

/// The Secret and the key that the component's pod reads.
fn place(objects: &[Object]) -> (String, String) {
    let sender = find(objects, "Deployment", "sender").unwrap();
    let containers = sender.value.at(&["spec", "template", "spec", "containers"]).and_then(Value::as_seq).unwrap();
    let variable = &containers[0].at(&["env"]).and_then(Value::as_seq).unwrap()[0];
    let text = |field: &str| variable.str_at(&["valueFrom", "secretKeyRef", field]).to_owned();
    (text("name"), text("key"))
}

#[test]
fn a_component_with_a_random_value_is_a_folder() {
    let (catalog, config) = (with(SENDER), CONFIG.replace("RELEASE", &parent()));
    let rendered = build_of(&catalog, REGISTRY, &config).registry.unwrap();
    let wanted = rendered.cluster_secrets.secrets.iter().find(|wanted| wanted.id.as_deref() == Some("sender")).unwrap();
    let entries: Vec<(&str, String)> = wanted.entries.iter().map(|it| (it.key.as_str(), made(it.made))).collect();
    assert_eq!(entries, [("SENDER_PASSWORD", "random, 20 letters and digits".to_owned())]);
    let rotation = rotation(&rendered.resolved.release, Some("sender"), "SENDER_PASSWORD", wanted.entries[0].made);
    assert_eq!(rotation, "change it and restart the sender");
    assert_eq!(place(&rendered.objects), ("r-quay-secret-sender".to_owned(), "SENDER_PASSWORD".to_owned()));
    // Quay's pods set it, and what may be shown lacks it.
    assert!(!config_yaml(&rendered.objects).contains("SENDER_TOKEN"));
    let plan = find(&rendered.objects, "ConfigMap", "quay-join").unwrap().value.at(&["data"]).unwrap();
    let plan: String = plan.as_map().unwrap().iter().filter_map(|(_, value)| value.as_str()).collect();
    assert!(
        plan.contains("  - path:\n    - SENDER_TOKEN\n    from: sender/SENDER_PASSWORD\n    form: base64\n"),
        "{plan}"
    );
    // Where it is not managed nobody asks for it.
    let unmanaged = format!("{REGISTRY}spec: {{components: [{{kind: sender, managed: false}}]}}\n");
    let rendered = build_of(&catalog, &unmanaged, &config).registry.unwrap();
    assert!(rendered.cluster_secrets.secrets.iter().all(|wanted| wanted.id.as_deref() != Some("sender")));
}

#[test]
fn a_random_value_of_a_folder_is_asked_for_inline() {
    let (catalog, config) = (
        with(SENDER),
        CONFIG.replace("RELEASE", &parent()).replace("referenced}", "inline}\n  access: {type: route, tls: edge}"),
    );
    let lacking = build_of(&catalog, REGISTRY, &config);
    let said: Vec<String> = lacking.diagnostics.iter().map(|found| found.message.clone()).collect();
    assert!(said.iter().any(|text| text.ends_with(", SENDER_PASSWORD (the sender's password)")), "{said:?}");
    let keys: String = catalog
        .standard()
        .unwrap()
        .keys()
        .map(|(name, ..)| format!("  {name}: abcdefghijklmnopqrstabcdefghijklmnop\n"))
        .collect();
    let keys = format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: r-quay-registry-managed-secret-keys, namespace: quay}}\nstringData:\n{keys}"
    );
    let compiled = build_of(&catalog, &format!("{REGISTRY}{keys}"), &config);
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    let objects = compiled.registry.unwrap_or_else(|| panic!("{said:?}")).objects;
    let secret = find(&objects, "Secret", "sender-password").unwrap();
    assert_eq!(secret.value.str_at(&["data", "password"]), "YWJjZGVmZ2hpamtsbW5vcHFyc3RhYmNkZWZnaGlqa2xtbm9w");
    assert_eq!(place(&objects), (secret.name().to_owned(), "password".to_owned()));
}
