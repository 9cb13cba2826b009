//! What a plain (unquoted) scalar means to each of the two readers.

mod kubernetes;
mod python;

use super::Dialect;
use crate::object::Value;

/// Why a reader refuses a plain scalar, as the end of a message.
pub(super) type Refusal = &'static str;

const NOT_FINITE: Refusal = "infinity and not-a-number are not allowed in a manifest";
const TOO_LARGE: Refusal = "the number is too large";

/// The meaning of an unquoted scalar, or `None` if the reader of that dialect refuses it or its value cannot be written
/// into a manifest (infinity). An absent value is the empty scalar: null.
#[must_use]
pub fn resolve(plain: &str, dialect: Dialect) -> Option<Value> {
    explain(plain, dialect).ok()
}

/// Whether the two readers understand an unquoted scalar differently, so that it should be quoted. `1.0` and `1` count
/// as the same; so do integers that Kubernetes rounds because they do not fit 64 bits.
#[must_use]
pub fn ambiguous(plain: &str) -> bool {
    match (resolve(plain, Dialect::Python), resolve(plain, Dialect::Kubernetes)) {
        (Some(python), Some(kubernetes)) => match (number(&python), number(&kubernetes)) {
            (Some(a), Some(b)) => a != b,
            _ => python != kubernetes,
        },
        (python, kubernetes) => python != kubernetes,
    }
}

/// Like [`resolve`], with the reason for a refusal.
pub(super) fn explain(plain: &str, dialect: Dialect) -> Result<Value, Refusal> {
    match dialect {
        Dialect::Python => python::resolve(plain),
        Dialect::Kubernetes => kubernetes::resolve(plain),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(digits) => digits.parse().ok(),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Words that mean the same to both readers; those in the first column also in capitalised and upper-case form.
fn word(plain: &str) -> Option<Value> {
    const WORDS: [(&str, Option<bool>); 7] = [
        ("yes", Some(true)),
        ("no", Some(false)),
        ("true", Some(true)),
        ("false", Some(false)),
        ("on", Some(true)),
        ("off", Some(false)),
        ("null", None),
    ];
    if matches!(plain, "" | "~") {
        return Some(Value::Null);
    }
    let (_, meaning) = WORDS.iter().find(|(word, _)| is_form_of(plain, word))?;
    Some(meaning.map_or(Value::Null, Value::Bool))
}

/// `.inf` with or without a sign, `.nan` without.
fn is_not_finite(plain: &str) -> bool {
    is_form_of(plain.strip_prefix(['+', '-']).unwrap_or(plain), ".inf") || matches!(plain, ".nan" | ".NaN" | ".NAN")
}

/// Whether `plain` is `word`, `Word` or `WORD`: the three spellings that YAML 1.1 knows, `.inf` counting from its `i`.
fn is_form_of(plain: &str, word: &str) -> bool {
    if !plain.eq_ignore_ascii_case(word) {
        return false;
    }
    let mut letters = plain.chars().filter(char::is_ascii_alphabetic);
    let first_upper = letters.next().is_some_and(|c| c.is_ascii_uppercase());
    let rest_lower = letters.clone().all(|c| c.is_ascii_lowercase());
    let rest_upper = letters.all(|c| c.is_ascii_uppercase());
    rest_lower || (first_upper && rest_upper)
}

/// The sign (true for minus) and what follows it.
fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn without_underscores(text: &str) -> String {
    text.chars().filter(|&c| c != '_').collect()
}

/// Signed decimal digits: no leading zeros, no `-0`.
fn int(negative: bool, magnitude: u128) -> Value {
    let sign = if negative && magnitude != 0 { "-" } else { "" };
    Value::Int(format!("{sign}{magnitude}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_is_ambiguous_where_the_readers_differ() {
        for plain in ["y", "n", "08", "018", "1e3", "+.5", "0o17", "1:30", "1:30.5", "2001-01-01", "<<", "=", "0X1F"] {
            assert!(ambiguous(plain), "{plain}");
        }
        for plain in ["", "~", "yes", "Off", "1", "1.0", "017", "0x1f", "text", "99999999999999999999", ".inf", "0"] {
            assert!(!ambiguous(plain), "{plain}");
        }
    }

    #[test]
    fn three_spellings_of_a_word_count() {
        for plain in ["yes", "Yes", "YES"] {
            assert_eq!(word(plain), Some(Value::Bool(true)));
        }
        for plain in ["yEs", "yES", "YEs", "tRUE"] {
            assert_eq!(word(plain), None);
        }
        for plain in [".inf", ".Inf", ".INF", "-.inf", "+.Inf", ".nan", ".NaN", ".NAN"] {
            assert!(is_not_finite(plain), "{plain}");
        }
        for plain in [".iNF", "-.nan", ".Nan", "inf", "--.inf"] {
            assert!(!is_not_finite(plain), "{plain}");
        }
    }
}
