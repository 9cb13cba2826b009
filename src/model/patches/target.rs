//! Which objects a patch is for.

use crate::diagnostic::{Diagnostics, Location, codes};
use crate::kubernetes_names::{is_label_value, is_qualified};
use crate::model::fields::Fields;
use crate::object::{Identity, Object, Value};

/// Which objects a patch is for: those that match all of it.
pub struct Target {
    pub group: Option<String>,
    pub kind: Option<String>,
    /// The name, without the content suffix.
    pub name: Option<String>,
    pub labels: Labels,
    /// Where it is in the input.
    pub at: Location,
}

/// A selector of labels.
#[derive(Default)]
pub struct Labels(Vec<Requirement>);

struct Requirement {
    key: String,
    /// The value; `None` for any.
    value: Option<String>,
    /// Whether the requirement is negated.
    is_negated: bool,
}

impl Target {
    /// Whether it has no condition: it then matches no object, rather than all.
    fn is_empty(&self) -> bool {
        self.group.is_none() && self.kind.is_none() && self.name.is_none() && self.labels.0.is_empty()
    }

    /// Whether an object matches.
    #[must_use]
    pub fn is_meant(&self, object: &Object) -> bool {
        let identity = Identity::of_value(&object.value);
        !self.is_empty()
            && self.group.as_ref().is_none_or(|group| *group == identity.group)
            && self.kind.as_ref().is_none_or(|kind| kind == object.kind())
            && self.name.as_ref().is_none_or(|name| *name == object.base_name)
            && self.labels.hold(object)
    }
}

impl Labels {
    fn parse(text: &str) -> Option<Self> {
        text.split(',').map(Requirement::parse).collect::<Option<_>>().map(Self)
    }

    fn hold(&self, object: &Object) -> bool {
        let labels = object.value.at(&["metadata", "labels"]);
        self.0.iter().all(|wanted| {
            let own = labels.and_then(Value::as_map).and_then(|labels| labels.get(&wanted.key));
            let is_so = match &wanted.value {
                Some(value) => own.and_then(Value::as_str) == Some(value),
                None => own.is_some(),
            };
            is_so != wanted.is_negated
        })
    }
}

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        let (rest, is_negated) = text.strip_prefix('!').map_or((text, false), |rest| (rest, true));
        let (key, value, is_negated) = match rest.split_once('=') {
            None => (rest, None, is_negated),
            Some((key, value)) => match key.strip_suffix('!') {
                Some(key) => (key, Some(value), true),
                None => (key, Some(value.strip_prefix('=').unwrap_or(value)), false),
            },
        };
        let is_right = is_qualified(key)
            && value.is_none_or(is_label_value)
            && !(is_negated && text.starts_with('!') && value.is_some());
        is_right.then(|| Self { key: key.to_owned(), value: value.map(str::to_owned), is_negated })
    }
}

/// Reads a target; `None` if it is wrong, which is reported.
pub(super) fn read(fields: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Target> {
    let mut text = |name: &str| fields.valid_text(name, diagnostics).map(|text| text.value);
    let (group, kind, name, selector) = (text("group"), text("kind"), text("name"), text("labelSelector"));
    let labels = match &selector {
        None => Labels::default(),
        Some(text) => match Labels::parse(text) {
            Some(labels) => labels,
            None => {
                let message = "is not a selector of labels".to_owned();
                let hint = "key=value, key!=value, key or !key, with commas between them";
                fields.refuse(codes::FIELD_VALUE, "labelSelector", message, hint, diagnostics);
                return None;
            }
        },
    };
    Some(Target { group, kind, name, labels, at: fields.place() })
}
