//! RenderConfig, `quay-render.dev/v1alpha1`: facts that only the cluster or the user knows.

use super::Spanned;
use super::access::{self, Access};
use super::backup::{self, Backup, Source};
use super::clair::{self, Clair};
use super::database_upgrade::{self, DatabaseUpgrade};
use super::document::Document;
use super::fields::{Fields, Word};
use super::flux::{self, Form};
use super::image_mirror::{self, ImageMirror};
use super::keys::Keys;
use super::lacking;
use super::layers::Files;
use super::monitoring::{self, Monitoring, Prometheus};
use super::notations::major_minor;
use super::operator::{self, Operator};
use super::patches::{self, Patch};
use super::proxy::{self, Proxy};
use super::secrets::{self, Secrets};
use super::settings::{self, Settings};
use super::severities::{self, RuleSeverity};
use super::storage_gateway::{self, StorageGateway};
use crate::catalog::{Channel, Delivery, Oldest, Release};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::{Given, Inputs, Profile};
use crate::secret::Secret;
use crate::yaml::{self, Dialect, Node, Origin};
use std::collections::BTreeMap;

/// A RenderConfig with defaults filled in.
pub struct RenderConfig {
    /// Where its `spec` begins, the location of errors about missing fields.
    pub at: Location,
    /// `spec.namespace`, for a QuayRegistry without one (guide 4.1.2).
    pub namespace: Option<Spanned<String>>,
    /// `spec.release`: which operator's output is rendered.
    pub release: Spanned<String>,
    /// `spec.cluster`.
    pub cluster: Cluster,
    /// `spec.access`: the way in; `None` for the operator's.
    pub access: Option<Access>,
    /// Whether `spec.access` is there and could not be read.
    pub access_is_unread: bool,
    /// `spec.proxy`.
    pub proxy: Option<Proxy>,
    /// `spec.clair`.
    pub clair: Clair,
    /// `spec.objectStorage.bucket`: what the bucket claim's Secret and ConfigMap say.
    pub bucket: Option<Bucket>,
    /// Whether `spec.objectStorage.bucket` is present, even if invalid.
    pub bucket_given: bool,
    /// `spec.objectStorage.gateway`: what serves the bucket claim, if that is rendered too.
    pub storage_gateway: Option<StorageGateway>,
    /// `spec.delivery` and `spec.operator`: the operator that makes the registry's objects; `None` where they are rendered.
    pub operator: Option<Operator>,
    /// `spec.backup`: backups of the databases.
    pub backup: Option<Backup>,
    /// `spec.restoreFrom`: the server from which Quay's database is taken in place of a backup.
    pub restore_from: Option<Source>,
    /// `spec.databaseUpgrade`: databases that take over the data of a server of another PostgreSQL.
    pub database_upgrade: Option<DatabaseUpgrade>,
    /// `spec.monitoring`: metrics, alerts, objectives and dashboards.
    pub monitoring: Monitoring,
    /// `spec.images` (guide 7.1.5).
    pub images: BTreeMap<String, Spanned<String>>,
    /// `spec.imageMirror`: where copies of images are.
    pub image_mirror: Option<ImageMirror>,
    /// `spec.shape`: what components get before any settings.
    pub shape: String,
    /// `spec.profile`, `spec.components` and `spec.pods`: the settings of components.
    pub settings: Settings,
    /// `spec.patches`: final changes to rendered objects.
    pub patches: Vec<Patch>,
    /// `spec.configEditor`: whether the config editor is rendered.
    pub config_editor: bool,
    /// `spec.redisPassword`: where it says that the managed Redis asks for a password, if it does.
    pub redis_password: Option<Location>,
    /// `spec.paused`: whether application and mirror run no pod.
    pub paused: bool,
    /// `spec.rerun`: a text that, when changed, makes the Jobs run again.
    pub rerun: Option<String>,
    /// `spec.protectData`: whether PersistentVolumeClaims, bucket claim and Namespace survive pruning.
    pub protect_data: bool,
    /// `spec.output`, with `spec.flux`: the form of the output.
    pub output: Form,
    /// `spec.secrets`.
    pub secrets: Secrets,
    /// `spec.knownFields`: fields of config.yaml that are not in the tables but that the user confirms, sorted.
    pub known_fields: Vec<String>,
    /// `spec.fips`: whether the registry must run on a FIPS cluster (guide 6.3).
    pub fips: bool,
    /// `spec.diagnostics`: the severities of rules.
    pub levels: Vec<RuleSeverity>,
}

