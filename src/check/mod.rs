//! Turns the model into a registry that can be rendered: applies every rule, and reports every problem in one run.

pub mod access;
pub mod backup;
pub mod builders;
mod clair_config;
pub mod clair_tls;
mod components;
mod config;
pub mod connections;
pub mod database_upgrade;
pub mod image_names;
pub mod images;
mod monitoring;
mod names;
pub mod operator;
mod overrides;
mod reached;
mod secrets;
mod storage_gateway;
mod tls;
mod written;

pub use access::Access;
pub use clair_config::Connection;
use clair_tls::{CLAIR_CA_FILE, ClairTls};
pub use components::Choice;
pub use config::{Field, Merged, Origin, order};
use reached::Reached;
pub use secrets::{Values, note_digest_key};

use crate::catalog::Release;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::host::Host;
use crate::input::Inputs;
use crate::model::bundle::ConfigFile;
use crate::model::registry::kind;
use crate::model::schema::{self, Secrecy};
use crate::model::storage_gateway::StorageGateway;
use crate::model::{Model, Spanned, broken_diagnostic};
use crate::pki::Pair;
use crate::secret::Secret;
use crate::upgrade::{self, Databases};
use crate::validate::{self, LeftTo, Subject};
use crate::yaml::Node;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A registry that can be rendered.
pub struct Resolved {
    pub release: Arc<Release>,
    pub name: String,
    pub namespace: String,
    /// Every component, including those that the user did not list (guide 3.2).
    pub components: Vec<Choice>,
    /// How clients reach it.
    pub access: Access,
    /// Its host name.
    pub hostname: Host,
    /// The config editor's host name, if it has a Route.
    pub editor_hostname: Option<Host>,
    /// The host name at which builders reach the build manager.
    pub builder_hostname: Option<Host>,
    /// Whether builds are on.
    pub builds: bool,
    /// The images by the names of their overrides.
    pub images: BTreeMap<String, String>,
    /// Those of exporters.
    pub exporters: images::Exporters,
    /// The databases that take over the data of a server of another PostgreSQL.
    pub moves: database_upgrade::Moves,
    /// Which databases are rendered.
    pub databases: Databases,
    /// The sources of those that are named as their mirror has them, by these names.
    pub mirrored: BTreeMap<String, String>,
    /// The random values.
    pub values: Values,
    /// How Clair reaches its database.
    pub clair_connection: Connection,
    /// How it serves Quay with TLS, if it does.
    pub clair_tls: Option<ClairTls>,
    /// The storage gateway that is rendered.
    pub storage_gateway: Option<StorageGateway>,
    /// The merged config.yaml.
    pub config: Merged,
    /// ssl.cert and ssl.key from the keys, if the bundle has none.
    pub generated_pair: Option<Pair>,
    /// The operator that makes the registry's objects; nothing where they are rendered.
    pub operator: Option<operator::Installed>,
}

impl Resolved {
    /// Whether a component is managed.
    #[must_use]
    pub fn managed(&self, kind: &str) -> bool {
        components::managed(&self.components, kind)
    }

    /// All images, each with the name of the override whose image it is, or was.
    pub fn named_images(&self) -> impl Iterator<Item = (&str, &str)> {
        let former = self.moves.all().map(|one| (one.image_name.as_str(), one.image.as_str()));
        self.images.iter().map(|(name, image)| (name.as_str(), image.as_str())).chain(former)
    }

    /// The CAs in the RenderConfig that pods trust beside those of the bundle: the file of each, and PEM.
    pub fn known_authorities(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let of_access = self.access.trust.known.as_deref().map(|known| (access::CA_FILE, known));
        let of_clair = self.clair_tls.as_ref().and_then(|tls| Some((CLAIR_CA_FILE, tls.known.as_deref()?)));
        of_access.into_iter().chain(of_clair)
    }

    /// Whether Clair's database is rendered: with Clair, where it is no component of its own.
    #[must_use]
    pub fn has_clair_database(&self) -> bool {
        components::has_clair_database(&self.release, &self.components)
    }
}

/// What `keys` needs before there are any keys.
pub struct HostNames {
    /// The registry's namespace.
    pub namespace: String,
    /// The names for the registry's own certificate; empty if it is not served.
    pub tls: Vec<Host>,
    /// The random values of the components that are rendered.
    pub values: Vec<String>,
}

/// The host names for a registry's certificate; `None` if they cannot be determined.
#[must_use]
pub fn host_names(model: &Model, diagnostics: &mut Diagnostics) -> Option<HostNames> {
    let namespace = names::namespace(model, diagnostics)?;
    names::registry(&model.registry.name, diagnostics);
    let components = components::choose(model, &mut Diagnostics::new());
    let builds = config::is_on(model, "FEATURE_BUILD_SUPPORT");
    // Which CA callers must trust may depend on what `keys` makes later.
    let mut found = Diagnostics::new();
    let access = access::resolve(model, &components, builds, &mut found);
    found.retain(|problem| problem.code != codes::ACCESS_CA);
    diagnostics.extend(found);
    let hosts = names::hosts(model, &access, &namespace, builds, diagnostics)?;
    // An operator makes its own.
    let is_made_here = model.config.operator.is_none();
    let names = if access.uses_pair() && is_made_here { tls::names(&hosts) } else { Vec::new() };
    let values = if is_made_here { secrets::needed(model, &components, diagnostics)? } else { Vec::new() };
    Some(HostNames { namespace, tls: names, values })
}

