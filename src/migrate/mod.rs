//! `quay-render migrate`: the input of a QuayRegistry out of a QuayEcosystem and its Secrets (guide 5.5).
//!
//! Row by row as the table of guide 5.5.2 has it. Nothing is guessed: what the files lack and what is not supported is an
//! error, and what is set and not carried over is named in the report.

mod bundle;
mod report;
mod rows;
mod secrets;
mod servers;

pub use report::report;
pub use rows::{Part, Row, Status, refuse, rows};

use crate::catalog::Release;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::file_set::{File, FileSet, IGNORE, ignore_line};
use crate::input::{Folder, Inputs, KEYS_FILE, Source};
use crate::kubernetes::size;
use crate::live::export::Export;
use crate::model::ecosystem::{Ecosystem, Way};
use crate::model::keys::Keys;
use crate::object::{Map, Value, base_names};
use crate::yaml;
use rows::OLD_DATABASE;
use secrets::Secrets;
use std::collections::BTreeMap;

/// The release whose operator migrated a QuayEcosystem; from there `upgrade` leads on.
pub const RELEASE: &str = "3.5";
/// The annotation by which that operator says what a QuayRegistry was made of (measured).
const MIGRATED_FROM: &str = "quay-operator/migrated-from";
/// The size of a claim for which nothing is written.
const CLAIM_SIZE: &str = "50Gi";
/// The key of a Secret for a database by which its user names a server of their own.
const SERVER_KEY: &str = "database-server";

/// The files of an input.
const REGISTRY_FILE: &str = "quayregistry.yaml";
const CONFIG_FILE: &str = "render-config.yaml";
const BUNDLE_FOLDER: &str = "config-bundle";

/// What the files do not say.
pub struct Options {
    /// Whether the cluster is OpenShift.
    pub is_openshift: bool,
    /// The domain of its Routes.
    pub apps_domain: Option<String>,
}

/// An input, made of a QuayEcosystem.
pub struct Migration {
    name: String,
    namespace: String,
    registry: Value,
    config: Value,
    bundle: BTreeMap<String, Vec<u8>>,
    /// The values of the keys Secret that the old Quay has.
    keys: Keys,
}

/// The QuayEcosystem that is meant: the one of that namespace and name, or the only one.
pub fn choose(
    mut all: Vec<Ecosystem>,
    wanted: Option<&(String, String)>,
    problems: &mut Diagnostics,
) -> Option<Ecosystem> {
    all.retain(|it| wanted.is_none_or(|(namespace, name)| it.namespace == *namespace && it.name == *name));
    match all.as_slice() {
        [_] => all.pop(),
        [] => {
            let (namespace, name) = wanted.map_or(("NAMESPACE", "NAME"), |(namespace, name)| (namespace, name));
            let problem = Diagnostic::new(codes::MIGRATE_MISSING, "the files hold no QuayEcosystem");
            problems.push(problem.hint(format!(
                "get it and name that file too: kubectl get quayecosystem {name} -n {namespace} -o yaml > FILE"
            )));
            None
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|it| format!("--registry {}/{}", it.namespace, it.name)).collect();
            let message = format!("the files hold {} QuayEcosystems", several.len());
            let problem = Diagnostic::new(codes::MIGRATE_MISSING, message);
            problems.push(problem.hint(format!("say which one: {}", names.join(", or "))));
            None
        }
    }
}

/// Whether the old operator runs the database: neither the QuayEcosystem nor the Secret with its password names a server.
#[must_use]
pub fn has_own_database(ecosystem: &Ecosystem, export: &Export) -> bool {
    let secrets = Secrets { export, ecosystem };
    let names_server = || secrets.find(&database_secret(ecosystem)).is_some_and(|it| it.text(SERVER_KEY).is_some());
    ecosystem.database.server.is_none() && !names_server()
}

/// The Secret with user, password and name of the database.
fn database_secret(ecosystem: &Ecosystem) -> String {
    let given = ecosystem.database.secret.as_ref().map(|secret| secret.value.clone());
    given.unwrap_or_else(|| base_names::named(&ecosystem.name, OLD_DATABASE))
}

