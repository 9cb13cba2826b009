//! The rows of the table of what is migrated (guide 5.5.2): what this QuayEcosystem has, and what becomes of it.

use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Word as _;
use crate::model::ecosystem::{COMPLETE, Ecosystem, MIGRATE, Termination, Way};
use crate::object::base_names;
use crate::quote;

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The registry's database.
    Database,
    /// Redis.
    Redis,
    /// How clients reach the registry.
    Access,
    /// Clair.
    Clair,
    /// The object storage.
    Storage,
    /// The mirror of repositories.
    Mirror,
}

impl Part {
    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Database => "Database",
            Self::Redis => "Redis",
            Self::Access => "External access",
            Self::Clair => "Clair",
            Self::Storage => "Object storage",
            Self::Mirror => "Repository mirroring",
        }
    }
}

/// What becomes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing is left to do.
    Migrated,
    /// The input is written, and something is left to do by hand.
    ByHand,
    /// It is left as it is.
    Unmanaged,
    /// No input is written.
    Unsupported,
}

impl Status {
    /// The word in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Migrated => "migrated",
            Self::ByHand => "by hand",
            Self::Unmanaged => "unmanaged",
            Self::Unsupported => "not supported",
        }
    }
}

/// What one part is, and what becomes of it.
pub struct Row {
    /// The part.
    pub part: Part,
    /// What the QuayEcosystem has.
    pub found: String,
    /// What becomes of it.
    pub status: Status,
    /// What stands in the input.
    pub becomes: String,
    /// What somebody does by hand.
    pub by_hand: Option<String>,
}

impl Row {
    fn new(part: Part, found: impl Into<String>, status: Status, becomes: impl Into<String>) -> Self {
        Self { part, found: found.into(), status, becomes: becomes.into(), by_hand: None }
    }

    fn by_hand(mut self, text: String) -> Self {
        self.by_hand = Some(text);
        self
    }
}

/// The rows, in the order of the guide. `has_own_database` says that the old operator runs the database.
#[must_use]
pub fn rows(ecosystem: &Ecosystem, has_own_database: bool) -> Vec<Row> {
    vec![
        database(ecosystem, has_own_database),
        redis(ecosystem),
        access(ecosystem),
        clair(ecosystem),
        storage(ecosystem),
        mirror(ecosystem),
    ]
}

fn database(it: &Ecosystem, is_own: bool) -> Row {
    let (name, namespace) = (&it.name, &it.namespace);
    if !is_own {
        let stop = format!("kubectl -n {namespace} scale deployment");
        let mirror = it.mirror.then(|| format!("{stop} {name}-quay-repomirror --replicas 0"));
        let mut lines = vec![format!("{stop} quay-operator --replicas 0"), format!("{stop} {name}-quay --replicas 0")];
        lines.extend(mirror);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let text = format!(
            "Back the database up: the migration of the release changes its schema, and pods of the old Quay cannot use it any more. \
             The way back is that backup. Stop the old operator, which would start Quay again, and the old Quay before the first \
             apply; where OLM installed the operator, its ClusterServiceVersion as well. The first apply runs the migration, with \
             the registry paused. Once the Job {name}-quay-app-upgrade is complete, take `paused` out of `render-config.yaml`, \
             build, and apply.\n\n{}",
            commands(&lines)
        );
        let found = "a server of yours";
        return Row::new(Part::Database, found, Status::ByHand, "`postgres` is unmanaged; DB_URI stays").by_hand(text);
    }
    let Some(size) = &it.database.size else {
        let found = "of the operator, without a volume";
        return Row::new(Part::Database, found, Status::Unsupported, "its data is lost with its pod");
    };
    let claim = base_names::named(name, OLD_DATABASE);
    let text = format!(
        "Move the data, once the input is built and applied: `quay-render show restore` prints the steps and the Job, which dumps \
         from the old server and restores into the new one. The claim {claim} and its server are not changed, and are the way back. \
         Until then the registry is paused."
    );
    let found = format!("of the operator, with a volume of {}", quote::bare_number(&size.value));
    Row::new(Part::Database, found, Status::ByHand, "`postgres` is managed, on a new volume").by_hand(text)
}

fn redis(it: &Ecosystem) -> Row {
    match it.redis {
        Some(_) => Row::new(
            Part::Redis,
            "a server of yours",
            Status::Unmanaged,
            "`redis` is unmanaged; BUILDLOGS_REDIS and USER_EVENTS_REDIS stay",
        ),
        None => Row::new(
            Part::Redis,
            "of the operator",
            Status::Migrated,
            "`redis` is managed; logs of running builds and events that are under way are lost",
        ),
    }
}

