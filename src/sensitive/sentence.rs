//! Secrets in sentences: `the password is x`, `Password for admin: x`, `das Passwort lautet x`, `パスワードは x`,
//! `log in with admin / x`.
//!
//! A sentence may say other things about a password: that it is required, or in a Secret. A word counts as the secret
//! if it is of no language; in English also if it ends its clause and does not describe a state.

mod login;

use super::looks::{Kind, QUOTES, bare, kind};
use super::phrase::{self, Phrase};
use super::words::runs;
use login::login;
use std::ops::Range;

/// English forms of "is".
const ENGLISH: &[&str] = &["are", "be", "been", "equals", "is", "was"];
/// Auxiliary verbs before those.
const AUXILIARIES: &[&str] = &["has", "have", "must", "shall", "should", "will"];
/// Words that make a condition or question of the sentence.
const CONDITIONS: &[&str] = &["assert", "elif", "if", "unless", "when", "whether", "while"];
/// The same in other languages, and equivalent signs: after these only a word of no language is a secret.
const OTHERS: &[&str] = &[
    "-", "–", "—", "ist", "lautet", "war", "est", "es", "era", "è", "é", "este", "jest", "brzmi", "je", "er", "är",
    "это", TO,
];
/// The preposition before the new value in sentences about changes.
const TO: &str = "to";
const CHANGES: &[&str] = &["chang", "set", "updat"];
/// Such words in scripts without blanks between words.
const JOINED: &[&str] = &["は", "是", "为", "為", "는", "은"];
/// Words that may stand between "is" and the secret.
const FILLERS: &[&str] =
    &["always", "be", "been", "changed", "currently", "just", "now", "reset", "set", "simply", "still", TO];
/// Prepositions between a word for a secret and what it belongs to.
const PREPOSITIONS: &[&str] = &[
    "at", "by", "for", "from", "in", "of", "on", "to", "with", "der", "des", "für", "fuer", "von", "vom", "zum", "zur",
    "am", "im", "de", "del", "della", "di", "do", "da", "du", "dla", "för", "para", "per", "pour", "voor", "van",
    "для", "от",
];
/// Short words for a secret, which also have other meanings.
const SHORT: &[&str] = &["pass", "passcode", "pin", "pw", "pwd"];
/// Words before a word for a secret that is directly followed by the secret, with `MOST_ADJECTIVES` between at most.
const INTRODUCTIONS: &[&str] = &[
    "/", "and", "default", "et", "initial", "mit", "new", "our", "the", "this", "und", "use", "using", "with", "your",
];
const MOST_ADJECTIVES: usize = 3;
/// Words that continue a sentence after a secret.
const GOES_ON: &[&str] =
    &["and", "as", "at", "but", "by", "for", "from", "if", "in", "on", "or", "so", "to", "when", "with"];
/// How many words and bytes before such a word, and how many words after it, are examined.
const MOST_WORDS: usize = 7;
const REACH: usize = 120;
/// The longest quoted secret that is found.
const LONGEST: usize = 300;

/// What counts as a secret after a verb, depending on what precedes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Takes {
    /// Words of no language.
    Odd,
    /// Also numbers that end a clause.
    Numbers,
    /// Also words that end a clause.
    Words,
}

/// The ranges of such secrets in a text.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = joined(text);
    for word in runs(text, is_of_word) {
        if let Some(takes) = verb(text, &word) {
            found.extend(value(text, word.end, takes));
        } else if of(text, &word).contains('/') {
            found.extend(login(text, &word));
        } else {
            found.extend(named(text, &word));
        }
    }
    found
}

fn is_of_word(c: char) -> bool {
    !c.is_whitespace()
}

fn of<'t>(text: &'t str, word: &Range<usize>) -> &'t str {
    text.get(word.clone()).unwrap_or_default()
}

/// The words after a position, in the same line.
fn words_behind(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let rest = text.get(from..).unwrap_or_default();
    let mut done = from;
    runs(rest, is_of_word).take(MOST_WORDS).map(move |word| from + word.start..from + word.end).take_while(
        move |word| {
            let gap = text.get(done..word.start).unwrap_or_default();
            done = word.end;
            !gap.contains('\n')
        },
    )
}

/// The end of the line before a position.
fn near(text: &str, end: usize) -> &str {
    let start = (end.saturating_sub(REACH)..=end).find(|at| text.is_char_boundary(*at)).unwrap_or(end);
    let near = text.get(start..end).unwrap_or_default();
    near.rsplit_once('\n').map_or(near, |(_, line)| line)
}

