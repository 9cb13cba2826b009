//! Turns a resolved registry into the context of the templates: every string that a template needs is built here.

mod access;
mod backup;
mod clair;
mod delivery;
mod join;
mod monitoring;
mod network;
pub mod olm;
mod operator;
mod proxy;

use crate::check::Resolved;
use crate::check::access::Certificate;
use crate::check::database_upgrade::Moves;
use crate::check::{connections, order};
use crate::cluster_secrets::ClusterSecrets;
use crate::model::Model;
use crate::model::bundle::BundleFile;
use crate::model::clair_config::{CLAIR_CONFIG, is_clair_s};
use crate::model::keys::{TLS_CERT, TLS_KEY};
use crate::model::storage_gateway::Pool;
use crate::object::Map;
use crate::object::base_names;
use crate::yaml;
use access::{AccessPlan, TrustPlan};
use backup::{BackupPlan, SourcePlan};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clair::Clair;
use delivery::{ExternalSecrets, SealedSecret};
use join::{Joins, Secrets};
use monitoring::MonitoringPlan;
use network::NetworkPlan;
use olm::Operator;
use operator::OperatorPlan;
use proxy::ProxyPlan;
use serde::Serialize;
use std::collections::BTreeMap;

/// The context of all templates. It holds secrets, so it is never printed.
#[derive(Serialize)]
pub struct Plan {
    /// The registry's name.
    pub registry: String,
    /// The registry's namespace.
    pub namespace: String,
    /// Facts of the release.
    pub release: Map,
    /// Which components are managed, by name.
    pub managed: BTreeMap<String, bool>,
    /// Which components have lost their default number of pods because the user overrides something in them, by name.
    pub overridden: BTreeMap<String, bool>,
    /// Whether the config editor is rendered.
    pub config_editor: bool,
    /// Whether the managed Redis asks for a password.
    pub redis_password: bool,
    /// Whether builds are on.
    pub builds: bool,
    /// Whether the output has the shape production, which restricts pods and Services to what they need.
    pub hardened: bool,
    /// Whether pods have accounts of their own.
    pub accounts: bool,
    /// Who may reach which pods, if that is restricted.
    pub network: NetworkPlan,
    /// The proxy, if there is one.
    pub proxy: Option<ProxyPlan>,
    /// Facts of the cluster.
    pub cluster: Cluster,
    /// API versions that depend on the cluster's Kubernetes version, by kind.
    pub api: BTreeMap<String, String>,
    /// How clients reach the registry.
    pub access: AccessPlan,
    /// The CAs that pods mount in addition to those of their images.
    pub trust: TrustPlan,
    /// The images by the names that component.yaml gives them.
    pub images: BTreeMap<String, String>,
    /// The host names.
    pub host: Host,
    /// The registry's database.
    pub database: Database,
    /// Clair.
    pub clair: Clair,
    /// Backups of the databases, if there are any.
    pub backup: Option<BackupPlan>,
    /// The server from which Quay's database is taken in place of a backup, if there is one.
    pub restore_from: Option<SourcePlan>,
    /// The databases that take over the data of a server of another PostgreSQL.
    pub moves: Moves,
    /// Metrics, alerts and dashboards.
    pub monitoring: MonitoringPlan,
    /// The config editor.
    pub editor: Editor,
    /// The gateway to object storage on volumes, if it is rendered.
    pub storage_gateway: Option<StorageGateway>,
    /// The random values by name; empty if they stay in the cluster.
    pub keys: BTreeMap<String, String>,
    /// The final Secret of the application, or the part of it that may be shown.
    pub bundle: FinalBundle,
    /// The same for the migration.
    pub migration: FinalBundle,
    /// Whether application and mirror have no pods.
    pub paused: bool,
    /// A text that changes the Jobs, so that they run again; nothing by default.
    pub rerun: Option<String>,
    /// Where the secrets are.
    pub secrets: Secrets,
    /// What init containers join at pod start.
    pub join: Joins,
    /// The configuration for External Secrets, if it fills the Secrets.
    pub external: Option<ExternalSecrets>,
    /// The SealedSecrets, if there are any.
    pub sealed: Option<Vec<SealedSecret>>,
    /// The operators that the output installs.
    pub operators: Vec<Operator>,
    /// What the registry's operator is given, where it makes the objects.
    pub operator: Option<OperatorPlan>,
}