fn access(it: &Ecosystem) -> Row {
    let (name, namespace) = (&it.name, &it.namespace);
    let (way, tls) = (it.access.way.word(), it.access.termination.value.word());
    let found =
        format!("{way}, {tls}{}", if it.access.hostname.is_some() { ", with a host name of yours" } else { "" });
    if let Some((problem, _)) = refused_access(it) {
        return Row::new(Part::Access, found, Status::Unsupported, problem);
    }
    if it.access.way == Way::Route {
        let text = format!(
            "The Route {name}-quay is the old one: the first apply leads it to the new Service. The QuayEcosystem owns it still; \
             take the owner off before the QuayEcosystem is deleted, or the Route goes with it.\n\n{}",
            commands(&[&format!("kubectl -n {namespace} patch route {name}-quay --type json {UNOWNED}")])
        );
        return Row::new(Part::Access, found, Status::ByHand, "`route` is managed").by_hand(text);
    }
    let becomes = format!("`route` is unmanaged; the Service {name}-quay-app is of type LoadBalancer");
    let text = if it.access.hostname.is_none() {
        format!(
            "Clients know the address of the old load balancer, whose Service is {name}-quay. Once the new pods are ready, lead it to \
             them. Take its owner off before the QuayEcosystem is deleted, or the load balancer goes with it. From then on that \
             Service is yours: nothing renders it.\n\n{}",
            commands(&[
                &format!("kubectl -n {namespace} patch service {name}-quay --type json {UNOWNED}"),
                &format!(
                    "kubectl -n {namespace} set selector service {name}-quay \
                     app=quay,quay-component=quay-app,quay-operator/quayregistry={name}"
                ),
            ])
        )
    } else {
        let port = if it.access.way == Way::NodePort {
            "Clients know the registry by its name with the port of the nodes, as SERVER_HOSTNAME of config.yaml has it. The new \
             Service has 443: either the port goes from SERVER_HOSTNAME, and with it from the names of all images, or what is in \
             front of the Service goes on to take connections at it. "
        } else {
            ""
        };
        format!(
            "{port}Once the new pods are ready, lead the DNS name of the registry to the address of the new Service. `spec.access` of \
             the RenderConfig knows other ways in.\n\n{}",
            commands(&[&format!(
                "kubectl -n {namespace} get service {name}-quay-app -o jsonpath='{{.status.loadBalancer.ingress}}'"
            )])
        )
    };
    Row::new(Part::Access, found, Status::ByHand, becomes).by_hand(text)
}

fn clair(it: &Ecosystem) -> Row {
    if it.clair {
        let becomes = "`clair` is managed: Clair 4 indexes every image anew";
        Row::new(Part::Clair, "of the operator", Status::Migrated, becomes)
    } else {
        Row::new(
            Part::Clair,
            "none of the operator",
            Status::Unmanaged,
            "`clair` is unmanaged; its fields of config.yaml stay",
        )
    }
}

fn storage(it: &Ecosystem) -> Row {
    match refused_storage(it).first() {
        Some((found, _, _)) => {
            Row::new(Part::Storage, *found, Status::Unsupported, "layers of images would be left behind")
        }
        None => {
            let count = it.storage.backends.len();
            let found = if count == 1 { "1 storage of yours".to_owned() } else { format!("{count} storages of yours") };
            let becomes = "`objectstorage` is unmanaged; DISTRIBUTED_STORAGE_CONFIG stays";
            Row::new(Part::Storage, found, Status::Unmanaged, becomes)
        }
    }
}

fn mirror(it: &Ecosystem) -> Row {
    if it.mirror {
        let becomes = "`mirror` is managed, and verifies the certificates of the registries that it mirrors";
        Row::new(Part::Mirror, "of the operator", Status::Migrated, becomes)
    } else {
        Row::new(Part::Mirror, "none of the operator", Status::Unmanaged, "`mirror` is unmanaged")
    }
}

/// The old server's name without the registry's: that of its Deployment, Service, claim and, by default, Secret.
pub(super) const OLD_DATABASE: &str = "quay-postgresql";
/// That of the old Redis.
pub(super) const OLD_REDIS: &str = "redis";

/// The argument of `kubectl patch` that takes the owner off.
const UNOWNED: &str = "-p '[{\"op\":\"remove\",\"path\":\"/metadata/ownerReferences\"}]'";