impl RenderConfig {
    /// Whether the user declared a field of config.yaml that is not in the tables.
    #[must_use]
    pub fn declares(&self, field: &str) -> bool {
        self.known_fields.binary_search_by(|known| known.as_str().cmp(field)).is_ok()
    }

    /// What the output holds.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        if self.operator.is_some() { Delivery::Operator } else { Delivery::Manifests }
    }

    /// Whose Prometheus scrapes. The operator's objects are for OpenShift's, whatever the cluster.
    #[must_use]
    pub fn prometheus(&self) -> Prometheus {
        match &self.monitoring.prometheus {
            _ if !self.is_production() => Prometheus::Platform,
            Some(given) => given.value,
            None if self.cluster.is_openshift() => Prometheus::Platform,
            None => Prometheus::Other,
        }
    }

    /// Whether the output has the shape production.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.shape == "production"
    }
}

/// `spec.cluster`.
pub struct Cluster {
    /// What kind of cluster it is.
    pub platform: Platform,
    /// The domain of the cluster's routes.
    pub apps_domain: Option<Spanned<String>>,
    /// The version of the Kubernetes API, major and minor.
    pub version: (u32, u32),
    /// `spec.cluster.apis`: for each API that a component needs, whether the cluster has it.
    pub apis: BTreeMap<String, bool>,
    /// `spec.cluster.apis.gateway`: the installed Gateway API; `None` without one.
    pub gateway: Option<GatewayApi>,
    /// Whether the Namespace is rendered, rather than created by somebody else.
    pub render_namespace: bool,
}

/// What kind of cluster it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// OpenShift.
    OpenShift,
    /// Any other Kubernetes.
    Kubernetes,
}

impl Word for Platform {
    const WORDS: &'static [(&'static str, Self)] = &[("openshift", Self::OpenShift), ("kubernetes", Self::Kubernetes)];
}

impl Cluster {
    /// Whether it is OpenShift.
    #[must_use]
    pub fn is_openshift(&self) -> bool {
        self.platform == Platform::OpenShift
    }

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
    /// Whether the kinds of the experimental channel are installed too.
    pub experimental: bool,
}

impl GatewayApi {
    /// The API version of a kind; `None` if that release and channel lack it.
    #[must_use]
    pub fn version<'a>(&self, kind: &str, release: &'a Release) -> Option<&'a str> {
        let channel = if self.experimental { Channel::Experimental } else { Channel::Standard };
        release.gateway_version(kind, self.release, channel)
    }
}

/// The bucket that backs the ObjectBucketClaim.
pub struct Bucket {
    /// The host that serves the bucket.
    pub host: String,
    pub name: String,
    /// The access key.
    pub access_key: Secret,
    /// The secret key.
    pub secret_key: Secret,
}

/// The keys of the bucket, as the Secret of the bucket claim and the keys Secret name them.
pub const BUCKET_ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
/// The second of them.
pub const BUCKET_SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Used in place of an invalid version, which has been reported.
const DEFAULT_VERSION: (u32, u32) = (1, 33);
/// The configuration editor component, which later releases do not have.
const CONFIG_EDITOR: &str = "configeditor";
/// The shape in which components are given what the operator gives them.
const OPERATORS: &str = "operator";
/// The API that is configured by a map.
const GATEWAY: &str = "gateway";

