//! QuayEcosystem, what an operator was told before there were QuayRegistries (guide 5.5): what `migrate` reads of it.

use super::Spanned;
use super::declared::{self, Place};
use super::document::Document;
use super::fields::{Fields, Word};
use super::intake;
use super::layers::Files;
use crate::diagnostic::{Diagnostics, Location, codes};
use crate::input::Source;
use crate::kubernetes_names::is_label;
use crate::yaml::{self, Data, Node, Origin};

/// Its kind.
pub const KIND: &str = "QuayEcosystem";
/// The group of its API.
const GROUP: &str = "redhatcop.redhat.io/";

/// The label that asks an operator of 3.4 or later to migrate it (guide 5.5).
pub const MIGRATE: &str = "quay-operator/migrate";
/// The label of one that is migrated (guide 5.5).
pub const COMPLETE: &str = "quay-operator/migration-complete";

/// A QuayEcosystem.
pub struct Ecosystem {
    /// Where it is in the files.
    pub at: Location,
    /// Its name, which the QuayRegistry keeps.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Where the label stands that asks an operator to migrate it, if it is set.
    pub asks: Option<Location>,
    /// Where the label stands that says that it is migrated, if it is set.
    pub is_complete: Option<Location>,
    /// The registry's database.
    pub database: Database,
    /// The host of a Redis that is its user's.
    pub redis: Option<Spanned<String>>,
    /// How clients reach the registry.
    pub access: Access,
    /// Whether images are scanned.
    pub clair: bool,
    /// Whether repositories are mirrored.
    pub mirror: bool,
    /// The object storage.
    pub storage: Storage,
    /// Files beside config.yaml.
    pub files: Vec<ConfigFiles>,
    /// What is set and not carried over.
    pub left: Vec<Left>,
}

/// `spec.quay.database`.
pub struct Database {
    /// Where it begins; where it is missing, what lacks it.
    pub at: Location,
    /// The server, if it is its user's.
    pub server: Option<Spanned<String>>,
    /// The Secret with user, password and database.
    pub secret: Option<Spanned<String>>,
    /// The size of its volume; `None` for a database that is lost with its pod.
    pub size: Option<Spanned<String>>,
    /// The StorageClass of its volume.
    pub class: Option<Spanned<String>>,
}

/// `spec.quay.externalAccess`.
pub struct Access {
    /// Where it begins; where it is missing, what lacks it.
    pub at: Location,
    /// The way in.
    pub way: Way,
    /// The registry's host name, if its user chose it.
    pub hostname: Option<Spanned<String>>,
    /// Where TLS ends.
    pub termination: Spanned<Termination>,
    /// The Secret with the registry's certificate.
    pub secret: Option<Spanned<String>>,
}

/// `spec.quay.externalAccess.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A Route of OpenShift.
    Route,
    /// A Service of type LoadBalancer.
    LoadBalancer,
    /// A Service of type NodePort.
    NodePort,
    /// An Ingress.
    Ingress,
}

impl Word for Way {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("Route", Self::Route),
        ("LoadBalancer", Self::LoadBalancer),
        ("NodePort", Self::NodePort),
        ("Ingress", Self::Ingress),
    ];
}

/// `spec.quay.externalAccess.tls.termination`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// At Quay.
    Passthrough,
    /// At the way in.
    Edge,
    /// At the way in, and again at Quay.
    Reencrypt,
    /// Nowhere.
    None,
}

impl Word for Termination {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("passthrough", Self::Passthrough),
        ("edge", Self::Edge),
        ("reencrypt", Self::Reencrypt),
        ("none", Self::None),
    ];
}

/// `spec.quay.registryStorage` and `spec.quay.registryBackends`.
pub struct Storage {
    /// Where what lacks a storage begins.
    pub at: Location,
    /// Where a volume for local storage stands.
    pub volume: Option<Location>,
    /// Where each storage begins.
    pub backends: Vec<Location>,
    /// Local storages, each with its field.
    pub local: Vec<Spanned<String>>,
}

/// An item of `spec.quay.configFiles`.
pub struct ConfigFiles {
    /// The Secret.
    pub secret: Spanned<String>,
    /// What its files are, unless a file says it.
    pub kind: FileKind,
    /// The files; empty for all keys of the Secret.
    pub files: Vec<ConfigFile>,
}

