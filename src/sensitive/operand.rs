//! Secrets in the operands of commands, without an option: `htpasswd -b FILE USER x`, `mc alias set NAME URL KEY x`.

use super::ends::{Ends, Until};
use super::name::{is_secret, is_secret_of_value};
use std::ops::Range;

/// Which operands after the words of a command hold a secret; words that begin with `-` are not counted.
#[derive(Clone, Copy)]
enum Which {
    /// The one after this number of others.
    Nth(usize),
    /// The last one.
    Last,
    /// The last one, if there is an option with this letter.
    LastWith(char),
    /// In each, the part after the `=`.
    Entries,
    /// The one after the name of a secret.
    Named,
    /// As `Named`, if the name is the first word.
    Next,
    /// The part after a sign, in the one after this number of others.
    Behind(char, usize),
}

use Which::{Behind, Entries, Last, LastWith, Named, Next, Nth};

/// Commands, by words in this order, possibly with others in between.
const COMMANDS: &[(&[&str], Which)] = &[
    (&["ConvertTo-SecureString"], Nth(0)),
    (&["ENV"], Next),
    (&["aws", "configure", "set"], Named),
    (&["az", "keyvault", "secret", "set", "--value"], Nth(0)),
    (&["bao", "kv", "put"], Entries),
    (&["bao", "login"], Nth(0)),
    (&["bao", "unseal"], Nth(0)),
    (&["bao", "write"], Entries),
    (&["caddy", "hash-password", "-p"], Nth(0)),
    (&["caddy", "hash-password", "--plaintext"], Nth(0)),
    (&["cf", "auth"], Nth(1)),
    (&["etcdctl", "user", "add"], Behind(':', 0)),
    (&["expdp"], Behind('/', 0)),
    (&["gh", "secret", "set", "--body"], Nth(0)),
    (&["gh", "secret", "set", "-b"], Nth(0)),
    (&["git", "config"], Named),
    (&["htpasswd"], LastWith('b')),
    (&["impdp"], Behind('/', 0)),
    (&["mc", "admin", "user", "add"], Nth(2)),
    (&["mc", "alias", "set"], Nth(3)),
    (&["mc", "config", "host", "add"], Nth(3)),
    (&["mkpasswd"], Last),
    (&["mysqladmin", "password"], Last),
    (&["nmcli", "password"], Nth(0)),
    (&["nmcli", "wifi-sec.psk"], Nth(0)),
    (&["npm", "config", "set"], Named),
    (&["npm", "set"], Named),
    (&["openssl", "-k"], Nth(0)),
    (&["openssl", "passwd"], Last),
    (&["rabbitmqctl", "add_user"], Nth(1)),
    (&["rabbitmqctl", "change_password"], Nth(1)),
    (&["rclone", "config"], Named),
    (&["rclone", "obscure"], Nth(0)),
    (&["redis-cli", "auth"], Last),
    (&["redis-cli", "masterauth"], Nth(0)),
    (&["redis-cli", "requirepass"], Nth(0)),
    (&["rman", "target"], Behind('/', 0)),
    (&["set"], Next),
    (&["setenv"], Next),
    (&["setx"], Next),
    (&["sqlplus"], Behind('/', 0)),
    (&["stats", "auth"], Behind(':', 0)),
    (&["vault", "kv", "put"], Entries),
    (&["vault", "login"], Nth(0)),
    (&["vault", "unseal"], Nth(0)),
    (&["vault", "write"], Entries),
    (&["wpa_passphrase"], Nth(1)),
];
/// How many words of a command are examined.
const MOST_WORDS: usize = 32;

/// The secrets in a command line that starts with its program: the index of the word, and the first byte in it.
pub(super) fn secrets(words: &[&str]) -> Vec<(usize, usize)> {
    let words = words.get(..MOST_WORDS).unwrap_or(words);
    COMMANDS
        .iter()
        .filter_map(|(command, which)| Some(behind(words, end_of(command, words)?, *which)))
        .flatten()
        .collect()
}

/// Whether a word calls a program with secrets in its operands.
pub(super) fn is_program(word: &str) -> bool {
    let called = word.rsplit('/').next().unwrap_or_default();
    COMMANDS.iter().any(|(command, _)| command.first() == Some(&called))
}

/// The index after the words of a command at the start of a line.
fn end_of(command: &[&str], words: &[&str]) -> Option<usize> {
    let (program, rest) = command.split_first()?;
    let called = words.first()?.rsplit('/').next()?;
    let mut at = usize::from(called == *program);
    (at > 0).then_some(())?;
    for wanted in rest {
        at += words.get(at..)?.iter().position(|word| word.eq_ignore_ascii_case(wanted))? + 1;
    }
    Some(at)
}

