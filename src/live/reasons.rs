//! Why an object of the operator changes when it is taken over: the ledgers of what differs on purpose, which people have
//! reviewed, and `components/kubernetes/adopted.tsv`.

use crate::broken::Broken;
use crate::catalog::{Release, number};
use crate::compare::{Change, Delta, Field, Path, Step};
use crate::object::Value;
use crate::table::{NO_ROW, Table};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::LazyLock;

/// A row of a ledger.
struct Row {
    object: &'static str,
    fields: &'static str,
    reason: &'static str,
}

type Ledger = LazyLock<Table<Row>>;

macro_rules! ledger {
    ($file:literal) => {
        LazyLock::new(|| read($file, include_str!(concat!("../../", $file))))
    };
}

/// The ledgers of the releases whose operators were measured, by their numbers.
static MEASURED: [((u32, u32), Ledger); 4] = [
    ((3, 5), ledger!("golden/operator-parity.tsv")),
    ((3, 9), ledger!("golden/release-parity-3.9.tsv")),
    ((3, 15), ledger!("golden/release-parity-3.15.tsv")),
    ((3, 18), ledger!("golden/release-parity-3.18.tsv")),
];
/// What the ledgers do not say, of all releases.
static MORE: Ledger = ledger!("components/kubernetes/adopted.tsv");

fn read(file: &'static str, text: &'static str) -> Table<Row> {
    Table::read_ledger(file, text, |row| match *row {
        [object, fields, reason] if !reason.is_empty() => Ok(Row { object, fields, reason }),
        _ => Err(NO_ROW.to_owned()),
    })
}

/// Whether all ledgers are whole.
///
/// # Errors
/// If a row of one is invalid.
pub(super) fn check() -> Result<(), Broken> {
    MEASURED.iter().try_for_each(|(_, ledger)| ledger.check())?;
    MORE.check()
}

/// The reasons that hold for a release.
pub struct Reasons {
    ledgers: Vec<&'static Ledger>,
    /// The images of the release: one that somebody chose is not what ledgers speak of.
    images: Rc<BTreeSet<String>>,
}

impl Reasons {
    /// Those of the release; where its operator was not measured, those of its neighbours, the later one first.
    #[must_use]
    pub fn of(release: &Release) -> Self {
        let own = number(&release.version).unwrap_or_default();
        let later = MEASURED.iter().find(|(measured, _)| *measured >= own);
        let earlier =
            MEASURED.iter().rev().find(|(measured, _)| *measured < own && later.is_none_or(|(it, _)| *it != own));
        let ledgers = [later, earlier].into_iter().flatten().map(|(_, ledger)| ledger);
        // What is said of an adoption alone is more exact than the ledgers.
        let ledgers = std::iter::once(&MORE).chain(ledgers).collect();
        Self { ledgers, images: Rc::new(release.images.values().map(|image| image_name(image).to_owned()).collect()) }
    }

    /// What is said of an object, as ledgers name it.
    #[must_use]
    pub fn about(&self, object: &str) -> About {
        let rows = self.ledgers.iter().flat_map(|ledger| &ledger.rows);
        About { rows: rows.filter(|row| matches(row.object, object)).collect(), images: Rc::clone(&self.images) }
    }
}

/// What ledgers say of one object.
pub struct About {
    rows: Vec<&'static Row>,
    images: Rc<BTreeSet<String>>,
}

/// The name of an image without the host that stands for none, its tag and its digest: an operator of the release has other
/// versions of it.
fn image_name(image: &str) -> &str {
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

impl About {
    /// Why the object is there on one side only.
    #[must_use]
    pub fn whole(&self, is_new: bool) -> Option<&'static str> {
        self.find(if is_new { "+" } else { "-" })
    }

    /// Why a field differs: one reason for each part of it that a row speaks of, and `None` if a part has none.
    #[must_use]
    pub fn field(&self, field: &Field) -> Option<Vec<&'static str>> {
        let by_rule = match &field.delta {
            Delta::Follows(_) | Delta::Suffix => Some("a name that follows the content of its object"),
            Delta::Order => Some("the same items in another order"),
            Delta::Form => Some("the same content, written otherwise"),
            _ => None,
        };
        if let Some(reason) = by_rule {
            return Some(vec![reason]);
        }
        if self.is_other_image(field) {
            return None;
        }
        let paths = notations(&field.path, &field.delta);
        let is_data = paths == ["data"];
        let mut found = Vec::new();
        for leaf in leaves(&field.delta, is_data) {
            let reason = paths.iter().find_map(|path| self.find(&format!("{path}{leaf}")))?;
            if !found.contains(&reason) {
                found.push(reason);
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Whether a field is an image that is none of the release's.
    fn is_other_image(&self, field: &Field) -> bool {
        let is_image = matches!(field.path.steps().last(), Some(Step::Key(key)) if key == "image");
        match &field.delta {
            Delta::Changed(Value::Str(live), _) if is_image => !self.images.contains(image_name(live)),
            _ => false,
        }
    }

    fn find(&self, fields: &str) -> Option<&'static str> {
        self.rows.iter().find(|row| matches(row.fields, fields)).map(|row| row.reason)
    }
}

/// An object as ledgers name it: a Secret whose name follows its content ends in `<hash>`.
#[must_use]
pub fn named(change: &Change, has_suffix: bool) -> String {
    let suffix = if has_suffix && change.identity.kind == "Secret" { "-<hash>" } else { "" };
    format!("{}/{}{suffix}", change.identity.kind, change.identity.name)
}

/// A path as ledgers write it. An item of a list may be named by several keys, so there are several.
fn notations(path: &Path, delta: &Delta) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut before: Option<String> = None;
    let steps = path.steps();
    for (at, step) in steps.iter().enumerate() {
        found = match step {
            Step::Key(key) => {
                // The entries of a Secret or a ConfigMap stand in brackets behind `data`.
                let is_entry = before.as_deref() == Some("data") && found.iter().all(|path| path == "data");
                let part = part(key, is_entry, found.iter().all(String::is_empty));
                found.iter().map(|path| format!("{path}{part}")).collect()
            }
            Step::Item(label) => {
                // An item that is new or gone says its own name.
                let own = match delta {
                    Delta::Added(value) | Delta::Removed(value) if at + 1 == steps.len() => tag(value),
                    _ => None,
                };
                let tags = TAGS.iter().map(|key| format!("{key}={label}")).chain(own).chain([label.clone()]);
                // Ledgers count items that have no name, where a comparison tells them apart by a number in them.
                let is_number = label.chars().all(|c| c.is_ascii_digit());
                let numbers = (0..MOST_NUMBERED).filter(|_| is_number).map(|number| number.to_string());
                tags.chain(numbers).flat_map(|tag| found.iter().map(move |path| format!("{path}[{tag}]"))).collect()
            }
        };
        before = match step {
            Step::Key(key) => Some(key.clone()),
            Step::Item(_) => None,
        };
    }
    found
}

