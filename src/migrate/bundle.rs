//! The config bundle and the keys, out of the Secrets that the old operator and its user made.

use super::database_secret;
use super::secrets::Secrets;
use super::servers;
use crate::catalog::Release;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::kubernetes_names::is_data_key;
use crate::live::export::Live;
use crate::model::ecosystem::{ConfigFile, ConfigFiles, Ecosystem, FileKind};
use crate::model::keys::{Keys, TLS_CERT, TLS_KEY};
use crate::model::registry::kind;
use crate::object::{Map, Value};
use crate::quote;
use crate::secret::Secret;
use crate::yaml;
use std::collections::BTreeMap;

/// The Secret in which the old operator keeps config.yaml, whatever the name of the QuayEcosystem.
const CONFIG_SECRET: &str = "quay-enterprise-config-secret";
const CONFIG: &str = "config.yaml";

/// Quay's own keys: without them nobody can read what the database holds.
const KEYS: [&str; 2] = ["SECRET_KEY", "DATABASE_SECRET_KEY"];

/// Fields that only Quay's old operator, or a part that Quay does not have any more, has use for.
const OBSOLETE: &[&str] = &[
    "FEATURE_SIGNING",
    "GPG2_PRIVATE_KEY_FILENAME",
    "GPG2_PRIVATE_KEY_NAME",
    "GPG2_PUBLIC_KEY_FILENAME",
    "SETUP_COMPLETE",
    "SIGNING_ENGINE",
];
/// Fields that the way in decides.
const OF_ACCESS: &[&str] = &["EXTERNAL_TLS_TERMINATION", "PREFERRED_URL_SCHEME"];
/// What the fields for the former Clair begin with.
const OF_SCANNER: &str = "SECURITY_SCANNER_";

/// The prefix that the old operator gives CAs, and that of the bundle.
const AUTHORITIES: (&str, &str) = ("extra_ca_certs_", "extra_ca_cert_");
/// The certificates that the old operator adds to the CAs: that of the registry, and where it runs Clair, that of Clair.
const ADDED: (&str, &str) = ("extra_ca_certs_quay.crt", "extra_ca_certs_clair.crt");

/// The bundle and the keys.
#[derive(Default)]
pub(super) struct Found {
    /// The files of the bundle, by key.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The values of the keys Secret.
    pub keys: Keys,
    /// SERVER_HOSTNAME.
    pub hostname: String,
}

/// Gathers them; reports what is missing.
pub(super) fn find(
    ecosystem: &Ecosystem,
    secrets: &Secrets<'_>,
    release: &Release,
    has_own_database: bool,
    problems: &mut Diagnostics,
) -> Found {
    let mut found = Found::default();
    let what = "it has config.yaml";
    if let Some(secret) = secrets.need(CONFIG_SECRET, what, &ecosystem.at, "metadata.name", problems) {
        let is_wanted = |key: &&str| *key != CONFIG && !is_added(key, ecosystem) && !is_empty_authority(key, secret);
        for key in secret.keys().into_iter().filter(is_wanted) {
            let named = key.strip_prefix(AUTHORITIES.0).map_or_else(|| key.to_owned(), authority);
            found.take(&named, secret, key, secrets, problems);
        }
        if let Some(config) = config(secret, secrets, problems) {
            let account = database_secret(ecosystem);
            servers::check(&config, ecosystem, has_own_database, secrets, &account, &secret.at, problems);
            found.config(config, ecosystem, release, has_own_database, secret, problems);
        }
        found.pair(ecosystem, secrets, problems);
    }
    for files in &ecosystem.files {
        found.files_of(files, secrets, problems);
    }
    found
}

fn is_added(key: &str, ecosystem: &Ecosystem) -> bool {
    key == ADDED.0 || (ecosystem.clair && key == ADDED.1)
}

/// The old operator copies a CA of a file that is named without its content: the user's Secret has that.
fn is_empty_authority(key: &str, secret: &Live) -> bool {
    key.strip_prefix(AUTHORITIES.0)
        .is_some_and(|name| name.is_empty() || secret.entry(key).is_some_and(|content| content.is_empty()))
}

fn authority(name: &str) -> String {
    format!("{}{name}", AUTHORITIES.1)
}

/// The map in config.yaml.
fn config(secret: &Live, secrets: &Secrets<'_>, problems: &mut Diagnostics) -> Option<Map> {
    secrets.entry(secret, CONFIG, problems)?;
    match secret.document(CONFIG) {
        Some(Value::Map(map)) => Some(map),
        _ => {
            let message = format!("config.yaml of the Secret {CONFIG_SECRET} is no map in YAML");
            let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(secret.at.clone()).field("data");
            problems.push(problem.hint("export the Secret again, not edited and not redacted"));
            None
        }
    }
}

