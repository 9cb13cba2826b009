//! RenderConfig, `quay-render.dev/v1alpha1`: what only the cluster or the user knows.

use super::Spanned;
use super::access::{self, Access};
use super::document::Document;
use super::fields::Fields;
use super::flux::{self, Form};
use super::layers::Files;
use super::levels::{self, Level};
use super::secrets::{self, Secrets};
use crate::catalog::{Channel, Oldest, Release};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::{Given, Inputs};
use crate::quote;
use crate::yaml::{self, Dialect, Origin};
use std::collections::BTreeMap;

/// A RenderConfig, its defaults filled in.
pub struct RenderConfig {
    /// Where its `spec` begins, for what is missing in it.
    pub at: Location,
    /// `spec.namespace`, for a QuayRegistry without one (guide 4.1.2).
    pub namespace: Option<Spanned<String>>,
    /// `spec.release`: which operator's output is rendered.
    pub release: Spanned<String>,
    /// `spec.cluster`.
    pub cluster: Cluster,
    /// `spec.access`: the way in; nothing for the operator's.
    pub access: Option<Access>,
    /// Whether `spec.access` is there and could not be read.
    pub access_is_unread: bool,
    /// `spec.objectStorage.bucket`: what the bucket claim's Secret and ConfigMap say.
    pub bucket: Option<Bucket>,
    /// Whether it is written out, however wrongly.
    pub bucket_given: bool,
    /// `spec.images` (guide 7.1.5).
    pub images: BTreeMap<String, Spanned<String>>,
    /// `spec.configEditor`: whether the config editor is rendered.
    pub config_editor: bool,
    /// `spec.paused`: whether application and mirror run no pod.
    pub paused: bool,
    /// `spec.rerun`: a text that makes the Jobs others, so that they run again.
    pub rerun: Option<String>,
    /// `spec.protectData`: whether claims, bucket claim and Namespace survive pruning.
    pub protect_data: bool,
    /// `spec.output`, with `spec.flux`: the form of the output.
    pub output: Form,
    /// `spec.secrets`.
    pub secrets: Secrets,
    /// `spec.knownFields`: fields of config.yaml that the tables do not know and the user says are right, sorted.
    pub known_fields: Vec<String>,
    /// `spec.fips`: whether the registry shall run on a FIPS cluster (guide 6.3).
    pub fips: bool,
    /// `spec.diagnostics`: how severe rules are.
    pub levels: Vec<Level>,
}

impl RenderConfig {
    /// Whether the user declared a field of config.yaml that the tables do not know.
    #[must_use]
    pub fn declares(&self, field: &str) -> bool {
        self.known_fields.binary_search_by(|known| known.as_str().cmp(field)).is_ok()
    }
}

/// `spec.cluster`.
pub struct Cluster {
    /// OpenShift, or any other Kubernetes.
    pub openshift: bool,
    /// The domain of the cluster's routes.
    pub apps_domain: Option<Spanned<String>>,
    /// The version of the Kubernetes API, major and minor.
    pub version: (u32, u32),
    /// `spec.cluster.apis`: whether there is each API that a component needs, by the names there.
    pub apis: BTreeMap<String, bool>,
    /// `spec.cluster.apis.gateway`: the Gateway API that is installed; nothing where none is.
    pub gateway: Option<GatewayApi>,
    /// Whether the Namespace is rendered, or somebody else's.
    pub render_namespace: bool,
}

impl Cluster {
    /// Whether the cluster has an API that a component needs.
    #[must_use]
    pub fn has(&self, api: &str) -> bool {
        self.apis.get(api).copied().unwrap_or_default()
    }
}

/// An installed Gateway API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayApi {
    /// Its release, major and minor.
    pub release: (u32, u32),
    /// Whether the kinds of the experimental channel are there too.
    pub experimental: bool,
}

impl GatewayApi {
    /// The API version of one of its kinds; nothing where that release and channel lack it.
    #[must_use]
    pub fn version<'a>(&self, kind: &str, release: &'a Release) -> Option<&'a str> {
        let channel = if self.experimental { Channel::Experimental } else { Channel::Standard };
        release.gateway_version(kind, self.release, channel)
    }
}

