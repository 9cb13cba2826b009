//! Texts of a certain length.

use super::case::KEYS;
use std::fmt::Write as _;

pub(super) fn block(text: &str, indent: usize) -> String {
    text.lines().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

/// As many pieces as fit. `piece` writes the piece of a number.
pub(super) fn fill(bytes: usize, mut piece: impl FnMut(usize, &mut String)) -> String {
    let mut out = String::with_capacity(bytes);
    for number in 0.. {
        let before = out.len();
        piece(number, &mut out);
        if out.len() > bytes {
            out.truncate(before);
            return out;
        }
    }
    out
}

pub(super) fn lines(bytes: usize, line: impl Fn(usize) -> String) -> String {
    fill(bytes, |number, out| {
        out.push_str(&line(number));
        out.push('\n');
    })
}

pub(super) fn letters(bytes: usize) -> String {
    fill(bytes, |number, out| {
        let _ = write!(out, "{:08x}", number.wrapping_mul(2_654_435_761));
    })
}

pub(super) fn authority() -> String {
    let lines = KEYS.lines().map(str::trim).skip_while(|line| !line.contains("BEGIN CERTIFICATE"));
    let mut pem = String::new();
    for line in lines {
        pem.push_str(line);
        pem.push('\n');
        if line.contains("END CERTIFICATE") {
            break;
        }
    }
    pem
}

/// A text no larger than a file may be.
pub(super) fn fill_to(mut text: String, bytes: usize) -> String {
    let end = text.get(..bytes.min(text.len())).and_then(|text| text.rfind('\n')).unwrap_or_default();
    text.truncate(end + 1);
    text
}
