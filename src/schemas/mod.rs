//! JSON Schemas of the files that people write, so that editors complete and check them while they are typed; the
//! reference of their fields; and the comments of a RenderConfig that `init` writes.
//!
//! All come from the tables of `components/config/`: a row there is all that a new field needs. The draft is 07, the
//! newest that the YAML language server of VS Code and other editors knows in full. A schema says less than the
//! compiler does: it sees one value at a time, so what relates fields or files to each other is left to `validate`.

mod comments;
mod config_bundle;
mod documents;
mod node;
mod reference;
mod settings;

pub use comments::comments;
pub use reference::reference;

use crate::catalog::{Catalog, Number, Release};
use crate::model::schema::{self, Fact};
use serde_json::Value;

/// A kind of file that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// QuayRegistry.
    Registry,
    /// RenderConfig.
    RenderConfig,
    /// A RenderConfig of a fleet, of which files in other folders hold the rest.
    RenderConfigPart,
    /// The config bundle's config.yaml.
    ConfigBundle,
}

impl Schema {
    /// Every one.
    pub const ALL: &[Self] = &[Self::Registry, Self::RenderConfig, Self::RenderConfigPart, Self::ConfigBundle];

    /// Its name on the command line, and that of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::RenderConfig => "render-config",
            Self::RenderConfigPart => "render-config-part",
            Self::ConfigBundle => "config-bundle",
        }
    }

    /// The schema.
    #[must_use]
    pub fn json(self) -> Value {
        let (title, mut rest) = match self {
            Self::Registry => ("QuayRegistry", documents::schema(self.name())),
            Self::RenderConfig => ("RenderConfig of quay-render", documents::schema(self.name())),
            Self::RenderConfigPart => ("Part of a RenderConfig of quay-render", documents::part("render-config")),
            Self::ConfigBundle => (&*format!("config.yaml of Quay {}", newest()), config_bundle::schema()),
        };
        let mut schema = node::Object::new();
        schema.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
        schema.insert("title".to_owned(), title.into());
        schema.append(&mut rest);
        schema.into()
    }

    /// The schema as the command prints it.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:#}\n", self.json())
    }
}

/// The name of the newest release.
fn newest() -> &'static str {
    Catalog::shipped().map(|release| release.name.as_str()).unwrap_or_default()
}

/// The newest release's number.
fn number() -> Number {
    Catalog::shipped().map(Release::number).unwrap_or_default()
}

/// Every field that the newest release has.
fn fields() -> impl Iterator<Item = &'static Fact> {
    schema::fields().iter().filter(|fact| fact.is_in(number()))
}

/// The members of a map that the newest release has.
fn members(map: &str) -> impl Iterator<Item = &'static Fact> {
    schema::members(map).filter(|fact| fact.is_in(number()))
}

/// What holds where the user writes nothing: the default that the newest release writes, else Quay's own.
fn default(fact: &Fact) -> Option<Value> {
    let release = Catalog::shipped().ok().filter(|_| fact.map.is_empty());
    let value = release.and_then(|release| release.defaults.get(fact.name)).or(fact.default_value());
    serde_json::to_value(value?).ok()
}
