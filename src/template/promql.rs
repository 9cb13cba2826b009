//! Functions for templates with PromQL expressions.

use crate::object::{HASH, LONGEST_JOB, with_hash};

/// `text` as a string literal of PromQL.
pub fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// `text` as an RE2 regular expression that matches exactly that text; a registry's name may contain dots.
pub fn regex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The regular expression of the names that a Job has whatever the hash of its content.
pub fn jobs(name: &str) -> String {
    let hash = "h".repeat(HASH);
    let named = with_hash(name, &hash, LONGEST_JOB);
    let base = named.strip_suffix(&hash).unwrap_or(&named);
    format!("{}[a-z0-9]{{{HASH}}}", regex(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(regex("a.b-c|d"), r"a\.b-c\|d");
    }
}