/// Resolves everything; `None` if an error leaves nothing to render.
#[must_use]
pub fn resolve(model: &Model, inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Resolved> {
    let namespace = names::namespace(model, diagnostics);
    names::registry(&model.registry.name, diagnostics);
    let components = components::choose(model, diagnostics);
    let databases = components::databases(model, &components);
    if model.release.name == model.config.release.value {
        refuse_upgrade(model, &databases, inputs, diagnostics);
    }
    clair_config::check(model, &components, diagnostics);
    let clair_connection = clair_config::connection(model, &components, diagnostics)?;
    refuse_hidden_mount(model, diagnostics);
    overrides::check(model, inputs, diagnostics);
    if model.config.operator.is_none() {
        monitoring::check(model, &components, diagnostics);
    }
    let storage_gateway = storage_gateway::resolve(model, &components, diagnostics);
    // Without a release or a namespace nothing is rendered; stand-ins allow the remaining checks to run.
    let is_settled = model.release.name == model.config.release.value && namespace.is_some();
    let namespace = namespace.unwrap_or_else(|| "stand-in".to_owned());
    let moves = database_upgrade::resolve(model, &inputs.catalog, &databases, diagnostics);
    let images = images::choose(model, &components, moves, diagnostics);
    let builds = config::is_on(model, "FEATURE_BUILD_SUPPORT");
    let operator = operator::resolve(model, &components, &namespace, diagnostics);
    if let Some(gateway) = &storage_gateway {
        storage_gateway::check_place(model, gateway, &namespace, operator.as_ref(), diagnostics);
    }
    let mut found = Diagnostics::new();
    let access = access::resolve(model, &components, builds, &mut found);
    // What callers trust, and what is in front of the Service, is not the output's to say then.
    found.retain(|problem| operator.is_none() || problem.code == codes::ACCESS_CONFLICT);
    diagnostics.extend(found);
    let clair_host = is_settled.then(|| clair_tls::host(&model.registry.name.value, &namespace));
    let as_of = inputs.options.as_of;
    let clair_tls = clair_tls::resolve(model, &components, &access, clair_host.as_deref(), as_of, diagnostics);
    let hosts = names::hosts(model, &access, &namespace, builds, diagnostics);
    if let Some(at) = model.config.redis_password.as_ref().filter(|_| !components::managed(&components, kind::REDIS)) {
        let problem = Diagnostic::new(codes::SETTING_UNUSED, "is not used: redis is not managed").at(at.clone());
        diagnostics
            .push(problem.field("spec.redisPassword").hint("the password of a Redis of yours is in config.yaml"));
    }
    let needed = secrets::needed(model, &components, diagnostics)?;
    let values = secrets::choose(model, &needed, inputs, diagnostics);
    let served = hosts.as_ref().map(tls::names).unwrap_or_default();
    // A host name made from a stand-in matches no certificate.
    let generated_pair = hosts
        .as_ref()
        .filter(|_| is_settled && access.uses_pair() && operator.is_none())
        .and_then(|_| tls::generated(model, &served, inputs, diagnostics));
    // What the operator would make is rendered too, to see what it makes of overrides.
    let needs_pair = operator.is_some() && access.uses_pair() && !model.config.secrets.are_referenced();
    let stand_in = || Pair { cert: String::new(), key: Secret::new(String::new()) };
    let generated_pair = generated_pair.or_else(|| needs_pair.then(stand_in));
    let hostname = &hosts.as_ref().map_or_else(|| Host::read("registry.invalid"), |hosts| hosts.registry.clone());
    let stand_in = values.is_none().then(|| Values::stand_in(&needed));
    let config = values.as_ref().or(stand_in.as_ref()).map(|values| {
        let mut config = config::merge(
            model,
            &components,
            &Reached { hostname, namespace: &namespace, access: &access, clair_serves_tls: clair_tls.is_some() },
            values,
            diagnostics,
        );
        if builds {
            builders::add_proxy(model, hostname, &mut config, diagnostics);
        }
        rules(model, &config, &components, &access, &served, inputs, diagnostics);
        config
    });
    backup::check(model, &components, config.as_ref(), as_of, diagnostics);
    let hosts = hosts.filter(|_| is_settled)?;
    Some(Resolved {
        release: Arc::clone(&model.release),
        name: model.registry.name.value.clone(),
        namespace,
        components,
        access,
        hostname: hosts.registry,
        editor_hostname: hosts.editor,
        builder_hostname: hosts.builder,
        builds,
        images: images.named,
        exporters: images.exporters,
        moves: images.moves,
        databases,
        mirrored: images.sources,
        values: values?,
        clair_connection,
        clair_tls,
        storage_gateway,
        config: config?,
        generated_pair,
        operator,
    })
}

/// Applies every rule about Quay's configuration, after the merge.
fn rules(
    model: &Model,
    merged: &Merged,
    components: &[Choice],
    access: &Access,
    served: &[Host],
    inputs: &Inputs,
    diagnostics: &mut Diagnostics,
) {
    let at = &model.registry.name.at;
    let kinds = model.release.kinds();
    let unmanaged = kinds.iter().filter(|(name, _)| !components::managed(components, name));
    let referenced = model.config.secrets.are_referenced();
    // A secret that is left to the cluster has not been reported: its rule adds it to the required Secrets.
    let is_left = |name: &&str| referenced && schema::secrecy(name) == Secrecy::Secret;
    let required = unmanaged.flat_map(|(_, kind)| &kind.required).map(String::as_str).filter(|name| !is_left(name));
    // `names` checks the host name for builders.
    let reported: Vec<&str> = required.chain(["BUILDMAN_HOSTNAME"]).collect();
    let late_files: Vec<&str> = model.config.secrets.files.keys().filter(|_| referenced).map(String::as_str).collect();
    let cluster_files = if model.config.cluster.is_openshift() { connections::OF_OPENSHIFT } else { &[] };
    let subject = Subject {
        config: config::as_written(model, merged, at),
        bundle: &model.bundle,
        options: validate::Options {
            known_fields: &model.config.known_fields,
            left_to: referenced
                .then_some(LeftTo { secrets: &model.config.secrets, registry: &model.registry.name.value }),
            reported: &reported,
            fips: inputs.options.fips || model.config.fips,
            as_of: inputs.options.as_of,
            is_compiled: true,
            has_own_pair: true,
            pair_is_met: access.uses_pair(),
            late_files: &late_files,
            cluster_files,
            mounted: &connections::mounted(&model.release),
            database_ca: model.release.rules.database_ca.as_deref(),
            hosts: served,
        },
    };
    let refused = diagnostics.iter().filter(|problem| problem.code == codes::HOST_NAME);
    let refused: Vec<Option<String>> = refused.map(|problem| problem.field.clone()).collect();
    let mut found = Diagnostics::new();
    validate::validate(&subject, &mut found);
    // An invalid host name of a Route has already been refused.
    found.retain(|problem| problem.code != codes::HOST_SETTINGS || !refused.contains(&problem.field));
    diagnostics.extend(found);
}

/// Whether a problem does not depend on the RenderConfig: problems of components, and the rules about config.yaml.
#[must_use]
pub fn needs_no_config(problem: &Diagnostic) -> bool {
    problem.code.is_rule()
        || matches!(problem.code, codes::COMPONENT_FIELDS | codes::COMPONENT_REQUIRED | codes::REGISTRY_NAME)
}

/// Refuses a release that cannot follow the one that the cluster said is running (guide 5.3).
fn refuse_upgrade(model: &Model, databases: &Databases, inputs: &Inputs, diagnostics: &mut Diagnostics) {
    // Where another release was asked for than the input names, nobody is going to render it.
    let Some(running) = model.registry.current_version.as_ref().filter(|_| inputs.release.is_none()) else { return };
    let found = upgrade::objection(&inputs.catalog, &running.value, &model.release, databases);
    match found {
        Err(broken) => diagnostics.push(broken_diagnostic(&broken)),
        Ok(None) => {}
        Ok(Some(objection)) => {
            let code = if objection.is_back { codes::RELEASE_DOWNGRADE } else { codes::RELEASE_PATH };
            let hint = format!("{}; or remove status where no operator writes it any more", objection.hint);
            let problem = Diagnostic::new(code, objection.message).at(running.at.clone());
            diagnostics.push(problem.field("status.currentVersion").hint(hint));
        }
    }
}

/// On OpenShift the service CA is mounted at extra_ca_certs: with a file of that name no pod starts.
fn refuse_hidden_mount(model: &Model, diagnostics: &mut Diagnostics) {
    if let Some(file) = model.bundle.file("extra_ca_certs").filter(|_| model.config.cluster.is_openshift()) {
        diagnostics.push(
            Diagnostic::new(
                codes::BUNDLE_KEY,
                "the key extra_ca_certs stands where the cluster's service CA is mounted",
            )
            .at(file.at.clone())
            .hint("rename it: every key that begins with extra_ca_cert_ is trusted as well"),
        );
    }
}

/// A top-level field as the user gave it, in config.yaml or in a file merged on top of it, with that file.
fn given<'a>(model: &'a Model, field: &str) -> Option<(&'a ConfigFile, &'a Node)> {
    let files = model.bundle.fragments.iter().rev().chain(&model.bundle.config);
    files.filter_map(|file| Some((file, file.root.get(field)?))).next()
}

/// The host that the user gave in a top-level field.
fn given_host(model: &Model, field: &str) -> Option<Spanned<Host>> {
    let (file, node) = given(model, field)?;
    Some(Spanned { value: Host::read(node.as_str()?), at: file.location(node.pos) })
}
