//! The declared fields of QuayRegistry, RenderConfig, SealedValues and QuayEcosystem: the rows of `components/config/documents.tsv`.
//! Readers, schemas, the reference, the comments of `init` and the decision what may be shown all use them.

mod place;
mod setting;

pub use place::Place;

use super::formats::Format;
use crate::catalog::{Broken, Catalog, Names, Needs, Release};
use crate::diagnostic::codes;
use crate::quote::{FLAGS, Form};
use crate::table::{NO_ROW, Table};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A field of a document.
#[derive(Debug)]
pub struct Row {
    /// The document's name in the table.
    pub document: &'static str,
    /// The path, with `[]` for an item or a member of any name, and `<image>` and the like for each name of a list.
    pub path: &'static str,
    pub kind: &'static str,
    /// The default, as JSON or a text.
    pub default: &'static str,
    /// Which texts are allowed.
    pub allowed: &'static str,
    /// Whether it is required.
    pub need: &'static str,
    /// `yes` if its value is never shown; `at` if an `@` is part of its syntax and does not end a password.
    pub secret: &'static str,
    /// An example, as JSON or a text.
    pub example: &'static str,
    /// What to write if it is missing or wrong.
    pub hint: &'static str,
    /// What it is for.
    pub description: &'static str,
}

/// The table, compiled in, so that a build without it fails.
const TABLE: &str = include_str!("../../../components/config/documents.tsv");

static ROWS: LazyLock<Table<Row>> = LazyLock::new(|| {
    Table::read("config/documents.tsv", TABLE, |row| match *row {
        [document, path, kind, default, allowed, need, secret, example, hint, description] => {
            let row = Row { document, path, kind, default, allowed, need, secret, example, hint, description };
            row.mistake().map_or(Ok(row), Err)
        }
        _ => Err(NO_ROW.to_owned()),
    })
});

/// A row, with the last part of its path.
type Named = (&'static str, &'static Row);

/// The rows directly below a path of a document, each with the last part of its path.
static BELOW: LazyLock<BTreeMap<(&str, &str), Vec<Named>>> = LazyLock::new(|| {
    let mut below: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in ROWS.rows.iter() {
        let (parent, name) = row.path.rsplit_once('.').unwrap_or(("", row.path));
        below.entry((row.document, parent)).or_default().push((name, row));
    }
    below
});

/// Checks the whole table.
///
/// # Errors
/// If a row of it is invalid.
pub fn check() -> Result<(), Broken> {
    ROWS.check()
}

/// Every row, in the order of the table.
#[must_use]
pub fn rows() -> &'static [Row] {
    &ROWS.rows
}

/// The name in the table of the document of a kind.
#[must_use]
pub fn document(kind: &str) -> Option<&'static str> {
    let is_kind = |row: &&Row| row.path == "kind" && row.allowed.strip_prefix("one of ") == Some(kind);
    ROWS.rows.iter().find(is_kind).map(|row| row.document)
}

/// The two fields of `spec.access` that hold a certificate, with their descriptions.
pub const CERTIFICATES: &[(&str, &str)] = &[
    ("certificate", "The certificate that clients meet."),
    ("backendCertificate", "The certificate that the way in meets at Quay, with tls: reencrypt."),
];

/// The name that guide 3.4.2 uses for objectstorage.
pub const GUIDE_STORAGE: &str = "storage";
/// The component of later operators that says where TLS ends.
pub const TLS: &str = "tls";

/// The names that the last part of a path stands for: those of a list, or just itself.
#[must_use]
pub fn names(part: &'static str) -> Vec<&'static str> {
    match part {
        "<certificate>" => CERTIFICATES.iter().map(|(name, _)| *name).collect(),
        "<image>" => IMAGES.all().to_vec(),
        "<api>" => apis().map(|needs| needs.api.as_str()).collect(),
        "<component>" => {
            let more = [GUIDE_STORAGE, TLS].into_iter().filter(|name| !COMPONENTS.has(name));
            COMPONENTS.all().iter().copied().chain(more).collect()
        }
        "<settings>" => SETTINGS.all().to_vec(),
        "<secret>" => SECRETS.all().to_vec(),
        "<alert>" => ALERTS.all().to_vec(),
        "<objective>" => OBJECTIVES.all().to_vec(),
        "<rule>" => codes::ALL.iter().filter(|code| code.is_rule()).map(|code| code.as_str()).collect(),
        name => vec![name],
    }
}

/// Whether a key is one of the names that the last part of a path stands for.
fn is_name(part: &'static str, key: &str) -> bool {
    match part {
        "<component>" => [GUIDE_STORAGE, TLS].contains(&key) || COMPONENTS.has(key),
        "<image>" => IMAGES.has(key),
        "<settings>" => SETTINGS.has(key),
        "<secret>" => SECRETS.has(key),
        "<alert>" => ALERTS.has(key),
        "<objective>" => OBJECTIVES.has(key),
        part => names(part).contains(&key),
    }
}

static COMPONENTS: Names = Names::new(|release| release.kinds().into_iter().map(|(name, _)| name).collect());
static SETTINGS: Names = Names::new(|release| release.settings().map(|(name, ..)| name).collect());
static SECRETS: Names = Names::new(Release::nameable);
static ALERTS: Names = Names::new(Release::alert_names);
static OBJECTIVES: Names = Names::new(Release::objective_names);
static IMAGES: Names = Names::new(Release::image_names);

/// The APIs of a cluster that components need.
pub fn apis() -> impl Iterator<Item = &'static Needs> {
    Catalog::shipped().into_iter().flat_map(Release::apis)
}

