//! A helper for maps that commands print.

use crate::object::{Map, Value};

/// The map of these entries.
pub(super) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map>().into()
}
