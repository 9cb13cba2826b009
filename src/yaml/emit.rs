//! Writes values as YAML that PyYAML, kubectl and this module read back unchanged.
//!
//! The rules were measured against thousands of strings that break other writers: plain only if every reader takes it
//! for text, `|` for several lines, double quotes for everything else.

use super::check::is_printable;
use crate::object::{Map, Value};
use std::fmt::Write as _;

/// Words that some reader takes for something other than text, in any case.
const RESERVED: [&str; 14] =
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none", "undefined", "="];

/// The longest key written as `key:`; YAML ends that form at 1,024 characters, but nobody reads that far.
pub(super) const MAX_SIMPLE_KEY: usize = 120;

pub(super) const INDENT: usize = 2;

/// One document in block style, ending in a newline: two spaces of indentation, a list's `- ` at the column of its key.
#[must_use]
pub fn emit(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Map(map) if !map.is_empty() => entries(&mut out, map, 0),
        Value::Seq(list) if !list.is_empty() => items(&mut out, list, 0),
        other => scalar_line(&mut out, other, 0),
    }
    out
}

/// One line in flow style, every string in double quotes: a value to be put into a template as one scalar.
#[must_use]
pub fn flow(value: &Value) -> String {
    let mut out = String::new();
    flow_into(&mut out, value);
    out
}

pub(super) fn pad(out: &mut String, column: usize) {
    out.extend(std::iter::repeat_n(' ', column));
}

/// The entries of a map whose first key starts where `out` ends, at `column`.
fn entries(out: &mut String, map: &Map, column: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            pad(out, column);
        }
        let is_long = key.chars().count() > MAX_SIMPLE_KEY;
        if is_long {
            out.push_str("? ");
        }
        text(out, key);
        if is_long {
            out.push('\n');
            pad(out, column);
        }
        out.push(':');
        // After `? ` a list at the column of its key would look like part of the key.
        let list_column = if is_long { column + INDENT } else { column };
        match value {
            Value::Map(map) if !map.is_empty() => {
                out.push('\n');
                pad(out, column + INDENT);
                entries(out, map, column + INDENT);
            }
            Value::Seq(list) if !list.is_empty() => {
                out.push('\n');
                pad(out, list_column);
                items(out, list, list_column);
            }
            other => {
                out.push(' ');
                scalar_line(out, other, column + INDENT);
            }
        }
    }
}

/// The items of a list whose first `- ` starts where `out` ends, at `column`.
fn items(out: &mut String, list: &[Value], column: usize) {
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            pad(out, column);
        }
        out.push_str("- ");
        match item {
            Value::Map(map) if !map.is_empty() => entries(out, map, column + INDENT),
            Value::Seq(list) if !list.is_empty() => items(out, list, column + INDENT),
            other => scalar_line(out, other, column + INDENT),
        }
    }
}

/// Anything but a non-empty list or map, to the end of its line; a block's lines are indented to `column`.
pub(super) fn scalar_line(out: &mut String, value: &Value, column: usize) {
    match value {
        Value::Str(lines) if is_block(lines) => block(out, lines, column.max(INDENT)),
        Value::Str(string) => {
            text(out, string);
            out.push('\n');
        }
        other => {
            flow_into(out, other);
            out.push('\n');
        }
    }
}

pub(super) fn text(out: &mut String, text: &str) {
    if is_plain(text) { out.push_str(text) } else { quoted(out, text) }
}

/// Whether every reader takes the unquoted text for exactly this text.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_'))
        && text.chars().all(|c| matches!(c, ' '..='~'))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !RESERVED.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a text can be written as lines below a `|`. If the first line is empty or starts with a blank, the header
/// would need an indentation number, which readers treat differently.
fn is_block(text: &str) -> bool {
    text.contains('\n') && !text.starts_with([' ', '\t', '\n']) && text.chars().all(|c| is_printable(c) && c != '\r')
}

fn block(out: &mut String, text: &str, column: usize) {
    let (lines, chomping) = match text.strip_suffix('\n') {
        None => (text, "-"),
        Some(lines) if lines.ends_with('\n') => (lines, "+"),
        Some(lines) => (lines, ""),
    };
    out.push('|');
    out.push_str(chomping);
    out.push('\n');
    for line in lines.split('\n') {
        if !line.is_empty() {
            pad(out, column);
            out.push_str(line);
        }
        out.push('\n');
    }
}

pub(super) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    // Most of a text needs no escapes and is copied in runs.
    let is_plain = |c: char| !matches!(c, '"' | '\\' | '\n' | '\t' | '\r') && is_printable(c);
    let mut rest = text;
    loop {
        let (plain, behind) = rest.split_at(rest.find(|c| !is_plain(c)).unwrap_or(rest.len()));
        out.push_str(plain);
        let mut chars = behind.chars();
        match chars.next() {
            None => break,
            Some(c @ ('"' | '\\')) => out.extend(['\\', c]),
            Some('\n') => out.push_str("\\n"),
            Some('\t') => out.push_str("\\t"),
            Some('\r') => out.push_str("\\r"),
            Some(c) => escaped(out, u32::from(c)),
        }
        rest = chars.as_str();
    }
    out.push('"');
}

fn escaped(out: &mut String, code: u32) {
    // Writing to a String cannot fail.
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02X}"),
        0x100..=0xffff => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
}

fn flow_into(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(plain) | Value::Date(plain) => out.push_str(plain),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::Str(text) => quoted(out, text),
        Value::Seq(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                flow_into(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(if key.chars().count() > MAX_SIMPLE_KEY { "? " } else { "" });
                quoted(out, key);
                out.push_str(": ");
                flow_into(out, value);
            }
            out.push('}');
        }
    }
}

/// The shortest digits that give the number, in PyYAML's notation: with a point, and with a sign in the exponent.
/// [`Value`] holds finite numbers; any other is written in YAML's notation, and refused on reading.
fn float(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() {
            ".nan"
        } else if number > 0.0 {
            ".inf"
        } else {
            "-.inf"
        }
        .to_owned();
    }
    let shortest = format!("{number:?}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return shortest };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}
