//! Which object of one side corresponds to which object of the other.

use super::kinds;
use crate::object::{Identity, Value};
use std::collections::{BTreeMap, VecDeque};

/// An identity that does not depend on content. A Secret is recognized however its kind is spelled; an object named by
/// the API server is identified by its `generateName`.
pub(super) fn of(object: &Value) -> Identity {
    let kind = object.as_map().and_then(kinds::of).unwrap_or_default();
    let kind = if kinds::is_secret(kind) { "Secret" } else { kind };
    Identity::of(|path| match path {
        ["kind"] => kind,
        ["metadata", "name"] => name(object),
        path => object.str_at(path),
    })
    .base()
}

/// The `name` of an object, else its `generateName`; empty if it has neither.
pub(super) fn name(object: &Value) -> &str {
    let name = object.str_at(&["metadata", "name"]);
    if name.is_empty() { object.str_at(&["metadata", "generateName"]) } else { name }
}

/// From the full names of one side's objects that end in a suffix for their content to the names without it.
pub(super) type Names = BTreeMap<String, String>;

/// The names of one side.
pub(super) fn names(objects: &[Value]) -> Names {
    let names = objects.iter().filter_map(|object| {
        let full = object.at(&["metadata", "name"])?.as_str()?;
        let base = of(object).name;
        (base != full).then(|| (full.to_owned(), base))
    });
    names.collect()
}

/// Corresponding objects of both sides, or an object that only one side has.
pub(super) struct Pair<'a> {
    pub identity: Identity,
    pub old: Option<&'a Value>,
    pub new: Option<&'a Value>,
}

/// Matches the objects of two sides, in the order of their identities. If several objects of a side have one identity
/// (two generations of a Secret in a cluster), equal full names are matched first, the others in their order.
pub(super) fn pair<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Pair<'a>> {
    let mut found: BTreeMap<Identity, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for object in old {
        found.entry(of(object)).or_default().0.push(object);
    }
    for object in new {
        found.entry(of(object)).or_default().1.push(object);
    }
    let name = |object: &'a Value| object.str_at(&["metadata", "name"]);
    let mut pairs = Vec::new();
    for (identity, (old, new)) in found {
        let mut by_name: BTreeMap<&str, VecDeque<usize>> = BTreeMap::new();
        for (at, object) in new.iter().enumerate() {
            by_name.entry(name(object)).or_default().push_back(at);
        }
        let mut new: Vec<Option<&Value>> = new.into_iter().map(Some).collect();
        let mut alone = Vec::new();
        for object in old {
            let same = by_name.get_mut(name(object)).and_then(VecDeque::pop_front);
            match same.and_then(|at| new.get_mut(at)).and_then(Option::take) {
                Some(other) => pairs.push(Pair { identity: identity.clone(), old: Some(object), new: Some(other) }),
                None => alone.push(object),
            }
        }
        let mut new = new.into_iter().flatten();
        let mut alone = alone.into_iter();
        loop {
            let (old, new) = (alone.next(), new.next());
            if old.is_none() && new.is_none() {
                break;
            }
            pairs.push(Pair { identity: identity.clone(), old, new });
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::object;

    #[test]
    fn of_several_generations_the_same_names_go_together() {
        let secret = |suffix: &str| object("v1/Secret", &format!("a-{suffix}"), "{}");
        let old = [secret("2222222222"), secret("4444444444")];
        let new = [secret("4444444444"), secret("5555555555"), secret("6666666666")];
        let name = |object: Option<&Value>| {
            object.and_then(|it| it.at(&["metadata", "name"])?.as_str()).unwrap_or("-").to_owned()
        };
        let pairs: Vec<_> = pair(&old, &new).iter().map(|it| format!("{} {}", name(it.old), name(it.new))).collect();
        assert_eq!(pairs, ["a-4444444444 a-4444444444", "a-2222222222 a-5555555555", "- a-6666666666"]);
    }

    #[test]
    fn an_object_that_the_server_names_is_compared_by_what_it_is_named_after() {
        let job = |image: &str| {
            let mut job = object("batch/v1/Job", "", &format!("spec: {{image: {image}}}"));
            job.as_map_mut()
                .unwrap()
                .insert("metadata", Value::Map([("generateName".to_owned(), "a-".into())].into_iter().collect()));
            job
        };
        let (old, new) = (crate::compare::objects(vec![job("a")]), crate::compare::objects(vec![job("b")]));
        let pairs = pair(&old, &new);
        assert!(matches!(pairs.as_slice(), [Pair { identity, old: Some(_), new: Some(_) }] if identity.name == "a-"));
    }
}