/// Makes the input. Nothing if something is missing or not supported, all of which is reported.
pub fn migrate(
    ecosystem: &Ecosystem,
    export: &Export,
    release: &Release,
    options: &Options,
    problems: &mut Diagnostics,
) -> Option<Migration> {
    let is_own = has_own_database(ecosystem, export);
    refuse(ecosystem, is_own, problems);
    let secrets = Secrets { export, ecosystem };
    if is_own {
        check_database(ecosystem, &secrets, problems);
    }
    let found = bundle::find(ecosystem, &secrets, release, is_own, problems);
    let domain = options.apps_domain.clone().or_else(|| domain(ecosystem, &found.hostname));
    if options.is_openshift && domain.is_none() && !found.hostname.is_empty() {
        let message =
            "the domain of the cluster's Routes is not known: the registry's host name is not one that OpenShift made";
        let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(ecosystem.access.at.clone());
        problems.push(problem.field("spec.quay.externalAccess").hint(
            "say it with --apps-domain: kubectl get ingresses.config.openshift.io cluster -o jsonpath='{.spec.domain}'",
        ));
    }
    if !options.is_openshift && ecosystem.access.way == Way::Route {
        let message = "External access: a cluster that is no OpenShift has no Routes";
        let problem = Diagnostic::new(codes::MIGRATE_UNSUPPORTED, message).at(ecosystem.access.at.clone());
        problems.push(problem.field("spec.quay.externalAccess").hint("leave --platform kubernetes out"));
    }
    if problems.has_errors() {
        return None;
    }
    Some(Migration {
        name: ecosystem.name.clone(),
        namespace: ecosystem.namespace.clone(),
        registry: quay_registry(ecosystem, is_own),
        config: render_config(ecosystem, is_own, release, options, domain),
        bundle: found.files,
        keys: found.keys,
    })
}

/// The Job that moves the database reads these of the Secret in the cluster.
fn check_database(ecosystem: &Ecosystem, secrets: &Secrets<'_>, problems: &mut Diagnostics) {
    let name = database_secret(ecosystem);
    let at = ecosystem.database.secret.as_ref().map_or(&ecosystem.database.at, |secret| &secret.at);
    let (what, field) = ("it has the password of the database", "spec.quay.database.credentialsSecretName");
    let Some(secret) = secrets.need(&name, what, at, field, problems) else { return };
    for key in ["database-username", "database-password", "database-name"] {
        secrets.entry(secret, key, problems);
    }
}

