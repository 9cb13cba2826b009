//! Where Quay keeps images: the storages, their arguments, and the fields that refer to them (guide 3.4.2).

mod arguments;
mod drivers;
mod forms;

use super::{Field, Subject};
use crate::diagnostic::{Diagnostics, codes};
use crate::model::schema::{self, What};
use crate::quote::{self, listed, nearest_hint};
use std::collections::BTreeSet;

/// The driver that keeps images in the pod's own folder.
const LOCAL: &str = "LocalStorage";
/// The storage that Quay uses by default.
const FALLBACK: &str = "local_us";

type When = fn(&Subject<'_>) -> bool;

/// The fields that name storages, and when Quay reads them.
const LOCATIONS: [(&str, When); 2] = [
    ("DISTRIBUTED_STORAGE_PREFERENCE", |_| true),
    ("DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS", |subject| subject.is_on("FEATURE_STORAGE_REPLICATION")),
];

/// An entry of DISTRIBUTED_STORAGE_CONFIG whose driver is known.
struct Storage<'a> {
    driver: &'static str,
    /// The second item of the entry, with the path of the entry.
    arguments: Field<'a>,
}

impl<'a> Storage<'a> {
    fn argument(&self, name: &str) -> Field<'a> {
        self.arguments.member_of(Some("storage"), name)
    }

    /// The arguments of the driver.
    fn known(&self) -> impl Iterator<Item = &'static schema::Argument> {
        schema::arguments(self.arguments.release()).filter(|argument| argument.driver == self.driver)
    }

    fn takes(&self, name: &str) -> bool {
        self.known().any(|argument| argument.name == name)
    }

    /// The version of Swift's authentication: a number, or its digits as text.
    fn auth_version(&self) -> Option<i64> {
        let version = self.argument("auth_version");
        version.integer().or_else(|| version.filled_text()?.parse().ok())
    }

    /// Whether an argument is null: inside a list null does not count as absent, and is reported as a wrong type.
    fn is_null(&self, name: &str) -> bool {
        self.arguments.node().and_then(|node| node.get(name)).is_some_and(crate::yaml::Node::is_null)
    }
}

/// Quay does not start without a storage, nor with one whose arguments do not fit its driver.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let config = subject.field("DISTRIBUTED_STORAGE_CONFIG");
    if !config.is_given() && subject.is_reported("DISTRIBUTED_STORAGE_CONFIG") {
        return;
    }
    let hint =
        "DISTRIBUTED_STORAGE_CONFIG:\n  default:\n  - S3Storage\n  - s3_bucket: quay\n    storage_path: /registry";
    if !config.require(codes::STORAGE_DRIVER, "Quay keeps images in a storage", hint, out) || !config.is_map() {
        return;
    }
    let entries: Vec<(&str, Field<'_>)> = config.members().collect();
    if entries.is_empty() {
        out.push(config.problem(codes::STORAGE_DRIVER, "holds no storage, and Quay keeps images in one").hint(hint));
        return;
    }
    for (_, entry) in &entries {
        let Some((driver, arguments)) = entry.pair() else { continue };
        // Arguments that are not a map have been reported once, so none of them is reported as missing.
        if let Some(driver) = known_driver(&driver, out).filter(|_| arguments.is_map()) {
            let storage = Storage { driver, arguments };
            refuse_local(subject, &storage, out);
            arguments::check(subject, &storage, out);
            drivers::check(subject, &storage, out);
        }
    }
    let names: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
    for (name, is_used) in LOCATIONS {
        let field = subject.field(name);
        if is_used(subject) {
            require_locations(&field, &names, out);
        }
        check_locations(&field, &names, out);
    }
}

fn known_driver(field: &Field<'_>, out: &mut Diagnostics) -> Option<&'static str> {
    let name = field.text()?;
    let mut drivers: Vec<&'static str> = schema::arguments(field.release()).map(|argument| argument.driver).collect();
    drivers.dedup();
    if let Some(driver) = drivers.iter().find(|driver| **driver == name) {
        return Some(driver);
    }
    let since = schema::later(What::Driver(name), field.release());
    let is_later = since.is_some();
    let hint = match since {
        Some(since) => format!("it came with Quay {since}; the drivers of this release are {}", drivers.join(", ")),
        None => format!("{}the drivers are {}", nearest_hint(name, &drivers), drivers.join(", ")),
    };
    let shown = if is_later { format!("{name:?}") } else { quote::word(name, &drivers) };
    out.push(field.problem(codes::STORAGE_DRIVER, format!("{shown} is not a driver of a storage")).hint(hint));
    None
}

fn refuse_local(subject: &Subject<'_>, storage: &Storage<'_>, out: &mut Diagnostics) {
    if storage.driver != LOCAL {
        return;
    }
    let message = "LocalStorage is not supported on Kubernetes: images end with the pod that took them";
    let hint = "an object storage, such as RadosGWStorage or S3Storage, or the managed component objectstorage";
    out.push(storage.arguments.problem(codes::STORAGE_LOCAL, message).hint(hint));
    if subject.is_on("FEATURE_STORAGE_REPLICATION") {
        let replication = subject.field("FEATURE_STORAGE_REPLICATION");
        let message = format!("cannot replicate {}, which is LocalStorage", storage.arguments.path());
        out.push(
            replication
                .problem(codes::STORAGE_REPLICATION, message)
                .hint("FEATURE_STORAGE_REPLICATION: false, or another driver for that storage"),
        );
    }
}

/// Quay's own default names a storage that hardly any registry has. An empty list and null mean every storage.
fn require_locations(field: &Field<'_>, names: &[&str], out: &mut Diagnostics) {
    if field.is_given() || field.is_null() || names.contains(&FALLBACK) {
        return;
    }
    let message =
        format!("is missing: Quay then takes {FALLBACK:?}, and DISTRIBUTED_STORAGE_CONFIG has no such storage");
    let hint = format!("{}: [{}]", field.path(), listed(names));
    out.push(field.problem(codes::STORAGE_LOCATION, message).hint(hint));
}

fn check_locations(field: &Field<'_>, names: &[&str], out: &mut Diagnostics) {
    let known: BTreeSet<&str> = names.iter().copied().collect();
    for item in field.items() {
        let Some(name) = item.text().filter(|name| !known.contains(name)) else { continue };
        out.push_with_hint(
            item.problem(codes::STORAGE_LOCATION, format!("{} is not a storage", quote::name(name))),
            || format!("{}DISTRIBUTED_STORAGE_CONFIG has {}", nearest_hint(name, names), listed(names)),
        );
    }
}
