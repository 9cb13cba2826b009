//! The plan that an init container carries out: files made of pieces (`components/join/files/join.py`).

use crate::object::{Map, Value};

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// What becomes of a piece before it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Nothing: it is a text.
    #[default]
    Text,
    /// A host that gets the cluster's domain where it ends in `.svc`.
    Host,
    /// A whole number.
    Integer,
    /// It is written in base64.
    Base64,
    /// It is YAML, and its value is set.
    Yaml,
    /// It is percent-encoded into a URI; without surroundings it is a whole URI.
    Uri,
    /// It is quoted into a connection string of libpq.
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

/// A value of a document, made of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinValue {
    /// Where it is set.
    pub path: Vec<Step>,
    /// The piece: folder and key.
    pub from: String,
    /// What becomes of it.
    pub form: Form,
    /// What stands around it.
    pub around: Option<(String, String)>,
}

/// A file, copied from a piece; a YAML document with values set where there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinFile {
    /// Its path below the target.
    pub to: String,
    /// The piece: folder and key.
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
    /// The plan as the script reads it.
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

/// The path as the name of an entry: `DISTRIBUTED_STORAGE_CONFIG.default.secret_key`; a pair's own index is left out.
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
