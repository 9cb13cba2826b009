//! PyYAML 6's `SafeLoader`: the patterns of its resolver and the values that its constructors make.

use super::{NOT_FINITE, Refusal, TOO_LARGE, int, is_not_finite, split_sign, without_underscores, word};
use crate::object::Value;

/// CPython refuses to convert longer decimal numbers (`sys.int_info.default_max_str_digits`).
const MAX_DECIMAL_DIGITS: usize = 4300;

pub(super) fn resolve(plain: &str) -> Result<Value, Refusal> {
    if let Some(value) = word(plain) {
        return Ok(value);
    }
    if is_not_finite(plain) {
        return Err(NOT_FINITE);
    }
    if matches!(plain, "=" | "<<") {
        return Err("PyYAML has no value for this word");
    }
    if !plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Ok(Value::from(plain));
    }
    integer(plain).or_else(|| float(plain)).or_else(|| timestamp(plain)).unwrap_or_else(|| Ok(Value::from(plain)))
}

fn is_all(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    text.chars().all(allowed)
}

fn is_digit_or_underscore(c: char) -> bool {
    c.is_ascii_digit() || c == '_'
}

/// A digit and then digits or underscores.
fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && is_all(text, is_digit_or_underscore)
}

/// Minutes or seconds of a sexagesimal number: `7`, `07`, `59`.
fn is_sixtieth(text: &str) -> bool {
    matches!(text.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
}

fn integer(plain: &str) -> Option<Result<Value, Refusal>> {
    const PREFIXES: [(&str, u32); 3] = [("0b", 2), ("0x", 16), ("0", 8)];
    let (negative, body) = split_sign(plain);
    if body == "0" {
        return Some(Ok(int(false, 0)));
    }
    for (prefix, radix) in PREFIXES {
        let Some(digits) = body.strip_prefix(prefix).filter(|digits| !digits.is_empty()) else { continue };
        if is_all(digits, |c| c == '_' || c.is_digit(radix)) {
            return Some(in_radix(negative, digits, radix));
        }
    }
    if body.starts_with('0') {
        return None;
    }
    match body.split_once(':') {
        None => is_digits(body).then(|| decimal(negative, body)),
        Some((first, rest)) => (is_digits(first) && rest.split(':').all(is_sixtieth)).then(|| {
            let magnitude = sexagesimal(&without_underscores(first), rest).ok_or(TOO_LARGE)?;
            Ok(int(negative, magnitude))
        }),
    }
}

/// `0b_` and `0x_` match PyYAML's pattern but are not numbers; `0_` is octal zero.
fn in_radix(negative: bool, digits: &str, radix: u32) -> Result<Value, Refusal> {
    match without_underscores(digits).as_str() {
        "" if radix == 8 => Ok(int(false, 0)),
        "" => Err("the number has no digits"),
        digits => u128::from_str_radix(digits, radix).map(|n| int(negative, n)).map_err(|_| TOO_LARGE),
    }
}

fn decimal(negative: bool, body: &str) -> Result<Value, Refusal> {
    let digits = without_underscores(body);
    if digits.len() > MAX_DECIMAL_DIGITS {
        return Err(TOO_LARGE);
    }
    Ok(Value::Int(if negative { format!("-{digits}") } else { digits }))
}

fn sexagesimal(first: &str, rest: &str) -> Option<u128> {
    rest.split(':')
        .try_fold(first.parse().ok()?, |sum: u128, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?))
}

fn float(plain: &str) -> Option<Result<Value, Refusal>> {
    let (negative, body) = split_sign(plain);
    let (whole, rest) = body.split_once('.')?;
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    if !is_all(fraction, is_digit_or_underscore) || !exponent.is_none_or(is_exponent) {
        return None;
    }
    let magnitude = match whole.split_once(':') {
        Some((first, minutes)) => {
            let matches = exponent.is_none() && is_digits(first) && minutes.split(':').all(is_sixtieth);
            matches.then(|| sexagesimal_float(whole, fraction))?
        }
        None => {
            // After a sign PyYAML requires a digit before the point: `-.5` is text.
            let bare = whole.is_empty() && body.len() == plain.len() && is_digits(fraction);
            (bare || is_digits(whole)).then(|| without_underscores(body).parse().ok())?
        }
    };
    let magnitude = magnitude.filter(|number: &f64| number.is_finite());
    Some(magnitude.map(|number| Value::Float(if negative { -number } else { number })).ok_or(NOT_FINITE))
}

/// PyYAML requires a sign in an exponent: `1.0e3` is text.
fn is_exponent(text: &str) -> bool {
    text.strip_prefix(['+', '-']).is_some_and(|digits| !digits.is_empty() && is_all(digits, |c| c.is_ascii_digit()))
}

/// Adds from the right, like PyYAML, for the same rounding. `None` if the weight exceeds 128 bits.
fn sexagesimal_float(whole: &str, fraction: &str) -> Option<f64> {
    let digits = without_underscores(&format!("{whole}.{fraction}"));
    let mut weight = 1_u128;
    let mut sum = 0.0;
    for (index, part) in digits.rsplit(':').enumerate() {
        if index > 0 {
            weight = weight.checked_mul(60)?;
        }
        sum += part.parse::<f64>().ok()? * weight as f64;
    }
    Some(sum)
}

