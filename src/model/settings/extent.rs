//! How much may be laid on the objects of a registry: no cluster takes an object that is larger.

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::fields::Fields;
use crate::yaml::{Data, Entry, Node};

/// How many values, those within lists and maps among them.
const VALUES: usize = 5_000;
/// How many bytes of keys and texts. An object may have as many all together.
const BYTES: usize = 1 << 20;

/// How much there is of what is laid on objects: of the settings of a component, or of all patches.
#[derive(Default)]
pub(in crate::model) struct Extent {
    values: usize,
    bytes: usize,
}

impl Extent {
    /// That of the entries of a map, their keys among them.
    pub fn of_entries(entries: &[Entry]) -> Self {
        let mut extent = Self::default();
        extent.add_entries(entries);
        extent
    }

    /// That of the items of a list.
    pub fn of_items(items: &[Node]) -> Self {
        let mut extent = Self::default();
        items.iter().for_each(|item| extent.add(item));
        extent
    }

    fn add(&mut self, node: &Node) {
        self.values += 1;
        match &node.data {
            Data::Map(entries) => self.add_entries(entries),
            Data::Seq(items) => items.iter().for_each(|item| self.add(item)),
            _ => self.bytes += node.as_str().or(node.raw.as_deref()).map_or(0, str::len),
        }
    }

    fn add_entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.bytes += entry.key.len();
            self.add(&entry.value);
        }
    }

    /// What there is too much of, in words: how much there is and may be.
    fn excess(&self) -> Option<String> {
        match *self {
            Self { values, .. } if values > VALUES => Some(format!("{values} values, and no more than {VALUES}")),
            Self { bytes, .. } if bytes > BYTES => Some(format!("{bytes} bytes, and no more than {BYTES}")),
            Self { .. } => None,
        }
    }
}

/// Whether there is no more than what may be set of a component in a map of settings, and else an error (`object-size`).
/// Nothing of what is more is looked at, the names of the settings among it.
pub(super) fn may_be_set(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> bool {
    let Some(excess) = Extent::of_entries(map.entries()).excess() else { return true };
    let problem = Diagnostic::new(codes::OBJECT_SIZE, format!("has {excess} may be set of a component"));
    diagnostics.push(problem.at(map.place()).field(map.path()).hint(HINT));
    false
}

/// Whether all patches together have no more than may be changed by them, and else an error (`object-size`).
pub(in crate::model) fn may_be_patched(spec: &Fields<'_>, field: &str, diagnostics: &mut Diagnostics) -> bool {
    let patches = spec.get(field).and_then(Node::as_seq).unwrap_or_default();
    let Some(excess) = Extent::of_items(patches).excess() else { return true };
    spec.refuse(codes::OBJECT_SIZE, field, format!("has {excess} may be changed by patches"), HINT, diagnostics);
    false
}

const HINT: &str = "keep in a ConfigMap or a Secret of your own what is long, and mount it";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, Dialect, Origin};

    fn excess(text: &str) -> Option<String> {
        let origin = Origin { file: "", within: None };
        let root = yaml::parse_one(text, &origin, Dialect::Kubernetes, &mut Diagnostics::new()).unwrap();
        match &root.data {
            Data::Map(entries) => Extent::of_entries(entries).excess(),
            Data::Seq(items) => Extent::of_items(items).excess(),
            _ => panic!("it is a map or a list"),
        }
    }

    #[test]
    fn every_value_counts_however_it_is_nested_and_every_byte_of_keys_and_texts() {
        for (form, each) in [("a: [@]", "x, "), ("[@]", "x, "), ("{@}", "key%: x, "), ("[{a: {@}}]", "key%: x, ")] {
            let text = |count: usize| {
                let items: String = (0..count).map(|n| each.replace('%', &n.to_string())).collect();
                form.replace('@', &items)
            };
            assert_eq!(excess(&text(VALUES - 2)), None, "{form}");
            let said = excess(&text(VALUES + 1)).unwrap();
            assert!(said.ends_with("values, and no more than 5000"), "{form}: {said}");
        }
        for form in ["a: @", "? @\n: a", "[@]", "a: [{b: @}]"] {
            assert_eq!(excess(&form.replace('@', &"x".repeat(BYTES - 2))), None, "{form}");
            let said = excess(&form.replace('@', &"x".repeat(BYTES + 1))).unwrap();
            assert!(said.ends_with("bytes, and no more than 1048576"), "{form}: {said}");
        }
    }
}
