//! kubectl's reader: `resolve` of go-yaml v2, then the conversion to JSON by `sigs.k8s.io/yaml`, where every whole
//! number is an integer, rounded to a double if it does not fit 64 bits.

use super::{NOT_FINITE, Refusal, int, is_not_finite, split_sign, without_underscores, word};
use crate::object::Value;

/// From this value on, Go writes a double into JSON with an exponent.
const FIRST_WITH_EXPONENT: f64 = 1e21;

pub(super) fn resolve(plain: &str) -> Result<Value, Refusal> {
    if let Some(value) = word(plain).or_else(|| letter(plain)) {
        return Ok(value);
    }
    if is_not_finite(plain) {
        return Err(NOT_FINITE);
    }
    let text = || Value::from(plain);
    if !plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Ok(text());
    }
    if plain.starts_with('.') && !underscores_separate_digits(plain) {
        return Ok(text());
    }
    let digits = without_underscores(plain);
    Ok(integer(&digits).or_else(|| float(&digits)).or_else(|| signed_binary(&digits)).unwrap_or_else(text))
}

/// go-yaml drops all underscores of a number, but leaves one that starts with a point to Go's `ParseFloat`.
fn underscores_separate_digits(plain: &str) -> bool {
    let separates = |pair: &[u8]| match pair {
        [neighbour, b'_'] | [b'_', neighbour] => neighbour.is_ascii_digit(),
        _ => true,
    };
    !plain.ends_with('_') && plain.as_bytes().windows(2).all(separates)
}

fn letter(plain: &str) -> Option<Value> {
    match plain {
        "y" | "Y" => Some(Value::Bool(true)),
        "n" | "N" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// Go's `ParseInt` and, where that overflows, `ParseUint` with base 0.
fn integer(digits: &str) -> Option<Value> {
    let (negative, body) = split_sign(digits);
    let magnitude = magnitude(body)?;
    match i64::try_from(magnitude) {
        Ok(_) => Some(int(negative, magnitude)),
        Err(_) if negative => (magnitude == i64::MIN.unsigned_abs().into()).then(|| int(true, magnitude)),
        Err(_) if body.len() < digits.len() => None,
        Err(_) => u64::try_from(magnitude).ok().map(|number| double(number as f64)),
    }
}

/// The number in Go's notation: `0b`, `0o`, `0x` in either case, or a leading zero for octal.
fn magnitude(body: &str) -> Option<u128> {
    const PREFIXES: [(&str, u32); 7] = [("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8), ("0x", 16), ("0X", 16), ("0", 8)];
    let prefixed = PREFIXES.iter().find_map(|(prefix, radix)| {
        let digits = body.strip_prefix(prefix)?;
        (!digits.is_empty()).then_some((digits, *radix))
    });
    let (digits, radix) = prefixed.unwrap_or((body, 10));
    digits.chars().all(|c| c.is_digit(radix)).then(|| u128::from_str_radix(digits, radix).ok())?
}

/// go-yaml's own pattern: a point or an exponent with digits, no hexadecimal.
fn float(digits: &str) -> Option<Value> {
    let (_, body) = split_sign(digits);
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let number: f64 = body.chars().all(allowed).then(|| digits.parse().ok())??;
    let (_, unsigned) = split_sign(body);
    (number.is_finite() && unsigned.len() == body.len()).then(|| double(number))
}

/// `0b-101`: go-yaml parses what follows `0b` again, including a sign.
fn signed_binary(digits: &str) -> Option<Value> {
    let (negative, body) = split_sign(digits.strip_prefix("0b").filter(|rest| rest.starts_with(['+', '-']))?);
    let magnitude = u128::from_str_radix(body, 2).ok().filter(|_| !body.starts_with('+'))?;
    i64::try_from(magnitude).ok().map(|_| int(negative, magnitude))
}

/// A double after conversion to JSON: the shortest digits that give it, an integer if it is whole.
fn double(number: f64) -> Value {
    if number.fract() != 0.0 || number.abs() >= FIRST_WITH_EXPONENT {
        return Value::Float(number);
    }
    Value::Int(if number == 0.0 { "0".to_owned() } else { number.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        for (plain, digits) in [
            ("1e3", "1000"),
            ("1.0", "1"),
            ("08", "8"),
            ("017", "15"),
            ("0o17", "15"),
            ("+_1", "1"),
            ("-0.0", "0"),
            ("0b-101", "-5"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "9223372036854776000"),
            ("+9223372036854775808", "9223372036854776000"),
            ("123456789012345678.0", "123456789012345680"),
        ] {
            assert_eq!(resolve(plain), Ok(Value::Int(digits.to_owned())), "{plain}");
        }
    }

    #[test]
    fn other_numbers_are_floats_and_the_rest_is_text() {
        for (plain, number) in [("+.5", 0.5), ("1e21", 1e21), (".5_0", 0.5), ("1.5e-9", 1.5e-9)] {
            assert_eq!(resolve(plain), Ok(Value::Float(number)), "{plain}");
        }
        for plain in [
            "1:30",
            "2001-01-01",
            "0x",
            "1e",
            "1e400",
            "_1",
            "<<",
            "=",
            "0b2",
            "._5",
            ".5_",
            ".5_e3",
            "--1",
            "+-1",
            ".",
            "-",
            "e1",
        ] {
            assert_eq!(resolve(plain), Ok(Value::from(plain)), "{plain}");
        }
        assert!(resolve(".inf").is_err() && resolve("-.Inf").is_err() && resolve(".NAN").is_err());
    }
}