/// A block of commands.
fn commands(lines: &[&str]) -> String {
    format!("```sh\n{}\n```", lines.join("\n"))
}

/// Why the way in is not supported, and what to do.
fn refused_access(it: &Ecosystem) -> Option<(&'static str, &'static str)> {
    match (it.access.way, it.access.termination.value) {
        (Way::Route, Termination::Passthrough) => None,
        (Way::Route, _) => Some((
            "only Routes with TLS that passes through are migrated",
            "have Quay end TLS first: termination: passthrough, and the registry's certificate in a Secret that tls.secretName names; \
             or write the input with quay-render init, whose spec.access knows the other ways",
        )),
        (_, Termination::Passthrough)
            if matches!(it.access.way, Way::NodePort | Way::Ingress) && it.access.hostname.is_none() =>
        {
            Some((
                "a port of nodes or an Ingress needs a host name",
                "write hostname, which the old operator demands as well",
            ))
        }
        (_, Termination::Passthrough) => None,
        _ => Some((
            "only a way in whose TLS ends at Quay is migrated",
            "have Quay end TLS first: termination: passthrough, and the registry's certificate in a Secret that tls.secretName names; \
             or write the input with quay-render init, whose spec.access knows the other ways",
        )),
    }
}

/// What of the storage is not supported: what is found, and where and in which field it stands.
fn refused_storage(it: &Ecosystem) -> Vec<(&'static str, Location, String)> {
    let storage = &it.storage;
    let mut found = Vec::new();
    if let Some(at) = &storage.volume {
        found.push(("local storage on a volume", at.clone(), "spec.quay.registryStorage".to_owned()));
    }
    for local in &storage.local {
        found.push(("local storage", local.at.clone(), local.value.clone()));
    }
    if storage.backends.is_empty() && found.is_empty() {
        let field = "spec.quay.registryBackends".to_owned();
        found.push(("local storage: no other is named", storage.at.clone(), field));
    }
    found
}

/// Reports every setting that is not supported, with its row, and labels with which it must not be migrated here.
pub fn refuse(it: &Ecosystem, has_own_database: bool, problems: &mut Diagnostics) {
    refuse_labels(it, problems);
    let mut refuse = |part: Part, message: &str, at: &Location, field: &str, hint: &str| {
        let message = format!("{}: {message}", part.name());
        problems.push(Diagnostic::new(codes::MIGRATE_UNSUPPORTED, message).at(at.clone()).field(field).hint(hint));
    };
    if has_own_database && it.database.size.is_none() {
        let hint = "dump it while it runs (pg_dump), restore it into a server of yours, and name that: server and credentialsSecretName";
        let message = "a database without a volume is not migrated: its data is lost with its pod";
        refuse(Part::Database, message, &it.database.at, "spec.quay.database.volumeSize", hint);
    }
    if let Some((message, hint)) = refused_access(it) {
        let is_tls = it.access.termination.value != Termination::Passthrough;
        let (at, field) = if is_tls {
            (&it.access.termination.at, "spec.quay.externalAccess.tls.termination")
        } else {
            (&it.access.at, "spec.quay.externalAccess.hostname")
        };
        refuse(Part::Access, message, at, field, hint);
    }
    for (what, at, field) in refused_storage(it) {
        let hint = "copy the layers into an object storage, and name that in registryBackends";
        refuse(Part::Storage, &format!("not migrated is {what}"), &at, &field, hint);
    }
}

fn refuse_labels(it: &Ecosystem, problems: &mut Diagnostics) {
    let (name, namespace) = (&it.name, &it.namespace);
    let (at, field, message, hint) = match (&it.is_complete, &it.asks) {
        (Some(at), _) => (
            at,
            COMPLETE,
            "it is migrated already",
            format!(
                "where an operator made a QuayRegistry of it, take that over: quay-render adopt; where that has failed: kubectl -n \
                 {namespace} label quayecosystem {name} {MIGRATE}- {COMPLETE}-"
            ),
        ),
        (None, Some(at)) => (
            at,
            MIGRATE,
            "an operator that sees this label migrates it as well, into objects of the same names",
            format!("take it off first: kubectl -n {namespace} label quayecosystem {name} {MIGRATE}-"),
        ),
        (None, None) => return,
    };
    let problem = Diagnostic::new(codes::MIGRATE_LABELS, message).at(at.clone());
    problems.push(problem.field(format!("metadata.labels.{field}")).hint(hint));
}
