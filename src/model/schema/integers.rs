//! Where an integer is expected, and which one a text that looks like a number means.

use super::fact::Fact;
use super::tables::{all_members, field};
use super::types::Type;
use crate::object::Value;
use crate::yaml::{self, Node};

/// Whether an integer is expected at a path of field and members.
#[must_use]
pub fn wants_integer(path: &[&str]) -> bool {
    let is_integer = |fact: &Fact| fact.kind == Type::Integer;
    match path {
        [name] => field(name).is_some_and(is_integer),
        // A storage's port may be a text of digits (guide 3.4.2).
        ["DISTRIBUTED_STORAGE_CONFIG", ..] => false,
        [_, .., member] => all_members().iter().any(|fact| fact.name == *member && is_integer(fact)),
        [] => false,
    }
}

/// The digits of the integer meant by a text such as `0o17`, `08` or `1_000`, which Quay's Python reads as text and Go
/// as a number. A number with a fraction or an exponent is none.
#[must_use]
pub fn intended_integer(node: &Node) -> Option<String> {
    let (yaml::Data::Str(_), Some(raw)) = (&node.data, node.raw.as_deref()) else { return None };
    match yaml::resolve(raw, yaml::Dialect::Kubernetes) {
        Some(Value::Int(digits)) if !raw.contains(['.', 'e', 'E']) || raw.starts_with("0x") => Some(digits),
        _ => None,
    }
}

/// The digits of the integer that was meant, if one is expected at a path of field and members.
#[must_use]
pub fn integer_meant(path: &[&str], node: &Node) -> Option<String> {
    if wants_integer(path) { intended_integer(node) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_wanted_where_the_table_says_so() {
        assert!(wants_integer(&["REPO_MIRROR_INTERVAL"]));
        assert!(wants_integer(&["USER_EVENTS_REDIS", "port"]));
        assert!(!wants_integer(&["DISTRIBUTED_STORAGE_CONFIG", "port"]));
        assert!(!wants_integer(&["SERVER_HOSTNAME"]));
    }
}
