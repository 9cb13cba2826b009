//! Escapes text so that it cannot control a terminal or a log.

use std::fmt::Write as _;

/// Whether a character is invisible or affects the text around it: control characters, and the formatting characters of
/// Unicode that reorder or hide text.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with such characters escaped as in Rust: `\n`, `\u{1b}`. Commands for the runner of a workflow are escaped
/// too: GitHub's accepts `##[command]` anywhere in a line, Azure's `##vso[`.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut out, c);
    }
    if out.contains("##") { out.replace("##[", "\\u{23}#[").replace("##vso[", "\\u{23}#vso[") } else { out }
}

/// A whole line for people: [`visible`], and not a command at its start either. GitHub's runner accepts `::command::`
/// there, even after blanks.
pub(crate) fn line(text: &str) -> String {
    let text = visible(text);
    let shown = text.trim_start();
    match shown.strip_prefix("::") {
        None => text,
        Some(rest) => format!("{}\\u{{3a}}:{rest}", " ".repeat(text.len() - shown.len())),
    }
}

/// Adds one character, escaped if necessary.
pub(super) fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // Writing to a String cannot fail.
        _ if is_unseen(c) => write!(out, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default(),
        _ => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_comes_through() {
        assert_eq!(visible("a\u{1b}[2Jb\r\nc\td\u{9b}"), "a\\u{1b}[2Jb\\r\\nc\\td\\u{9b}");
        assert_eq!(visible("\u{202e}\u{200b}\u{2066}"), "\\u{202e}\\u{200b}\\u{2066}");
        assert_eq!(visible("größe … 日本 \\n"), "größe … 日本 \\n");
    }
}