impl Row {
    /// What is wrong with the row, if anything.
    fn mistake(&self) -> Option<String> {
        let value = || serde_json::from_str::<serde_json::Value>(self.default).ok();
        let has_default = match self.kind {
            _ if self.default.is_empty() => true,
            "boolean" => value().is_some_and(|value| value.is_boolean()),
            "integer" => value().is_some_and(|value| value.is_u64()),
            "number" => value().is_some_and(|value| value.is_number()),
            _ => value().is_some_and(|value| value.is_string()),
        };
        let has_format = !self.allowed.starts_with("as ") || self.format().is_some();
        match () {
            () if !["", "yes", "at"].contains(&self.secret) => Some(format!("secret is {:?}", self.secret)),
            () if !has_default => Some(format!("the default {:?} is not of its type", self.default)),
            () if !has_format => Some(format!("no format is called {:?}", self.allowed)),
            () => None,
        }
    }

    /// The allowed words, if only some words are allowed.
    #[must_use]
    pub fn words(&self) -> Option<Vec<&'static str>> {
        let list = self.allowed.strip_prefix("one of ")?;
        Some(list.split(", ").flat_map(names).collect())
    }

    /// The least and the largest number, if only some are allowed.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        let (least, most) = self.allowed.strip_prefix("from ")?.split_once(" to ")?;
        Some((least.parse().ok()?, most.parse().ok()?))
    }

    /// The format of its texts, if they have one that the reader checks.
    #[must_use]
    pub fn format(&self) -> Option<&'static Format> {
        Format::find(self.allowed.strip_prefix("as ")?)
    }

    /// The regular expression that its texts match, if there is one.
    #[must_use]
    pub fn pattern(&self) -> Option<&'static str> {
        self.format().map(|format| format.pattern).or_else(|| self.allowed.strip_prefix("matching "))
    }

    /// The field, and the value of it, that make this field required.
    #[must_use]
    pub fn required_where(&self) -> Option<(&'static str, &'static str)> {
        self.need.strip_prefix("where ")?.split_once(" is ")
    }

    /// The default of a field that is a text; empty if there is none.
    #[must_use]
    pub fn default_text(&self) -> &'static str {
        self.default.trim_matches('"')
    }

    /// What to write if it is missing or wrong.
    #[must_use]
    pub fn hint(&self) -> String {
        let standard = Catalog::shipped().map(|release| release.name.as_str()).unwrap_or_default();
        self.hint.replace("\\n", "\n").replace("@release@", standard)
    }

    /// The type of its value, or of the items or members of a list or map.
    fn scalar(&self) -> &'static str {
        self.kind.rsplit(' ').next().unwrap_or_default()
    }

    /// The form of its texts. A pattern only tells numbers from names.
    fn form(&self) -> Form<'static> {
        let pattern = self.pattern().unwrap_or_default();
        match (self.path, self.scalar()) {
            (_, "boolean") => Form::OneOf(FLAGS.to_vec()),
            (_, "integer" | "number") | ("status.currentVersion" | "spec.release", _) => Form::Number,
            ("spec.knownFields", _) => Form::Field,
            _ => match self.words() {
                Some(words) => Form::OneOf(words),
                None if pattern.contains("a-z") => Form::Name,
                None if pattern.contains("[0-9") => Form::Number,
                None => Form::Text,
            },
        }
    }

    /// Whether it is a map whose fields have rows of their own.
    fn has_fields(&self) -> bool {
        BELOW.contains_key(&(self.document, self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: &str, path: &[&str]) -> Option<Place> {
        let step = |place: Place, key: &&str| if *key == "[]" { Some(place.item()) } else { place.field(key) };
        path.iter().try_fold(Place::root(document(kind)?), step)
    }

    #[test]
    fn every_row_is_read_and_says_who_may_see_its_value() {
        check().unwrap_or_else(|broken| panic!("{broken}"));
        for row in ROWS.rows.iter() {
            let has_hint = !row.hint.is_empty() || matches!(row.path, "apiVersion" | "kind");
            assert!(row.need.is_empty() || has_hint, "{}: a hint for where it is missing", row.path);
            let is_told = row.format().is_none_or(|format| !format.hint.is_empty() || !row.hint.is_empty());
            assert!(is_told, "{}: a hint for where it is wrong", row.path);
        }
    }

    #[test]
    fn a_place_is_found_by_its_keys() {
        let public = |kind: &str, path: &[&str]| at(kind, path).map(Place::is_public);
        assert_eq!(public("RenderConfig", &["spec", "cluster", "apis", "gateway", "channel"]), Some(true));
        assert_eq!(public("RenderConfig", &["spec", "access", "backendCertificate", "from"]), Some(true));
        assert_eq!(public("RenderConfig", &["spec", "access", "labels", "any"]), Some(true));
        assert_eq!(public("RenderConfig", &["spec", "secrets", "files", "any", "name"]), Some(true));
        assert_eq!(public("RenderConfig", &["spec", "secrets", "files", "any", "key"]), Some(false));
        assert_eq!(public("RenderConfig", &["spec", "access", "gateway", "parentRefs", "[]", "name"]), Some(true));
        assert_eq!(public("RenderConfig", &["spec", "objectStorage", "bucket", "secretKey"]), Some(false));
        assert_eq!(public("RenderConfig", &["spec"]), Some(false));
        assert_eq!(public("QuayRegistry", &["status", "currentVersion"]), Some(true));
        for path in [&["spec", "cluster", "unknown"][..], &["spec", "images", "any"], &["metadata", "any"]] {
            assert!(at("RenderConfig", path).is_none(), "{path:?}");
        }
        assert!(at("QuayRegistry", &["metadata", "managedFields"]).unwrap().is_unread());
        assert!(at("Secret", &[]).is_none());
    }
}
