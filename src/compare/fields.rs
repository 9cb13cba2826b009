//! The differences between two values, field by field.

use super::tree::Tree;
use super::{labels, lines};
use crate::object::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// An item of a list: its label, or its number.
    Item(String),
}

/// How many characters of a step are kept, because every field below repeats them. No key of Kubernetes is longer.
const LONGEST_STEP: usize = 320;

/// The path of a field. Those of the same map share the steps that lead to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Option<Arc<Link>>);

/// The last step of a path, and the path to it.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    front: Path,
    step: Step,
}

impl Path {
    /// Its steps, the first one first.
    #[must_use]
    pub fn steps(&self) -> Vec<&Step> {
        let links = std::iter::successors(self.0.as_deref(), |link| link.front.0.as_deref());
        let mut steps: Vec<&Step> = links.map(|link| &link.step).collect();
        steps.reverse();
        steps
    }

    /// Whether it is the path with these keys, or leads to something below it.
    #[must_use]
    pub fn is_below(&self, keys: &[&str]) -> bool {
        let steps = self.steps();
        let mut steps = steps.iter();
        keys.iter().all(|key| matches!(steps.next(), Some(Step::Key(name)) if name == key))
    }

    /// The path without its first steps.
    #[must_use]
    pub fn from(&self, first: usize) -> Self {
        self.steps().into_iter().skip(first).cloned().collect()
    }

    /// The path with one more step. A long step is shortened.
    fn with(&self, step: &Step) -> Self {
        let cut = |name: &str| match name.char_indices().nth(LONGEST_STEP) {
            Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
            None => name.to_owned(),
        };
        let step = match step {
            Step::Key(key) => Step::Key(cut(key)),
            Step::Item(label) => Step::Item(cut(label)),
        };
        Self(Some(Arc::new(Link { front: self.clone(), step })))
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        steps.into_iter().fold(Self::default(), |path, step| path.with(&step))
    }
}

/// `spec.template.spec.containers[quay-app].image`, `data["config.yaml"].SERVER_HOSTNAME`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        for (index, step) in self.steps().into_iter().enumerate() {
            match step {
                Step::Key(key) if !key.is_empty() && key.chars().all(is_plain) => {
                    write!(f, "{}{key}", if index == 0 { "" } else { "." })?;
                }
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Item(label) => write!(f, "[{label}]")?,
            }
        }
        Ok(())
    }
}

/// How a value that is hidden differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It was not there.
    Added,
    /// It is no longer there.
    Removed,
    /// It is another one.
    Changed,
}

/// How a field differs. Every secret in the values is masked already.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// It is new.
    Added(Value),
    /// It is gone.
    Removed(Value),
    /// It has another value.
    Changed(Value, Value),
    /// Both are texts of several lines: the lines that differ and a few around them, each after `+`, `-` or a space.
    Lines(Vec<String>),
    /// It holds a secret.
    Secret(Presence),
    /// It names an object with a suffix for its content, and the suffix changed: the name without the suffix.
    Follows(String),
    /// It is a name, and only the suffix for the content changed, appeared or disappeared.
    Suffix,
    /// The items of the list are the same, in another order.
    Order,
    /// The embedded document differs only in form: comments, order, blanks.
    Form,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Where.
    pub path: Path,
    /// How.
    pub delta: Delta,
}

impl Field {
    fn added(path: Path, tree: &Tree) -> Self {
        let delta = if tree.is_opaque() { Delta::Secret(Presence::Added) } else { Delta::Added(tree.masked()) };
        Self { path, delta }
    }

    fn removed(path: Path, tree: &Tree) -> Self {
        let delta = if tree.is_opaque() { Delta::Secret(Presence::Removed) } else { Delta::Removed(tree.masked()) };
        Self { path, delta }
    }
}

/// Every field that differs, in the order of the old value; new fields come last in their map. The order of a map's
/// entries is not a difference.
pub(super) fn compare(old: &Tree, new: &Tree) -> Vec<Field> {
    let mut fields = Vec::new();
    both(&Path::default(), old, new, &mut fields);
    fields
}

