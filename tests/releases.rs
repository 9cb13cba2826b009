//! Every release, each way in, each place of the secrets, and every combination of components: all of it builds, and what is
//! referred to is there. What a release has or has not is in the messages.

use crate::support::sealed::unopenable;
use quay_render::catalog::{Catalog, Release};
use quay_render::compile;
use quay_render::input::{Folder, Inputs, Source};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::thread;

const HOST: &str = "registry.example.com";
const MODES: [&str; 4] = ["inline", "referenced", "external", "sealed"];

/// The ways in, each with the platform that has it.
fn ways() -> Vec<(&'static str, Json)> {
    let from = |from: &str| json!({"from": from});
    vec![
        (
            "openshift",
            json!({"type": "route", "tls": "edge", "certificate": from("controller"), "publiclyTrusted": true}),
        ),
        ("openshift", json!({"type": "route", "tls": "passthrough", "certificate": from("pair")})),
        ("openshift", json!({"type": "none", "publiclyTrusted": true})),
        (
            "kubernetes",
            json!({"type": "ingress", "tls": "edge", "certificate": {"from": "secret", "name": "registry-tls"},
                   "publiclyTrusted": true, "ingress": {"className": "nginx", "controller": "ingress-nginx"}}),
        ),
        ("kubernetes", json!({"type": "service", "tls": "passthrough", "service": {"type": "LoadBalancer"}})),
    ]
}

struct Case {
    release: String,
    platform: &'static str,
    mode: &'static str,
    access: Option<Json>,
    unmanaged: BTreeSet<&'static str>,
}

