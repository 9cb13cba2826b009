//! Forms of texts that several rules ask for.

/// `30m`, `2w`: ASCII digits and one unit, to the very end.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    let digits = text.strip_suffix(['w', 'm', 'd', 'h', 's']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `20G`, `512M`.
#[must_use]
pub fn is_size(text: &str) -> bool {
    let digits = text.strip_suffix(['G', 'M']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The ports of TCP.
pub const PORTS: std::ops::RangeInclusive<i64> = 1..=65535;
