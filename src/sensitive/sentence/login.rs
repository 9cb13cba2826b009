//! A user and a password separated by a slash.

use super::{near, of, words_behind};
use crate::sensitive::looks::{Kind, QUOTES, bare, kind};
use crate::sensitive::name::is_secret_of_value;
use std::ops::Range;

/// Account names that are enough to take the word after a slash for a password.
const ACCOUNTS: &[&str] = &["admin", "administrator", "postgres", "quayadmin", "root"];
/// Words that make a sentence one about logging in.
const LOGINS: &[&str] = &["account", "credentials", "log", "login", "logon", "sign", "signin"];

/// The password of `log in with admin / x`; `word` is the slash or contains it.
pub(super) fn login(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let own = of(text, word);
    let (user, value) = if own == "/" {
        (near(text, word.start).split_whitespace().next_back()?, words_behind(text, word.end).next()?)
    } else {
        let (user, _) = own.split_once('/')?;
        (user, word.start + user.len() + 1..word.end)
    };
    let user = user.trim_start_matches(|c: char| c.is_ascii_punctuation()).trim_end_matches(QUOTES);
    let bare = bare(of(text, &value));
    let secret = bare.trim_start_matches(QUOTES);
    let is_account = |name: &str| ACCOUNTS.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_user = !user.is_empty() && user.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let is_secret = match kind(secret) {
        Kind::None => false,
        Kind::Odd if own == "/" => is_user,
        _ => is_account(user) && (secret == user || !is_account(secret)),
    };
    let is_name = secret.contains('/') || is_secret_of_value(secret);
    let is_image = own != "/" && secret.contains([':', '@']);
    let is_login = |word: &str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        LOGINS.iter().any(|login| login.eq_ignore_ascii_case(word))
    };
    let speaks_of_login = || {
        near(text, word.start).split_whitespace().any(is_login)
            || words_behind(text, value.end).any(|word| is_login(of(text, &word)))
    };
    let end = value.start + bare.len();
    (is_secret && !is_name && !is_image && speaks_of_login()).then(|| end - secret.len()..end)
}