/// The bucket behind the claim.
pub struct Bucket {
    /// Where the bucket is served.
    pub host: String,
    pub name: String,
    /// The access key.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
}

const DEFAULT_VERSION: (u32, u32) = (1, 33);
/// The API whose setting is a map.
const GATEWAY: &str = "gateway";

const FIELDS: &[&str] = &[
    "namespace",
    "release",
    "cluster",
    "access",
    "secrets",
    "objectStorage",
    "images",
    "configEditor",
    "paused",
    "rerun",
    "protectData",
    "output",
    "flux",
    "knownFields",
    "fips",
    "diagnostics",
];

/// Reads a RenderConfig; `None` where what nothing can stand in for is missing.
pub fn read(document: &Document, facts: &Release, diagnostics: &mut Diagnostics) -> Option<RenderConfig> {
    let root = Fields::new(&document.files, "", &document.root, diagnostics)?;
    root.only(&["apiVersion", "kind", "metadata", "spec"], diagnostics);
    let spec = root.map("spec", "spec", diagnostics);
    if root.get("spec").is_none() {
        let example = format!("spec:\n  release: {:?}\n  cluster:\n    platform: openshift", facts.name);
        root.missing("spec", &example, diagnostics);
    }
    let spec = spec?;
    spec.only(FIELDS, diagnostics);
    let example =
        format!("release: {:?}   # written down, so that a newer quay-render never upgrades a database", facts.name);
    let release = spec.required("release", &example, diagnostics);
    let cluster = cluster(&spec, facts, diagnostics);
    let namespace = spec.text("namespace", diagnostics);
    let config_editor = spec.flag("configEditor", diagnostics).is_none_or(|flag| flag.value);
    let paused = spec.flag("paused", diagnostics).is_some_and(|flag| flag.value);
    let rerun = rerun(&spec, diagnostics);
    let protect_data = spec.flag("protectData", diagnostics).is_none_or(|flag| flag.value);
    let output = flux::read(&spec, diagnostics);
    let access = access::read(&spec, diagnostics);
    let access_is_unread = access.is_none() && spec.get("access").is_some_and(|node| !node.is_null());
    let secrets = secrets::read(&spec, diagnostics);
    let bucket = bucket(&spec, diagnostics);
    let bucket_given = spec.get("objectStorage").is_some_and(|storage| storage.get("bucket").is_some());
    let images = images(&spec, facts, diagnostics);
    let mut known_fields = spec.texts("knownFields", diagnostics);
    known_fields.sort();
    let fips = spec.flag("fips", diagnostics).is_some_and(|flag| flag.value);
    let levels = levels::read(&spec, diagnostics);
    Some(RenderConfig {
        at: spec.place(),
        namespace,
        release: release?,
        cluster: cluster?,
        access,
        access_is_unread,
        bucket,
        bucket_given,
        images,
        config_editor,
        paused,
        rerun,
        protect_data,
        output: output?,
        secrets,
        known_fields,
        fips,
        levels,
    })
}

/// An annotation takes any text; an empty one would say nothing.
fn rerun(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let given = spec.text("rerun", diagnostics)?;
    if given.value.trim().is_empty() {
        let hint = "rerun: restored on 2021-06-01   # any text that it has not had yet; or remove the field";
        spec.refuse(codes::FIELD_VALUE, "rerun", "an empty text says nothing".to_owned(), hint, diagnostics);
        return None;
    }
    Some(given.value)
}

const STAND_IN: &str = "
spec:
  release: any
  namespace: stand-in
  cluster: {platform: openshift, appsDomain: apps.invalid}
  secrets: {mode: referenced}
";

/// One that stands in for a RenderConfig that is missing, so that what needs none can be checked all the same.
pub fn stand_in(facts: &Release) -> Option<RenderConfig> {
    let origin = Origin { file: "", within: None };
    let root = yaml::parse_one(STAND_IN, &origin, Dialect::Kubernetes, &mut Diagnostics::new())?;
    read(&Document { files: Files::one("", STAND_IN), root }, facts, &mut Diagnostics::new())
}