/// Facts of the cluster.
#[derive(Serialize)]
pub struct Cluster {
    /// OpenShift, with its service CA and its security context constraints.
    pub openshift: bool,
    /// Whether the Namespace is rendered.
    pub render_namespace: bool,
    /// The IP families of Services, if the cluster does not choose them.
    pub families: Option<Families>,
}

/// The IP families of a Service.
#[derive(Serialize)]
pub struct Families {
    /// `ipFamilyPolicy`.
    pub policy: &'static str,
    /// `ipFamilies`; empty if the cluster decides their order.
    pub only: Vec<String>,
}

/// The host names.
#[derive(Serialize)]
pub struct Host {
    /// SERVER_HOSTNAME.
    pub registry: String,
    /// That of the config editor's Route.
    pub config_editor: Option<String>,
    /// That of the build manager's Route.
    pub builder: Option<String>,
}

/// The registry's database.
#[derive(Serialize)]
pub struct Database {
    /// The database's name.
    pub name: String,
    pub user: String,
    /// DB_URI: how Quay connects to this or another database.
    pub uri: String,
    /// What the environment of its clients says of TLS; nothing where config.yaml says nothing of it.
    pub variables: Vec<Variable>,
    /// Whether a file that its clients name is one that the image copies from Secrets of fixed names at its start.
    pub has_copies: bool,
}

/// A variable of containers.
#[derive(Serialize)]
pub struct Variable {
    pub name: &'static str,
    pub value: String,
}

/// The gateway to object storage on volumes.
#[derive(Serialize)]
pub struct StorageGateway {
    /// Its namespace.
    pub namespace: String,
    /// The StorageClass of claims that it serves.
    pub class: String,
    /// How several pools share the data; nothing for one.
    pub placement: Option<String>,
    /// The names of the pools.
    pub names: Vec<String>,
    /// The pools.
    pub pools: Vec<Pool>,
    /// Its operator, if the output installs that.
    pub operator: Option<Operator>,
}

/// The config editor.
#[derive(Serialize)]
pub struct Editor {
    /// The field groups of managed components, which are greyed out.
    pub read_only_field_groups: String,
}

/// The final content of /conf/stack: the bundle with the merged config.yaml.
#[derive(Default, Serialize)]
pub struct FinalBundle {
    /// Each key's content in base64; empty if secrets are referenced.
    pub data: BTreeMap<String, String>,
    /// The texts that may be shown; empty if secrets are inline.
    pub text: BTreeMap<String, String>,
    /// The other files that may be shown, in base64.
    pub binary: BTreeMap<String, String>,
    /// The registry's certificate, if it may be shown.
    pub certificate: Option<String>,
    /// Whether it has the registry's own certificate and key.
    pub pair: bool,
}

