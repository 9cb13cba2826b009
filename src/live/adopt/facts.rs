//! What the RenderConfig says of the cluster, and the QuayRegistry as its user wrote it.

use super::images;
use crate::catalog::{Catalog, Release, Server};
use crate::diagnostic::Diagnostics;
use crate::live::export::Live;
use crate::live::registry::{KIND, Registry, missing};
use crate::model::keys::Keys;
use crate::model::render_config::{BUCKET_ACCESS_KEY, BUCKET_SECRET_KEY};
use crate::object::base_names::{BUCKET_CLAIM, SERVICE_CA};
use crate::object::{Map, Value};
use crate::secret::Secret;
use crate::sensitive;
use crate::upgrade;

/// What a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// OpenShift.
    Openshift,
    /// Any other Kubernetes.
    Kubernetes,
}

/// The spec of the RenderConfig. The keys of the bucket go to the other keys.
pub(super) fn find(
    registry: &Registry<'_>,
    release: &Release,
    platform: Option<Platform>,
    config: Option<&Value>,
    keys: &mut Keys,
    notes: &mut Vec<String>,
    problems: &mut Diagnostics,
) -> Map {
    let platform = platform.unwrap_or_else(|| guess(registry, notes));
    let mut spec = Map::new();
    spec.insert("release", release.name.as_str());
    spec.insert("shape", "operator");
    spec.insert("cluster", cluster(registry, release, config, platform));
    if let Some(proxy) = proxy(registry, config, notes) {
        spec.insert("proxy", proxy);
    }
    let mut secrets = Map::new();
    secrets.insert("mode", "inline");
    spec.insert("secrets", secrets);
    if let Some(bucket) = bucket(registry, config, keys, notes, problems) {
        let mut storage = Map::new();
        storage.insert("bucket", bucket);
        spec.insert("objectStorage", storage);
    }
    tell_of_cluster(registry, config, notes);
    let images = images::find(registry, release);
    if !images.is_empty() {
        spec.insert("images", images);
    }
    let sizes = sizes(registry);
    if !sizes.is_empty() {
        spec.insert("components", sizes);
    }
    let has_editor = release.component("configeditor").is_some();
    if has_editor && registry.find("Deployment", "quay-config-editor").is_none() {
        spec.insert("configEditor", false);
    }
    spec
}

/// OpenShift, if an object says so.
fn guess(registry: &Registry<'_>, notes: &mut Vec<String>) -> Platform {
    let is_of = |live: &Live| live.group().ends_with("openshift.io");
    let has_ca = registry.find("ConfigMap", SERVICE_CA).is_some_and(|live| live.text("service-ca.crt").is_some());
    if has_ca || registry.export.objects.iter().any(is_of) {
        return Platform::Openshift;
    }
    notes.push(
        "Nothing in the export is of OpenShift, so the RenderConfig says `platform: kubernetes`; `--platform openshift` says otherwise."
            .to_owned(),
    );
    Platform::Kubernetes
}

fn cluster(registry: &Registry<'_>, release: &Release, config: Option<&Value>, platform: Platform) -> Map {
    let is_openshift = platform == Platform::Openshift;
    let mut cluster = Map::new();
    cluster.insert("platform", if is_openshift { "openshift" } else { "kubernetes" });
    if let Some(domain) = domain(registry, config) {
        cluster.insert("appsDomain", domain);
    }
    if let Some(version) = kubernetes(registry, release) {
        cluster.insert("kubernetesVersion", version);
    }
    let apis: Map = APIS
        .iter()
        .filter_map(|(component, api, kind)| {
            let has = match registry.is_managed(component) {
                Some(true) => true,
                Some(false) => return None,
                None => registry.objects().any(|live| live.kind() == *kind),
            };
            (has != is_openshift).then(|| ((*api).to_owned(), Value::Bool(has)))
        })
        .collect();
    if !apis.is_empty() {
        cluster.insert("apis", apis);
    }
    // It is there, and somebody else's.
    cluster.insert("namespace", "external");
    cluster
}

/// The components that are managed where the cluster has an API, with that API and a kind of it.
const APIS: &[(&str, &str, &str)] = &[
    ("route", "routes", "Route"),
    ("objectstorage", "objectBucketClaims", "ObjectBucketClaim"),
    ("monitoring", "monitoring", "ServiceMonitor"),
];

fn routes<'a>(registry: &Registry<'a>) -> Vec<&'a Live> {
    registry.objects().filter(|live| live.kind() == "Route").collect()
}

