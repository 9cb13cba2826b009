//! Secrets that a script types at a prompt: `expect "assword:"` and then `send "x\r"`.

use super::ends::{Ends, Until};
use super::phrase;
use super::words::is_of_name;
use std::ops::Range;

/// The command that types. Some continue the name: `sendline`, `send_line`, `send-keys`.
const SEND: &str = "send";
/// The command that waits for a prompt.
const EXPECT: &str = "expect";
/// Prompts without their first letters, which may be capitals.
const QUESTIONS: &[&str] = &["assword", "asswd", "assphrase", "asscode", "asswort", "kennwort", "enha", "raseña"];
/// How far back the prompt is searched.
const REACH: usize = 300;

/// The ranges of such secrets in a text.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut ends, mut done) = (Vec::new(), Ends::default(), 0);
    if !text.contains(EXPECT) {
        return found;
    }
    for (at, _) in text.match_indices(SEND) {
        let front = text.get(..at).unwrap_or_default();
        // Only as a command: `send`, `exp_send`, `child.sendline`.
        if !front.ends_with(['.', '_']) && !front.trim_end_matches([' ', '\t']).ends_with(['\n', '{', ';']) {
            continue;
        }
        let start = typed(text, at);
        let end = ends.of(text, start, Until::Word);
        let first = (at.saturating_sub(REACH).max(done)..=at).find(|at| text.is_char_boundary(*at)).unwrap_or(at);
        if asks_for_secret(text.get(first..at).unwrap_or_default()) {
            found.push(start..end);
        }
        done = end;
    }
    found
}

/// The start of the typed text, after options and brackets.
fn typed(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let mut value = rest.trim_start_matches(is_of_name).trim_start_matches([' ', '\t', '(']);
    while value.starts_with('-') {
        value = value.trim_start_matches(is_of_name).trim_start_matches([' ', '\t']);
    }
    text.len() - value.len()
}

/// Whether the text between the previous typed text and this one asks for a secret: in quotes or braces, or in the word
/// after `expect`.
fn asks_for_secret(text: &str) -> bool {
    let question = text.rsplit_once(EXPECT).map_or(text, |(_, question)| question);
    let mut parts = question.split(['"', '\'', '{', '}']);
    let bare = parts.next().unwrap_or_default().split_whitespace().find(|word| !word.starts_with('-'));
    bare.into_iter().chain(parts).any(|part| {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        let small = part.to_lowercase();
        QUESTIONS.iter().any(|question| small.contains(question)) || phrase::is_last(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_at_a_question_for_a_secret_is_found_and_nothing_else() {
        for (text, wanted) in [
            ("expect \"assword:\"\nsend \"s3cr3t\\r\"", &["\"s3cr3t\\r\""][..]),
            ("expect -re {[Pp]assword:}\nsend -- s3cr3t\\r\nexpect eof", &["s3cr3t\\r"]),
            (
                "expect {\n \"yes/no\" { send \"yes\\r\"; exp_continue }\n \"*?assword*\" { send -s \"s3 c\\r\" }\n}",
                &["\"s3 c\\r\""],
            ),
            ("expect -re *assword:\nsend s3cr3t\\r", &["s3cr3t\\r"]),
            ("child.expect('Passphrase: ')\nchild.sendline('s3cr3t')", &["'s3cr3t'"]),
            ("expect \"Kennwort:\"; exp_send \"s3cr3t\\n\"", &["\"s3cr3t\\n\""]),
            (
                "expect \"login:\"\nsend \"admin\\r\"\nexpect \"Token:\"\nsend \"s3cr3t\\r\"\nexpect \"$ \"\nsend \"ls\\r\"",
                &["\"s3cr3t\\r\""],
            ),
            ("we expect no password to be sent\nsend nothing", &[]),
            ("spawn ssh h\nexpect \"yes/no\"\nsend \"yes\\r\"", &[]),
            ("\"password\"\nsend \"x\"", &[]),
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
