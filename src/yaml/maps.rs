//! Makes one map of entries: refuses duplicate keys and expands `<<`.

use super::syntax::Fault;
use super::{Data, Entry, Node, Pos};
use crate::diagnostic::codes;
use std::collections::BTreeMap;

/// A fault for each entry whose key is that of an earlier one.
pub(super) fn duplicates(entries: &[Entry]) -> Vec<Fault> {
    let mut ordered: Vec<_> = entries.iter().collect();
    ordered.sort_by(|a, b| a.key.cmp(&b.key));
    let same_keys = ordered.chunk_by(|a, b| a.key == b.key).filter_map(|same| same.split_first());
    same_keys.flat_map(|(first, others)| others.iter().map(|other| duplicate(first, other))).collect()
}

fn duplicate(first: &Entry, other: &Entry) -> Fault {
    let (one, two) = (first.key_pos, other.key_pos);
    let places = format!("at {}:{} and again at {}:{}", one.line, one.column, two.line, two.column);
    let quoted = first.quotable_key().filter(|_| !other.value.is_null()).map(|key| format!(" {key:?}"));
    let message = format!("duplicate key{}: {places}", quoted.unwrap_or_default());
    let fault = Fault::new(codes::YAML_DUPLICATE_KEY, two, message);
    fault.hint("readers silently take the last one; keep one")
}

/// The maps that the `<<` at `at` merges in, in ascending precedence.
///
/// The order is PyYAML's, where a key next to a `<<` always wins. In kubectl 1.32 it wins only if it is below the `<<`.
pub(super) fn merge_sources(value: Node, at: Pos) -> Result<Vec<Vec<Entry>>, Fault> {
    let wrong = match value.kind_name() {
        "a list" => "a list that holds something else".to_owned(),
        kind => kind.to_owned(),
    };
    let sources = match value.data {
        Data::Map(entries) => Some(vec![entries]),
        Data::Seq(items) => items.into_iter().rev().map(into_entries).collect(),
        _ => None,
    };
    sources.ok_or_else(|| {
        let message = format!("<< takes a map or a list of maps, not {wrong}");
        Fault::new(codes::YAML_VALUE, at, message).hint("quote a key that is called <<")
    })
}

fn into_entries(node: Node) -> Option<Vec<Entry>> {
    match node.data {
        Data::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Merges several maps: a key keeps its first position and gets its last value.
pub(super) fn overlay(layers: Vec<Vec<Entry>>) -> Vec<Entry> {
    let mut places = BTreeMap::new();
    let mut all: Vec<Entry> = Vec::new();
    for entry in layers.into_iter().flatten() {
        let place = *places.entry(entry.key.clone()).or_insert(all.len());
        match all.get_mut(place) {
            Some(earlier) => *earlier = entry,
            None => all.push(entry),
        }
    }
    all
}
