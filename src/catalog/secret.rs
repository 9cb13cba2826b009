//! The Secrets that pods read, and the random values in them: `secrets` of component.yaml.

use indexmap::IndexMap;
use serde::Deserialize;

/// Certificate and key that Quay serves.
pub const TLS: &str = "tls";
/// The values of Clair and its database.
pub const CLAIR: &str = "clair";
/// The values of config.yaml that are left to the cluster.
pub const CONFIG: &str = "config";
/// Files of the config bundle that hold a secret.
pub const FILES: &str = "files";
/// The config bundle as a whole, which an operator reads.
pub const BUNDLE: &str = "bundle";
/// The Secret that the bucket claim's provisioner creates.
pub const BUCKET: &str = "bucket";

/// The password of Clair's database.
pub const CLAIR_DATABASE: &str = "CLAIR_DB_PASSWORD";
/// The secret shared by Quay and Clair.
pub const CLAIR_SHARED: &str = "SECURITY_SCANNER_V4_PSK";
/// The config editor's password.
pub const EDITOR: &str = "CONFIG_EDITOR_PW";

/// A Secret that pods read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Its logical name.
    #[serde(skip)]
    pub name: String,
    /// The component that it belongs to.
    #[serde(skip)]
    pub component: String,
    /// Its position in the list of all Secrets.
    pub place: u32,
    /// How to change a value, in words for people.
    pub rotation: String,
    /// Whether something in the cluster creates it, so that users cannot name or fill it.
    #[serde(default)]
    pub provisioned: bool,
    /// The random values in it, in order.
    #[serde(default)]
    pub keys: IndexMap<String, Key>,
}

/// A random value. It has the same name in the keys Secret, in the required Secret, and in templates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its length in characters.
    pub length: usize,
    /// Its description in messages.
    pub what: String,
    /// How to change it, if that differs from the rest of its Secret.
    pub rotation: Option<String>,
    /// Where pods find it while secrets are inline, if they read it separately.
    pub inline: Option<Inline>,
    /// The field of config.yaml that contains it.
    pub config: Option<ConfigField>,
    /// The members of fields of config.yaml that are it, by their paths.
    #[serde(default)]
    pub members: Vec<String>,
    /// Whether `keys` makes it only where its component is rendered.
    #[serde(default)]
    pub when_asked: bool,
    /// Whether config.yaml of the bundle may hold it: then it is in use.
    #[serde(default)]
    pub in_bundle: bool,
    /// Whether it is part of a URI or a connection string, where characters other than letters, digits and `-_.~` have
    /// a meaning.
    #[serde(default)]
    pub unquoted: bool,
}

/// A key of a Secret in the output.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inline {
    /// The Secret, without the registry's name.
    pub secret: String,
    /// The key in it.
    pub key: String,
}

/// A field of config.yaml.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigField {
    /// The name of the field of config.yaml.
    pub field: String,
    /// How the value is written in it.
    #[serde(default)]
    pub form: Written,
}

/// How a value is written in a field of config.yaml.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Written {
    /// The value itself.
    #[default]
    Text,
    /// The value in base64.
    Base64,
    /// A URI with the value as its password.
    Uri,
}

impl Secret {
    /// How to change an entry.
    #[must_use]
    pub fn rotation_of(&self, entry: &str) -> &str {
        self.keys.get(entry).and_then(|key| key.rotation.as_deref()).unwrap_or(&self.rotation)
    }
}
