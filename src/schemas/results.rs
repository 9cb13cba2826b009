//! The schemas of what commands print with `--format json`.

use super::node::{self, Object, described, with};
use serde_json::Value;

/// The version of these forms, as long as their members mean what they mean; members may be added.
pub const VERSION: u32 = 1;

/// What a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printed {
    /// `init --format json`.
    Init,
    /// `validate --format json`.
    Validate,
    /// `build --out DIR --format json`.
    Build,
    /// The same with `--check`.
    Check,
    /// `keys --format json`.
    Keys,
    /// `show registries --format json`.
    Registries,
    /// `show status --format json`, with `--live` and without it.
    Status,
    /// `show upgrade --live FILE --format json`.
    Upgrade,
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
        let (title, node) = match self {
            Self::Init => ("quay-render init --format json", object(init(), &[])),
            Self::Validate => ("quay-render validate --format json", object(validate(), &[])),
            Self::Build => ("quay-render build --format json", object(build(), &[])),
            Self::Check => ("quay-render build --check --format json", object(check(), &[])),
            Self::Keys => ("quay-render keys --format json", object(keys(), &[])),
            Self::Registries => ("quay-render show registries --format json", list(registries(), &[])),
            Self::Status => ("quay-render show status --format json", status()),
            Self::Upgrade => ("quay-render show upgrade --live FILE --format json", upgrade()),
            Self::Version => ("quay-render version --format json", object(version(), &[])),
        };
        let front = with(Object::new(), "$schema", "http://json-schema.org/draft-07/schema#");
        let mut schema = with(front, "title", title);
        schema.extend(node);
        schema.into()
    }
}

/// Members by their names.
type Members = Vec<(&'static str, Object)>;

/// An object with these members, all of them required but for the optional ones.
fn object(members: Members, optional: &[&str]) -> Object {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).filter(|name| !optional.contains(name)).collect();
    let properties: Object = members.iter().map(|(name, node)| ((*name).to_owned(), node.clone().into())).collect();
    with(with(node::typed("object", false), "properties", properties), "required", required)
}

/// A list of such objects.
fn list(members: Members, optional: &[&str]) -> Object {
    node::list(Some(object(members, optional)), false)
}

fn text(description: &str) -> Object {
    described(description, node::typed("string", false))
}

fn texts(description: &str) -> Object {
    described(description, node::list(Some(node::typed("string", false)), false))
}

fn number(description: &str) -> Object {
    described(description, with(node::typed("integer", false), "minimum", 0))
}

fn flag(description: &str) -> Object {
    described(description, node::typed("boolean", false))
}

/// A text or null.
fn perhaps(description: &str) -> Object {
    described(description, node::typed("string", true))
}

/// A number from 1, or null.
fn position(description: &str) -> Object {
    described(description, with(node::typed("integer", true), "minimum", 1))
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
        ("completedInterrupted", flag("Whether an interrupted run was completed first.")),
    ]
}

fn check() -> Members {
    let state = node::one_of(&["missing", "changed", "edited", "foreign", "stale"], false);
    let differing = list(
        vec![
            ("file", text("Its path in the directory.")),
            ("state", described("What is the matter with it: docs/reference/output.md.", state)),
        ],
        &[],
    );
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
        ("commit", perhaps("The commit that it was built from, if that is known.")),
        ("releases", texts("The releases of Quay that it renders.")),
    ]
}

fn init() -> Members {
    let placeholders = list(
        vec![
            ("name", text("The word that stands there.")),
            ("hint", text("What to write in its place.")),
            ("files", texts("The files that it is in, from the root of the repository.")),
        ],
        &[],
    );
    vec![
        form(),
        ("directory", text("The directory, as it was named.")),
        ("files", texts("Every file that was written.")),
        ("placeholders", described("What is left to a person, in order.", placeholders)),
    ]
}