/// A date or time that matches PyYAML's pattern: its text, or a refusal if it does not exist in the calendar.
fn timestamp(plain: &str) -> Option<Result<Value, Refusal>> {
    let moment = Moment::read(plain)?;
    Some(if moment.exists() { Ok(Value::Date(plain.to_owned())) } else { Err("there is no such date or time") })
}

#[derive(Default)]
struct Moment {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    zone_minutes: u32,
}

impl Moment {
    fn read(plain: &str) -> Option<Self> {
        let mut scan = Scan(plain);
        let mut moment = Self { year: scan.digits(4, 4)?, ..Self::default() };
        let year_length = scan.0.len();
        moment.month = scan.after('-')?.digits(1, 2)?;
        moment.day = scan.after('-')?.digits(1, 2)?;
        if scan.0.is_empty() {
            // Without a time both month and day need two digits: `2001-1-1` is text.
            return (year_length == "-01-01".len()).then_some(moment);
        }
        if !(scan.eat(|c| matches!(c, 'T' | 't')) || scan.blanks()) {
            return None;
        }
        moment.hour = scan.digits(1, 2)?;
        moment.minute = scan.after(':')?.digits(2, 2)?;
        moment.second = scan.after(':')?.digits(2, 2)?;
        if scan.eat(|c| c == '.') {
            while scan.eat(|c| c.is_ascii_digit()) {}
        }
        moment.zone_minutes = scan.zone()?;
        scan.0.is_empty().then_some(moment)
    }

    fn exists(&self) -> bool {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        self.year > 0
            && (1..=days).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.zone_minutes < 24 * 60
    }
}

/// The rest of a text that is matched from the start.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    fn eat(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn after(&mut self, separator: char) -> Option<&mut Self> {
        self.eat(|c| c == separator).then_some(self)
    }

    fn blanks(&mut self) -> bool {
        let before = self.0.len();
        self.0 = self.0.trim_start_matches([' ', '\t']);
        self.0.len() < before
    }

    /// At least `least` and at most `most` digits.
    fn digits(&mut self, least: u32, most: u32) -> Option<u32> {
        let (mut number, mut count) = (0, 0);
        while count < most {
            let Some(digit) = self.0.chars().next().and_then(|c| c.to_digit(10)) else { break };
            self.eat(|_| true);
            number = number * 10 + digit;
            count += 1;
        }
        (count >= least).then_some(number)
    }

    /// An optional time zone: its offset from UTC in minutes.
    fn zone(&mut self) -> Option<u32> {
        let blanks = self.blanks();
        if self.0.is_empty() {
            // PyYAML's pattern allows blanks only before a zone.
            return (!blanks).then_some(0);
        }
        if self.eat(|c| c == 'Z') {
            return Some(0);
        }
        if !self.eat(|c| matches!(c, '+' | '-')) {
            return None;
        }
        let hours = self.digits(1, 2)?;
        let minutes = if self.0.is_empty() { 0 } else { self.after(':')?.digits(2, 2)? };
        Some(hours * 60 + minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_notation() {
        for (plain, digits) in [
            ("1_000", "1000"),
            ("+12", "12"),
            ("-0", "0"),
            ("017", "15"),
            ("-0_7", "-7"),
            ("0_", "0"),
            ("0b1_01", "5"),
            ("-0x1F", "-31"),
            ("1:30", "90"),
            ("-190:20:30", "-685230"),
            ("340282366920938463463374607431768211456", "340282366920938463463374607431768211456"),
        ] {
            assert_eq!(resolve(plain), Ok(Value::Int(digits.to_owned())), "{plain}");
        }
        let beyond = format!("0x1{}", "0".repeat(32));
        for plain in ["0b_", "0x_", beyond.as_str(), &"9".repeat(4301), "1.0e+400"] {
            assert!(resolve(plain).is_err(), "{plain}");
        }
    }

    #[test]
    fn floats_need_a_point_and_a_signed_exponent() {
        for (plain, number) in
            [("1.", 1.0), (".5", 0.5), ("-1.5e-3", -0.0015), ("685_230.15", 685_230.15), ("1:30.5", 90.5)]
        {
            assert_eq!(resolve(plain), Ok(Value::Float(number)), "{plain}");
        }
        for plain in ["1e3", "1.0e3", "-.5", "+.5", "._5", "1:60.5", "1:30.5e+1", "08", "0o17", "1:60", "0:30", "."] {
            assert_eq!(resolve(plain), Ok(Value::from(plain)), "{plain}");
        }
    }

    #[test]
    fn dates_keep_their_text_and_must_exist() {
        for plain in
            ["2001-01-01", "2000-02-29", "2001-1-1t1:02:03", "2001-12-14 21:59:43.10 -5", "2001-01-01T00:00:00Z"]
        {
            assert_eq!(resolve(plain), Ok(Value::Date(plain.to_owned())), "{plain}");
        }
        for plain in ["2001-13-45", "1900-02-29", "0000-01-01", "2001-01-01T24:00:00Z", "2001-01-01 00:00:00 +24:00"] {
            assert!(resolve(plain).is_err(), "{plain}");
        }
        for plain in
            ["2001-1-1", "2001-01-01T", "2001-01-01 1:2:3", "2001-01-01 01:02:03 ", "20010-01-01", "2001-01-01Z"]
        {
            assert_eq!(resolve(plain), Ok(Value::from(plain)), "{plain}");
        }
    }
}
