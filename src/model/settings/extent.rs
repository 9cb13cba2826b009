//! How much may be set on the objects of a registry: no cluster accepts a larger object.

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::fields::Fields;
use crate::yaml::{Data, Entry, Node};

/// The maximum number of values, including those in lists and maps.
const VALUES: usize = 5_000;
/// The maximum size of keys and texts in bytes; an object may have no more in total.
const BYTES: usize = 1 << 20;

/// The size of the settings of a component, or of all patches.
#[derive(Default)]
pub(in crate::model) struct Extent {
    values: usize,
    bytes: usize,
}

impl Extent {
    /// The size of the entries of a map, including their keys.
    pub fn of_entries(entries: &[Entry]) -> Self {
        let mut extent = Self::default();
        extent.add_entries(entries);
        extent
    }

    /// The size of the items of a list.
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

    /// Which limit is exceeded, in words: the actual amount and the limit.
    fn excess(&self) -> Option<String> {
        match *self {
            Self { values, .. } if values > VALUES => Some(format!("{values} values, and no more than {VALUES}")),
            Self { bytes, .. } if bytes > BYTES => Some(format!("{bytes} bytes, and no more than {BYTES}")),
            Self { .. } => None,
        }
    }
}

/// Whether the settings in a map are within the limits for a component; else reports an error (`object-size`). If they
/// are not, none is read further, not even the names of the settings.
pub(super) fn may_be_set(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> bool {
    let Some(excess) = Extent::of_entries(map.entries()).excess() else { return true };
    let problem = Diagnostic::new(codes::OBJECT_SIZE, format!("has {excess} may be set of a component"));
    diagnostics.push(problem.at(map.place()).field(map.path()).hint(HINT));
    false
}

/// Whether all patches together are within the limits; else reports an error (`object-size`).
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