/// The release that a RenderConfig names, as far as it names one.
pub fn release(document: &Document) -> Option<&str> {
    document.root.get("spec")?.get("release")?.as_str()
}

fn cluster(spec: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> Option<Cluster> {
    if spec.get("cluster").is_none() {
        let hint = "cluster:\n  platform: openshift   # or kubernetes\n  appsDomain: apps.example.com";
        spec.missing("cluster", hint, diagnostics);
    }
    let cluster = spec.map("cluster", "spec.cluster", diagnostics)?;
    cluster.only(&["platform", "appsDomain", "kubernetesVersion", "apis", "namespace"], diagnostics);
    let platform = cluster.required("platform", "platform: openshift   # or kubernetes", diagnostics);
    let openshift = platform.and_then(|platform| match platform.value.as_str() {
        "openshift" => Some(true),
        "kubernetes" => Some(false),
        other => {
            let message = format!("unknown platform {}", quote::word(other, &["openshift", "kubernetes"]));
            cluster.refuse(codes::FIELD_VALUE, "platform", message, "openshift or kubernetes", diagnostics);
            None
        }
    });
    let render_namespace = cluster.text("namespace", diagnostics).is_none_or(|mode| match mode.value.as_str() {
        "render" => true,
        "external" => false,
        other => {
            let message = format!("unknown value {}", quote::word(other, &["render", "external"]));
            cluster.refuse(codes::FIELD_VALUE, "namespace", message, "render or external", diagnostics);
            true
        }
    });
    let apps_domain = cluster.text("appsDomain", diagnostics);
    let version = version(&cluster, facts, diagnostics);
    let apis = cluster.map("apis", "spec.cluster.apis", diagnostics);
    if let Some(apis) = &apis {
        let known = facts.apis().into_iter().map(|needs| needs.api.as_str()).chain([GATEWAY]);
        apis.only(&known.collect::<Vec<_>>(), diagnostics);
    }
    let gateway = apis.as_ref().and_then(|apis| gateway_api(apis, diagnostics));
    let openshift = openshift?;
    let mut api = |name: &str| {
        let given = apis.as_ref().and_then(|apis| apis.flag(name, diagnostics));
        (name.to_owned(), given.map_or(openshift, |flag| flag.value))
    };
    let known = facts.apis().into_iter().map(|needs| api(&needs.api)).collect();
    Some(Cluster { openshift, apps_domain, version, apis: known, gateway, render_namespace })
}

/// Major and minor of a version such as `1.33`, `v1.33.2`.
fn major_minor(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').splitn(3, '.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}

fn gateway_api(apis: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<GatewayApi> {
    let map = apis.map(GATEWAY, "spec.cluster.apis.gateway", diagnostics)?;
    map.only(&["release", "channel"], diagnostics);
    let channel = map.choice("channel", &["standard", "experimental"], diagnostics);
    let hint =
        "release: \"1.4\"   # kubectl get crd httproutes.gateway.networking.k8s.io -o yaml | grep bundle-version";
    let given = map.required("release", hint, diagnostics)?;
    let Some(release) = major_minor(&given.value) else {
        let message = format!("{} is no release", quote::number(&given.value));
        map.refuse(codes::FIELD_VALUE, "release", message, hint, diagnostics);
        // Refused already: nothing shall be missing in it as well.
        return Some(GatewayApi { release: (2, 0), experimental: true });
    };
    Some(GatewayApi { release, experimental: channel.is_some_and(|channel| channel.value == "experimental") })
}

fn version(cluster: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> (u32, u32) {
    let Some(given) = cluster.text("kubernetesVersion", diagnostics) else { return DEFAULT_VERSION };
    let Some((major, minor)) = major_minor(&given.value) else {
        let message = format!("{} is no version", quote::number(&given.value));
        cluster.refuse(codes::FIELD_VALUE, "kubernetesVersion", message, "kubernetesVersion: \"1.33\"", diagnostics);
        return DEFAULT_VERSION;
    };
    let Oldest { openshift, kubernetes } = &facts.oldest;
    if major_minor(kubernetes).is_some_and(|oldest| (major, minor) < oldest) {
        let message = format!("Kubernetes {major}.{minor} is too old");
        let hint =
            format!("release {} needs OpenShift {openshift}, which is Kubernetes {kubernetes}, or later", facts.name);
        cluster.refuse(codes::CLUSTER_VERSION, "kubernetesVersion", message, &hint, diagnostics);
    }
    (major, minor)
}

fn bucket(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Bucket> {
    let storage = spec.map("objectStorage", "spec.objectStorage", diagnostics)?;
    storage.only(&["bucket"], diagnostics);
    let bucket = storage.map("bucket", "spec.objectStorage.bucket", diagnostics)?;
    bucket.only(&["host", "name", "accessKey", "secretKey"], diagnostics);
    let mut part = |name, hint| bucket.required(name, hint, diagnostics).map(|text| text.value);
    let host = part("host", "host: s3.openshift-storage.svc   # BUCKET_HOST of the claim's ConfigMap");
    let name = part("name", "name: quay-datastore-…   # BUCKET_NAME of the claim's ConfigMap");
    let access_key = part("accessKey", "accessKey: …   # AWS_ACCESS_KEY_ID of the claim's Secret");
    let secret_key = part("secretKey", "secretKey: …   # AWS_SECRET_ACCESS_KEY of the claim's Secret");
    for (field, value) in [("host", &host), ("name", &name), ("accessKey", &access_key), ("secretKey", &secret_key)] {
        let Some(value) = value else { continue };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let message = match field {
            _ if value.is_empty() => "is empty",
            "host" if !value.chars().all(plain) => "is no host name: no scheme, no port, no path",
            "name" if value.contains(['/', ' ']) => "is no name of a bucket",
            _ => continue,
        };
        bucket.refuse(
            codes::FIELD_VALUE,
            field,
            message.to_owned(),
            "as the claim's ConfigMap and Secret say it",
            diagnostics,
        );
    }
    Some(Bucket { host: host?, name: name?, access_key: access_key?, secret_key: secret_key? })
}

fn images(spec: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> BTreeMap<String, Spanned<String>> {
    let Some(images) = spec.map("images", "spec.images", diagnostics) else { return BTreeMap::new() };
    let names = facts.image_names();
    images.only(&names, diagnostics);
    names.iter().filter_map(|name| Some(((*name).to_owned(), images.text(name, diagnostics)?))).collect()
}

/// Adds what comes from outside of the files, which win: images, and the namespace.
pub fn add_given(config: &mut RenderConfig, inputs: &Inputs) {
    let spanned = |given: &Given| Spanned { value: given.value.clone(), at: Location::file(given.from.clone()) };
    for (name, given) in &inputs.images {
        config.images.entry(name.clone()).or_insert_with(|| spanned(given));
    }
    if config.namespace.is_none() {
        config.namespace = inputs.namespace.as_ref().map(spanned);
    }
}

/// The warning that secrets will stand in the output, unless the user wrote that this is wanted; and that a bucket is
/// written down for nothing.
pub fn warn_of_secrets(config: &RenderConfig, diagnostics: &mut Diagnostics) {
    if config.secrets.are_referenced() && config.bucket_given {
        diagnostics.push(
            Diagnostic::new(codes::BUCKET_UNUSED, "is not used: the pods read the claim's Secret and ConfigMap")
                .at(config.at.clone())
                .field("spec.objectStorage.bucket")
                .hint("remove it: it holds keys"),
        );
    }
    if config.secrets.at.is_none() {
        diagnostics.push(
            Diagnostic::new(codes::SECRET_IN_OUTPUT, "the output holds Secrets with their values")
                .at(config.at.clone())
                .field("spec.secrets.mode")
                .hint(
                    "write secrets: {mode: referenced} to keep them out, or secrets: {mode: inline} to say that you encrypt the output",
                ),
        );
    }
}
