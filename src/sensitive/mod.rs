//! Recognizes secrets in a text by their form, in any context: user and password, parameters and fragment of a URL, the
//! value of `password=`, a private key.
//!
//! One set of rules for everything public: values of config.yaml in a ConfigMap, values allowed in input documents, and
//! what reports quote and diffs show.

pub mod assigned;
mod block;
mod call;
pub mod command;
mod endings;
mod ends;
mod fed;
mod hash;
mod looks;
pub mod name;
mod operand;
mod options;
mod phrase;
mod private_key;
mod prompt;
mod sentence;
mod table;
pub mod uri;
pub mod words;

pub use private_key::holds_private_key;

use std::borrow::Cow;

/// Replaces a secret of any length.
pub const MASK: &str = "********";

/// Whether nothing in a text looks like a secret. With `takes_at`, an `@` by itself is part of a name or a mail
/// address; otherwise it is not expected, and what precedes it may be a password.
#[must_use]
pub fn is_harmless(text: &str, takes_at: bool) -> bool {
    !holds_private_key(text.as_bytes()) && uri::is_harmless(text, takes_at) && uri::is_everywhere(text, assigns_nothing)
}

fn assigns_nothing(text: &str) -> bool {
    assigned::values(text).is_empty()
}

/// A message with [`MASK`] in place of what looks like a secret in the values that it quotes. As their context is
/// unknown, anything before an `@` is masked too: `TOKEN@host` looks like a mail address.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    if holds_private_key(text.as_bytes()) {
        return Cow::Borrowed(MASK);
    }
    let (mut shown, mut done) = (String::new(), 0);
    for range in uri::hidden_or_named(text) {
        shown.push_str(text.get(done..range.start).unwrap_or_default());
        shown.push_str(MASK);
        done = range.end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_difference_masks_is_not_harmless() {
        for text in ["password=x", "a token: x", "password%3Dx", "Basic dXNlcjpwYXNz", "Bearer 0123456789abcdef"] {
            assert!(!is_harmless(text, true), "{text}");
        }
        for text in ["Passwort: x", "mot de passe : x", "hasło=x", "パスワード：x", "our API key: x", "密码=x"]
        {
            assert!(!is_harmless(text, true), "{text}");
        }
        for text in ["password=", "Basic authentication", "bearer of good news", "forgot your password?", "a: b"] {
            assert!(is_harmless(text, true) || text.contains('?'), "{text}");
        }
        for text in
            ["Registre d'images : équipe plateforme", "Registry für alle: Passwort im Intranet", "镜像仓库：平台组"]
        {
            assert!(is_harmless(text, true), "{text}");
        }
    }

    #[test]
    fn a_text_keeps_what_is_not_secret() {
        assert_eq!(masked("no secret"), "no secret");
        assert_eq!(masked("\"https://u:p@h/?t=s\" is not a host"), "\"https://********@h/?********\" is not a host");
        assert_eq!(masked("\"token@h\" is not a host"), "\"********@h\" is not a host");
        assert_eq!(masked("repository@sha256:01, quay@example.com"), "repository@sha256:01, quay@example.com");
        assert_eq!(masked("is -----BEGIN PRIVATE KEY-----"), MASK);
    }
}