fn validate() -> Members {
    let summary = object(
        vec![
            ("errors", number("How many errors there are in all.")),
            ("warnings", number("How many warnings.")),
            ("notes", number("How many notes.")),
        ],
        &[],
    );
    let severity = node::one_of(&["error", "warning", "note"], false);
    let diagnostics = list(
        vec![
            ("code", text("The stable code.")),
            ("severity", described("How grave it is.", severity)),
            ("field", perhaps("The path of the field.")),
            ("file", perhaps("The file, as it was named, or the part of one.")),
            ("line", position("The line.")),
            ("column", position("The column, in characters.")),
            ("message", text("What is wrong.")),
            ("hint", perhaps("How to mend it.")),
        ],
        &[],
    );
    let allowed = list(
        vec![
            ("code", text("The code that is allowed.")),
            ("reason", text("The reason that the input gives.")),
            ("count", number("How often it was found.")),
        ],
        &[],
    );
    vec![
        form(),
        ("summary", described("The numbers of all problems.", summary)),
        ("diagnostics", described("The problems that are shown, errors first.", diagnostics)),
        ("allowed", described("What was found and is allowed.", allowed)),
    ]
}

fn registries() -> Members {
    vec![
        ("folder", text("Its folder in the fleet; . where the input is one registry.")),
        ("namespace", text("Its namespace.")),
        ("name", text("Its name.")),
        ("release", text("The release of Quay.")),
        ("host", text("Its host name.")),
        ("access", text("The way in: spec.access.type.")),
        ("secrets", text("Where its secrets are: spec.secrets.mode.")),
        ("paused", flag("Whether spec.paused stops it.")),
    ]
}

/// A condition, as Kubernetes has it.
fn conditions() -> Object {
    let state = node::one_of(&["True", "False"], false);
    let conditions = list(
        vec![
            ("type", text("What it is about.")),
            ("status", described("Whether it holds.", state)),
            ("reason", text("Why, in a word.")),
            ("message", text("Why.")),
        ],
        &[],
    );
    described("The conditions that the operator of the release would report.", conditions)
}

fn status() -> Object {
    let components = list(
        vec![
            ("kind", text("The component.")),
            ("managed", flag("Whether it is managed.")),
            ("ready", flag("Whether nothing keeps it from being ready.")),
            ("waits", texts("What it waits for.")),
        ],
        &["waits"],
    );
    let drift = list(
        vec![
            ("object", text("Kind, namespace and name.")),
            ("what", text("What is the matter with it.")),
            ("fields", texts("The fields that differ, as diff shows them.")),
        ],
        &["fields"],
    );
    let live = object(
        vec![
            ("components", described("Every component.", components)),
            ("ownedByQuayRegistry", texts("The objects that still belong to the QuayRegistry.")),
            ("operatorFinalizer", flag("Whether the QuayRegistry has the operator's finalizer.")),
            ("unchanged", number("How many objects are as they are rendered.")),
            ("drift", described("Every object that is not.", drift)),
        ],
        &["ownedByQuayRegistry"],
    );
    object(
        vec![
            ("registryEndpoint", text("The address of the registry.")),
            ("configEditorEndpoint", text("That of the config editor, in releases that have one.")),
            ("configEditorCredentialsSecret", text("The Secret with its password.")),
            ("currentVersion", text("The version of Quay.")),
            ("conditions", conditions()),
            ("live", described("With --live: what the exported objects say.", live)),
        ],
        &["configEditorEndpoint", "configEditorCredentialsSecret", "live"],
    )
}

fn upgrade() -> Object {
    let commit =
        object(vec![("release", text("The release.")), ("paused", flag("Whether spec.paused stops it."))], &[]);
    let migration = object(
        vec![
            ("job", text("The Job that migrates the schema.")),
            ("state", text("How it is.")),
            ("failedTries", number("How many of its tries have failed, while it runs.")),
        ],
        &["failedTries"],
    );
    let pods = object(vec![("own", texts("Pods of this release.")), ("others", texts("Pods of another one."))], &[]);
    let databases = with(node::typed("object", false), "additionalProperties", node::typed("string", false));
    object(
        vec![
            ("commit", described("What the input says.", commit)),
            ("databases", described("How the move of each database is, where one is moved.", databases)),
            ("migration", described("The migration of the schema.", migration)),
            ("pods", described("The pods that use the database.", pods)),
            ("next", text("What comes next.")),
            ("back", text("Which way leads back.")),
        ],
        &["databases"],
    )
}
