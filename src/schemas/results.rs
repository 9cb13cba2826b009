//! The schemas of what commands print with `--format json`.

use super::node::{self, Object, described, with};
use serde_json::{Value, json};

/// The version of these forms, as long as their members mean what they mean; members may be added.
pub const VERSION: u32 = 1;

/// What a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printed {
    /// `build --out DIR --format json`.
    Build,
    /// The same with `--check`.
    Check,
    /// `keys --format json`.
    Keys,
    /// `version --format json`.
    Version,
}

impl Printed {
    /// Its schema, as the command `schema` prints it.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:#}\n", self.json())
    }

    /// Its schema.
    #[must_use]
    pub fn json(self) -> Value {
        let (title, members) = match self {
            Self::Build => ("quay-render build --format json", build()),
            Self::Check => ("quay-render build --check --format json", check()),
            Self::Keys => ("quay-render keys --format json", keys()),
            Self::Version => ("quay-render version --format json", version()),
        };
        let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
        let properties: Object = members.iter().map(|(name, node)| ((*name).to_owned(), node.clone().into())).collect();
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": title,
            "type": "object",
            "properties": properties,
            "required": required,
        })
    }
}

/// Members by their names.
type Members = Vec<(&'static str, Object)>;

fn text(description: &str) -> Object {
    described(description, node::typed("string", false))
}

fn texts(description: &str) -> Object {
    described(description, node::list(Some(node::typed("string", false)), false))
}

fn number(description: &str) -> Object {
    described(description, with(node::typed("integer", false), "minimum", 0))
}

fn form() -> (&'static str, Object) {
    ("version", described("The version of this form.", with(Object::new(), "const", VERSION)))
}

fn build() -> Members {
    vec![
        form(),
        ("directory", text("The directory, as it was named.")),
        ("registries", number("How many registries were built.")),
        ("added", texts("Files that are new, by their paths in the directory.")),
        ("changed", texts("Files with other content than before.")),
        ("removed", texts("Files that are no longer part of the output.")),
        ("unchanged", number("How many files had the right content already.")),
        (
            "completedInterrupted",
            described("Whether an interrupted run was completed first.", node::typed("boolean", false)),
        ),
    ]
}

fn check() -> Members {
    let state = node::one_of(&["missing", "changed", "edited", "foreign", "stale"], false);
    let members = [
        ("file", text("Its path in the directory.")),
        ("state", described("What is the matter with it: docs/reference/output.md.", state)),
    ];
    let members: Object = members.into_iter().map(|(name, node)| (name.to_owned(), node.into())).collect();
    let differing = json!({"type": "object", "properties": members, "required": ["file", "state"]});
    let differing = with(node::typed("array", false), "items", differing);
    vec![
        form(),
        ("directory", text("The directory, as it was named.")),
        ("files", number("How many files there are in all.")),
        ("differing", described("The files that are not as a build would leave them.", differing)),
    ]
}

fn keys() -> Members {
    vec![
        form(),
        ("file", text("The file that holds the values.")),
        ("made", texts("The names of the values that were made; none of those that were there.")),
    ]
}

fn version() -> Members {
    vec![
        ("version", text("The version of quay-render.")),
        ("commit", described("The commit that it was built from, if that is known.", node::typed("string", true))),
        ("releases", texts("The releases of Quay that it renders.")),
    ]
}
