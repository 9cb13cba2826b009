//! Types, allowed values and unknown names, from the tables alone.

use super::config::is_python_word;
use super::{Field, Subject, forms};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::schema::{self, Allowed, Fact, Secrecy, Type, What};
use crate::model::{flag_hint, secrets};
use crate::object::Value;
use crate::quote::{nearest, nearest_hint};
use crate::yaml::{Data, Node};
use std::collections::BTreeSet;

/// Checks every field that is present.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let own: BTreeSet<&str> = subject.options.known_fields.iter().map(String::as_str).collect();
    for name in subject.config.names() {
        let field = subject.field(name);
        let Some(fact) = field.fact() else {
            match schema::field(name) {
                _ if own.contains(name) => {}
                Some(other) if other.has_ended(field.release()) => ended(&field, other, out),
                other => unknown_field(subject, &field, name, other, out),
            }
            continue;
        };
        if fact.name.starts_with('<') && field.node().is_some_and(|node| node.as_map().is_none()) {
            out.push(mistyped(
                &field,
                "a map",
                "it configures a login provider: give it CLIENT_ID, CLIENT_SECRET and the like",
            ));
            continue;
        }
        check_type(&field, &fact.kind, false, out);
        check_allowed(&field, out);
    }
}

/// Checks a value against a type. In a list null is a value of its own, elsewhere it counts as absent (measured).
fn check_type(field: &Field<'_>, kind: &Type, in_list: bool, out: &mut Diagnostics) {
    let Some(node) = field.node() else { return };
    if secrets::is_reference(node) && field.fact().is_none_or(|fact| fact.secrecy() != Secrecy::Public) {
        out.push(reference(field, node));
        return;
    }
    warn_of_word(field, node, kind, out);
    if let Some((wanted, hint)) = objection(node, kind) {
        out.push(mistyped(field, wanted, hint));
        return;
    }
    match kind {
        Type::List(Some(inner)) => {
            for item in field.items() {
                check_type(&item, inner, true, out);
            }
        }
        Type::OrMap(inner) if node.as_map().is_none() => check_type(field, inner, in_list, out),
        Type::Map(Some(inner)) => {
            for (_, member) in field.members() {
                check_type(&member, inner, false, out);
            }
        }
        Type::Members(map) => check_members(field, map, in_list, out),
        Type::Pair(map) => {
            if let Some((_, second)) = field.pair() {
                check_members(&second, map, true, out);
            }
        }
        _ => {}
    }
}

fn check_members(field: &Field<'_>, map: &str, in_list: bool, out: &mut Diagnostics) {
    for entry in field.node().and_then(Node::as_map).unwrap_or_default() {
        let member = field.member_at(Some(map), &entry.key, Some(&entry.value));
        match member.fact() {
            Some(_) if entry.value.is_null() => {
                if in_list {
                    let problem =
                        Diagnostic::new(codes::CONFIG_TYPE, "is null inside a list, where it does not count as absent");
                    out.push(problem.at(field.locate(entry.value.pos)).field(member.path()).hint("leave it out"));
                }
            }
            Some(fact) => check_type(&member, &fact.kind, in_list, out),
            // The rules of storages and of Redis check which members a driver knows.
            None if matches!(map, "storage" | "redis") || entry.value.is_null() => {}
            None => match schema::member(map, &entry.key) {
                Some(other) if other.has_ended(field.release()) => ended(&member, other, out),
                other => unknown_member(&member, map, &entry.key, other, out),
            },
        }
    }
}