/// A file out of a Secret.
pub struct ConfigFile {
    /// Its key in the Secret.
    pub key: String,
    /// Its name beside config.yaml.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file beside config.yaml.
    Config,
    /// A CA that Quay trusts.
    Authority,
}

impl Word for FileKind {
    const WORDS: &'static [(&'static str, Self)] = &[("config", Self::Config), ("extraCaCert", Self::Authority)];
}

/// A field that is set and not carried over.
pub struct Left {
    /// Its path.
    pub field: String,
    /// What to write in its place.
    pub instead: &'static str,
}

/// Every QuayEcosystem in files of exported or written objects, in their order; one that is in them twice is returned
/// once. Unreadable documents are not reported here: whoever reads the files for their other objects reports them.
#[must_use]
pub fn read_all(sources: &[Source], diagnostics: &mut Diagnostics) -> Vec<Ecosystem> {
    let mut found: Vec<Ecosystem> = Vec::new();
    for source in sources {
        let Ok(text) = source.text() else { continue };
        let origin = Origin { file: &source.name, within: None };
        let files = Files::one(&source.name, text);
        let documents = yaml::parse_export(text, &origin, &mut Diagnostics::new());
        let documents = documents.into_iter().map(|it| Document { files: files.clone(), root: it.root });
        let is_one = |it: &Document| it.kind() == KIND && it.api().starts_with(GROUP);
        for mut document in documents.flat_map(Document::unwrapped).filter(is_one) {
            let is_known =
                |it: &Ecosystem| it.name == document.name() && it.namespace == document.metadata("namespace");
            if !found.iter().any(is_known) {
                intake::screen(&mut document, diagnostics);
                found.extend(read(&document, diagnostics));
            }
        }
    }
    found
}

/// Reads one; nothing if it has no name or namespace, which is reported.
fn read(document: &Document, diagnostics: &mut Diagnostics) -> Option<Ecosystem> {
    let root = Fields::root(document, KIND, diagnostics)?;
    root.check(diagnostics);
    let metadata = root.map("metadata", diagnostics)?;
    let (name, namespace) = (label(&metadata, "name", diagnostics), label(&metadata, "namespace", diagnostics));
    let labels = metadata.open_map("labels", diagnostics);
    let is_set = |name: &str| {
        let labels = labels.as_ref()?;
        (labels.get(name)?.as_str() == Some("true")).then(|| labels.place_of(name))
    };
    let spec = root.map("spec", diagnostics);
    let spec = spec.as_ref();
    let quay = spec.and_then(|spec| spec.map("quay", diagnostics));
    let above = quay.as_ref().or(spec).unwrap_or(&root).place();
    let redis = spec.and_then(|spec| spec.map("redis", diagnostics));
    let clair = spec.and_then(|spec| spec.map("clair", diagnostics));
    let quay = quay.as_ref();
    Some(Ecosystem {
        at: document.place(),
        name: name?,
        namespace: namespace?,
        asks: is_set(MIGRATE),
        is_complete: is_set(COMPLETE),
        database: database(quay, &above, diagnostics),
        redis: redis.and_then(|redis| set(&redis, "hostname", diagnostics)),
        access: access(quay, &above, diagnostics),
        clair: clair.is_some_and(|clair| clair.flag_or_default("enabled", diagnostics)),
        mirror: quay.is_some_and(|quay| quay.flag_or_default("enableRepoMirroring", diagnostics)),
        storage: storage(quay, above, diagnostics),
        files: quay.map(|quay| config_files(quay, diagnostics)).unwrap_or_default(),
        left: left(document),
    })
}

/// A name or a namespace, which commands of the report repeat.
fn label(metadata: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = metadata.text(name, diagnostics)?.value;
    if !is_label(&text) {
        metadata.refuse_by_hint(codes::FIELD_VALUE, name, "is none that Kubernetes takes".to_owned(), diagnostics);
        return None;
    }
    Some(text)
}

/// A text that is not empty: to the operator an empty one is as none.
fn set(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    map.text(name, diagnostics).filter(|text| !text.value.is_empty())
}