fn both(path: &Path, old: &Tree, new: &Tree, fields: &mut Vec<Field>) {
    if old == new {
        return;
    }
    let mut push = |delta| fields.push(Field { path: path.clone(), delta });
    match (old, new) {
        (Tree::Map(_), Tree::Map(_)) if old.is_of_secret() != new.is_of_secret() => {
            // Either one may hold secrets that the other one hides.
            if let (Tree::Map(old), Tree::Map(new)) = (old.as_of_secret(), new.as_of_secret()) {
                maps(path, &old, &new, fields);
            }
        }
        (Tree::Map(old), Tree::Map(new)) => maps(path, old, new, fields),
        (Tree::Seq(old), Tree::Seq(new)) => lists(path, old, new, fields),
        (Tree::Inner(_, old), Tree::Inner(_, new)) => {
            let before = fields.len();
            both(path, old, new, fields);
            if fields.len() == before {
                fields.push(Field { path: path.clone(), delta: Delta::Form });
            }
        }
        (Tree::Name(_, old), Tree::Name(_, new)) if old == new => push(Delta::Follows(new.clone())),
        (Tree::Inner(_, inner), _) | (_, Tree::Inner(_, inner)) if inner.has_secret() => {
            push(Delta::Secret(Presence::Changed));
        }
        _ if old.is_opaque() || new.is_opaque() => push(Delta::Secret(Presence::Changed)),
        // A name of the same object, with the suffix on one side only.
        (Tree::Name(..), _) | (_, Tree::Name(..)) if old.masked() == new.masked() => push(Delta::Suffix),
        _ => {
            let delta = match (old.lines(), new.lines()) {
                (Some(old), Some(new)) if old != new => Some(Delta::Lines(lines::differences(old, new))),
                _ => changed(old.masked(), new.masked()),
            };
            fields.extend(reported(path, delta, old.secrets() != new.secrets()));
        }
    }
}

/// How the visible parts of two values differ.
fn changed(old: Value, new: Value) -> Option<Delta> {
    (old != new).then_some(Delta::Changed(old, new))
}

/// The differences of a value that is shown as a whole: of the visible part, and of the secrets in it.
fn reported(path: &Path, shown: Option<Delta>, secret: bool) -> Vec<Field> {
    let secret = secret.then_some(Delta::Secret(Presence::Changed));
    shown.into_iter().chain(secret).map(|delta| Field { path: path.clone(), delta }).collect()
}

fn maps(path: &Path, old: &[(String, Tree)], new: &[(String, Tree)], fields: &mut Vec<Field>) {
    let (old_keys, new_keys) = (by_key(old), by_key(new));
    for (key, old) in old {
        let at = || path.with(&Step::Key(key.clone()));
        match new_keys.get(key.as_str()) {
            Some(new) if old == *new => {}
            Some(new) => both(&at(), old, new, fields),
            None => fields.push(Field::removed(at(), old)),
        }
    }
    for (key, tree) in new.iter().filter(|(key, _)| !old_keys.contains_key(key.as_str())) {
        fields.push(Field::added(path.with(&Step::Key(key.clone())), tree));
    }
}

fn by_key(entries: &[(String, Tree)]) -> BTreeMap<&str, &Tree> {
    entries.iter().rev().map(|(key, tree)| (key.as_str(), tree)).collect()
}

fn lists(path: &Path, old: &[Tree], new: &[Tree], fields: &mut Vec<Field>) {
    let Some((old_labels, new_labels)) = labels::both(old, new) else { return by_place(path, old, new, fields) };
    let new_items: BTreeMap<&String, &Tree> = new_labels.iter().zip(new).collect();
    let known: BTreeSet<&String> = old_labels.iter().collect();
    for (label, old) in old_labels.iter().zip(old) {
        let at = || path.with(&Step::Item(label.clone()));
        match new_items.get(label) {
            Some(new) if old == *new => {}
            Some(new) => both(&at(), old, new, fields),
            None => fields.push(Field::removed(at(), old)),
        }
    }
    for (label, tree) in new_labels.iter().zip(new).filter(|(label, _)| !known.contains(label)) {
        fields.push(Field::added(path.with(&Step::Item(label.clone())), tree));
    }
    let old_order = old_labels.iter().filter(|label| new_items.contains_key(label));
    if !old_order.eq(new_labels.iter().filter(|label| known.contains(label))) {
        fields.push(Field { path: path.clone(), delta: Delta::Order });
    }
}