/// What counts as a secret after `word`; `None` if it does not join a word for a secret with the secret.
fn verb(text: &str, word: &Range<usize>) -> Option<Takes> {
    let own = of(text, word);
    let plain = own.trim_end_matches(':');
    let is = |known: &[&str]| known.iter().any(|verb| verb.eq_ignore_ascii_case(plain));
    if is(ENGLISH) || is(OTHERS) {
        let front = near(text, word.start);
        let has =
            |known: &[&str]| front.split_whitespace().any(|word| known.iter().any(|it| it.eq_ignore_ascii_case(word)));
        let is_change = || CHANGES.iter().any(|change| front.to_ascii_lowercase().contains(change));
        let takes = match plain {
            TO if !is_change() || phrase::last(front) != Some(Phrase::Secret) => return None,
            // A plural describes something else, and not one secret.
            "are" => Takes::Numbers,
            _ if is(ENGLISH) => Takes::Words,
            _ => Takes::Odd,
        };
        return Some(subject(front, 0)?.min(takes)).filter(|_| !has(CONDITIONS));
    }
    // `Password for admin: x`. If the sign directly follows the word for a secret, another module finds the value.
    let is_name = own.len() == plain.len() + 1 && !plain.is_empty();
    if is_name { subject(near(text, word.end - 1), 1) } else { None }
}

/// What counts as a secret if a text ends with a word for a secret, possibly with what it belongs to:
/// `the password for the admin (of Quay)`. At least `least` words must follow the word for a secret.
fn subject(mut front: &str, least: usize) -> Option<Takes> {
    let mut behind = "";
    for count in 0..MOST_WORDS {
        front = front.trim_end();
        let word = front.rsplit(char::is_whitespace).next().unwrap_or_default();
        let joins = behind.is_empty()
            || behind.starts_with('(')
            || PREPOSITIONS.contains(&behind)
            || AUXILIARIES.contains(&behind);
        if count >= least && joins && phrase::last(front) == Some(Phrase::Secret) {
            return Some(Takes::Words);
        }
        if count >= least && joins && SHORT.iter().any(|short| short.eq_ignore_ascii_case(word)) {
            return Some(Takes::Numbers);
        }
        if word.is_empty() || word.ends_with(['.', ';', '!', '?', ':', ',']) {
            return None;
        }
        behind = word;
        front = front.get(..front.len() - word.len()).unwrap_or_default();
    }
    None
}

/// The secret of `log in with the password x`: a word of no language, after an introduced word for a secret.
fn named(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    if phrase::last(text.get(..word.end)?) != Some(Phrase::Secret) {
        return None;
    }
    let mut before = near(text, word.start).split_whitespace().rev().take(MOST_ADJECTIVES);
    let is_introduced =
        |word: &str| INTRODUCTIONS.iter().any(|it| it.eq_ignore_ascii_case(word)) || word.ends_with(',');
    if !of(text, word).starts_with('(') && !before.any(is_introduced) {
        return None;
    }
    let value = words_behind(text, word.end).next()?;
    let bare = bare(of(text, &value));
    let is_version = bare.trim_start_matches(['v', 'V']).chars().all(|c| c.is_ascii_digit() || c == '.');
    let has_both = bare.contains(char::is_alphabetic) && bare.contains(|c: char| c.is_ascii_digit());
    let is_secret = kind(bare) == Kind::Odd && has_both && bare.starts_with(char::is_alphanumeric) && !is_version;
    is_secret.then(|| value.start..value.start + bare.len())
}

/// The secret after such a word.
fn value(text: &str, from: usize, takes: Takes) -> Option<Range<usize>> {
    let mut words = words_behind(text, from).skip_while(|word| FILLERS.contains(&of(text, word).trim_end_matches(':')));
    let (word, next) = (words.next()?, words.next());
    if let Some(quoted) = quoted(text, word.start) {
        return (kind(of(text, &quoted).trim_matches(QUOTES)) != Kind::None).then_some(quoted);
    }
    let own = of(text, &word).trim_start_matches(['(', '*', '_']);
    let start = word.end - own.len();
    let bare = bare(own);
    let is_end = bare.len() < own.len() || next.is_none();
    let is_last = is_end || next.is_some_and(|next| goes_on(of(text, &next)));
    let is_secret = match kind(bare) {
        Kind::None => false,
        Kind::Odd => true,
        Kind::Number => is_end && takes >= Takes::Numbers,
        Kind::Plain => is_last && takes == Takes::Words,
    };
    is_secret.then_some(start..start + bare.len())
}

/// The quoted text at a position, including its quotes.
fn quoted(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let open = rest.chars().next()?;
    let close: &[char] = match open {
        '"' | '\'' | '`' => &[open],
        '“' | '„' => &['”', '“'],
        '‘' => &['’'],
        '«' => &['»'],
        _ => return None,
    };
    let begin = start + open.len_utf8();
    let mut inner = text.get(begin..)?.char_indices().take(LONGEST).take_while(|(_, c)| *c != '\n');
    let (end, last) = inner.find(|(_, c)| close.contains(c))?;
    (end > 0).then_some(start..begin + end + last.len_utf8())
}