/// The type that is wanted instead, and what to do; nothing if the node fits.
fn objection(node: &Node, kind: &Type) -> Option<(&'static str, &'static str)> {
    let is_word = || matches!(node.data, Data::Bool(_)) && node.raw.as_deref().is_some_and(is_python_word);
    let raw = node.raw.as_deref().unwrap_or_default();
    // 1:30 is 90 for Python and text for the validator.
    let is_integer = || match node.data {
        Data::Int(_) => !raw.contains(':'),
        _ => schema::intended_integer(node).is_some(),
    };
    let is_fraction = matches!(node.data, Data::Float(_));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (fits, wanted, hint) = match kind {
        Type::Text => (node.as_str().is_some() || is_word(), "a text", "put the value in quotes"),
        Type::Flag => (node.as_bool().is_some(), "true or false", flag_hint(node)),
        Type::Number => (is_integer() || is_fraction, "a number", "write it without quotes"),
        Type::Integer => (is_integer(), "a whole number", "write digits, without quotes and without a fraction"),
        Type::Digits => {
            (is_integer() || node.as_str().is_some_and(is_digits), "a whole number", "write digits, without a fraction")
        }
        Type::Scalar => {
            (is_integer() || node.as_str().is_some(), "a whole number or a text", "write digits, or a text in quotes")
        }
        Type::List(_) => (node.as_seq().is_some(), "a list", "write one item a line, each behind a dash"),
        // Anything but a map is checked against the other type.
        Type::OrMap(_) => return None,
        Type::Map(_) | Type::Members(_) => (node.as_map().is_some(), "a map", "write one `name: value` a line"),
        Type::Pair(_) => {
            let fits =
                matches!(node.as_seq(), Some([first, second]) if first.as_str().is_some() && second.as_map().is_some());
            (fits, "a list of a name and a map", "- Name\n- member: value")
        }
    };
    (!fits).then_some((wanted, hint))
}

/// A value that is left to a Secret of the cluster.
fn reference(field: &Field<'_>, node: &Node) -> Diagnostic {
    let hint = "fromSecret: {name: my-secret, key: password}";
    if !field.may_be_referenced() {
        let message = "is left to a Secret, and the secrets of this registry are not";
        return field.problem(codes::CONFIG_TYPE, message).hint("secrets: {mode: referenced}   # in the RenderConfig");
    }
    match secrets::reference(&node.to_value()) {
        Some(_) => field.left_to_secret(codes::SECRET_REFERENCE),
        None => field.problem(codes::CONFIG_TYPE, "names no key of a Secret").hint(hint),
    }
}

fn mistyped(field: &Field<'_>, wanted: &str, hint: &str) -> Diagnostic {
    let kind = field.node().map_or("missing", Node::kind_name);
    let found = match field.node().map(|node| &node.data) {
        Some(Data::Int(_)) if wanted == "a whole number" => "is a number to the base of 60".to_owned(),
        Some(Data::Seq(items)) if wanted.starts_with("a list") => format!("is a list of {}", items.len()),
        _ => format!("is {kind}"),
    };
    field.problem(codes::CONFIG_TYPE, format!("{found}, not {wanted}")).hint(hint)
}

/// `yes` and similar words: a boolean to Quay and the operator, a text to the validator that runs when Quay starts.
fn warn_of_word(field: &Field<'_>, node: &Node, kind: &Type, out: &mut Diagnostics) {
    let (Data::Bool(value), Some(raw)) = (&node.data, node.raw.as_deref()) else { return };
    if !is_python_word(raw) || !matches!(kind, Type::Flag | Type::Text) {
        return;
    }
    let secret = field.fact().is_none_or(|fact| fact.secrecy() != Secrecy::Public);
    let (message, hint) = match kind {
        _ if secret => (
            "is a truth value for Quay, where a text is wanted".to_owned(),
            "put it in quotes where text is meant".to_owned(),
        ),
        Type::Flag => (
            format!("{raw} is {value} for Quay, and a text for the validator that it runs when it starts"),
            format!("it is written as {value}; write it so yourself"),
        ),
        _ => (format!("{raw} is {value} for Quay, where a text is wanted"), format!("put it in quotes: \"{raw}\"")),
    };
    out.push(field.problem(codes::CONFIG_BOOLEAN, message).hint(hint));
}

fn check_allowed(field: &Field<'_>, out: &mut Diagnostics) {
    let Some(fact) = field.fact() else { return };
    let texts: Vec<Field<'_>> = match fact.kind {
        Type::List(_) => field.items().collect(),
        _ => vec![field.clone()],
    };
    for (text, value) in texts.iter().filter_map(|item| Some((item, item.text()?))) {
        // The validator takes an empty duration as absent, except in fields whose value it compares (measured).
        if value.is_empty() && matches!(fact.name, "FRESH_LOGIN_TIMEOUT" | "USER_RECOVERY_TOKEN_LIFETIME") {
            continue;
        }
        let shown = match fact.secrecy() {
            Secrecy::Public => fact.form().quoted(value) + " ",
            _ => String::new(),
        };
        let problem = |message: &str| text.problem(codes::CONFIG_VALUE, format!("{shown}{message}"));
        match &fact.allowed {
            // Hosts are checked by rules that know whether they are used.
            Allowed::Any | Allowed::QualifiedHost => {}
            Allowed::OneOf(values) if !values.contains(&value) => {
                let hint = format!("{}it is one of {}", nearest_hint(value, values), values.join(", "));
                out.push(problem("is not one of its values").hint(hint));
            }
            Allowed::Duration if !forms::is_duration(value) => {
                out.push(problem("is not a duration").hint("digits and one unit, s, m, h, d or w: 30m, 2w"));
            }
            Allowed::Size if !forms::is_size(value) => {
                out.push(problem("is not a size").hint("digits and one unit, M or G: 20G"));
            }
            _ => {}
        }
    }
}

