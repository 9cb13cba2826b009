//! The Secrets that pods read, and the random values in them: `secrets` of component.yaml.

use indexmap::IndexMap;
use serde::Deserialize;

/// Certificate and key that Quay serves.
pub const TLS: &str = "tls";
/// The values of Clair and its database.
pub const CLAIR: &str = "clair";
/// What config.yaml leaves to the cluster.
pub const CONFIG: &str = "config";
/// Files of the config bundle that hold a secret.
pub const FILES: &str = "files";
/// What the bucket claim's provisioner makes.
pub const BUCKET: &str = "bucket";

/// The password of Clair's database.
pub const CLAIR_DATABASE: &str = "CLAIR_DB_PASSWORD";
/// The key that Quay and Clair share.
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
    /// The component whose it is.
    #[serde(skip)]
    pub component: String,
    /// Its place among all.
    pub place: u32,
    /// What changing a value takes, in words for people.
    pub rotation: String,
    /// Whether something in the cluster makes it, so that nobody can name it or fill it.
    #[serde(default)]
    pub provisioned: bool,
    /// The random values in it, in their order.
    #[serde(default)]
    pub keys: IndexMap<String, Key>,
}

/// A random value. Its name is that in the keys Secret, in the required Secret, and in templates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// How many characters it has.
    pub length: usize,
    /// What it is, in words for messages.
    pub what: String,
    /// What changing it takes, where that is not what its Secret says.
    pub rotation: Option<String>,
    /// Where pods find it while secrets are inline, if they take it by itself.
    pub inline: Option<Inline>,
    /// The field of config.yaml that it is in.
    pub config: Option<ConfigField>,
    /// Whether config.yaml of the bundle may hold it: then it is in use.
    #[serde(default)]
    pub in_bundle: bool,
    /// Whether it stands in a URI or a connection string, where other characters than letters, digits and `-_.~` would
    /// mean something else.
    #[serde(default)]
    pub unquoted: bool,
}

/// A key of a Secret of the output.
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
    /// The field is the value.
    #[default]
    Text,
    /// The field is the value in base64.
    Base64,
    /// The field is a URI, and the value its password.
    Uri,
}

impl Secret {
    /// What changing an entry takes.
    #[must_use]
    pub fn rotation_of(&self, entry: &str) -> &str {
        self.keys.get(entry).and_then(|key| key.rotation.as_deref()).unwrap_or(&self.rotation)
    }
}
