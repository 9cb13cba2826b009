//! The bundle's `clair-config.yaml`: what it may not say, since Quay, the Service and the probes go by it.

use super::clair_tls;
use super::components::{Choice, managed};
use crate::catalog::Broken;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::model::bundle::ConfigFile;
use crate::model::clair_config::{CLAIR_CONFIG, CONNSTRING, FOLDER, SECTIONS, arguments, is_clair_s, is_text, trusted};
use crate::model::keys::EXTRA_CA;
use crate::model::registry::kind;
use crate::model::secrets::{is_reference, reference};
use crate::model::stack;
use crate::model::{self, Model};
use crate::object::{Map, Value};
use crate::pki;
use crate::template;
use crate::validate::database::MODES;
use crate::validate::tls::is_trusted;
use crate::yaml::{Data, Node};
use serde::Serialize;

/// The port that the Service and the probes of Clair call.
const PORT: &str = ":8080";

/// How Clair reaches its database, around the password.
#[derive(Clone, Default)]
pub struct Connection {
    /// What stands before the password.
    pub before: String,
    /// What stands behind it.
    pub after: String,
}

/// What its file sees.
#[derive(Serialize)]
struct ConnectionFacts {
    /// How many connections a pod may have at once, where the release says so.
    most_connections: Option<u32>,
}

/// The file that says it.
const CONNECTION: &str = "clair/files/connection.yaml";

/// Takes it from its file; empty where Clair is not managed, and nothing where the file is broken, which is then said.
pub fn connection(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) -> Option<Connection> {
    if !managed(components, kind::CLAIR) {
        return Some(Connection::default());
    }
    let most = model.release.rules.clair_connections.as_ref().map(|connections| {
        if managed(components, kind::AUTOSCALER) { connections.autoscaled } else { connections.fixed }
    });
    let facts = ConnectionFacts { most_connections: most };
    let map = template::map(&model.release, CONNECTION, &model.registry.name.value, &facts);
    let text = |map: &Map, name: &str| map.get(name).and_then(Value::as_str).map(str::to_owned);
    let read = map.and_then(|map| {
        let map = map.ok_or_else(|| Broken::new(CONNECTION, "is not there"))?;
        let found = text(&map, "before").zip(text(&map, "after"));
        found.ok_or_else(|| Broken::new(CONNECTION, "has no texts before and after"))
    });
    match read {
        Ok((before, after)) => Some(Connection { before, after }),
        Err(broken) => {
            diagnostics.push(model::broken_diagnostic(&broken));
            None
        }
    }
}

/// Reports everything that is wrong with it.
pub fn check(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) {
    if model.config.secrets.files.contains_key(CLAIR_CONFIG) {
        let message =
            format!("{CLAIR_CONFIG} is merged into Clair's configuration, so it cannot be left to a Secret whole");
        let problem = Diagnostic::new(codes::CLAIR_CONFIG, message).at(model.config.at.clone());
        let hint =
            format!("put {CLAIR_CONFIG} into the bundle, and {{fromSecret: {{name: …, key: …}}}} for its secrets");
        diagnostics.push(problem.field(format!("spec.secrets.files.{CLAIR_CONFIG}")).hint(hint));
    }
    need_clair(model, components, diagnostics);
    need_database(model, components, diagnostics);
    let Some(file) = &model.bundle.clair else { return };
    if !managed(components, kind::CLAIR) {
        let message = format!("{CLAIR_CONFIG} is not used: clair is not managed");
        let problem = Diagnostic::new(codes::CLAIR_CONFIG_UNREAD, message).at(file.location(file.root.pos));
        diagnostics.push(problem.hint("take it out of the bundle: it may hold secrets"));
        return;
    }
    let mut checked = Checked { model, file, referenced: model.config.secrets.are_referenced(), diagnostics };
    checked.fixed();
    if model.config.clair.disconnected.is_some() {
        checked.disconnected();
    }
    checked.sections();
    checked.references(&file.root, "");
    clair_tls::refuse_in_config(model, diagnostics);
}

/// `spec.clair` is for a Clair that is rendered.
fn need_clair(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) {
    if managed(components, kind::CLAIR) {
        return;
    }
    let clair = &model.config.clair;
    let disconnected = clair.disconnected.as_ref().map(|it| ("spec.clair.disconnected", &it.at));
    let tls = clair.tls.as_ref().map(|it| ("spec.clair.tls", &it.certificate.at));
    for (field, at) in tls.into_iter().chain(disconnected) {
        let problem = Diagnostic::new(codes::CLAIR_UNMANAGED, "is not used: clair is not managed");
        let hint = "have clair managed, or take spec.clair out";
        diagnostics.push(problem.at(at.clone()).field(field).hint(hint));
    }
}