/// Lists whose items have no label. Equal items at both ends are left out. Maps and lists are then compared by
/// position; a list of anything else is short enough to be shown whole.
fn by_place(path: &Path, old: &[Tree], new: &[Tree], fields: &mut Vec<Field>) {
    let is_simple = |tree: &Tree| !matches!(tree, Tree::Map(_) | Tree::Seq(_));
    if old.iter().chain(new).all(is_simple) {
        fields.extend(whole(path, old, new));
        return;
    }
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let shortest = old.len().min(new.len()) - start;
    let alike = |(old, new): &(&Tree, &Tree)| old == new;
    let end = old.iter().rev().zip(new.iter().rev()).take(shortest).take_while(alike).count();
    let (old, new) = (old.get(start..old.len() - end), new.get(start..new.len() - end));
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    for at in 0..old.len().max(new.len()) {
        let path = path.with(&Step::Item((start + at).to_string()));
        match (old.get(at), new.get(at)) {
            (Some(old), Some(new)) => both(&path, old, new, fields),
            (Some(old), None) => fields.push(Field::removed(path, old)),
            (None, Some(new)) => fields.push(Field::added(path, new)),
            (None, None) => {}
        }
    }
}

/// How two lists differ that are shown as a whole.
fn whole(path: &Path, old: &[Tree], new: &[Tree]) -> Vec<Field> {
    let masked = |items: &[Tree]| Value::Seq(items.iter().map(Tree::masked).collect());
    let follows = old.iter().zip(new).filter(|(old, new)| old != new).map(|pair| match pair {
        (Tree::Name(_, old), Tree::Name(_, new)) if old == new => Some(new.clone()),
        _ => None,
    });
    let follows: Option<Vec<String>> = follows.collect();
    match follows.filter(|_| old.len() == new.len()).and_then(|names| names.into_iter().next()) {
        Some(name) => reported(path, Some(Delta::Follows(name)), false),
        None => {
            let secrets =
                |items: &[Tree]| -> Vec<String> { items.iter().flat_map(Tree::secrets).map(str::to_owned).collect() };
            reported(path, changed(masked(old), masked(new)), secrets(old) != secrets(new))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::identity::Names;
    use crate::compare::secrets::Reader;
    use crate::compare::tests::value;
    use crate::yaml;

    fn differences(old: &str, new: &str) -> Vec<String> {
        let names = |suffix: &str| Names::from([(format!("n-{suffix}"), "n".to_owned())]);
        let tree = |text: &str, suffix: &str| Reader::new(&names(suffix)).object(&value(text));
        let show = |field: &Field| match &field.delta {
            Delta::Added(value) => format!("+ {}: {}", field.path, yaml::flow(value)),
            Delta::Removed(value) => format!("- {}: {}", field.path, yaml::flow(value)),
            Delta::Changed(old, new) => format!("{}: {} -> {}", field.path, yaml::flow(old), yaml::flow(new)),
            other => format!("{}: {other:?}", field.path),
        };
        compare(&tree(old, "1"), &tree(new, "2")).iter().map(show).collect()
    }

    #[test]
    fn maps_are_compared_by_key_and_lists_by_what_tells_their_items_apart() {
        for (old, new, wanted) in [
            ("{a: 1, b: {c: 2}}", "{b: {c: 3}, d: x}", vec!["- a: 1", "b.c: 2 -> 3", "+ d: \"x\""]),
            ("{a: 1}", "{a: '1'}", vec!["a: 1 -> \"1\""]),
            ("{a.b: 1}", "{a.b: 2}", vec!["[\"a.b\"]: 1 -> 2"]),
            (
                "{a: [{name: x, v: 1}, {name: w}]}",
                "{a: [{name: z}, {name: x, v: 2}]}",
                vec!["a[x].v: 1 -> 2", "- a[w]: {\"name\": \"w\"}", "+ a[z]: {\"name\": \"z\"}"],
            ),
            ("{a: [{name: x}, {name: w}]}", "{a: [{name: w}, {name: x}]}", vec!["a: Order"]),
            (
                "{a: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]}",
                "{a: [{name: v, mountPath: /b}]}",
                vec!["- a[/a]: {\"name\": \"v\", \"mountPath\": \"/a\"}"],
            ),
            ("{a: [1, 2]}", "{a: [1, 3, 2]}", vec!["a: [1, 2] -> [1, 3, 2]"]),
            ("{a: [{v: 1}, {v: 2}, {v: 3}]}", "{a: [{v: 1}, {v: 3}]}", vec!["- a[1]: {\"v\": 2}"]),
            ("{a: [{v: 1}, {v: 3}]}", "{a: [{v: 1}, {v: 2}, {v: 3}]}", vec!["+ a[1]: {\"v\": 2}"]),
            ("{a: [{v: 1, w: 1}]}", "{a: [{v: 1, w: 2}]}", vec!["a[0].w: 1 -> 2"]),
            ("{a: [{v: 1}]}", "{a: []}", vec!["- a[0]: {\"v\": 1}"]),
            ("{a: n-1, b: [n-1]}", "{a: n-2, b: [n-2]}", vec!["a: Follows(\"n\")", "b: Follows(\"n\")"]),
            ("{a: n-1}", "{a: 'n'}", vec!["a: Suffix"]),
            ("{a: [n-1, x]}", "{a: [n-2, w]}", vec!["a: [\"n\", \"x\"] -> [\"n\", \"w\"]"]),
            ("{a: {b: 1, c: 2}}", "{a: {c: 2, b: 1}}", vec![]),
            // Several rules have one name: the labels in which they differ tell them apart.
            (
                "{a: [{record: r, labels: {o: pull, n: x}, v: 1}, {record: r, labels: {o: push, n: x}, v: 2}]}",
                "{a: [{record: r, labels: {o: push, n: x}, v: 3}, {alert: A}]}",
                vec![
                    "- a[r{o=\"pull\"}]: {\"record\": \"r\", \"labels\": {\"o\": \"pull\", \"n\": \"x\"}, \"v\": 1}",
                    "a[r{o=\"push\"}].v: 2 -> 3",
                    "+ a[A]: {\"alert\": \"A\"}",
                ],
            ),
        ] {
            assert_eq!(differences(old, new), wanted, "{old} {new}");
        }
    }

    #[test]
    fn a_secret_that_changed_is_always_told_and_never_shown() {
        for (old, new, wanted) in [
            ("{password: a}", "{password: b}", "password: Secret(Changed)"),
            ("{password: a}", "{}", "password: Secret(Removed)"),
            ("{}", "{password: a}", "password: Secret(Added)"),
            ("{password: a}", "{password: 1}", "password: Secret(Changed)"),
            ("{uri: 'a://u:a@h'}", "{uri: 'a://u:b@h'}", "uri: Secret(Changed)"),
            ("{uris: ['a://u:a@h']}", "{uris: ['a://u:b@h']}", "uris: Secret(Changed)"),
            ("{t: \"password=a\\nb\"}", "{t: \"password=b\\nb\"}", "t: Secret(Changed)"),
            ("{token: [a, b]}", "{token: [a, c]}", "token: Secret(Changed)"),
            ("{token: {x: 1}}", "{token: {x: 2}}", "token.x: Secret(Changed)"),
        ] {
            assert_eq!(differences(old, new), [wanted], "{old} {new}");
        }
    }

    #[test]
    fn a_secret_that_changed_beside_what_is_shown_is_told_too() {
        for (old, new, wanted) in [
            ("{u: 'a://u:a@h'}", "{u: 'a://u:b@i'}", "u: \"a://********@h\" -> \"a://********@i\""),
            ("{u: [x, 'a://u:a@h']}", "{u: ['a://u:b@h']}", "u: [\"x\", \"a://********@h\"] -> [\"a://********@h\"]"),
            (
                "{u: \"password=a\\nb\"}",
                "{u: \"password=b\\nc\"}",
                "u: Lines([\" password=********\", \"-b\", \"+c\"])",
            ),
        ] {
            assert_eq!(differences(old, new), [wanted, "u: Secret(Changed)"], "{old} {new}");
        }
    }

    #[test]
    fn documents_in_texts_are_compared_by_field_and_their_form_counts() {
        let map = |text: &str| format!("{{kind: ConfigMap, data: {{config.yaml: {text:?}, a.json: '{{}}'}}}}");
        let one = map("SERVER_HOSTNAME: a\nSECRET_KEY: x\n");
        assert_eq!(
            differences(&one, &map("SERVER_HOSTNAME: b\nSECRET_KEY: y\n")),
            [
                "data[\"config.yaml\"].SERVER_HOSTNAME: \"a\" -> \"b\"",
                "data[\"config.yaml\"].SECRET_KEY: Secret(Changed)",
            ]
        );
        let commented = map("# x\nSECRET_KEY: x\nSERVER_HOSTNAME: a\n");
        assert_eq!(differences(&one, &commented), ["data[\"config.yaml\"]: Form"]);
        let json = |text: &str| format!("{{kind: ConfigMap, data: {{a.json: '{text}'}}}}");
        let (old, new) = (json(r#"{"panels": [{"id": 1, "w": 2}]}"#), json(r#"{"panels": [{"id": 1, "w": 3}]}"#));
        assert_eq!(differences(&old, &new), ["data[\"a.json\"].panels[1].w: 2 -> 3"]);
    }
}