/// The keys that ledgers tell items apart by.
const TAGS: [&str; 3] = ["name", "mountPath", "containerPort"];
/// How many items without a name a list of an operator's object has.
const MOST_NUMBERED: usize = 4;

/// The tag of an item.
fn tag(item: &Value) -> Option<String> {
    TAGS.into_iter().find_map(|key| match item.at(&[key])? {
        Value::Str(text) | Value::Int(text) => Some(format!("{key}={text}")),
        _ => None,
    })
}

/// A key as a part of a path.
fn part(key: &str, is_entry: bool, is_first: bool) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    match (is_entry, is_plain, is_first) {
        (true, ..) => format!("[{key}]"),
        (_, true, true) => key.to_owned(),
        (_, true, false) => format!(".{key}"),
        (_, false, true) => format!("[{key}]"),
        (_, false, false) => format!(".[{key}]"),
    }
}

/// The paths below a field that is new or gone, as ledgers write them; an empty one if it is no map and no list.
fn leaves(delta: &Delta, is_data: bool) -> Vec<String> {
    let mut found = Vec::new();
    match delta {
        Delta::Added(Value::Map(map)) | Delta::Removed(Value::Map(map)) if is_data && !map.is_empty() => {
            for (key, value) in map.iter() {
                below(part(key, true, false), false, value, &mut found);
            }
        }
        Delta::Added(value) | Delta::Removed(value) => below(String::new(), tag(value).is_some(), value, &mut found),
        Delta::Changed(Value::Seq(old), Value::Seq(new)) => {
            let differs = |at: &usize| old.get(*at) != new.get(*at);
            found.extend((0..old.len().max(new.len())).filter(differs).map(|at| format!("[{at}]")));
        }
        _ => found.push(String::new()),
    }
    found
}

/// The paths below a value; the name of an item is said by its tag.
fn below(path: String, is_item: bool, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            // An item that has nothing but a name is all that there is to explain.
            let is_told = |key: &str| is_item && key == "name" && map.len() > 1;
            for (key, value) in map.iter().filter(|(key, _)| !is_told(key)) {
                below(format!("{path}{}", part(key, false, false)), false, value, found);
            }
        }
        Value::Seq(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                let tag = tag(item);
                let label = tag.clone().unwrap_or_else(|| at.to_string());
                below(format!("{path}[{label}]"), tag.is_some(), item, found);
            }
        }
        _ => found.push(path),
    }
}

/// Whether a text is what a pattern says: `*` stands for any text, `?` for one byte.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place) = (0, 0);
    // Where the last asterisk was, and how much of the text it has taken.
    let mut back: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                back = Some((at, place));
                at += 1;
            }
            Some(c) if *c == b'?' || Some(c) == text.get(place) => (at, place) = (at + 1, place + 1),
            _ => match back {
                Some((star, taken)) => {
                    back = Some((star, taken + 1));
                    (at, place) = (star + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ledger_is_whole() {
        assert!(check().is_ok());
    }

    #[test]
    fn a_pattern_takes_what_the_shell_would() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("*R?le/*", "PrometheusRule/x"),
            ("*.env[name=*_PROXY].*", "a.env[name=NO_PROXY].value"),
            ("a*b*c", "aXbYbZc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a?", "a"), ("a*c", "ab"), ("", "a"), ("*b", "ba")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_path_is_written_as_in_a_ledger() {
        let key = |key: &str| Step::Key(key.to_owned());
        let path: Path = [key("data"), key("config.yaml"), key("DB_URI")].into_iter().collect();
        let any = Delta::Form;
        assert_eq!(notations(&path, &any), ["data[config.yaml].DB_URI"]);
        let path: Path = [key("metadata"), key("annotations"), key("a.b/c")].into_iter().collect();
        assert_eq!(notations(&path, &any), ["metadata.annotations.[a.b/c]"]);
        let path: Path =
            [key("spec"), key("containers"), Step::Item("x".to_owned()), key("image")].into_iter().collect();
        assert_eq!(notations(&path, &any)[0], "spec.containers[name=x].image");
    }
}