/// Whether a clause ends before `word`.
fn goes_on(word: &str) -> bool {
    GOES_ON.contains(&word) || word.starts_with(|c: char| !c.is_alphanumeric())
}

/// The secret after a word for it, in scripts without blanks: `パスワードは x`, `密码是x`.
fn joined(text: &str) -> Vec<Range<usize>> {
    let places = JOINED.iter().flat_map(|joint| text.match_indices(joint).map(|(at, joint)| (at, at + joint.len())));
    let about_secrets =
        places.filter(|(at, _)| text.get(..*at).and_then(phrase::last) == Some(Phrase::Secret)).map(|(_, end)| end);
    let value = |from: usize| {
        let rest = text.get(from..)?;
        let start = text.len() - rest.trim_start_matches([' ', '\t', '：', ':']).len();
        if let Some(quoted) = quoted(text, start) {
            return Some(quoted);
        }
        let value = text.get(start..)?;
        let value = value.get(..value.find(|c: char| !c.is_ascii_graphic()).unwrap_or(value.len()))?;
        let value = bare(value);
        matches!(kind(value), Kind::Odd | Kind::Number).then_some(start..start + value.len())
    };
    about_secrets.filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sentence_says_a_secret_is_is_found() {
        for (text, wanted) in [
            ("the password is s3cr3t", "s3cr3t"),
            ("The password is \"s3 cr3t\".", "\"s3 cr3t\""),
            ("echo 'The password is now: s3cr3t, change it'", "s3cr3t"),
            ("Password for admin is x", "x"),
            ("Password for the admin (of Quay) is swordfish and it stays.", "swordfish"),
            ("Password for admin: x", "x"),
            ("the token of the robot (on staging): s3cr3t.", "s3cr3t"),
            ("our API key was s3cr3t until May", "s3cr3t"),
            ("changed the password to s3cr3t", "s3cr3t"),
            ("The password has been set to x; the password will be `s3cr3t`", "`s3cr3t`"),
            ("PIN? The token is 1234.", "1234"),
            ("credentials are admin:s3cr3t", "admin:s3cr3t"),
            ("Das Passwort für die Datenbank lautet s3cr3t", "s3cr3t"),
            ("le mot de passe est « s3cr3t »", "« s3cr3t »"),
            ("La contraseña es s3cr3t.", "s3cr3t"),
            ("hasło – s3cr3t", "s3cr3t"),
            ("Пароль — s3cr3t", "s3cr3t"),
            ("パスワードは s3cr3t です", "s3cr3t"),
            ("密码是s3cr3t。", "s3cr3t"),
            ("Use admin / x to log in", "x"),
            ("Log in as admin/s3cr3t.", "s3cr3t"),
            ("login: quay / s3cr3t", "s3cr3t"),
            ("sign in with `admin` / `s3cr3t`", "s3cr3t"),
            ("<p>the password is x</p>", "x"),
            ("initial password (root): x", "x"),
            ("the PIN is 1234", "1234"),
            ("Log in with user admin and password s3cr3t", "s3cr3t"),
            ("username admin, password s3cr3t.", "s3cr3t"),
            ("use the API key s3cr3t for that", "s3cr3t"),
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found.last().copied(), Some(wanted), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_said_of_a_secret_is_none() {
        for text in [
            "the password is in the Secret quay-keys",
            "password is required",
            "Passwords are hashed with bcrypt2.",
            "the password is base64 encoded",
            "A token is valid for 2h",
            "the token is a JWT",
            "the token endpoint is https://h/token1",
            "Password for the database is taken from keys.yaml",
            "The password must be at least 8 characters",
            "the password is 8-20 characters long",
            "the password should be auto-generated",
            "the password is DB_PASSWORD of the keys file",
            "the password is $PASSWORD, or {{ .password }}",
            "the token is <your token>",
            "the token is read from /run/secrets/token1",
            "the API key is not set",
            "the token is\nhunter2 is someone else",
            "the password to server1",
            "a password on host2, a token for v2 and credentials of user1",
            "Passwörter sind im Tresor, das Passwort ist geheim",
            "le mot de passe est obligatoire",
            "パスワードは必須です",
            "Passwords for users: see the wiki",
            "password.\nFor admin: x1",
            "Log in with GitHub / Google",
            "Login / Logout",
            "log in to quay.io/user2 and pull admin/quay:v3",
            "login with user/password",
            "root / usr / bin1",
            "this is s3cr3t",
            "if token is Name.Other or token is Name2:",
            "Password must be 1 or more bytes.",
            "len(self.token) - 1",
            "the token id_token, or \"the password is required.\"",
            "the token is \", \"",
            "passwd user1; htpasswd -c file1; kubectl get token name1",
            "the token v2.1 and the password (see page1)",
            "they pass on host1; the pin is low",
            "with the password --stdin1",
            "",
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }
}