/// Where Clair's database is a component of its own and unmanaged, the file leads to another one.
fn need_database(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) {
    let is_own = model.release.kind(kind::CLAIR_DATABASE).is_some();
    if !is_own
        || managed(components, kind::CLAIR_DATABASE)
        || !managed(components, kind::CLAIR)
        || model.bundle.is_unread
    {
        return;
    }
    let clair = model.bundle.clair.as_ref();
    let says = |section: &&&str| {
        clair.is_some_and(|file| file.root.get(section).and_then(|map| map.get(CONNSTRING)).is_some())
    };
    let silent: Vec<&str> = SECTIONS.iter().filter(|section| !says(section)).copied().collect();
    let entry = model.registry.components.iter().find(|entry| entry.kind == kind::CLAIR_DATABASE);
    let at = clair.map(|file| file.location(file.root.pos)).or_else(|| entry.map(|entry| entry.at.clone()));
    let at = at.unwrap_or_else(|| model.registry.name.at.clone());
    let hint =
        "indexer, matcher and notifier: {connstring: host=db.example.com dbname=clair user=clair sslmode=verify-full}";
    if silent.len() == SECTIONS.len() {
        let message =
            format!("clairpostgres is unmanaged, and {CLAIR_CONFIG} of the bundle names no database for Clair");
        diagnostics.push(Diagnostic::new(codes::COMPONENT_REQUIRED, message).at(at).field(CLAIR_CONFIG).hint(hint));
    } else if !silent.is_empty() {
        let silent = silent.join(" and ");
        let (code, message) = match model.config.secrets.are_referenced() {
            true => (codes::CLAIR_CONFIG, format!("{CLAIR_CONFIG}: no connstring for {silent}")),
            false => (
                codes::CLAIR_CONFIG_SHARED,
                format!("no connstring for {silent}, so the database of the other part is used"),
            ),
        };
        diagnostics.push(Diagnostic::new(code, message).at(at).field(CLAIR_CONFIG).hint(hint));
    }
}

/// How files come to Clair's pod.
const OWN_FILES: &str = "a file of the bundle whose name begins with clair- is there: sslrootcert=/clair/clair-database.pem \
                         sslcert=/clair/clair-database.crt sslkey=/clair/clair-database.key";
/// What OpenShift puts among the CAs that Clair trusts.
const SERVICE_CA: &str = "service-ca.crt";

struct Checked<'a> {
    model: &'a Model,
    file: &'a ConfigFile,
    referenced: bool,
    diagnostics: &'a mut Diagnostics,
}