/// Reads a RenderConfig, with the profile files that it names; `None` if something required lacks a default.
pub fn read(
    document: &Document,
    facts: &Release,
    profiles: &[Profile],
    diagnostics: &mut Diagnostics,
) -> Option<RenderConfig> {
    let root = Fields::root(document, "RenderConfig", diagnostics)?;
    root.check(diagnostics);
    let spec = root.map("spec", diagnostics)?;
    let release = spec.any_text("release", diagnostics);
    let cluster = cluster(&spec, facts, diagnostics);
    let version = cluster.as_ref().map_or(DEFAULT_VERSION, |cluster| cluster.version);
    let mut shape = spec.text_or_default("shape", diagnostics);
    let operator = operator::read(&spec, diagnostics);
    if operator.is_some() {
        OPERATORS.clone_into(&mut shape);
    }
    let settings = settings::read(&spec, facts, version, profiles, diagnostics);
    let patches = patches::read(&spec, diagnostics);
    let namespace = spec.text("namespace", diagnostics);
    let config_editor = config_editor(&spec, facts, diagnostics);
    let redis_password = spec.flag("redisPassword", diagnostics).filter(|flag| flag.value).map(|flag| flag.at);
    let paused = spec.flag_or_default("paused", diagnostics);
    let rerun = spec.valid_text("rerun", diagnostics).map(|text| text.value);
    let protect_data = spec.flag_or_default("protectData", diagnostics);
    let output = flux::read(&spec, diagnostics);
    let access = access::read(&spec, diagnostics);
    let access_is_unread = access.is_none() && spec.get("access").is_some_and(|node| !node.is_null());
    let proxy = proxy::read(&spec, diagnostics);
    let clair = clair::read(&spec, facts, diagnostics);
    let secrets = secrets::read(&spec, facts, diagnostics);
    let bucket = bucket(&spec, diagnostics);
    let bucket_given = spec.get("objectStorage").is_some_and(|storage| storage.get("bucket").is_some());
    let storage_gateway = storage_gateway::read(&spec, diagnostics);
    let backup = backup::read(&spec, version, diagnostics);
    let restore_from = backup::read_source(&spec, diagnostics);
    let database_upgrade = database_upgrade::read(&spec, diagnostics);
    let monitoring = monitoring::read(&spec, facts, diagnostics);
    let images = images(&spec, facts, diagnostics);
    let image_mirror = image_mirror::read(&spec, diagnostics);
    let mut known_fields = spec.texts("knownFields", diagnostics);
    known_fields.sort();
    let fips = spec.flag_or_default("fips", diagnostics);
    let levels = severities::read(&spec, diagnostics);
    Some(RenderConfig {
        at: spec.place(),
        namespace,
        release: release?,
        cluster: cluster?,
        operator,
        access,
        access_is_unread,
        proxy,
        clair,
        bucket,
        bucket_given,
        storage_gateway,
        backup,
        restore_from,
        database_upgrade,
        monitoring,
        images,
        image_mirror,
        shape,
        settings,
        patches,
        config_editor,
        redis_password,
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

/// Whether the configuration editor is rendered.
fn config_editor(spec: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> bool {
    let has_editor = |release: &Release| release.component(CONFIG_EDITOR).is_some();
    let is_wanted = spec.flag_or_default("configEditor", diagnostics);
    let is_said = spec.get("configEditor").and_then(Node::as_bool) == Some(true);
    if is_said && !has_editor(facts) {
        lacking::warn(spec, "configEditor", "config editor", facts, has_editor, diagnostics);
    }
    is_wanted && has_editor(facts)
}

const STAND_IN: &str = "
spec:
  release: any
  namespace: stand-in
  cluster: {platform: openshift, appsDomain: apps.invalid}
  secrets: {mode: referenced}
";

/// A default RenderConfig in place of a missing one, so that whatever does not depend on it can still be checked.
pub fn stand_in(facts: &Release) -> Option<RenderConfig> {
    let origin = Origin { file: "", within: None };
    let root = yaml::parse_one(STAND_IN, &origin, Dialect::Kubernetes, &mut Diagnostics::new())?;
    read(&Document { files: Files::one("", STAND_IN), root }, facts, &[], &mut Diagnostics::new())
}

/// The release that a RenderConfig names, if any.
pub fn release(document: &Document) -> Option<&str> {
    document.root.get("spec")?.get("release")?.as_str()
}

fn cluster(spec: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> Option<Cluster> {
    let cluster = spec.map("cluster", diagnostics)?;
    let platform = cluster.choice::<Platform>("platform", diagnostics);
    let render_namespace = cluster.text_or_default("namespace", diagnostics) == "render";
    let apps_domain = cluster.text("appsDomain", diagnostics);
    let version = version(&cluster, facts, diagnostics);
    let apis = cluster.open_map("apis", diagnostics);
    if let Some(apis) = &apis {
        let known = facts.apis().into_iter().map(|needs| needs.api.as_str()).chain([GATEWAY]);
        apis.only(&known.collect::<Vec<_>>(), diagnostics);
    }
    let gateway = apis.as_ref().and_then(|apis| gateway_api(apis, diagnostics));
    let platform = platform?.value;
    let mut api = |name: &str| {
        let given = apis.as_ref().and_then(|apis| apis.flag(name, diagnostics));
        (name.to_owned(), given.map_or(platform == Platform::OpenShift, |flag| flag.value))
    };
    let known = facts.apis().into_iter().map(|needs| api(&needs.api)).collect();
    Some(Cluster { platform, apps_domain, version, apis: known, gateway, render_namespace })
}

fn gateway_api(apis: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<GatewayApi> {
    let map = apis.map(GATEWAY, diagnostics)?;
    let experimental = map.text_or_default("channel", diagnostics) == "experimental";
    let given = map.text("release", diagnostics)?;
    // An invalid one has been refused; this value avoids reports that it lacks something as well.
    let refused = GatewayApi { release: (2, 0), experimental: true };
    Some(major_minor(&given.value).map_or(refused, |release| GatewayApi { release, experimental }))
}

fn version(cluster: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> (u32, u32) {
    let Some((major, minor)) = major_minor(&cluster.text_or_default("kubernetesVersion", diagnostics)) else {
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
    let bucket = spec.map("objectStorage", diagnostics)?.map("bucket", diagnostics)?;
    let mut part = |name| bucket.text(name, diagnostics).map(|text| text.value);
    let (host, name) = (part("host"), part("name"));
    let (access_key, secret_key) = (part("accessKey"), part("secretKey"));
    Some(Bucket {
        host: host?,
        name: name?,
        access_key: Secret::new(access_key.unwrap_or_default()),
        secret_key: Secret::new(secret_key.unwrap_or_default()),
    })
}

/// Takes the keys of the bucket that the file leaves out from the keys Secret; reports those that are in neither.
pub fn fill_bucket(config: &mut RenderConfig, keys: &Keys, diagnostics: &mut Diagnostics) {
    let Some(bucket) = config.bucket.as_mut().filter(|_| !config.secrets.are_referenced()) else { return };
    let parts = [
        (&mut bucket.access_key, "accessKey", BUCKET_ACCESS_KEY),
        (&mut bucket.secret_key, "secretKey", BUCKET_SECRET_KEY),
    ];
    for (own, field, name) in parts.into_iter().filter(|(own, ..)| own.expose().is_empty()) {
        match keys.get(name) {
            Some(value) => *own = Secret::new(value),
            None if keys.is_unread => {}
            None => {
                let message = format!("is missing, and the keys Secret has no {name}");
                let problem = Diagnostic::new(codes::FIELD_MISSING, message).at(config.at.clone());
                let hint = format!("write {name} of the claim's Secret into the keys file, or {field} here");
                diagnostics.push(problem.field(format!("spec.objectStorage.bucket.{field}")).hint(hint));
            }
        }
    }
}

fn images(spec: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> BTreeMap<String, Spanned<String>> {
    let Some(images) = spec.open_map("images", diagnostics) else { return BTreeMap::new() };
    let known = lacking::check(&images, "such image", facts, Release::image_names, diagnostics);
    known.into_iter().filter_map(|name| Some((name.to_owned(), images.text(name, diagnostics)?))).collect()
}

/// Adds images and the namespace given outside the files; those in the files win.
pub fn add_given(config: &mut RenderConfig, inputs: &Inputs) {
    let spanned = |given: &Given| Spanned { value: given.value.clone(), at: Location::file(given.from.clone()) };
    for (name, given) in &inputs.images {
        config.images.entry(name.clone()).or_insert_with(|| spanned(given));
    }
    if config.namespace.is_none() {
        config.namespace = inputs.namespace.as_ref().map(spanned);
    }
}

/// Warns that secrets will be in the output, unless the user asked for it, and that a bucket given in the file is not
/// used.
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
