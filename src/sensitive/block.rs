//! Values in the lines below their names: `password: |` and what is indented below it, also in a text that is not a
//! valid document as a whole, such as a template or a script.

use super::words::is_of_name;

/// Characters before a list item, or before a key and a value in two lines.
const BEFORE_KEYS: &[char] = &[' ', '\t', '-', '?', '"', '\''];
/// How far back before a name its line is examined.
const REACH: usize = 300;

/// The end of a value that continues in the lines below its name; `None` if it does not. `name` is the start of the
/// name, `value` the position after its sign.
pub(super) fn end(text: &str, name: usize, value: usize) -> Option<usize> {
    if text.get(value..)?.starts_with(['"', '\'']) {
        return None;
    }
    let line_end = value + text.get(value..)?.find('\n')?;
    let first = text.get(value..line_end)?.trim();
    let start = (name.saturating_sub(REACH)..=name).find(|start| text.is_char_boundary(*start)).unwrap_or(name);
    let before = text.get(start..name)?.rsplit('\n').next()?;
    let is_key = before.chars().all(|c| BEFORE_KEYS.contains(&c));
    if !is_scalar_header(first) && !is_key {
        return None;
    }
    let column = before.len() - before.trim_start_matches([' ', '\t', '-', '?']).len();
    let is_empty = without_properties(first).is_empty();
    let mut end = None;
    let mut at = line_end + 1;
    for (number, line) in text.get(line_end + 1..)?.split_inclusive('\n').enumerate() {
        let body = line.trim_end();
        let indent = body.len() - body.trim_start_matches([' ', '\t']).len();
        let is_item = is_empty && indent == column && (body.get(indent..).is_some_and(|item| item.starts_with("- ")));
        // `Password:`, and a single word in the next line.
        let is_word = is_empty && number == 0 && indent == column && is_alone(body.trim());
        if indent > column || is_item || is_word {
            end = Some(at + body.len());
        }
        // Template directives and empty lines do not end the value.
        let is_between = body.is_empty() || (body.trim_start().starts_with("{{") && body.ends_with("}}"));
        let is_inner = indent > column && !body.is_empty();
        if !is_inner && !is_item && !is_between {
            break;
        }
        at += line.len();
    }
    end
}

/// Whether a text is a single word, and neither a key nor the end of a block.
fn is_alone(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || matches!(c, ':' | '=')) && text.contains(char::is_alphanumeric)
}

/// Whether a text is the header of a scalar in the lines below: `|`, `>-`, `!!binary |2`, with or without a comment.
fn is_scalar_header(text: &str) -> bool {
    let text = without_properties(text);
    let rest = text
        .strip_prefix(['|', '>'])
        .map(|rest| rest.trim_start_matches(|c: char| "+-".contains(c) || c.is_ascii_digit()));
    rest.is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with('#'))
}

/// A value without tags, anchors, and a comment if there is nothing else.
fn without_properties(mut text: &str) -> &str {
    while text.starts_with(['!', '&']) {
        text = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    if text.starts_with('#') { "" } else { text }
}

/// The start of the last name in a text.
pub(super) fn start_of_name(text: &str) -> usize {
    let end = text.trim_end_matches(super::phrase::is_around);
    end.trim_end_matches(|c: char| is_of_name(c) || c.is_alphanumeric()).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_is_indented_below_its_name() {
        for (text, wanted) in [
            ("a:\n  password: |\n    x\n\n    y\n  b: c", Some("|\n    x\n\n    y")),
            ("- password: >-2 # note\n   x\n  b: c", Some(">-2 # note\n   x")),
            ("password: !!binary |\n  x\n", Some("!!binary |\n  x")),
            ("password:\n  x\nb: c", Some("\n  x")),
            ("password:\n- x\n- y\nb: c", Some("\n- x\n- y")),
            ("password:\nx\ny", Some("\nx")),
            ("password: x\n  y\nb: c", Some("x\n  y")),
            ("\"password\": [\n  1,\n]", Some("[\n  1,")),
            ("password: |\n  x\n{{- if .y }}\n  z\n{{- end }}\nb: c", Some("|\n  x\n{{- if .y }}\n  z")),
            ("password: |\nb: c", None),
            ("password: x\nb: c", None),
            ("password: \"x\n  y\"", None),
            ("if not password:\n    return\n", None),
            ("f(password: x)\n  y", None),
            ("password: x", None),
        ] {
            let name = text.find("password").unwrap();
            let sign = name + text.get(name..).unwrap().find(':').unwrap();
            let value = sign + 1 + usize::from(text.get(sign + 1..).unwrap().starts_with(' '));
            assert_eq!(end(text, name, value).and_then(|end| text.get(value..end)), wanted, "{text}");
        }
    }
}
