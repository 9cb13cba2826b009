//! The inputs, in memory: every combination of managed and unmanaged components, and the examples.

use super::ways::{Way, ways};
use crate::support::examples::registries;
use crate::support::sealed::unopenable;
use quay_render::cluster_secrets::RequiredSecret;
use quay_render::diagnostic::Diagnostics;
use quay_render::input::{self, Folder, Inputs, Source};
use quay_render::{analyze, compile};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;

/// The components of guide 3.2.
pub const COMPONENTS: [&str; 8] =
    ["clair", "horizontalpodautoscaler", "mirror", "monitoring", "objectstorage", "postgres", "redis", "route"];

/// Components for which a plain Kubernetes has no API.
const OPENSHIFT_ONLY: [&str; 3] = ["monitoring", "objectstorage", "route"];

/// The longest allowed name of a registry.
const LONGEST_NAME: &str = "a-registry-with-the-longest-name-of-them-all";

/// The versions around which APIs came and went; 1.33 is the default.
const VERSIONS: [&str; 7] = ["1.18", "1.20", "1.22", "1.23", "1.25", "1.33", "1.37"];

/// One input.
pub struct Case {
    pub name: String,
    pub registry: &'static str,
    pub platform: &'static str,
    pub version: String,
    pub unmanaged: BTreeSet<&'static str>,
    pub config_editor: bool,
    pub builds: bool,
    /// Where the secrets are, `spec.secrets.mode`.
    pub mode: &'static str,
    /// The access type, if it is not the operator's.
    pub way: Option<Way>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, registry, platform, version, unmanaged, mode, .. } = self;
        write!(f, "{name} {registry} on {platform} {version} without {unmanaged:?}, secrets {mode}")?;
        self.way.as_ref().map_or(Ok(()), |way| write!(f, ", {}", way.name))
    }
}

/// The output of one case.
pub struct Output {
    pub case: Case,
    /// Each object with its component.
    pub objects: Vec<(String, Json)>,
    /// The files with their paths.
    pub files: Vec<(String, String)>,
    /// What is left to the cluster: Secrets with their keys.
    pub cluster_secrets: Vec<(String, Vec<String>)>,
}

impl Output {
    pub fn values(&self) -> impl Iterator<Item = &Json> {
        self.objects.iter().map(|(_, value)| value)
    }

    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Json> {
        self.values().filter(move |object| object["kind"] == kind)
    }

    pub fn named(&self, kind: &str, name: &str) -> Option<&Json> {
        self.of_kind(kind).find(|object| object["metadata"]["name"] == name)
    }
}

/// All cases for the library.
pub fn every_case() -> Vec<Case> {
    let case = |platform, version: &str, unmanaged: &BTreeSet<_>| Case {
        name: "combination".to_owned(),
        registry: "sample",
        platform,
        version: version.to_owned(),
        unmanaged: unmanaged.clone(),
        config_editor: true,
        builds: false,
        mode: "inline",
        way: None,
    };
    let everywhere: Vec<BTreeSet<&str>> = (0..256_u32)
        .map(|bits| (0..8).filter(|bit| bits >> bit & 1 == 1).map(|bit| COMPONENTS[bit]).collect())
        .collect();
    let mut cases = Vec::new();
    for unmanaged in &everywhere {
        cases.push(case("openshift", "1.33", unmanaged));
        if OPENSHIFT_ONLY.iter().all(|name| unmanaged.contains(name)) {
            cases.push(case("kubernetes", "1.33", unmanaged));
        }
        if unmanaged.len() <= 1 {
            // a Route's host begins with the editor's name, and a label ends at 63 characters
            let config_editor = unmanaged.contains("route");
            cases.push(Case { registry: LONGEST_NAME, config_editor, ..case("openshift", "1.33", unmanaged) });
            cases.push(Case { config_editor: false, ..case("openshift", "1.33", unmanaged) });
            cases.push(Case { builds: true, ..case("openshift", "1.33", unmanaged) });
            for mode in ["external", "sealed"] {
                cases.push(Case { mode, ..case("openshift", "1.33", unmanaged) });
            }
        }
    }
    let plain: BTreeSet<&str> = OPENSHIFT_ONLY.into();
    cases.push(Case { registry: LONGEST_NAME, ..case("kubernetes", "1.33", &plain) });
    for mode in ["external", "sealed"] {
        cases.push(Case { mode, ..case("kubernetes", "1.33", &plain) });
    }
    // Every toggle of what is left to the cluster: on OpenShift all but one and one alone, on a plain Kubernetes all of them.
    for unmanaged in everywhere.iter().filter(|it| it.len() <= 1 || it.len() >= 7) {
        cases.push(Case { mode: "referenced", ..case("openshift", "1.33", unmanaged) });
    }
    for unmanaged in everywhere.iter().filter(|it| plain.is_subset(it)) {
        cases.push(Case { mode: "referenced", ..case("kubernetes", "1.33", unmanaged) });
    }
    for config_editor in [true, false] {
        let own = Case { mode: "referenced", builds: config_editor, ..case("openshift", "1.33", &BTreeSet::new()) };
        cases.push(Case { config_editor, ..own });
    }
    for version in VERSIONS {
        cases.push(case("openshift", version, &BTreeSet::new()));
        cases.push(case("kubernetes", version, &plain));
    }
    cases.extend(cases_of_ways(&case("openshift", "1.33", &plain)));
    cases
}