/// Builds every string.
#[must_use]
pub fn plan(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets) -> Plan {
    let name = &resolved.name;
    let bundle = final_bundle(model, resolved, cluster_secrets);
    let database = base_names::named(name, base_names::QUAY_DATABASE);
    Plan {
        registry: name.clone(),
        namespace: resolved.namespace.clone(),
        release: resolved.release.seen(),
        managed: resolved.release.known.iter().map(|name| (name.clone(), resolved.managed(name))).collect(),
        overridden: overridden(model, resolved),
        config_editor: model.config.config_editor,
        redis_password: model.config.redis_password.is_some(),
        builds: resolved.builds,
        hardened: model.config.is_production(),
        accounts: model.config.is_production() || resolved.release.holds(&["service_accounts"]),
        network: network::network(model, resolved),
        proxy: proxy::proxy(model, resolved),
        cluster: Cluster {
            openshift: model.config.cluster.is_openshift(),
            render_namespace: model.config.cluster.render_namespace,
            families: families(resolved),
        },
        api: resolved.release.kubernetes_versions(model.config.cluster.version),
        access: access::access(model, resolved),
        trust: access::trust(model, resolved, cluster_secrets),
        images: images(resolved),
        host: Host {
            registry: resolved.hostname.to_string(),
            config_editor: resolved.editor_hostname.as_ref().map(ToString::to_string),
            builder: resolved.builder_hostname.as_ref().map(ToString::to_string),
        },
        clair: clair::clair(model, resolved, cluster_secrets, &bundle),
        backup: backup::backup(model, resolved),
        restore_from: backup::source(model),
        moves: resolved.moves.clone(),
        monitoring: monitoring::monitoring(model, resolved),
        database: Database {
            name: database.clone(),
            user: database,
            has_copies: connections::has_copies(&resolved.release, &resolved.config),
            variables: connections::variables(&resolved.config)
                .into_iter()
                .map(|(name, value)| Variable { name, value })
                .collect(),
            uri: resolved.config.get("DB_URI").and_then(|field| field.value.as_str()).unwrap_or_default().to_owned(),
        },
        editor: Editor { read_only_field_groups: field_groups(resolved) },
        storage_gateway: resolved.storage_gateway.as_ref().map(|gateway| StorageGateway {
            namespace: gateway.namespace.clone(),
            class: gateway.claim_class(),
            placement: gateway.placement().map(str::to_owned),
            names: gateway.pools.iter().map(|pool| pool.name.clone()).collect(),
            pools: gateway.pools.clone(),
            operator: olm::of_gateway(model, resolved, gateway),
        }),
        keys: keys(model, resolved),
        bundle,
        migration: migration(model, cluster_secrets),
        paused: model.config.paused,
        rerun: model.config.rerun.clone(),
        secrets: join::secrets(model, resolved, cluster_secrets),
        join: join::joins(cluster_secrets),
        external: delivery::external(model, resolved, cluster_secrets),
        sealed: delivery::sealed(model, cluster_secrets),
        operators: olm::operators(model, resolved),
        operator: operator::operator(model, resolved),
    }
}

/// As Quay listens: a Service of another family leads nowhere.
fn families(resolved: &Resolved) -> Option<Families> {
    let said = resolved.config.get("FEATURE_LISTEN_IP_VERSION")?.value.as_str()?;
    match said {
        "IPv4" | "IPv6" => Some(Families { policy: "SingleStack", only: vec![said.to_owned()] }),
        "dual-stack" => Some(Families { policy: "PreferDualStack", only: Vec::new() }),
        _ => None,
    }
}

/// If the values stay in the cluster, they are empty: no real value gets near the output, and no stand-in either.
fn keys(model: &Model, resolved: &Resolved) -> BTreeMap<String, String> {
    let is_known = !model.config.secrets.are_referenced();
    let value = |value: &str| if is_known { value.to_owned() } else { String::new() };
    resolved.values.iter().map(|(name, text)| (name.to_owned(), value(text))).collect()
}

fn overridden(model: &Model, resolved: &Resolved) -> BTreeMap<String, bool> {
    let counts = resolved.release.rules.overrides_drop_replicas;
    let is = |name: &str| {
        counts && model.registry.components.iter().any(|entry| entry.kind == name && entry.overrides.is_some())
    };
    resolved.release.known.iter().map(|name| (name.clone(), is(name))).collect()
}

/// A missing image is left out: the template engine reports it if a template uses it.
fn images(resolved: &Resolved) -> BTreeMap<String, String> {
    let names = resolved.release.components.iter().flat_map(|component| &component.images);
    names.filter_map(|(name, image)| Some((name.clone(), resolved.images.get(image)?.clone()))).collect()
}

