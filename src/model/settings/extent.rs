//! How much may be set of one component: it is laid on each of its objects, and no cluster takes an object that is larger.

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::fields::Fields;
use crate::yaml::{Data, Node};

/// How many values, those within lists and maps among them.
const VALUES: usize = 5_000;
/// How many bytes of keys and texts. An object may have as many all together.
const BYTES: usize = 1 << 20;

/// Whether there is no more in a map of settings, and else an error (`object-size`). Nothing of what is more is looked at.
pub(super) fn fits(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> bool {
    let mut total = Extent::default();
    map.entries().iter().for_each(|entry| total.add(&entry.value));
    let (found, most, what) = match total {
        Extent { values, .. } if values > VALUES => (values, VALUES, "values"),
        Extent { bytes, .. } if bytes > BYTES => (bytes, BYTES, "bytes"),
        Extent { .. } => return true,
    };
    let message = format!("has {found} {what}, and no more than {most} may be set of a component");
    let problem = Diagnostic::new(codes::OBJECT_SIZE, message).at(map.place()).field(map.path());
    diagnostics.push(problem.hint("keep in a ConfigMap or a Secret of your own what is long, and mount it"));
    false
}

#[derive(Default)]
struct Extent {
    values: usize,
    bytes: usize,
}

impl Extent {
    fn add(&mut self, node: &Node) {
        self.values += 1;
        match &node.data {
            Data::Map(entries) => {
                for entry in entries {
                    self.bytes += entry.key.len();
                    self.add(&entry.value);
                }
            }
            Data::Seq(items) => items.iter().for_each(|item| self.add(item)),
            _ => self.bytes += node.as_str().or(node.raw.as_deref()).map_or(0, str::len),
        }
    }
}
