//! Writes a value as it was: block style, with bracketed values on one line.

use super::{Data, Layout, Quotes, Raw};
use crate::object::Value;
use crate::yaml::check::is_printable;
use crate::yaml::emit::{INDENT, MAX_SIMPLE_KEY, pad, quoted, scalar_line, text};

impl Raw {
    /// One document, ending in a newline.
    #[must_use]
    pub fn emit(&self) -> String {
        let mut out = String::new();
        match (&self.tag, &self.data) {
            (None, Data::Map(map, Layout::Block)) if !map.is_empty() => entries(&mut out, map, 0),
            (None, Data::List(list, Layout::Block)) if !list.is_empty() => items(&mut out, list, 0),
            _ => rest(&mut out, self, 0, 0),
        }
        out
    }
}

/// The entries of a map whose first key starts where `out` ends, at `column`.
fn entries(out: &mut String, map: &[(Raw, Raw)], column: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            pad(out, column);
        }
        let is_long = is_long(key);
        if is_long {
            out.push_str("? ");
        }
        write_key(out, key, Context::Key);
        if is_long {
            out.push('\n');
            pad(out, column);
        }
        out.push(':');
        // After `? ` a list at the column of its key would look like part of the key.
        let list_column = if is_long || value.tag.is_some() { column + INDENT } else { column };
        rest(out, value, column + INDENT, list_column);
    }
}

/// The items of a list whose first `- ` starts where `out` ends, at `column`.
fn items(out: &mut String, list: &[Raw], column: usize) {
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            pad(out, column);
        }
        out.push('-');
        match (&item.tag, &item.data) {
            (None, Data::Map(map, Layout::Block)) if !map.is_empty() => {
                out.push(' ');
                entries(out, map, column + INDENT);
            }
            (None, Data::List(list, Layout::Block)) if !list.is_empty() => {
                out.push(' ');
                items(out, list, column + INDENT);
            }
            _ => rest(out, item, column + INDENT, column + INDENT),
        }
    }
}

/// What follows `key:` or `-`, to the end of its line or lines.
fn rest(out: &mut String, value: &Raw, column: usize, list_column: usize) {
    match &value.data {
        Data::Map(map, Layout::Block) if !map.is_empty() => {
            tag(out, value);
            out.push('\n');
            pad(out, column);
            entries(out, map, column);
        }
        Data::List(list, Layout::Block) if !list.is_empty() => {
            tag(out, value);
            out.push('\n');
            pad(out, list_column);
            items(out, list, list_column);
        }
        Data::Quoted(text, Quotes::Any) => {
            tag(out, value);
            space(out);
            scalar_line(out, &Value::Str(text.to_string()), column);
        }
        Data::Plain(text) if text.is_empty() => {
            tag(out, value);
            out.push('\n');
        }
        _ => {
            space(out);
            line(out, value, Context::Block);
            out.push('\n');
        }
    }
}

/// Where a scalar is written, as not every notation is allowed everywhere.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    Key,
    Block,
    Flow,
}

/// A value on one line.
fn line(out: &mut String, value: &Raw, context: Context) {
    let open = |out: &mut String, bracket| {
        tag(out, value);
        space(out);
        out.push(bracket);
    };
    match &value.data {
        Data::List(list, _) => {
            open(out, '[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                line(out, item, Context::Flow);
            }
            out.push(']');
        }
        Data::Map(map, _) => {
            open(out, '{');
            for (index, (key, value)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(if is_long(key) { "? " } else { "" });
                write_key(out, key, Context::Flow);
                out.push_str(": ");
                line(out, value, Context::Flow);
            }
            out.push('}');
        }
        _ => scalar(out, value, context),
    }
}

/// Writes a key. One that is just a tag must not touch the colon.
fn write_key(out: &mut String, key: &Raw, context: Context) {
    scalar(out, key, context);
    if matches!(&key.data, Data::Plain(text) if text.is_empty()) && key.tag.is_some() {
        out.push(' ');
    }
}

/// A scalar on one line.
fn scalar(out: &mut String, value: &Raw, context: Context) {
    tag(out, value);
    let has_brackets = |text: &str| text.contains([',', '[', ']', '{', '}']);
    match &value.data {
        Data::Plain(plain) if plain.is_empty() && value.tag.is_none() => out.push_str("null"),
        // Such a text gets into brackets only by an alias; every reader then takes it for text.
        Data::Plain(plain) if context == Context::Flow && has_brackets(plain) => {
            space(out);
            quoted(out, plain);
        }
        Data::Plain(plain) if plain.is_empty() => {}
        Data::Plain(plain) => {
            space(out);
            out.push_str(plain);
        }
        Data::Quoted(string, Quotes::Single) if string.chars().all(|c| is_printable(c) && !c.is_control()) => {
            space(out);
            out.push_str(&format!("'{}'", string.replace('\'', "''")));
        }
        Data::Quoted(string, Quotes::Any) if context != Context::Flow => {
            space(out);
            text(out, string);
        }
        Data::Quoted(string, _) => {
            space(out);
            quoted(out, string);
        }
        Data::List(..) | Data::Map(..) => {}
    }
}

fn is_long(key: &Raw) -> bool {
    match &key.data {
        Data::Plain(text) | Data::Quoted(text, _) => text.chars().count() > MAX_SIMPLE_KEY,
        Data::List(..) | Data::Map(..) => false,
    }
}

fn tag(out: &mut String, value: &Raw) {
    if let Some(tag) = &value.tag {
        space(out);
        out.push_str(tag);
    }
}

/// A space, unless the preceding character makes it unnecessary.
fn space(out: &mut String) {
    if !out.is_empty() && !out.ends_with([' ', '\n', '[', '{']) {
        out.push(' ');
    }
}