/// The access types that work, and those of them that also work with builds and with secrets outside the output.
fn cases_of_ways(like: &Case) -> Vec<Case> {
    let mut cases = Vec::new();
    for way in ways() {
        let mut unmanaged = like.unmanaged.clone();
        if way.is_route() {
            unmanaged.remove("route");
        }
        let case = |mode, builds| Case {
            name: "way in".to_owned(),
            platform: way.platform,
            unmanaged: unmanaged.clone(),
            way: Some(way.clone()),
            mode,
            builds,
            config_editor: false,
            ..like.copy()
        };
        cases.push(case("inline", false));
        if way.is_plain() || way.secrets().next().is_some() {
            cases.push(case("referenced", false));
        }
        if way.is_plain() {
            cases.extend([case("inline", true), case("external", false), case("sealed", false)]);
        }
    }
    cases.retain(Case::works);
    // That none of them has vanished as a whole.
    let mut working: BTreeMap<&str, BTreeSet<(&str, bool)>> = BTreeMap::new();
    for case in &cases {
        working.entry(case.way.as_ref().unwrap().kind()).or_default().insert((case.mode, case.builds));
    }
    let modes = ["external", "inline", "referenced", "sealed"].map(|mode| (mode, false));
    assert!(
        working.len() == 12 && working.values().all(|it| modes.iter().all(|mode| it.contains(mode))),
        "{working:?}"
    );
    assert!(working.values().filter(|it| it.contains(&("inline", true))).count() > 5, "{working:?}");
    cases
}

impl Case {
    /// The certificate in the keys is for the registry alone; one for both host names is in the bundle.
    fn bundle(&self) -> Folder {
        let pair = if self.builds { &["cert", "key"][..] } else { &[] };
        let pair = pair.iter().map(|part| {
            let bytes = fs::read(format!("tests/cluster/wildcard.{part}")).unwrap();
            (format!("ssl.{part}"), Source { name: format!("config-bundle/ssl.{part}"), bytes })
        });
        let config = Source { name: "config-bundle/config.yaml".to_owned(), bytes: self.config().into_bytes() };
        let files = std::iter::once(("config.yaml".to_owned(), config)).chain(pair).collect();
        Folder { name: "config-bundle".to_owned(), files }
    }

    fn config(&self) -> String {
        let mut config = vec!["SERVER_HOSTNAME: registry.example.com"];
        let port = self.way.as_ref().map_or(443, Way::builder_port);
        let host = format!("BUILDMAN_HOSTNAME: builds.example.com:{port}");
        if self.builds {
            config.push(&host);
            config.push(
                "FEATURE_BUILD_SUPPORT: true\n\
                 BUILD_MANAGER: [ephemeral, {ORCHESTRATOR: {REDIS_HOST: redis.example.com}, EXECUTORS: [{EXECUTOR: kubernetes}]}]",
            );
        }
        for unmanaged in &self.unmanaged {
            config.push(match *unmanaged {
                "postgres" => "DB_URI: postgresql://quay:EXAMPLE@db.example.com:5432/quay",
                "redis" => "BUILDLOGS_REDIS: {host: redis.example.com}\nUSER_EVENTS_REDIS: {host: redis.example.com}",
                "objectstorage" => {
                    "DISTRIBUTED_STORAGE_CONFIG: {default: [S3Storage, {s3_bucket: quay, storage_path: /registry}]}\n\
                     DISTRIBUTED_STORAGE_PREFERENCE: [default]\nDISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]"
                }
                _ => continue,
            });
        }
        config.join("\n") + "\n"
    }

    /// Whether it is accepted, apart from sealed values.
    fn works(&self) -> bool {
        let mode = if self.mode == "sealed" { "referenced" } else { self.mode };
        analyze(&Self { mode, ..self.copy() }.inputs(), &mut Diagnostics::new()).0.is_some()
    }

