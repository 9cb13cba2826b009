//! How the live objects of a registry differ from what is rendered, and why.

use super::export::Live;
use super::noise;
use super::reasons::{self, About, Reasons};
use super::registry::{KIND, Registry};
use crate::catalog::Broken;
use crate::catalog::Release;
use crate::compare::{self, Change, Class, Comparison, Field};
use crate::immutable::Table;
use crate::object::{Identity, Object, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The differences of a registry.
pub struct Drift {
    /// What differs, as `diff` would say it: the live objects are the old side.
    pub comparison: Comparison,
    /// The reasons of the objects of the comparison, in its order.
    pub why: Vec<Why>,
    /// Objects in former generations, which no pod uses.
    pub former: Vec<Identity>,
}

/// Why an object differs.
pub struct Why {
    /// Why it is there on one side only; of an object that both have, `None`.
    pub whole: Option<&'static str>,
    /// The reasons of its fields, in their order; `None` for one without.
    pub fields: Vec<Option<Vec<&'static str>>>,
}

impl Drift {
    /// Compares the live objects of a registry with the rendered ones.
    ///
    /// # Errors
    /// If a table of the program is broken.
    pub fn of(registry: &Registry<'_>, objects: &[Object], release: &Release) -> Result<Self, Broken> {
        noise::check()?;
        reasons::check()?;
        let by_identity: BTreeMap<Identity, &Object> =
            objects.iter().map(|object| (identity(&object.value), object)).collect();
        let mut live: Vec<&Live> = registry.objects().collect();
        let own: BTreeSet<*const Live> = live.iter().map(|it| std::ptr::from_ref(*it)).collect();
        let is_rendered = |it: &&Live| by_identity.contains_key(&identity(&it.value)) && it.kind() != KIND;
        let more: Vec<&Live> = registry.export.objects.iter().filter(is_rendered).collect();
        live.extend(more.into_iter().filter(|it| !own.contains(&std::ptr::from_ref(*it))));
        let (live, mut former) = in_use(registry, live);
        // What the operator neither owns nor has labelled is somebody's, whatever its name is: it is no former generation.
        former.retain(|it| own.contains(&std::ptr::from_ref(*it)));
        let old: Vec<Value> = live.iter().map(|it| asked(it, by_identity.get(&identity(&it.value)).copied())).collect();
        let new: Vec<Value> = objects.iter().map(|object| object.value.clone()).collect();
        let comparison = compare::compare(&old, &new, &Table::of(release));
        let reasons = Reasons::of(release);
        let names: BTreeMap<Identity, bool> = old.iter().chain(&new).map(|it| (identity(it), has_suffix(it))).collect();
        let why = comparison.changes.iter().map(|change| {
            let named = reasons::named(change, names.get(&change.identity).copied().unwrap_or_default());
            Why::of(change, &reasons.about(&named))
        });
        Ok(Self {
            why: why.collect(),
            comparison,
            former: former.iter().map(|it| Identity::of_value(&it.value)).collect(),
        })
    }

    /// What has no reason: the objects that are there on one side only, and the fields of others.
    pub fn unexplained(&self) -> impl Iterator<Item = (&Change, Option<&Field>)> {
        self.comparison.changes.iter().zip(&self.why).flat_map(|(change, why)| {
            let whole = (why.is_of_whole(change) && why.whole.is_none()).then_some((change, None));
            let fields = change.fields.iter().zip(&why.fields).filter(|(_, why)| why.is_none());
            whole.into_iter().chain(fields.map(move |(field, _)| (change, Some(field))))
        })
    }
}

impl Why {
    fn of(change: &Change, about: &About) -> Self {
        let whole = match change.class {
            Class::Destroyed => about.whole(false),
            Class::New => about.whole(true),
            _ => None,
        };
        Self { whole, fields: change.fields.iter().map(|field| about.field(field)).collect() }
    }

    fn is_of_whole(&self, change: &Change) -> bool {
        matches!(change.class, Class::Destroyed | Class::New)
    }
}

/// Of each object the generation that pods use; the others are former ones.
fn in_use<'a>(registry: &Registry<'_>, live: Vec<&'a Live>) -> (Vec<&'a Live>, Vec<&'a Live>) {
    let mut groups: BTreeMap<Identity, usize> = BTreeMap::new();
    for it in &live {
        *groups.entry(identity(&it.value)).or_default() += 1;
    }
    let is_current = |it: &&&Live| {
        let identity = identity(&it.value);
        let base = identity.name.strip_prefix(&registry.named("")).unwrap_or_default();
        groups.get(&identity).is_none_or(|count| *count == 1)
            || registry.current(it.kind(), base).is_some_and(|current| std::ptr::eq(current, **it))
    };
    let (current, former): (Vec<_>, Vec<_>) = live.iter().partition(is_current);
    (current, former)
}

/// A live object as somebody asked for it, in the version of its API that is rendered.
fn asked(live: &Live, rendered: Option<&Object>) -> Value {
    let mut value = noise::asked(&live.value, rendered.map(|object| &object.value));
    // Which version an object is shown in is a matter of who asked for it.
    if let (Some(rendered), Some(map)) = (rendered, value.as_map_mut()) {
        map.insert("apiVersion", rendered.value.str_at(&["apiVersion"]));
    }
    value
}

fn identity(object: &Value) -> Identity {
    Identity::of_value(object).base()
}

fn has_suffix(object: &Value) -> bool {
    let whole = Identity::of_value(object);
    whole.base() != whole
}
