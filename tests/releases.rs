//! Every release, each access type, each place of the secrets, and every combination of components: all of them build,
//! and all references lead somewhere. Messages say what a release has and what it lacks.

use crate::support::examples::registries;
use crate::support::releases::{Case, HOST, MODES, every_way, for_each, kinds, of, releases};
use crate::support::template;
use jsonschema::Validator;
use quay_render::catalog::{Catalog, Release};
use quay_render::input::{self, Folder, Inputs, Source};
use quay_render::schemas::Schema;
use quay_render::{Rendered, compile};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Display;

/// Checks that a config.yaml has only fields of a release, with the right types.
struct Fields(Validator);

impl Fields {
    fn of(release: &Release) -> Self {
        let mut schema = Schema::ConfigBundle.json_of(release);
        schema["additionalProperties"] = json!(false);
        Self(jsonschema::draft7::new(&schema).unwrap())
    }

    fn assert_all(&self, rendered: &Rendered, about: &dyn Display) {
        let fields = rendered.resolved.config.0.iter();
        let config: Json = fields.map(|it| (it.name.clone(), serde_json::to_value(&it.value).unwrap())).collect();
        let problems: Vec<String> =
            self.0.iter_errors(&config).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(problems.is_empty(), "{about}: {}", problems.join("\n"));
    }
}

/// The output of a case.
fn rendered(case: &Case) -> Rendered {
    let compiled = compile(&case.inputs());
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    compiled.registry.unwrap_or_else(|| panic!("{case} is refused:\n{}", said.join("\n")))
}

/// The objects of a case, each with its component. All objects that pods refer to are among them, or left to the
/// cluster.
fn objects(case: &Case, rendered: &Rendered) -> Vec<(String, Json)> {
    let objects: Vec<(String, Json)> =
        rendered.objects.iter().map(|it| (it.component.clone(), serde_json::to_value(&it.value).unwrap())).collect();
    let left: BTreeSet<&str> = rendered.cluster_secrets.secrets.iter().map(|wanted| wanted.name.as_str()).collect();
    let has =
        |kind: &str, name: &str| objects.iter().any(|(_, it)| it["kind"] == kind && it["metadata"]["name"] == name);
    let is_made = |name: &str| {
        objects.iter().any(|(_, it)| {
            ["SealedSecret", "ExternalSecret", "Certificate", "ObjectBucketClaim"]
                .contains(&it["kind"].as_str().unwrap())
                && (it["metadata"]["name"] == name
                    || it["spec"]["target"]["name"] == name
                    || it["spec"]["secretName"] == name)
        })
    };
    for (kind, name) in objects.iter().flat_map(|(_, object)| references(object)) {
        let is_there =
            has(kind, &name) || (kind != "PersistentVolumeClaim" && (left.contains(&*name) || is_made(&name)));
        assert!(is_there, "{case}: nothing makes {kind} {name}");
    }
    objects
}

/// The required references of an object's pods.
fn references(object: &Json) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if ["Deployment", "Job", "CronJob"].contains(&object["kind"].as_str().unwrap()) {
        walk(&template(object)["spec"], &mut found);
    }
    found
}