impl Checked<'_> {
    fn refuse(&mut self, code: Code, node: &Node, path: &str, message: &str, hint: &str) {
        let problem = Diagnostic::new(code, format!("{CLAIR_CONFIG}: {message}")).at(self.file.location(node.pos));
        self.diagnostics.push(problem.field(path).hint(hint));
    }

    /// What others rely on.
    fn fixed(&mut self) {
        if let Some(node) = self.file.root.get("auth") {
            let message = "Quay and Clair share this key, and quay-render writes it into both configurations";
            self.refuse(codes::CLAIR_CONFIG, node, "auth", message, "remove auth");
        }
        let listen = self.file.root.get("http_listen_addr");
        if let Some(node) = listen.filter(|node| node.as_str().is_none_or(|text| !text.ends_with(PORT))) {
            let message = "Clair's Service and probes call port 8080";
            self.refuse(codes::CLAIR_CONFIG, node, "http_listen_addr", message, "remove it, or write \":8080\"");
        }
    }

    /// What would fetch vulnerabilities all the same.
    fn disconnected(&mut self) {
        let said = self.file.root.get("matcher").and_then(|matcher| matcher.get("disable_updaters"));
        let sets = self.file.root.get("updaters").and_then(|updaters| updaters.get("sets"));
        let runs = said.filter(|node| node.as_bool() != Some(true)).map(|node| ("matcher.disable_updaters", node));
        let sets = sets.filter(|node| node.as_seq().is_none_or(|sets| !sets.is_empty()));
        for (path, node) in runs.into_iter().chain(sets.map(|node| ("updaters.sets", node))) {
            let message = "Clair is disconnected (spec.clair), and this has it fetch vulnerabilities";
            let hint = "remove it; where the file is exported, clairctl has a configuration of its own";
            self.refuse(codes::CLAIR_CONFIG, node, path, message, hint);
        }
    }

    /// The parts with a database.
    fn sections(&mut self) {
        let found = SECTIONS.iter().filter_map(|name| Some((name, self.file.root.get(name)?)));
        for (name, section) in found.collect::<Vec<_>>() {
            if section.as_map().is_none() {
                let message = format!("is {}, not a map", section.kind_name());
                self.refuse(
                    codes::CLAIR_CONFIG,
                    section,
                    name,
                    &message,
                    "remove it, or write one `name: value` a line",
                );
            }
            if let Some(node) = section.get(CONNSTRING).filter(|node| !is_text(&node.to_value()) && !is_reference(node))
            {
                let message = format!("is {}, not a text", node.kind_name());
                let hint = "connstring: host=db.example.com dbname=clair user=clair sslmode=verify-full";
                self.refuse(codes::CLAIR_CONFIG, node, &format!("{name}.{CONNSTRING}"), &message, hint);
            }
            let connstring = section.get(CONNSTRING).and_then(|node| Some((node, node.as_str()?)));
            if let Some((node, text)) = connstring {
                self.tls(node, &format!("{name}.{CONNSTRING}"), &arguments(text));
            }
        }
    }

    /// What a connstring says of TLS. No message holds a part of it but names: it may hold the password.
    fn tls(&mut self, node: &Node, path: &str, arguments: &[(String, String)]) {
        let said = |name: &str| arguments.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if said("sslmode").is_some_and(|mode| !MODES.contains(&mode)) {
            let hint = format!("one of {}", MODES.join(", "));
            self.refuse(codes::CLAIR_CONFIG, node, path, "its sslmode is not a mode of TLS to PostgreSQL", &hint);
        }
        for name in ["sslrootcert", "sslcert", "sslkey"] {
            let Some(file) = said(name) else { continue };
            if let Some((message, hint)) = self.objection(name, file) {
                self.refuse(codes::CLAIR_CONFIG, node, path, &message, &hint);
            }
        }
        let pair = ["sslcert", "sslkey"].map(said);
        if let [Some(_), None] | [None, Some(_)] = pair {
            let message = "has one of sslcert and sslkey, and Clair takes both or none";
            self.refuse(codes::CLAIR_CONFIG, node, path, message, OWN_FILES);
        }
        let bytes = |path: Option<&str>| self.model.bundle.file(path?.strip_prefix(FOLDER)?).map(|file| &file.bytes);
        if let [Some(cert), Some(key)] = pair.map(bytes) {
            for problem in pki::check_client_pair(cert, key) {
                let name = if problem.file == pki::PairFile::Cert { "sslcert" } else { "sslkey" };
                let message = format!("the file of its {name}: {}", problem.message);
                self.refuse(codes::CLAIR_CONFIG, node, path, &message, problem.hint.as_deref().unwrap_or_default());
            }
        }
    }

    /// Why a path leads to nothing in Clair's pod, and what to write; nothing where it leads to a file, or where nobody knows.
    fn objection(&self, name: &str, path: &str) -> Option<(String, String)> {
        let (bundle, late) = (&self.model.bundle, &self.model.config.secrets.files);
        let has = |key: &str| bundle.file(key).is_some() || late.contains_key(key);
        if let Some(file) = path.strip_prefix(FOLDER) {
            let message = format!("its {name} leads to a file of the bundle that is not there");
            return match is_clair_s(file) {
                true if has(file) => None,
                true => Some((message, "put it into the bundle under the name that the path ends with".to_owned())),
                false => Some((format!("its {name} leads to no file of Clair's"), OWN_FILES.to_owned())),
            };
        }
        if let Some(file) = trusted(path) {
            let is_there = file == SERVICE_CA || has(&format!("{EXTRA_CA}{file}")) || (is_trusted(file) && has(file));
            let message = format!("its {name} leads to no CA that Clair trusts");
            return (!is_there).then(|| (message, OWN_FILES.to_owned()));
        }
        let is_quay_s = stack::file(path).is_some() || !path.starts_with('/');
        is_quay_s.then(|| (format!("its {name} leads to no file in Clair's pod"), OWN_FILES.to_owned()))
    }

    /// What is left to Secrets that the input names.
    fn references(&mut self, node: &Node, path: &str) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match &node.data {
            _ if is_reference(node) => {
                let (message, hint) = match reference(&node.to_value()) {
                    _ if !self.referenced => (
                        "is left to a Secret, and the secrets of this registry are not",
                        "secrets: {mode: referenced}   # in the RenderConfig",
                    ),
                    Some(_) => return,
                    None => ("names no key of a Secret", "fromSecret: {name: my-secret, key: password}"),
                };
                self.refuse(codes::CLAIR_CONFIG, node, path, message, hint);
            }
            Data::Map(entries) => {
                for entry in entries {
                    self.references(&entry.value, &below(&entry.key));
                }
            }
            Data::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.references(item, &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }
}