impl Found {
    /// Takes an entry of a Secret as a file.
    fn take(&mut self, name: &str, secret: &Live, key: &str, secrets: &Secrets<'_>, problems: &mut Diagnostics) {
        if !is_data_key(name) {
            let message = format!("{} is no name for a file beside config.yaml", quote::name(name));
            let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(secret.at.clone());
            problems.push(problem.hint("letters, digits, `-`, `_` and `.`"));
            return;
        }
        if let Some(bytes) = secrets.entry(secret, key, problems) {
            self.files.entry(name.to_owned()).or_insert(bytes);
        }
    }

    /// Takes config.yaml apart: the keys go to the others, and what components write themselves is left out.
    fn config(
        &mut self,
        mut config: Map,
        ecosystem: &Ecosystem,
        release: &Release,
        has_own_database: bool,
        secret: &Live,
        problems: &mut Diagnostics,
    ) {
        for name in KEYS {
            match config.remove(name) {
                Some(Value::Str(value)) if !value.is_empty() => self.keys.set(name, Secret::new(value)),
                _ => {
                    let message = format!("config.yaml of the Secret {CONFIG_SECRET} has no {name} that is a text");
                    let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(secret.at.clone()).field("data");
                    problems
                        .push(problem.hint("the database cannot be read without it: where does the old Quay have it?"));
                }
            }
        }
        let managed = [
            (kind::POSTGRES, has_own_database),
            (kind::REDIS, ecosystem.redis.is_none()),
            (kind::CLAIR, ecosystem.clair),
            (kind::MIRROR, ecosystem.mirror),
        ];
        for (name, _) in managed.into_iter().filter(|(_, is_managed)| *is_managed) {
            for field in release.kind(name).into_iter().flat_map(|kind| &kind.fields) {
                config.remove(field);
            }
        }
        for field in OBSOLETE.iter().chain(OF_ACCESS) {
            config.remove(field);
        }
        if ecosystem.clair {
            let of_scanner = config.iter().map(|(name, _)| name.to_owned()).filter(|name| name.starts_with(OF_SCANNER));
            for name in of_scanner.collect::<Vec<_>>() {
                config.remove(&name);
            }
        }
        self.hostname = config.get("SERVER_HOSTNAME").and_then(Value::as_str).unwrap_or_default().to_owned();
        if self.hostname.is_empty() {
            let message = format!("config.yaml of the Secret {CONFIG_SECRET} has no SERVER_HOSTNAME");
            let problem = Diagnostic::new(codes::MIGRATE_MISSING, message).at(secret.at.clone()).field("data");
            problems.push(problem.hint("it is the name by which clients know the registry: write it into config.yaml"));
        }
        self.files.insert(CONFIG.to_owned(), yaml::emit(&config.into()).into_bytes());
    }

    /// The certificate of the registry and its key, which may be in a Secret of their own.
    fn pair(&mut self, ecosystem: &Ecosystem, secrets: &Secrets<'_>, problems: &mut Diagnostics) {
        if self.files.contains_key(TLS_CERT) && self.files.contains_key(TLS_KEY) {
            return;
        }
        let own = format!("{}-quay-ssl", ecosystem.name);
        let (name, at) = match &ecosystem.access.secret {
            Some(secret) => (secret.value.as_str(), &secret.at),
            None => (own.as_str(), &ecosystem.access.at),
        };
        let (what, field) = ("it has the registry's certificate", "spec.quay.externalAccess.tls.secretName");
        let Some(secret) = secrets.need(name, what, at, field, problems) else { return };
        for (key, name) in [("tls.crt", TLS_CERT), ("tls.key", TLS_KEY)] {
            self.take(name, secret, key, secrets, problems);
        }
    }

    /// Files out of a Secret of the user's. The old operator has copied CAs into its own.
    fn files_of(&mut self, files: &ConfigFiles, secrets: &Secrets<'_>, problems: &mut Diagnostics) {
        let named = |file: &ConfigFile| match file.kind {
            FileKind::Config => file.name.clone(),
            FileKind::Authority => authority(&file.name),
        };
        if !files.files.is_empty() && files.files.iter().all(|file| self.files.contains_key(&named(file))) {
            return;
        }
        let (what, field) = ("it has files beside config.yaml", "spec.quay.configFiles");
        let Some(secret) = secrets.need(&files.secret.value, what, &files.secret.at, field, problems) else { return };
        let all = secret.keys().into_iter().filter(|_| files.files.is_empty());
        let all = all.map(|key| ConfigFile { key: key.to_owned(), name: key.to_owned(), kind: files.kind });
        for file in all.collect::<Vec<_>>().iter().chain(&files.files) {
            self.take(&named(file), secret, &file.key, secrets, problems);
        }
    }
}
