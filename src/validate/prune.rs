//! Automatic pruning of tags, by default for every organization.

use super::{Field, Subject};
use crate::diagnostic::{Diagnostics, codes};

const POLICY: &str = "DEFAULT_NAMESPACE_AUTOPRUNE_POLICY";

/// The methods, each with an example of its value.
const METHODS: [(&str, &str); 2] = [("number_of_tags", "value: 10"), ("creation_date", "value: 30d")];

/// Quay does not start with an invalid policy. Nothing is checked if pruning is off, or the release has no such policy.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let policy = subject.field(POLICY);
    if policy.fact().is_none() || !policy.is_map() || !subject.is_on("FEATURE_AUTO_PRUNE") {
        return;
    }
    let method = policy.member("method");
    let hint = "method: number_of_tags   # or creation_date";
    let Some(name) = method.require_text(codes::AUTO_PRUNE, "it says what tags are pruned by", hint, out) else {
        return;
    };
    let Some((_, example)) = METHODS.iter().find(|(known, _)| *known == name) else {
        out.push(method.problem(codes::AUTO_PRUNE, "is not a pruning method").hint(hint));
        return;
    };
    let value = policy.member("value");
    // A list or a map is refused by the types.
    let is_scalar = value.node().is_none_or(|node| node.as_seq().is_none() && node.as_map().is_none());
    if value.require(codes::AUTO_PRUNE, "the method prunes by it", example, out)
        && is_scalar
        && let Some(reason) = objection(name, &value)
    {
        out.push(value.problem(codes::AUTO_PRUNE, reason).hint(*example));
    }
}

fn objection(method: &str, value: &Field<'_>) -> Option<&'static str> {
    if method == "number_of_tags" {
        let is_right = value.number_in(1..=i64::MAX) == Some(true);
        return (!is_right).then_some("is not a number of tags to keep: a whole number of at least 1, without quotes");
    }
    let units = ['s', 'm', 'd', 'w', 'y'];
    let digits = value.text().and_then(|text| text.strip_suffix(units));
    let is_right = digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    (!is_right).then_some("is not an age of tags: digits and one unit, s, m, d, w or y")
}
