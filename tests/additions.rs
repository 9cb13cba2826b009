//! What is added by files alone: a release over another one, a component with an API that it needs. The files are the tests' own.

use quay_render::catalog::{Catalog, Files};
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

/// The one thing that is said of a catalog that cannot be.
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

/// The newest release of the program, over which the tests lay theirs.
fn parent() -> String {
    Catalog::embedded().names().last().unwrap().to_owned()
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
    let cases = [
        (vec![(facts, child("image: {}\n"))], "components/releases/99/release.yaml:3: unknown field `image`"),
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