    fn copy(&self) -> Self {
        let Self { name, version, unmanaged, way, .. } = self;
        Self { name: name.clone(), version: version.clone(), unmanaged: unmanaged.clone(), way: way.clone(), ..*self }
    }

    fn inputs(&self) -> Inputs {
        let components: Vec<Json> =
            COMPONENTS.iter().map(|kind| json!({"kind": kind, "managed": !self.unmanaged.contains(kind)})).collect();
        let registry = json!({
            "apiVersion": "quay.redhat.com/v1",
            "kind": "QuayRegistry",
            "metadata": {"name": self.registry, "namespace": "images"},
            "spec": {"configBundleSecret": "config-bundle", "components": components},
        });
        let mut config = json!({
            "apiVersion": "quay-render.dev/v1alpha1",
            "kind": "RenderConfig",
            "spec": {
                "release": "3.5",
                "cluster": {
                    "platform": self.platform,
                    "appsDomain": "apps.example.com",
                    "kubernetesVersion": self.version,
                },
                "secrets": {"mode": self.mode},
                "configEditor": self.config_editor,
            },
        });
        if let Some(way) = &self.way {
            config["spec"]["cluster"]["apis"] = way.apis.clone();
            config["spec"]["access"] = way.access.clone();
        }
        // Where secrets are referenced the bucket is the claim's to tell, and the input has no keys.
        if !self.unmanaged.contains("objectstorage") && self.mode != "referenced" {
            config["spec"]["objectStorage"]["bucket"] = json!({
                "host": "s3.openshift-storage.svc",
                "name": "quay-datastore-1",
                "accessKey": "EXAMPLE",
                "secretKey": "EXAMPLE",
            });
        }
        if self.mode == "external" {
            config["spec"]["secrets"]["external"] = json!({"store": {"kind": "ClusterSecretStore", "name": "vault"}});
        }
        let keys = fs::read_to_string("examples/all-unmanaged/keys.yaml").unwrap();
        // Without a DIGEST_KEY Secrets have kustomize's own hash, which kubectl is asked for.
        let keys: String =
            keys.lines().filter(|line| !line.contains("DIGEST_KEY")).map(|line| format!("{line}\n")).collect();
        let keys = keys
            .replace("name: registry-quay", &format!("name: {}-quay", self.registry))
            .replace("namespace: quay", "namespace: images");
        let source = |name: &str, text: String| Source { name: name.to_owned(), bytes: text.into_bytes() };
        let mut inputs = Inputs {
            name: "DIR".to_owned(),
            sources: vec![
                source("keys.yaml", keys),
                source("quayregistry.yaml", registry.to_string()),
                source("render-config.yaml", config.to_string()),
            ],
            bundle: Some(self.bundle()),
            ..Inputs::default()
        };
        if self.mode == "referenced" {
            inputs.sources.retain(|source| source.name != "keys.yaml");
        }
        if self.mode == "sealed" {
            let sealed = unopenable(&inputs, "images");
            inputs.sources.retain(|source| source.name != "keys.yaml");
            inputs.sources.push(source("sealed.yaml", sealed));
        }
        inputs
    }

    pub fn compile(&self) -> Output {
        output(self.copy(), &self.inputs())
    }
}

fn output(case: Case, inputs: &Inputs) -> Output {
    let compiled = compile(inputs);
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    let rendered = compiled.registry.unwrap_or_else(|| panic!("{case} is refused:\n{}", said.join("\n")));
    let json = |value| serde_json::to_value(value).unwrap();
    let objects = rendered.objects.iter().map(|it| (it.component.clone(), json(&it.value))).collect();
    let files = rendered.files();
    let files =
        files.iter().map(|(path, file)| (path.to_owned(), String::from_utf8(file.bytes.clone()).unwrap())).collect();
    let asked = rendered.cluster_secrets.secrets.iter();
    let keys = |wanted: &RequiredSecret| wanted.entries.iter().map(|entry| entry.key.clone()).collect();
    let cluster_secrets = asked.map(|wanted| (wanted.name.clone(), keys(wanted))).collect();
    Output { case, objects, files, cluster_secrets }
}

/// The examples, compiled.
pub fn examples() -> Vec<Output> {
    let compile = |name: String| {
        let inputs = input::read(&format!("examples/{name}"), None).unwrap();
        let case = Case {
            name,
            registry: "",
            platform: "",
            version: "1.33".to_owned(),
            unmanaged: BTreeSet::new(),
            config_editor: true,
            builds: false,
            mode: "",
            way: None,
        };
        output(case, &inputs)
    };
    registries().into_iter().map(compile).collect()
}