fn behind(words: &[&str], end: usize, which: Which) -> Vec<(usize, usize)> {
    let rest = || words.iter().enumerate().skip(end);
    let mut others = rest().filter(|(_, word)| !word.starts_with('-')).map(|(at, word)| (at, *word));
    let has =
        |letter| rest().any(|(_, word)| word.starts_with('-') && !word.starts_with("--") && word.contains(letter));
    let found = match which {
        Nth(at) => others.nth(at),
        Last => others.next_back(),
        LastWith(letter) => others.next_back().filter(|_| has(letter)),
        Next => others.next().filter(|(_, word)| is_variable(word)).and_then(|_| others.next()),
        Named => others.find(|(_, word)| is_secret(word)).and_then(|_| others.next()),
        Behind(sign, at) => {
            return others.nth(at).and_then(|(at, word)| Some((at, word.find(sign)? + 1))).into_iter().collect();
        }
        Entries => return others.filter_map(|(at, word)| Some((at, word.find('=')? + 1))).collect(),
    };
    found.map(|(at, _)| (at, 0)).into_iter().collect()
}

/// Whether a word is the name of a secret variable: `DB_PASSWORD`.
fn is_variable(word: &str) -> bool {
    word.contains('_') && !word.contains(|c: char| c.is_ascii_lowercase()) && is_secret_of_value(word)
}

/// The ranges of such secrets in a text of command lines.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut last = "";
    for program in COMMANDS.iter().filter_map(|(command, _)| command.first()) {
        // Commands of the same program are adjacent in the table.
        if std::mem::replace(&mut last, program) == *program {
            continue;
        }
        let mut ends = Ends::default();
        for (at, _) in text.match_indices(program).filter(|(at, _)| is_called(text, *at, program.len())) {
            let ranges = words(text, at, &mut ends);
            let words: Vec<&str> = ranges.iter().filter_map(|range| text.get(range.clone())).collect();
            for (word, from) in secrets(&words) {
                found.extend(ranges.get(word).map(|range| range.start + from..range.end));
            }
        }
    }
    found
}

/// Whether the name at `at` calls a program.
pub(super) fn is_called(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).and_then(|front| front.chars().next_back());
    let behind = text.get(at + length..).and_then(|rest| rest.chars().next());
    before.is_none_or(|c| c.is_whitespace() || "/;&|(`'\"".contains(c)) && behind.is_some_and(char::is_whitespace)
}

/// The words of one command from `start` on.
pub(super) fn words(text: &str, start: usize, ends: &mut Ends) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), start);
    while found.len() < MOST_WORDS {
        let end = ends.of(text, at, Until::Word);
        if end <= at {
            break;
        }
        found.push(at..end);
        let rest = text.get(end..).unwrap_or_default();
        let next = rest.trim_start_matches([' ', '\t', '\\']);
        let next = if next.len() + 1 < rest.len() {
            let continued = next.strip_prefix('\n').filter(|_| rest.trim_start_matches([' ', '\t']).starts_with('\\'));
            continued.map_or(next, |next| next.trim_start_matches([' ', '\t']))
        } else {
            next
        };
        if next.len() == rest.len()
            || next.is_empty()
            || next.starts_with(['\n', '\r', ';', '|', '&', ')', '>', '<', '#'])
        {
            break;
        }
        at = text.len() - next.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operand_that_is_a_secret_is_found_and_no_other() {
        for (text, wanted) in [
            ("htpasswd -bBn admin s3cr3t > f", &["s3cr3t"][..]),
            ("x && htpasswd -c -b /tmp/f 'a b' \"s3 cr3t\"; y", &["\"s3 cr3t\""]),
            ("mc --insecure alias set minio \\\n  http://minio:9000 key 's3'\"cr3t\"\nmc ls minio", &["'s3'\"cr3t\""]),
            ("openssl passwd -6 -salt xy s3cr3t)", &["s3cr3t)"]),
            ("sh -c \"rabbitmqctl add_user quay s3cr3t\"", &["s3cr3t"]),
            ("vault kv put secret/a b=s3cr3t c=s3cr3t", &["s3cr3t", "s3cr3t"]),
            ("/usr/bin/mysqladmin -u root password s3cr3t", &["s3cr3t"]),
            ("aws --profile a configure set aws_secret_access_key s3cr3t", &["s3cr3t"]),
            ("aws configure set region eu", &[]),
            ("sqlplus -s system/s3cr3t@db", &["s3cr3t@db"]),
            ("etcdctl user add root:s3cr3t", &["s3cr3t"]),
            ("$p = (ConvertTo-SecureString -AsPlainText \"s3 cr3t\" -Force)", &["\"s3 cr3t\""]),
            ("set -x DB_PASSWORD s3cr3t; setx A_TOKEN s3cr3t\nENV A_PASS s3cr3t", &["s3cr3t", "s3cr3t", "s3cr3t"]),
            ("set token lifetime; setenv HOME_DIR /root; set DB_PASSWORD", &[]),
            ("htpasswd -i f user", &[]),
            ("mc alias list\nset a b c d e", &[]),
            ("the vault is where we log in", &[]),
            ("openssl x509 -in a", &[]),
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