fn walk(value: &Json, found: &mut Vec<(&'static str, String)>) {
    match value {
        Json::Object(map) => {
            if map.get("optional") == Some(&json!(true)) {
                return;
            }
            for (key, inner) in map {
                let (kind, name) = match key.as_str() {
                    "configMap" | "configMapKeyRef" => ("ConfigMap", &inner["name"]),
                    "secret" if inner.get("secretName").is_some() => ("Secret", &inner["secretName"]),
                    "secret" | "secretKeyRef" => ("Secret", &inner["name"]),
                    "persistentVolumeClaim" => ("PersistentVolumeClaim", &inner["claimName"]),
                    "serviceAccountName" => ("ServiceAccount", inner),
                    _ => ("", &Json::Null),
                };
                if let Some(name) = name.as_str().filter(|_| inner.get("optional") != Some(&json!(true))) {
                    found.push((kind, name.to_owned()));
                }
                walk(inner, found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| walk(item, found)),
        _ => {}
    }
}

#[test]
fn every_release_builds_with_each_way_in_and_each_place_of_the_secrets() {
    for_each(releases(), |release| {
        let fields = Fields::of(&of(&release));
        for mode in MODES {
            for way in every_way() {
                let case = Case { mode, ..Case::of(&release) }.by(way);
                let rendered = rendered(&case);
                objects(&case, &rendered);
                fields.assert_all(&rendered, &case);
            }
        }
    });
}

#[test]
fn quay_knows_every_field_that_an_example_gives_it() {
    for name in registries() {
        let compiled = compile(&input::read(&format!("examples/{name}"), None).unwrap());
        let rendered = compiled.registry.unwrap();
        Fields::of(&rendered.resolved.release).assert_all(&rendered, &name);
    }
}

/// The check does find something.
#[test]
fn a_field_of_another_release_is_found() {
    let takes = |release: &str, config: &Json| Fields::of(&of(release)).0.is_valid(config);
    let later = json!({"FEATURE_ORG_MIRROR": true});
    assert!(takes("3.18", &later) && !takes("3.15", &later));
    let ended = json!({"OTEL_CONFIG": {"OTEL_EXPORTER_OTLP_INSECURE": true}});
    assert!(takes("3.16", &ended) && !takes("3.17", &ended));
    assert!(!takes("3.18", &json!({"FEATURE_ORG_MIRROR": "true"})));
    let model = json!({"LOGS_MODEL": "splunk"});
    assert!(takes("3.9", &model) && !takes("3.8", &model));
}

#[test]
fn every_combination_of_the_components_of_the_newest_release_builds() {
    let release = Catalog::embedded().names().last().unwrap().to_owned();
    let kinds = kinds(&of(&release));
    assert_eq!(kinds.len(), 10);
    let combinations = (0..1_u32 << kinds.len()).collect();
    let fields = Fields::of(&of(&release));
    for_each(combinations, |bits| {
        let unmanaged: BTreeSet<&str> =
            kinds.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, kind)| *kind).collect();
        let case = Case { unmanaged, ..Case::of(&release) };
        let rendered = rendered(&case);
        fields.assert_all(&rendered, &case);
        for (component, object) in objects(&case, &rendered) {
            let name = &object["metadata"]["name"];
            assert!(!case.unmanaged.contains(&*component), "{:?}: {name} of {component}", case.unmanaged);
        }
    });
}

#[test]
fn every_version_of_a_release_is_the_release_with_other_images() {
    for release in Catalog::every() {
        for version in &release.patches {
            let patch = of(version);
            assert!(version.starts_with(&format!("{}.", release.name)) && *version != release.version, "{version}");
            assert_eq!((&patch.name, &patch.family, &patch.version), (version, &release.name, version));
            assert_ne!(patch.images, release.images, "{version}");
            assert_eq!((&patch.facts, &patch.defaults), (&release.facts, &release.defaults));
            assert!(patch.images.keys().eq(release.images.keys()), "{version}");
        }
        let newest = of(&release.version);
        assert_eq!(newest.images, release.images);
        assert!(Catalog::embedded().release(&format!("{}.99", release.name)).is_none());
    }
    // What was published without an image that can be pulled.
    for version in ["3.14.8", "3.16.0", "3.6.2"] {
        assert!(Catalog::embedded().release(version).is_none(), "{version}");
    }
    let case = Case::of("3.15.0");
    let objects = objects(&case, &rendered(&case));
    let text = |base: &str| {
        objects
            .iter()
            .find(|(_, it)| it["kind"] == "Deployment" && it["metadata"]["name"] == base)
            .unwrap()
            .1
            .to_string()
    };
    assert!(
        text("registry-quay-app").contains("quay.io/projectquay/quay:3.15.0")
            && !text("registry-quay-app").contains("3.15.8")
    );
}

/// The diagnostics for a registry in a release: each message with its code.
fn said(release: &str, registry: &str, config: &str) -> Vec<String> {
    said_in("referenced", release, registry, config)
}

/// The same for a place of the secrets.
fn said_in(mode: &str, release: &str, registry: &str, config: &str) -> Vec<String> {
    let registry = format!(
        "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {{name: r, namespace: quay}}\nspec:\n  configBundleSecret: b\n  components:\n{registry}"
    );
    let render = format!(
        "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: {release:?}\n  cluster: {{platform: openshift, appsDomain: apps.example.com}}\n  secrets: {{mode: {mode}}}\n"
    );
    let source = |name: &str, text: &str| Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
    let inputs = Inputs {
        name: "DIR".to_owned(),
        sources: vec![source("registry.yaml", &registry), source("config.yaml", &render)],
        bundle: Some(Folder {
            name: "config-bundle".to_owned(),
            files: vec![("config.yaml".to_owned(), source("config-bundle/config.yaml", config))],
        }),
        ..Inputs::default()
    };
    compile(&inputs).diagnostics.iter().map(ToString::to_string).collect()
}

fn says(said: &[String], code: &str, text: &str) -> bool {
    said.iter().any(|it| it.contains(&format!("[{code}]")) && it.contains(text))
}

#[test]
fn what_came_later_or_ended_is_said_with_its_release() {
    let came = said("3.15", "    []\n", "FEATURE_ORG_MIRROR: true\n");
    assert!(
        says(&came, "config-unknown", "FEATURE_ORG_MIRROR")
            && came.iter().any(|it| it.contains("3.16") || it.contains("3.17") || it.contains("3.18")),
        "{came:#?}"
    );
    let there = said("3.18", "    []\n", "FEATURE_ORG_MIRROR: true\n");
    assert!(!says(&there, "config-unknown", "FEATURE_ORG_MIRROR"), "{there:#?}");
    let secret = said("3.17", "    []\n", "OTEL_CONFIG: {OTEL_EXPORTER_OTLP_HEADERS: {Authorization: a}}\n");
    assert!(says(&secret, "config-ended", "pods wait all the same"), "{secret:#?}");
    let ended = said("3.18", "    []\n", "GPG2_PRIVATE_KEY_FILENAME: key\n");
    assert!(
        says(&ended, "config-ended", "GPG2_PRIVATE_KEY_FILENAME: has no effect: Quay 3.5 was the last"),
        "{ended:#?}"
    );
}

#[test]
fn overrides_follow_the_release() {
    let of = |kind: &str, what: &str| format!("    - {{kind: {kind}, managed: true, overrides: {{{what}}}}}\n");
    let resources = of("quay", "resources: {requests: {cpu: '1'}}");
    let early = said("3.10", &resources, "{}\n");
    assert!(
        says(&early, "override-idle", "came with operator 3.11") && says(&early, "override-idle", "spec.components"),
        "{early:#?}"
    );
    assert!(!said("3.11", &resources, "{}\n").iter().any(|it| it.contains("[override")));
    let volume = of("clair", "volumeSize: 60Gi");
    assert!(!said("3.12", &volume, "{}\n").iter().any(|it| it.contains("[override")));
    assert!(says(&said("3.13", &volume, "{}\n"), "override-idle", "does nothing with it"));
    assert!(says(
        &said("3.12", &of("clairpostgres", "volumeSize: 60Gi"), "{}\n"),
        "override-unsupported",
        "clairpostgres"
    ));
    assert!(says(&said("3.9", &of("clair", "volumeSize: 10Gi"), "{}\n"), "override-unsupported", "smaller"));
    assert!(says(&said("3.9", &of("redis", "affinity: {}"), "{}\n"), "override-unsupported", "redis"));
}

/// An API server drops or refuses what a template left empty; and no published operator has TLS for databases.
#[test]
fn overrides_that_say_nothing_count_as_not_given() {
    let blank =
        said("3.18", "    - {kind: postgres, managed: true, overrides: {resources: '', volumeSize: ''}}\n", "{}\n");
    assert_eq!(blank.iter().filter(|it| it.contains("[override-idle]") && it.contains("is an empty text")).count(), 2);
    let none = said("3.18", "    - {kind: redis, managed: true, overrides: ''}\n", "{}\n");
    assert!(says(&none, "override-idle", "spec.components[0].overrides: is an empty text"), "{none:#?}");
    let null = said("3.18", "    - {kind: redis, managed: true, overrides: null}\n", "{}\n");
    let unsaid = said("3.18", "    - {kind: redis, managed: true, overrides: {env: null, resources: null}}\n", "{}\n");
    assert_eq!(null, unsaid);
    // An empty name of a class is one.
    let class = said("3.18", "    - {kind: postgres, managed: true, overrides: {storageClassName: ''}}\n", "{}\n");
    assert!(!class.iter().any(|it| it.contains("[override")), "{class:#?}");
    let tls = said("3.18", "    - {kind: postgres, managed: true, overrides: {tls: {enabled: true}}}\n", "{}\n");
    assert!(says(&tls, "override-idle", "is of an operator that is not published yet"), "{tls:#?}");
    for said in [blank, none, null, tls] {
        assert!(!said.iter().any(|it| it.starts_with("error")), "{said:#?}");
    }
}

#[test]
fn what_a_release_has_nothing_for_is_said() {
    let said = |release: &str, path: &'static str, value: Json| -> Vec<String> {
        let case = Case { more: vec![(path, value)], ..Case::of(release) };
        compile(&case.inputs()).diagnostics.iter().map(ToString::to_string).collect()
    };
    let last = "has no effect: release 3.10 has no config editor, 3.9 was the last that had one";
    for (release, value, is_said) in [("3.9", true, false), ("3.10", true, true), ("3.10", false, false)] {
        let found = said(release, "configEditor", json!(value));
        assert_eq!(says(&found, "setting-unused", last), is_said, "{release}: {found:#?}");
    }
    let labels = json!({"labels": {"team": "registry"}});
    for (release, path, value, text) in [
        ("3.10", "components.configeditor", labels, "spec.components.configeditor: has no effect: release 3.10"),
        ("3.10", "secrets.names.editor", json!({"name": "own"}), "3.9 was the last that had one"),
        ("3.6", "secrets.names.clair-database", json!({"name": "own"}), "it came with 3.7"),
        ("3.12", "images.RELATED_IMAGE_COMPONENT_CLAIRPOSTGRES", json!("quay.io/own/image:1"), "it came with 3.13"),
    ] {
        let found = said(release, path, value);
        assert!(says(&found, "setting-unused", text), "{path}: {found:#?}");
    }
    assert!(says(&said("3.12", "images.RELATED_IMAGE_COMPONENT_CLAR", json!("a")), "field-unknown", "CLAR"));
    // What no release has is a slip.
    let found = said("3.10", "components.configedtor", json!({"labels": {"team": "registry"}}));
    assert!(says(&found, "field-unknown", "configedtor") && !says(&found, "setting-unused", ""), "{found:#?}");
}

#[test]
fn tls_goes_with_the_routes_where_its_operator_says_so() {
    let without = "    - {kind: route, managed: false}\n";
    for (release, is_required) in [("3.9", false), ("3.10", true), ("3.15", true), ("3.16", false)] {
        let said = said_in("inline", release, without, &format!("SERVER_HOSTNAME: {HOST}\n"));
        assert_eq!(says(&said, "component-required", "tls"), is_required, "{release}: {said:#?}");
    }
    let both = "    - {kind: route, managed: false}\n    - {kind: tls, managed: true}\n";
    let said = said("3.15", both, &format!("SERVER_HOSTNAME: {HOST}\n"));
    assert!(says(&said, "access-conflict", "tls, managed: true, and route, managed: false"), "{said:#?}");
}