/// A field or member that only earlier releases of Quay have.
fn ended(field: &Field<'_>, fact: &Fact, out: &mut Diagnostics) {
    let message = format!("has no effect: Quay {} was the last that knew it", fact.until);
    // For fields that the release does not have, this says whether secrets are left to the cluster.
    let waits = field.may_be_referenced() && fact.secrecy() == Secrecy::Secret;
    let hint =
        if waits { "take it out: it counts as a secret, for which pods wait all the same" } else { "take it out" };
    out.push(field.problem(codes::CONFIG_ENDED, message).hint(hint));
}

/// A field that neither the tables nor Quay know. In the modes that leave secrets to the cluster it may count as a
/// secret, for which pods then wait although Quay does not read it.
fn unknown_field(subject: &Subject<'_>, field: &Field<'_>, name: &str, later: Option<&Fact>, out: &mut Diagnostics) {
    let value = field.node().map_or(Value::Null, Node::to_value);
    let left_to = subject.options.left_to;
    // For fields of a later release, the tables say what is secret.
    let secrecy = match later {
        Some(fact) => fact.secrecy(),
        None if schema::may_show_unknown(name, &value, false) => Secrecy::Public,
        None => Secrecy::Secret,
    };
    let waits = left_to.filter(|_| secrecy == Secrecy::Secret);
    let what = if waits.is_some() { ", whose value counts as a secret" } else { "" };
    let problem = field.problem(codes::CONFIG_UNKNOWN, format!("unknown field {name:?}{what}"));
    out.push_with_hint(problem, || {
        let guess = match (schema::later(What::Field(name), field.release()), schema::nearest(name, field.release())) {
            (Some(since), _) => format!("it came with Quay {since}; this release ignores it without a word"),
            (None, Some(near)) => {
                format!("the nearest is {near:?}; Quay ignores what it does not know without a word")
            }
            (None, None) if waits.is_some() => "Quay ignores what it does not know without a word".to_owned(),
            (None, None) => {
                "Quay ignores it without a word; where it is right, say so: spec.knownFields in the RenderConfig"
                    .to_owned()
            }
        };
        match waits {
            Some(waits) => {
                let waits = waits.tell(name, &value);
                let right = match schema::may_show_unknown(name, &value, true) && later.is_none() {
                    true => "declare it, which leaves its value in the open: spec.knownFields in the RenderConfig",
                    false => "declare it (spec.knownFields in the RenderConfig) and see to that Secret",
                };
                format!("{guess}\n{waits}: correct or remove the field, or where it is right {right}")
            }
            None if left_to.is_some() && secrecy == Secrecy::Public => {
                format!("{guess}\nits value stays in the open, in no Secret")
            }
            None => guess,
        }
    });
}

/// Some maps are passed to a driver as a whole, which refuses unknown members; others are read by name.
fn unknown_member(field: &Field<'_>, map: &str, name: &str, later: Option<&Fact>, out: &mut Diagnostics) {
    let problem = field.problem(codes::CONFIG_UNKNOWN, format!("unknown member {name:?}"));
    out.push_with_hint(problem, || {
        let ours = schema::members(map).filter(|fact| fact.is_in(field.release()));
        let known: Vec<&str> = ours.map(|fact| fact.name).collect();
        match (later, nearest(name, &known)) {
            (Some(fact), _) => format!("it came with Quay {}", fact.since),
            (None, Some(near)) => format!("the nearest is {near:?}"),
            (None, None) => format!("the members here are {}", known.join(", ")),
        }
    });
}
