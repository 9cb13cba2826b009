//! The settings of components and the fields that they change: the rows of `components/kubernetes/settings.tsv`.

use super::Kind;
use crate::broken::Broken;
use crate::table::{NO_ROW, Table};
use std::sync::LazyLock;

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in `spec.components.<name>`.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// The allowed words; empty if any text is allowed.
    pub words: &'static [&'static str],
    /// Whether `false` removes what it is about.
    pub takes_false: bool,
    /// The places that it changes.
    pub places: Vec<Place>,
    /// Whether `spec.pods` has it too.
    pub is_of_pods: bool,
    /// An example, as JSON.
    pub example: &'static str,
    /// What it is.
    pub description: &'static str,
}

/// A place that a setting changes.
#[derive(Debug)]
pub struct Place {
    /// The objects of a component, or parts of them.
    pub on: Vec<Role>,
    /// The path in the object.
    pub at: Vec<&'static str>,
    /// The value to set there, as JSON with `@` for the value of the setting; empty for just that value.
    pub shape: &'static str,
}

/// An object of a component, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Its Deployment.
    Deployment,
    /// The pod template of Deployment and Jobs.
    Template,
    /// The pod spec of Deployment and Jobs.
    Pod,
    /// The pod spec of the Deployment alone.
    ServerPod,
    /// Its own container, in Deployment and Jobs.
    Container,
    /// Its own container in the Deployment alone.
    Server,
    /// All containers, including init containers.
    Containers,
    /// Its PersistentVolumeClaim.
    Claim,
    /// Its ObjectBucketClaim.
    Bucket,
    /// Its Services.
    Service,
    Autoscaler,
    /// A ServiceAccount created for it.
    Account,
    /// Its NetworkPolicies, whose templates read the setting.
    Network,
    /// All its objects.
    Objects,
}

impl Role {
    /// Whether a setting applies to rendered objects: ServiceAccounts are made apart, NetworkPolicies render with it.
    #[must_use]
    pub fn is_rendered_before(self) -> bool {
        !matches!(self, Self::Account | Self::Network)
    }
}

const ROLES: &[(&str, Role)] = &[
    ("deployment", Role::Deployment),
    ("template", Role::Template),
    ("pod", Role::Pod),
    ("server-pod", Role::ServerPod),
    ("container", Role::Container),
    ("server", Role::Server),
    ("containers", Role::Containers),
    ("claim", Role::Claim),
    ("bucket", Role::Bucket),
    ("service", Role::Service),
    ("autoscaler", Role::Autoscaler),
    ("account", Role::Account),
    ("network", Role::Network),
    ("objects", Role::Objects),
];

const TABLE: &str = include_str!("../../components/kubernetes/settings.tsv");

const OVERRIDES_TABLE: &str = include_str!("../../components/kubernetes/overrides.tsv");

static SETTINGS: LazyLock<Table<Setting>> = LazyLock::new(|| read("kubernetes/settings.tsv", TABLE));
static OVERRIDES: LazyLock<Table<Setting>> = LazyLock::new(|| read("kubernetes/overrides.tsv", OVERRIDES_TABLE));

/// Reads a table; consecutive rows of one setting are its places.
fn read(file: &str, text: &'static str) -> Table<Setting> {
    let mut table = Table::read(file, text, |row| match *row {
        [name, notation, on, at, shape, pods, example, description] => {
            let whole = notation.strip_suffix(" or false");
            let (notation, takes_false) = (whole.unwrap_or(notation), whole.is_some());
            let kind = Kind::new(notation);
            if !kind.is_known() {
                return Err(format!("no type is called {:?}", kind.as_str()));
            }
            for json in [shape, example] {
                is_json(json)?;
            }
            let on = on.split(' ').map(role).collect::<Result<_, _>>()?;
            Ok(Setting {
                name,
                kind,
                words: Kind::words_of(notation),
                takes_false,
                places: vec![Place { on, at: at.split('.').collect(), shape }],
                is_of_pods: pods == "yes",
                example,
                description,
            })
        }
        _ => Err(NO_ROW.to_owned()),
    });
    table.rows.dedup_by(|row, last| {
        let is_same = row.name == last.name;
        if is_same {
            last.places.append(&mut row.places);
        }
        is_same
    });
    table
}

fn role(word: &str) -> Result<Role, String> {
    let role = ROLES.iter().find(|(name, _)| *name == word).map(|(_, role)| *role);
    role.ok_or_else(|| format!("no part of a component is called {word:?}"))
}

fn is_json(text: &str) -> Result<(), String> {
    let read = serde_json::from_str::<serde::de::IgnoredAny>(text);
    if text.is_empty() || read.is_ok() { Ok(()) } else { Err(format!("{text:?} is not JSON")) }
}

/// Checks the two tables.
pub(super) fn check() -> Result<(), Broken> {
    SETTINGS.check().and_then(|()| OVERRIDES.check())
}

/// The override of that name that a QuayRegistry may have for a component of that kind.
#[must_use]
pub fn find_override(kind: &str, name: &str) -> Option<&'static Setting> {
    let own = format!("{kind}.{name}");
    let find = |name: &str| OVERRIDES.rows.iter().find(|setting| setting.name == name);
    find(&own).or_else(|| find(name))
}

/// All settings, in the order of the table.
#[must_use]
pub fn settings() -> &'static [Setting] {
    &SETTINGS.rows
}

/// The setting of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.rows.iter().find(|setting| setting.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
        assert_eq!(SETTINGS.rows.iter().map(|setting| setting.places.len()).sum::<usize>(), rows.len());
        let roles: usize = rows.iter().map(|row| row.split('\t').nth(2).unwrap().split(' ').count()).sum();
        assert_eq!(SETTINGS.rows.iter().flat_map(|it| &it.places).map(|place| place.on.len()).sum::<usize>(), roles);
        for setting in SETTINGS.rows.iter() {
            assert!(setting.kind.is_known(), "{}: {}", setting.name, setting.kind.as_str());
            assert_eq!(SETTINGS.rows.iter().filter(|other| other.name == setting.name).count(), 1, "{}", setting.name);
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text);
            assert!(json(setting.example).is_ok(), "{}: example", setting.name);
            assert!(setting.places.iter().all(|place| place.shape.is_empty() || json(place.shape).is_ok()));
        }
    }
}