/// The domain of the cluster's Routes: what stands behind a host name that OpenShift, or the operator, made of the names of
/// a Route and its namespace; else behind the router's own name.
fn domain(registry: &Registry<'_>, config: Option<&Value>) -> Option<String> {
    let behind = |name: &str, host: &str| {
        host.strip_prefix(&format!("{name}-{}.", registry.namespace)).filter(|it| !it.is_empty()).map(str::to_owned)
    };
    let server = config.and_then(|config| behind(&registry.named("quay"), config.str_at(&["SERVER_HOSTNAME"])));
    let routes = routes(registry);
    let made = || routes.iter().find_map(|live| behind(live.name(), live.value.str_at(&["spec", "host"])));
    let canonical = || {
        let ingresses = routes.iter().filter_map(|live| live.value.at(&["status", "ingress"])?.as_seq()).flatten();
        let mut names = ingresses.map(|it| it.str_at(&["routerCanonicalHostname"]));
        names.find_map(|name| name.split_once('.').map(|(_, domain)| domain.to_owned()))
    };
    server.or_else(made).or_else(canonical)
}

/// The version of Kubernetes for which an API version is rendered that runs, if the default is another one.
fn kubernetes(registry: &Registry<'_>, release: &Release) -> Option<String> {
    let versions = release.components.iter().filter_map(|component| component.versions.as_ref());
    let kinds = versions.filter(|versions| versions.by == Server::Kubernetes).flat_map(|versions| &versions.kinds);
    let runs =
        |kind: &str| registry.objects().find(|live| live.kind() == kind).map(|live| live.value.str_at(&["apiVersion"]));
    let lasts = kinds.filter_map(|(kind, versions)| {
        let at = versions.iter().position(|version| Some(version.api.as_str()) == runs(kind))?;
        // The last one that has it is the one before the next API version came.
        versions.get(at + 1).map(|next| next.from.saturating_sub(1))
    });
    lasts.min().map(|minor| format!("1.{minor}"))
}

/// The proxy of the operator's own pod, which all pods have got.
fn proxy(registry: &Registry<'_>, config: Option<&Value>, notes: &mut Vec<String>) -> Option<Map> {
    let secret = registry.current("Secret", "quay-proxy-config")?;
    let mut proxy = Map::new();
    let urls = [("httpProxy", "HTTP_PROXY"), ("httpsProxy", "HTTPS_PROXY")];
    let urls: Vec<(&str, String)> = urls.iter().filter_map(|(field, key)| Some((*field, secret.text(key)?))).collect();
    if urls.is_empty() {
        return None;
    }
    if urls.iter().all(|(_, url)| sensitive::is_harmless(url, false)) {
        for (field, url) in urls {
            proxy.insert(field, url);
        }
    } else {
        proxy.insert("secretName", "proxy");
        notes.push(format!(
            "The proxy asks for a password, so pods read it of a Secret of yours: before the first sync make the Secret `proxy` in {}, \
             with the keys HTTP_PROXY and HTTPS_PROXY of {}.",
            registry.namespace,
            secret.name()
        ));
    }
    // What the operator adds, the registry's own name, is added here as well.
    let own = config.map(|config| config.str_at(&["SERVER_HOSTNAME"])).unwrap_or_default();
    let without = secret.text("NO_PROXY").unwrap_or_default();
    let without: Vec<&str> =
        without.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != own).collect();
    if !without.is_empty() {
        proxy.insert("noProxy", without);
    }
    Some(proxy)
}

/// Tells of what the operator took from the cluster, and no input says.
fn tell_of_cluster(registry: &Registry<'_>, config: Option<&Value>, notes: &mut Vec<String>) {
    let bundle = registry.bundle();
    let bundle =
        registry.export.find("Secret", registry.namespace, bundle).and_then(|secret| secret.document("config.yaml"));
    let has = |config: Option<&Value>| config.is_some_and(|config| config.at(&["SSL_CIPHERS"]).is_some());
    if has(config) && !has(bundle.as_ref()) {
        notes.push(
            "SSL_PROTOCOLS and SSL_CIPHERS are those of the cluster's TLS profile, which the operator copied. Write them into config.yaml \
             of the bundle to keep them."
                .to_owned(),
        );
    }
    let router = registry.current("Secret", "quay-config-tls").filter(|secret| secret.text(ROUTER).is_some());
    if let Some(secret) = router {
        notes.push(format!(
            "The operator copied the router's certificate for the mirror and Clair to trust. Where no public CA issued it, put it into the \
             bundle before the first sync: kubectl get secret {} -n {} -o jsonpath='{{.data.ocp-cluster-wildcard\\.cert}}' | base64 -d > \
             config-bundle/extra_ca_cert_router.crt",
            secret.name(),
            registry.namespace
        ));
    }
}

