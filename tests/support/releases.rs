//! Registries of every release, with each access type and each place of the secrets.

use super::sealed::unopenable;
use quay_render::catalog::{Catalog, Release};
use quay_render::input::{Folder, Inputs, Source};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

/// The registry's host name.
pub const HOST: &str = "registry.example.com";
/// The places of secrets.
pub const MODES: [&str; 4] = ["inline", "referenced", "external", "sealed"];

/// The access types, each with a platform for it.
pub fn ways() -> Vec<(&'static str, Json)> {
    let from = |from: &str| json!({"from": from});
    vec![
        (
            "openshift",
            json!({"type": "route", "tls": "edge", "certificate": from("controller"), "publiclyTrusted": true}),
        ),
        ("openshift", json!({"type": "route", "tls": "passthrough", "certificate": from("pair")})),
        ("openshift", json!({"type": "none", "tls": "edge", "publiclyTrusted": true})),
        (
            "kubernetes",
            json!({"type": "ingress", "tls": "edge", "certificate": {"from": "secret", "name": "registry-tls"},
                   "publiclyTrusted": true, "ingress": {"className": "nginx", "controller": "ingress-nginx"}}),
        ),
        ("kubernetes", json!({"type": "service", "tls": "passthrough", "service": {"type": "LoadBalancer"}})),
        (
            "openshift",
            json!({"type": "route", "tls": "reencrypt", "publiclyTrusted": true,
                             "certificate": from("controller"), "backendCertificate": from("serviceCA")}),
        ),
        (
            "kubernetes",
            json!({"type": "gateway", "tls": "edge", "certificate": from("controller"), "publiclyTrusted": true,
                              "gateway": {"parentRefs": [{"name": "public"}]}}),
        ),
        ("kubernetes", json!({"type": "service", "tls": "none"})),
    ]
}

/// The access types to try: the operator's own, and those of `ways`.
pub fn every_way() -> Vec<(&'static str, Option<Json>)> {
    let said = ways().into_iter().map(|(platform, access)| (platform, Some(access)));
    std::iter::once(("openshift", None)).chain(said).collect()
}

/// Every release with every access type, each with another place of the secrets than the one before: so every pair of
/// values of the three occurs.
pub fn covering() -> Vec<Case> {
    let ways = every_way();
    let mut cases = Vec::new();
    for (number, release) in releases().iter().enumerate() {
        for (way, access) in ways.iter().enumerate() {
            let mode = MODES[(number + way) % MODES.len()];
            cases.push(Case { mode, ..Case::of(release) }.by(access.clone()));
        }
    }
    cases
}

/// A registry of a release.
#[derive(Clone)]
pub struct Case {
    pub release: String,
    pub platform: &'static str,
    pub mode: &'static str,
    pub access: Option<Json>,
    pub unmanaged: BTreeSet<&'static str>,
    /// More values for the RenderConfig's `spec`, each with its path.
    pub more: Vec<(&'static str, Json)>,
}

impl Case {
    /// All components managed that the platform supports, without `spec.access`.
    pub fn of(release: &str) -> Self {
        let (release, unmanaged) = (release.to_owned(), BTreeSet::new());
        Self { release, platform: "openshift", mode: "referenced", access: None, unmanaged, more: Vec::new() }
    }

    /// One access type, on its platform.
    pub fn by(self, (platform, access): (&'static str, Option<Json>)) -> Self {
        let lacks: &[&str] = if platform == "kubernetes" { &["objectstorage", "monitoring"] } else { &[] };
        Self { platform, access, unmanaged: lacks.iter().copied().collect(), ..self }
    }

    /// The input.
    pub fn inputs(&self) -> Inputs {
        let kinds = kinds(&of(&self.release));
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
            if access["type"] == "gateway" {
                spec["cluster"]["apis"]["gateway"] = json!({"release": "1.4"});
            }
        }
        for (path, value) in &self.more {
            let place = path.split('.').fold(&mut spec, |map, key| &mut map[key]);
            *place = value.clone();
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

    /// The part of the bundle for unmanaged components.
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

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { release, platform, mode, access, unmanaged, more } = self;
        let way = access.as_ref().map_or_else(|| "the operator's way in".to_owned(), ToString::to_string);
        write!(f, "{release} on {platform}, {mode}, {way}, without {unmanaged:?}")?;
        more.iter().try_for_each(|(path, value)| write!(f, ", {path}: {value}"))
    }
}

/// Writes an input into a folder, each file with its name.
pub fn write(inputs: &Inputs, folder: &Path) {
    for source in &inputs.sources {
        fs::write(folder.join(&source.name), &source.bytes).unwrap();
    }
    if let Some(bundle) = &inputs.bundle {
        let at = folder.join(&bundle.name);
        fs::create_dir(&at).unwrap();
        bundle.files.iter().for_each(|(key, source)| fs::write(at.join(key), &source.bytes).unwrap());
    }
}

/// The names of all minor releases.
pub fn releases() -> Vec<String> {
    let releases: Vec<String> = Catalog::embedded().names().map(str::to_owned).collect();
    assert_eq!(releases.len(), 14);
    releases
}

/// The components that a QuayRegistry of a release can list, except the one that is always managed.
pub fn kinds(release: &Release) -> Vec<&'static str> {
    let release = Catalog::every().find(|known| known.name == release.family).unwrap();
    release.kinds().into_iter().map(|(name, _)| name).filter(|name| *name != "quay").collect()
}

/// A release by its name.
pub fn of(name: &str) -> Arc<Release> {
    Catalog::embedded().release(name).unwrap().unwrap()
}

/// Runs a function for each item, on all cores.
pub fn for_each<T: Send>(all: Vec<T>, run: impl Fn(T) + Sync) {
    let halves = all.len().div_ceil(2).max(1);
    let mut rest = all;
    let second = rest.split_off(halves.min(rest.len()));
    thread::scope(|scope| {
        for part in [rest, second] {
            scope.spawn(|| part.into_iter().for_each(&run));
        }
    });
}
