//! The plan by which an init container joins files from Secrets and ConfigMaps (`components/join/files/join.py`).

use crate::object::{Map, Value};

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// How to convert a source before it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As text.
    #[default]
    Text,
    /// A host. If it ends in `.svc`, the cluster's domain is added.
    Host,
    /// As a whole number.
    Integer,
    /// Encoded in base64.
    Base64,
    /// Parsed as YAML.
    Yaml,
    /// Percent-encoded, as part of a URI; without text around it a whole URI, which is kept.
    Uri,
    /// Quoted, as part of a connection string of libpq.
    Conninfo,
}

impl Form {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Host => "host",
            Self::Integer => "integer",
            Self::Base64 => "base64",
            Self::Yaml => "yaml",
            Self::Uri => "uri",
            Self::Conninfo => "conninfo",
        }
    }
}

/// A value of a document, set from a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinValue {
    /// Where it is set.
    pub path: Vec<Step>,
    /// The source: folder and key.
    pub from: String,
    /// How to convert it.
    pub form: Form,
    /// The text before and after it.
    pub around: Option<(String, String)>,
}

/// A file that is copied from a source; if there are values, a YAML document in which they are set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinFile {
    /// Its path below the target.
    pub to: String,
    /// The source: folder and key.
    pub from: String,
    /// The values that are set in it.
    pub values: Vec<JoinValue>,
    /// Whether nobody but the pod's user may read it.
    pub is_private: bool,
}

/// The files to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Join {
    /// In the order in which they are listed.
    pub files: Vec<JoinFile>,
}

impl Join {
    /// The plan in the format that the script reads.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut plan = Map::new();
        plan.insert("files", Value::Seq(self.files.iter().map(file).collect()));
        plan.into()
    }
}

fn file(file: &JoinFile) -> Value {
    let mut map = Map::new();
    map.insert("to", file.to.as_str());
    map.insert("from", file.from.as_str());
    if !file.values.is_empty() {
        map.insert("values", Value::Seq(file.values.iter().map(value).collect()));
    }
    if file.is_private {
        map.insert("private", true);
    }
    map.into()
}

fn value(value: &JoinValue) -> Value {
    let step = |step: &Step| match step {
        Step::Key(key) => key.as_str().into(),
        Step::Index(index) => Value::Int(index.to_string()),
    };
    let mut map = Map::new();
    map.insert("path", Value::Seq(value.path.iter().map(step).collect()));
    map.insert("from", value.from.as_str());
    if value.form != Form::Text {
        map.insert("form", value.form.as_str());
    }
    if let Some((before, after)) = &value.around {
        map.insert("before", before.as_str());
        map.insert("after", after.as_str());
    }
    map.into()
}

/// The name of the entry for a path: `DISTRIBUTED_STORAGE_CONFIG.default.secret_key`; the index in a pair is left out.
#[must_use]
pub fn entry_name(path: &[Step]) -> String {
    let pair = |at: usize| matches!(path.get(at), Some(Step::Index(1))) && at <= 2;
    let parts = path.iter().enumerate().filter(|(at, _)| !pair(*at)).map(|(_, step)| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    });
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_named_by_its_path() {
        let key = |key: &str| Step::Key(key.to_owned());
        let storage = [key("DISTRIBUTED_STORAGE_CONFIG"), key("default"), Step::Index(1), key("secret_key")];
        assert_eq!(entry_name(&storage), "DISTRIBUTED_STORAGE_CONFIG.default.secret_key");
        let executor = [key("BUILD_MANAGER"), Step::Index(1), key("EXECUTORS"), Step::Index(0), key("AWS_SECRET_KEY")];
        assert_eq!(entry_name(&executor), "BUILD_MANAGER.EXECUTORS.0.AWS_SECRET_KEY");
    }
}