/// The key of the router's certificate.
const ROUTER: &str = "ocp-cluster-wildcard.cert";

/// The driver of a bucket that comes of a claim.
const CLAIMED: &str = "RHOCSStorage";

/// The bucket that config.yaml says, where it comes of a bucket claim.
fn bucket(
    registry: &Registry<'_>,
    config: Option<&Value>,
    keys: &mut Keys,
    notes: &mut Vec<String>,
    problems: &mut Diagnostics,
) -> Option<Map> {
    let storage = config?.at(&["DISTRIBUTED_STORAGE_CONFIG", "local_us"]).and_then(Value::as_seq).unwrap_or_default();
    let is_claimed = storage.first().and_then(Value::as_str) == Some(CLAIMED);
    if registry.find("ObjectBucketClaim", BUCKET_CLAIM).is_none() {
        if is_claimed && registry.is_managed("objectstorage") != Some(false) {
            let claim = registry.named(BUCKET_CLAIM);
            problems.push(missing(
                &format!("the config.yaml that runs has its bucket of a claim, which is not in the export: {claim}"),
                &format!("kubectl get objectbucketclaim {claim} -n {} -o yaml", registry.namespace),
            ));
        }
        return None;
    }
    let text = |name: &str| storage.get(1).map(|it| it.str_at(&[name])).filter(|it| !it.is_empty());
    let found = (text("hostname"), text("bucket_name"), text("access_key"), text("secret_key"));
    let (Some(host), Some(name), Some(access), Some(secret)) = found else {
        notes.push(
            "The config.yaml that runs does not say the bucket: the pods read it of the claim's Secret and ConfigMap at their start."
                .to_owned(),
        );
        return None;
    };
    keys.set(BUCKET_ACCESS_KEY, Secret::new(access));
    keys.set(BUCKET_SECRET_KEY, Secret::new(secret));
    let mut bucket = Map::new();
    bucket.insert("host", host);
    bucket.insert("name", name);
    Some(bucket)
}

/// The size of the operator's claims.
const CLAIM_SIZE: &str = "50Gi";

/// The claims of databases that have another size than their QuayRegistry says: somebody made them larger, and no claim
/// shrinks.
fn sizes(registry: &Registry<'_>) -> Map {
    let size = |deployment: &str, kinds: &[&str]| {
        let (_, claim) = registry.claims().into_iter().find(|(name, _)| *name == registry.named(deployment))?;
        let claim = registry.export.find("PersistentVolumeClaim", registry.namespace, claim)?;
        let has = claim.value.str_at(&["spec", "resources", "requests", "storage"]);
        let said = kinds.iter().find_map(|kind| override_of(registry, kind, "volumeSize")).unwrap_or(CLAIM_SIZE);
        let is_same = crate::kubernetes::size(&has.into()) == crate::kubernetes::size(&said.into());
        (!has.is_empty() && !is_same).then(|| has.to_owned())
    };
    let sizes = [
        ("postgres", size("quay-database", &["postgres"])),
        ("clairpostgres", size("clair-postgres", &["clairpostgres"])),
    ];
    let setting = |(component, size): (&str, Option<String>)| {
        let mut setting = Map::new();
        setting.insert("volumeSize", size?);
        Some((component.to_owned(), Value::Map(setting)))
    };
    sizes.into_iter().filter_map(setting).collect()
}

/// An override of a component in the QuayRegistry.
fn override_of<'a>(registry: &Registry<'a>, component: &str, name: &str) -> Option<&'a str> {
    registry.component(component)?.at(&["overrides", name])?.as_str()
}

/// The QuayRegistry without what the cluster added.
pub(super) fn quay_registry(registry: &Registry<'_>, release: &Release) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name", registry.name);
    metadata.insert("namespace", registry.namespace);
    let mut root = Map::new();
    root.insert("apiVersion", registry.text(&["apiVersion"]));
    root.insert("kind", KIND);
    root.insert("metadata", metadata);
    if let Some(spec) = registry.field(&["spec"]).filter(|spec| spec.as_map().is_some_and(|map| !map.is_empty())) {
        root.insert("spec", spec.clone());
    }
    let version = registry.text(&["status", "currentVersion"]);
    // A later version than the newest that is known would be taken for a step back; its images are written down.
    let is_later = matches!(upgrade::path(Catalog::embedded(), version, release), Ok(upgrade::Path::Back));
    if !version.is_empty() && !is_later {
        let mut status = Map::new();
        status.insert("currentVersion", version);
        root.insert("status", status);
    }
    root.into()
}