fn field_groups(resolved: &Resolved) -> String {
    let groups: Vec<&str> = resolved
        .components
        .iter()
        .filter(|choice| choice.managed)
        .filter_map(|choice| resolved.release.kind(&choice.kind)?.group.as_deref())
        .collect();
    groups.join(",")
}

/// All keys of the bundle pass unchanged, but config.yaml is the merged one, and a pair is there in any case. Where
/// secrets are referenced, only what may be shown is there.
fn final_bundle(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets) -> FinalBundle {
    let config = config_yaml(&cluster_secrets.config);
    let mut bundle = FinalBundle::default();
    if model.config.secrets.are_referenced() {
        let shown = |file: &&BundleFile| cluster_secrets.public_files.contains(&file.key);
        model.bundle.files.iter().filter(shown).for_each(|file| bundle.show(file));
        bundle.certificate = bundle.text.get(TLS_CERT).cloned();
        bundle.text.extend(resolved.known_authorities().map(|(file, known)| (file.to_owned(), known.to_owned())));
        bundle.text.insert("config.yaml".to_owned(), config);
        return bundle;
    }
    // nginx serves TLS if it finds ssl.key: a pair that something else serves to clients is left out.
    let serves_pair = resolved.access.serving == Some(Certificate::Pair);
    let is_served = |file: &&BundleFile| serves_pair || ![TLS_CERT, TLS_KEY].contains(&file.key.as_str());
    // Clair's configuration is not for Quay, and may hold the password of Clair's database, as files of Clair's may its key.
    let is_quay_s = |file: &&BundleFile| file.key != CLAIR_CONFIG && !is_clair_s(&file.key);
    let files = model.bundle.files.iter().filter(is_served).filter(is_quay_s);
    bundle.data = files.map(|file| (file.key.clone(), STANDARD.encode(&file.bytes))).collect();
    bundle.data.extend(access::known_authorities(resolved));
    bundle.data.insert("config.yaml".to_owned(), STANDARD.encode(config));
    if let Some(pair) = resolved.generated_pair.as_ref().filter(|_| serves_pair) {
        bundle.data.insert("ssl.cert".to_owned(), STANDARD.encode(&pair.cert));
        bundle.data.insert("ssl.key".to_owned(), STANDARD.encode(pair.key.expose()));
    }
    bundle.pair = bundle.data.contains_key(TLS_CERT) && bundle.data.contains_key(TLS_KEY);
    bundle
}

fn config_yaml(config: &Map) -> String {
    let mut config = config.clone();
    order(&mut config);
    yaml::emit(&config.into())
}

impl FinalBundle {
    /// A file that may be shown.
    fn show(&mut self, file: &BundleFile) {
        match std::str::from_utf8(&file.bytes) {
            Ok(text) => self.text.insert(file.key.clone(), text.to_owned()),
            Err(_) => self.binary.insert(file.key.clone(), STANDARD.encode(&file.bytes)),
        };
    }
}

/// The part of the bundle that the migration reads.
fn migration(model: &Model, cluster_secrets: &ClusterSecrets) -> FinalBundle {
    let config = config_yaml(&cluster_secrets.migration.config);
    let mut bundle = FinalBundle::default();
    let of_use = |file: &&BundleFile| cluster_secrets.migration.files.contains(&file.key);
    let files = model.bundle.files.iter().filter(of_use);
    if model.config.secrets.are_referenced() {
        files.filter(|file| cluster_secrets.public_files.contains(&file.key)).for_each(|file| bundle.show(file));
        bundle.text.insert("config.yaml".to_owned(), config);
    } else {
        bundle.data = files.map(|file| (file.key.clone(), STANDARD.encode(&file.bytes))).collect();
        bundle.data.insert("config.yaml".to_owned(), STANDARD.encode(config));
    }
    bundle
}
