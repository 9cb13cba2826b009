//! Quay's configuration, checked offline: every rule of the validator that runs when Quay starts, and rules for
//! mistakes that the validator misses (guide 2.1).
//!
//! Types and names come from the tables of [`schema`]. Each rule that relates fields to each other is a function; a
//! file holds those of a few field groups. Rules check config.yaml after the merge: fields that a managed component
//! writes are there, so nothing is reported missing that the user left to it.
//!
//! A value of a wrong type is reported once, by `types`; every other rule passes over it.

mod access;
mod builds;
mod config;
pub mod database;
mod fips;
mod forms;
mod general;
mod hosts;
mod jwt;
mod keystone;
mod ldap;
mod logins;
mod logs;
mod mail;
mod mirror;
mod paths;
mod prune;
mod redis;
mod scalars;
mod scanner;
mod signing;
mod storage;
mod tags;
pub mod tls;
mod triggers;
mod types;
mod unnamed;

pub use config::{Config, Field};

use crate::catalog::secret::CONFIG;
use crate::diagnostic::Diagnostics;
use crate::host::Host;
use crate::model::Bundle;
use crate::model::bundle::BundleFile;
use crate::model::schema;
use crate::model::secrets::{Mode, Secrets, reference};
use crate::object::Value;
use crate::pki::Date;

/// What to check.
pub struct Subject<'a> {
    /// The merged config.yaml.
    pub config: Config<'a>,
    /// The files next to it.
    pub bundle: &'a Bundle,
    /// The user's declarations and options.
    pub options: Options<'a>,
}

/// The user's declarations and options.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// Fields that the tables do not know and the user declares as valid (`spec.knownFields`).
    pub known_fields: &'a [String],
    /// Where secrets of config.yaml are in the cluster; nothing if they are in the output.
    pub left_to: Option<LeftTo<'a>>,
    /// Fields whose absence has already been reported.
    pub reported: &'a [&'a str],
    /// Whether to report what fails on a FIPS cluster (guide 6.3).
    pub fips: bool,
    /// The day for which certificates must be valid.
    pub as_of: Option<Date>,
    /// Whether it becomes a registry: then anything that stops Quay's start is refused. In a bundle checked alone,
    /// which may be for another release, that is a warning, because Quay's own validator lets it pass.
    pub is_compiled: bool,
    /// Whether a certificate and key to serve are made if the bundle has none.
    pub has_own_pair: bool,
    /// Whether clients or a proxy get that certificate, whatever config.yaml says about TLS in front of Quay.
    pub pair_is_met: bool,
    /// Files of the bundle that are left to a Secret of the cluster.
    pub late_files: &'a [&'a str],
    /// Files of the configuration folder that the cluster gives, by their paths below it.
    pub cluster_files: &'a [&'a str],
    /// Folders outside of it in which Quay's pods have files for connections.
    pub mounted: &'a [&'a str],
    /// The file that Quay's check at start compares a database's certificate with, whatever config.yaml names; nothing where
    /// that counts.
    pub database_ca: Option<&'a str>,
    /// The names that will be served; empty where config.yaml alone says them.
    pub hosts: &'a [Host],
}

/// The Secrets of the cluster to which secrets are left.
#[derive(Clone, Copy)]
pub struct LeftTo<'a> {
    /// `spec.secrets`, in a mode that leaves secrets in the cluster.
    pub secrets: &'a Secrets,
    /// The registry's name.
    pub registry: &'a str,
}

impl LeftTo<'_> {
    /// Says where the value of a field of config.yaml is, and who puts it there.
    #[must_use]
    pub fn tell(&self, field: &str, value: &Value) -> String {
        let own = reference(value);
        let who = match &self.secrets.mode {
            _ if own.is_some() => "which the value names",
            Mode::External(_) => "which External Secrets fills from the store",
            Mode::Sealed(_) => "which `quay-render seal` fills",
            Mode::Inline | Mode::Referenced => "which you make",
        };
        let at = own.unwrap_or_else(|| self.secrets.place(self.registry, CONFIG, field));
        format!("pods wait for key {} of Secret {}, {who}", at.key, at.name)
    }
}

/// The rules of a few field groups.
type Group = fn(&Subject<'_>, &mut Diagnostics);

const GROUPS: &[Group] = &[
    access::check,
    builds::check,
    database::check,
    fips::check,
    general::check,
    hosts::check,
    jwt::check,
    keystone::check,
    ldap::check,
    logins::check,
    logs::check,
    mail::check,
    mirror::check,
    prune::check,
    redis::check,
    scanner::check,
    signing::check,
    storage::check,
    tags::check,
    tls::check,
    triggers::check,
    types::check,
    unnamed::check,
    // After the types.
    scalars::check,
];

/// Flags that count as off when absent, though Quay's own default is on: otherwise the registry of the guide's first
/// pages would need a mail server and builders.
const OFF_WHEN_ABSENT: &[&str] = &["FEATURE_MAILING", "FEATURE_BUILD_SUPPORT", "MAIL_USE_TLS"];

/// Checks everything.
pub fn validate(subject: &Subject<'_>, out: &mut Diagnostics) {
    for group in GROUPS {
        group(subject, out);
    }
}

impl<'a> Subject<'a> {
    /// A field of config.yaml, present or not.
    #[must_use]
    pub fn field(&'a self, name: &str) -> Field<'a> {
        self.config.field(name)
    }

    /// Whether a flag is on: its value, else its default.
    #[must_use]
    pub fn is_on(&self, flag: &str) -> bool {
        self.config.field(flag).flag().unwrap_or_else(|| {
            !OFF_WHEN_ABSENT.contains(&flag)
                && self.config.field(flag).fact().and_then(schema::Fact::default_flag).unwrap_or_default()
        })
    }

    /// The text of a field, else its default.
    #[must_use]
    pub fn text_or_default(&'a self, name: &str) -> Option<&'a str> {
        let field = self.config.field(name);
        if field.is_given() { field.text() } else { field.fact()?.default_text() }
    }

    /// A file of the bundle.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&'a BundleFile> {
        self.bundle.file(name)
    }

    /// Whether a file of the bundle is left to a Secret of the cluster: it counts as given, and cannot be checked.
    #[must_use]
    pub fn is_late_file(&self, name: &str) -> bool {
        self.options.late_files.contains(&name)
    }

    /// Whether the bundle has a file, or the cluster will.
    #[must_use]
    pub fn has_file(&self, name: &str) -> bool {
        self.file(name).is_some() || self.is_late_file(name)
    }

    /// Whether the absence of a field has already been reported.
    #[must_use]
    pub fn is_reported(&self, name: &str) -> bool {
        self.options.reported.contains(&name)
    }
}