impl Case {
    fn inputs(&self, kinds: &[&'static str]) -> Inputs {
        let is = |kind: &str| self.unmanaged.contains(kind);
        let listed = kinds.iter().filter(|kind| self.access.is_none() || !["route", "tls"].contains(*kind));
        let components: Vec<Json> = listed.map(|kind| json!({"kind": kind, "managed": !is(kind)})).collect();
        let registry = json!({
            "apiVersion": "quay.redhat.com/v1",
            "kind": "QuayRegistry",
            "metadata": {"name": "registry", "namespace": "quay"},
            "spec": {"configBundleSecret": "config-bundle", "components": components},
        });
        let mut spec = json!({
            "release": self.release,
            "cluster": {"platform": self.platform, "appsDomain": "apps.example.com"},
            "secrets": {"mode": self.mode},
        });
        if let Some(access) = &self.access {
            spec["access"] = access.clone();
        }
        if self.mode == "external" {
            spec["secrets"]["external"] = json!({"store": {"name": "vault"}});
        }
        if !is("objectstorage") && self.mode != "referenced" {
            spec["objectStorage"] = json!({"bucket": {"host": "s3.example.com", "name": "quay", "accessKey": "EXAMPLE", "secretKey": "EXAMPLE"}});
        }
        let config = json!({"apiVersion": "quay-render.dev/v1alpha1", "kind": "RenderConfig", "spec": spec});
        let source = |name: &str, text: String| Source { name: name.to_owned(), bytes: text.into_bytes() };
        let mut inputs = Inputs {
            name: "DIR".to_owned(),
            sources: vec![
                source("quayregistry.yaml", registry.to_string()),
                source("render-config.yaml", config.to_string()),
            ],
            bundle: Some(Folder { name: "config-bundle".to_owned(), files: self.bundle() }),
            ..Inputs::default()
        };
        if self.mode != "referenced" {
            inputs.sources.push(source("keys.yaml", fs::read_to_string("examples/all-unmanaged/keys.yaml").unwrap()));
        }
        if self.mode == "sealed" {
            let sealed = unopenable(&inputs, "quay");
            inputs.sources.retain(|source| source.name != "keys.yaml");
            inputs.sources.push(source("sealed.yaml", sealed));
        }
        inputs
    }

    /// What unmanaged components need of it.
    fn bundle(&self) -> Vec<(String, Source)> {
        let is = |kind: &str| self.unmanaged.contains(kind);
        let mut config = vec![format!("SERVER_HOSTNAME: {HOST}")];
        if is("postgres") {
            config.push("DB_URI: postgresql://quay:EXAMPLE@db.example.com:5432/quay".to_owned());
        }
        if is("redis") {
            config.push(
                "BUILDLOGS_REDIS: {host: redis.example.com}\nUSER_EVENTS_REDIS: {host: redis.example.com}".to_owned(),
            );
        }
        if is("objectstorage") {
            config.push(
                "DISTRIBUTED_STORAGE_CONFIG: {default: [S3Storage, {s3_bucket: quay, storage_path: /registry}]}\n\
                 DISTRIBUTED_STORAGE_PREFERENCE: [default]\nDISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]"
                    .to_owned(),
            );
        }
        let source =
            |name: &str, bytes: Vec<u8>| (name.to_owned(), Source { name: format!("config-bundle/{name}"), bytes });
        let mut files = vec![source("config.yaml", (config.join("\n") + "\n").into_bytes())];
        if is("tls") {
            for name in ["ssl.cert", "ssl.key"] {
                let path = format!("examples/release-3.18-all-unmanaged/config-bundle/{name}");
                files.push(source(name, fs::read(path).unwrap()));
            }
        }
        if is("clairpostgres") && !is("clair") {
            let own = "host=db.example.com port=5432 dbname=clair user=clair password=EXAMPLE sslmode=verify-full";
            let parts = ["indexer", "matcher", "notifier"].map(|part| format!("{part}: {{connstring: {own:?}}}\n"));
            files.push(source("clair-config.yaml", parts.concat().into_bytes()));
        }
        files
    }
}

/// The objects of a case, each with its component. Everything that pods refer to is among them, or is left to the cluster.
fn built(case: &Case, kinds: &[&'static str]) -> Vec<(String, Json)> {
    let about = format!(
        "{} on {}, {}, {:?}, without {:?}",
        case.release, case.platform, case.mode, case.access, case.unmanaged
    );
    let compiled = compile(&case.inputs(kinds));
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    let rendered = compiled.registry.unwrap_or_else(|| panic!("{about} is refused:\n{}", said.join("\n")));
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
        assert!(is_there, "{about}: nothing makes {kind} {name}");
    }
    objects
}

/// What the pods of an object refer to, save what need not be there.
fn references(object: &Json) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if ["Deployment", "Job"].contains(&object["kind"].as_str().unwrap()) {
        walk(&object["spec"]["template"]["spec"], &mut found);
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

fn kinds(release: &Release) -> Vec<&'static str> {
    let release = Catalog::every().find(|known| known.name == release.family).unwrap();
    release.kinds().into_iter().map(|(name, _)| name).filter(|name| *name != "quay").collect()
}

fn of(name: &str) -> Arc<Release> {
    Catalog::embedded().release(name).unwrap().unwrap()
}

/// Runs something for each, on every core.
fn for_each<T: Send>(all: Vec<T>, run: impl Fn(T) + Sync) {
    let halves = all.len().div_ceil(2).max(1);
    let mut rest = all;
    let second = rest.split_off(halves.min(rest.len()));
    thread::scope(|scope| {
        for part in [rest, second] {
            scope.spawn(|| part.into_iter().for_each(&run));
        }
    });
}

#[test]
fn every_release_builds_with_each_way_in_and_each_place_of_the_secrets() {
    let releases: Vec<String> = Catalog::embedded().names().map(str::to_owned).collect();
    assert_eq!(releases.len(), 14);
    for_each(releases, |release| {
        let kinds = kinds(&of(&release));
        let every = MODES.iter().flat_map(|mode| {
            let plain = ("openshift", None);
            std::iter::once(plain)
                .chain(ways().into_iter().map(|(on, access)| (on, Some(access))))
                .map(move |it| (*mode, it))
        });
        for (mode, (platform, access)) in every {
            let lacks: &[&str] = if platform == "kubernetes" { &["objectstorage", "monitoring"] } else { &[] };
            let unmanaged = lacks.iter().copied().collect();
            built(&Case { release: release.clone(), platform, mode, access, unmanaged }, &kinds);
        }
    });
}

#[test]
fn every_combination_of_the_components_of_the_newest_release_builds() {
    let release = Catalog::embedded().names().last().unwrap().to_owned();
    let kinds = kinds(&of(&release));
    assert_eq!(kinds.len(), 10);
    let combinations = (0..1_u32 << kinds.len()).collect();
    for_each(combinations, |bits| {
        let unmanaged: BTreeSet<&str> =
            kinds.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, kind)| *kind).collect();
        let case =
            Case { release: release.clone(), platform: "openshift", mode: "referenced", access: None, unmanaged };
        for (component, object) in built(&case, &kinds) {
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
    let case = Case {
        release: "3.15.0".to_owned(),
        platform: "openshift",
        mode: "referenced",
        access: None,
        unmanaged: BTreeSet::new(),
    };
    let objects = built(&case, &kinds(&of("3.15")));
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

/// What is said of a registry in a release: each message with its code.
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
    let ended = said("3.18", "    []\n", "GPG2_PRIVATE_KEY_FILENAME: key\n");
    assert!(ended.iter().any(|it| it.contains("GPG2_PRIVATE_KEY_FILENAME")), "{ended:#?}");
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