/// The domain of the cluster's Routes: what stands behind the host name that OpenShift made for the old Route.
fn domain(ecosystem: &Ecosystem, hostname: &str) -> Option<String> {
    let made = format!("{}-quay-{}.", ecosystem.name, ecosystem.namespace);
    hostname.strip_prefix(&made).filter(|domain| !domain.is_empty()).map(str::to_owned)
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn quay_registry(ecosystem: &Ecosystem, has_own_database: bool) -> Value {
    let annotations = map([(MIGRATED_FROM, ecosystem.name.as_str().into())]);
    let metadata = map([
        ("name", ecosystem.name.as_str().into()),
        ("namespace", ecosystem.namespace.as_str().into()),
        ("annotations", annotations.into()),
    ]);
    let unmanaged = [
        ("clair", !ecosystem.clair),
        ("mirror", !ecosystem.mirror),
        ("objectstorage", true),
        ("postgres", !has_own_database),
        ("redis", ecosystem.redis.is_some()),
        ("route", ecosystem.access.way != Way::Route),
    ];
    let components = unmanaged.into_iter().filter(|(_, is_unmanaged)| *is_unmanaged);
    let components = components.map(|(kind, _)| map([("kind", kind.into()), ("managed", false.into())]).into());
    let spec = map([("components", Value::Seq(components.collect()))]);
    map([
        ("apiVersion", "quay.redhat.com/v1".into()),
        ("kind", "QuayRegistry".into()),
        ("metadata", metadata.into()),
        ("spec", spec.into()),
    ])
    .into()
}

fn render_config(
    ecosystem: &Ecosystem,
    has_own_database: bool,
    release: &Release,
    options: &Options,
    domain: Option<String>,
) -> Value {
    let platform = if options.is_openshift { "openshift" } else { "kubernetes" };
    let mut cluster = map([("platform", platform.into())]);
    if let Some(domain) = domain.filter(|_| options.is_openshift) {
        cluster.insert("appsDomain", domain);
    }
    let mut spec = map([("release", release.name.as_str().into()), ("cluster", cluster.into())]);
    spec.insert("secrets", map([("mode", "inline".into())]));
    if ecosystem.access.way != Way::Route {
        let service = map([("type", "LoadBalancer".into())]);
        spec.insert("access", map([("type", "service".into()), ("service", service.into())]));
    }
    // Quay 3.3 and the release's must never be in one database at a time.
    spec.insert("paused", true);
    if has_own_database {
        let server = map([
            ("host", base_names::named(&ecosystem.name, OLD_DATABASE).into()),
            ("secretName", database_secret(ecosystem).into()),
        ]);
        spec.insert("restoreFrom", server);
        let settings = volume(ecosystem);
        if !settings.is_empty() {
            spec.insert("components", map([("postgres", settings.into())]));
        }
    }
    map([("apiVersion", "quay-render.dev/v1alpha1".into()), ("kind", "RenderConfig".into()), ("spec", spec.into())])
        .into()
}

/// The size of the database's new volume, where the old one is larger than the usual one, and its StorageClass.
fn volume(ecosystem: &Ecosystem) -> Map {
    let mut settings = Map::new();
    let bytes = |text: &str| size(&text.into()).unwrap_or_default();
    if let Some(given) = ecosystem.database.size.as_ref().filter(|it| bytes(&it.value) > bytes(CLAIM_SIZE)) {
        settings.insert("volumeSize", given.value.as_str());
    }
    if let Some(class) = &ecosystem.database.class {
        settings.insert("storageClassName", class.value.as_str());
    }
    settings
}

const CONFIG_HEAD: &str =
    "# Made by quay-render migrate: the release, the cluster, and from where the database is moved.\n";

impl Migration {
    /// The input as the compiler reads it, with files named as below a directory; without `keys`, the document of the keys
    /// Secret, with those that the old Quay has.
    #[must_use]
    pub fn inputs(&self, directory: &str, keys: Option<&str>) -> Inputs {
        let named = |file: &str| format!("{}/{file}", directory.trim_end_matches('/'));
        let mut inputs = Inputs { name: directory.to_owned(), ..Inputs::default() };
        let mut bundle = Folder { name: named(BUNDLE_FOLDER), files: Vec::new() };
        let own = self.keys.document(&self.name, &self.namespace);
        for (path, file) in self.files(keys.unwrap_or(&own)).iter().filter(|(path, _)| *path != IGNORE) {
            let source = Source { name: named(path), bytes: file.bytes.clone() };
            match path.strip_prefix(&format!("{BUNDLE_FOLDER}/")) {
                Some(key) => bundle.files.push((key.to_owned(), source)),
                None => inputs.sources.push(source),
            }
        }
        inputs.bundle = Some(bundle);
        inputs
    }

    /// The files of the input, with the document of the keys Secret. Those with secrets are readable by their owner alone,
    /// and Git ignores them.
    #[must_use]
    pub fn files(&self, keys: &str) -> FileSet {
        let mut files = FileSet::default();
        let mut insert = |path: String, bytes: Vec<u8>, secret: bool| {
            files.insert(path, File { bytes, secret });
        };
        insert(REGISTRY_FILE.to_owned(), yaml::emit(&self.registry).into_bytes(), false);
        insert(CONFIG_FILE.to_owned(), (CONFIG_HEAD.to_owned() + &yaml::emit(&self.config)).into_bytes(), false);
        insert(KEYS_FILE.to_owned(), keys.as_bytes().to_vec(), true);
        for (key, bytes) in &self.bundle {
            insert(format!("{BUNDLE_FOLDER}/{key}"), bytes.clone(), true);
        }
        // What of the bundle is secret only its user knows; certificates and the like may be taken out of here.
        let ignored =
            format!("# Random values, private keys and passwords.\n{}\n/{BUNDLE_FOLDER}/\n", ignore_line(KEYS_FILE));
        insert(IGNORE.to_owned(), ignored.into_bytes(), false);
        files
    }
}