fn database(quay: Option<&Fields<'_>>, above: &Location, diagnostics: &mut Diagnostics) -> Database {
    let map = quay.and_then(|quay| quay.map("database", diagnostics));
    let mut set = |name: &str| map.as_ref().and_then(|map| set(map, name, diagnostics));
    let (server, secret) = (set("server"), set("credentialsSecretName"));
    let (size, class) = (set("volumeSize"), set("storageClass"));
    Database { at: map.map_or_else(|| above.clone(), |map| map.place()), server, secret, size, class }
}

/// The operator's defaults: a Route, with TLS that passes through.
fn access(quay: Option<&Fields<'_>>, above: &Location, diagnostics: &mut Diagnostics) -> Access {
    let map = quay.and_then(|quay| quay.map("externalAccess", diagnostics));
    let at = map.as_ref().map_or_else(|| above.clone(), Fields::place);
    let way = map.as_ref().and_then(|map| map.choice("type", diagnostics)).map_or(Way::Route, |way| way.value);
    let hostname = map.as_ref().and_then(|map| set(map, "hostname", diagnostics));
    let tls = map.as_ref().and_then(|map| map.map("tls", diagnostics));
    let termination = tls.as_ref().and_then(|tls| tls.choice("termination", diagnostics));
    let secret = tls.as_ref().and_then(|tls| set(tls, "secretName", diagnostics));
    let termination = termination.unwrap_or_else(|| Spanned { value: Termination::Passthrough, at: at.clone() });
    Access { at, way, hostname, termination, secret }
}

fn storage(quay: Option<&Fields<'_>>, at: Location, diagnostics: &mut Diagnostics) -> Storage {
    let volume = quay.and_then(|quay| quay.get("registryStorage").map(|_| quay.place_of("registryStorage")));
    let backends = quay.map(|quay| quay.maps("registryBackends", diagnostics)).unwrap_or_default();
    let local = backends.iter().filter(|it| it.get("local").is_some());
    let local = local.map(|it| Spanned { value: it.path_of("local"), at: it.place_of("local") }).collect();
    Storage { at, volume, backends: backends.iter().map(Fields::place).collect(), local }
}

fn config_files(quay: &Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<ConfigFiles> {
    let mut found = Vec::new();
    for map in quay.maps("configFiles", diagnostics) {
        let kind = map.choice("type", diagnostics).map_or(FileKind::Config, |kind| kind.value);
        let mut files = Vec::new();
        for file in map.maps("files", diagnostics) {
            let Some(key) = file.text("key", diagnostics) else { continue };
            let name = set(&file, "filename", diagnostics).map_or_else(|| key.value.clone(), |name| name.value);
            let kind = file.choice("type", diagnostics).map_or(kind, |kind| kind.value);
            files.push(ConfigFile { key: key.value, name, kind });
        }
        if let Some(secret) = map.text("secretName", diagnostics) {
            found.push(ConfigFiles { secret, kind, files });
        }
    }
    found
}

/// What is set below `spec` and declared as left.
fn left(document: &Document) -> Vec<Left> {
    let mut found = Vec::new();
    let spec = declared::document(KIND).map(Place::root).and_then(|root| root.field("spec"));
    if let Some((spec, place)) = document.root.get("spec").zip(spec) {
        gather_left(spec, place, "spec", &mut found);
    }
    found
}

fn gather_left(node: &Node, place: Place, path: &str, found: &mut Vec<Left>) {
    match &node.data {
        Data::Map(entries) => {
            for entry in entries.iter().filter(|entry| !is_empty(&entry.value)) {
                let Some(below) = place.field(&entry.key) else { continue };
                let field = format!("{path}.{}", entry.key);
                match below.row() {
                    Some(row) if row.kind == "any" => found.push(Left { field, instead: row.description }),
                    Some(row) if row.kind.ends_with("fields") => {
                        gather_left(&entry.value, below, &field, found);
                    }
                    _ => {}
                }
            }
        }
        Data::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                gather_left(item, place.item(), &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// Whether a value says nothing: the API server writes such ones.
fn is_empty(node: &Node) -> bool {
    match &node.data {
        Data::Null => true,
        Data::Map(entries) => entries.is_empty(),
        Data::Seq(items) => items.is_empty(),
        Data::Str(text) => text.value.is_empty(),
        _ => false,
    }
}
