//! JSON Schemas of the files that users write, so that editors complete and check them while typing; the
//! reference of their fields; and the comments in a RenderConfig written by `init`.
//!
//! All come from the tables of `components/config/`: a new field needs only a row there. The draft is 07, the
//! newest that the YAML language server of VS Code and other editors supports completely. A schema checks less than the
//! compiler: it sees one value at a time, so relations between fields or files are left to `validate`.

mod comments;
mod config_bundle;
mod documents;
mod explained;
mod node;
mod reference;
mod results;
mod settings;

pub use comments::comments;
pub use explained::{explained, explained_names};
pub use reference::reference;
pub use results::{Printed, VERSION};

use crate::catalog::{Catalog, Release};
use crate::model::schema::{self, Fact};
use serde_json::Value;

/// A kind of file that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// QuayRegistry.
    Registry,
    /// RenderConfig.
    RenderConfig,
    /// A RenderConfig of a fleet, completed by files in other folders.
    RenderConfigPart,
    /// The config bundle's config.yaml.
    ConfigBundle,
}

impl Schema {
    /// All kinds.
    pub const ALL: &[Self] = &[Self::Registry, Self::RenderConfig, Self::RenderConfigPart, Self::ConfigBundle];

    /// Its name on the command line, and of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::RenderConfig => "render-config",
            Self::RenderConfigPart => "render-config-part",
            Self::ConfigBundle => "config-bundle",
        }
    }

    /// The schema for the standard release.
    #[must_use]
    pub fn json(self) -> Value {
        Catalog::shipped().map_or(Value::Null, |release| self.json_of(release))
    }

    /// The schema for a release.
    #[must_use]
    pub fn json_of(self, release: &Release) -> Value {
        let (title, mut rest) = match self {
            Self::Registry => ("QuayRegistry", documents::schema(self.name(), release)),
            Self::RenderConfig => ("RenderConfig of quay-render", documents::schema(self.name(), release)),
            Self::RenderConfigPart => {
                ("Part of a RenderConfig of quay-render", documents::part("render-config", release))
            }
            Self::ConfigBundle => (&*format!("config.yaml of Quay {}", release.family), config_bundle::schema(release)),
        };
        let mut schema = node::Object::new();
        schema.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
        schema.insert("title".to_owned(), title.into());
        schema.append(&mut rest);
        schema.into()
    }

    /// The schema for the standard release, as the command prints it.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:#}\n", self.json())
    }

    /// The schema for a release, as the command prints it.
    #[must_use]
    pub fn text_of(self, release: &Release) -> String {
        format!("{:#}\n", self.json_of(release))
    }
}

/// All fields of a release.
fn fields(release: &Release) -> impl Iterator<Item = &'static Fact> {
    let number = release.number();
    schema::fields().iter().filter(move |fact| fact.is_in(number))
}

/// The members of a map in a release.
fn members(map: &str, release: &Release) -> impl Iterator<Item = &'static Fact> {
    let number = release.number();
    schema::members(map).filter(move |fact| fact.is_in(number))
}

/// The effective default: the one that the release writes, else Quay's own.
fn default(fact: &Fact, release: &Release) -> Option<Value> {
    let value = Some(release).filter(|_| fact.map.is_empty()).and_then(|release| release.defaults.get(fact.name));
    serde_json::to_value(value.or(fact.default_value())?).ok()
}
