//! How durations, sizes and versions are written in a RenderConfig.

use crate::host::Host;
use std::net::IpAddr;

/// The seconds of a duration as cert-manager's fields accept it: hours, minutes and seconds, in whole numbers of at
/// most six digits. `None` if it is not one, or zero.
#[must_use]
pub fn certificate_seconds(text: &str) -> Option<u64> {
    let (mut rest, mut seconds) = (text, 0);
    for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((digits, after)) = rest.split_once(unit)
            && (1..=6).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
        {
            seconds += digits.parse::<u64>().ok()? * length;
            rest = after;
        }
    }
    (rest.is_empty() && seconds > 0).then_some(seconds)
}

/// Whether Flux takes a text as a duration: numbers with units.
#[must_use]
pub fn is_flux_duration(text: &str) -> bool {
    let is_number = |number: &str| {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        [whole, fraction].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut rest = text;
    while !rest.is_empty() {
        let Some(end) = rest.find(|c: char| !c.is_ascii_digit() && c != '.') else { return false };
        let (number, unit) = rest.split_at(end);
        let after = ["ms", "s", "m", "h"].iter().find_map(|known| unit.strip_prefix(known));
        let Some(after) = after.filter(|_| is_number(number)) else { return false };
        rest = after;
    }
    !text.is_empty()
}

/// Whether Prometheus takes a text as a duration: whole numbers with units, the largest first.
#[must_use]
pub fn is_prometheus_duration(text: &str) -> bool {
    let mut rest = text;
    for unit in ["y", "w", "d", "h", "m", "s", "ms"] {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = rest.get(digits..).and_then(|after| after.strip_prefix(unit));
        // `m` is minutes, unless milliseconds are meant.
        let after = after.filter(|after| !(unit == "m" && after.starts_with('s')));
        if let Some(after) = after.filter(|_| (1..=6).contains(&digits)) {
            rest = after;
        }
    }
    rest.is_empty() && !text.is_empty()
}

/// Whether a text is the URL of a page, without a place in it.
#[must_use]
pub fn is_page_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || "@?#".contains(c)))
}

/// Whether a text is a URL of scheme, host and port alone.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else { return false };
    let host = Host::read(rest.strip_suffix('/').unwrap_or(rest));
    let is_of = |text: &str, is_one: fn(char) -> bool| !text.is_empty() && text.chars().all(is_one);
    let is_host = match host.host().strip_prefix('[') {
        Some(address) => {
            address.strip_suffix(']').is_some_and(|it| is_of(it, |c| c.is_ascii_hexdigit() || ":.".contains(c)))
        }
        None => is_of(host.host(), |c| c.is_ascii_alphanumeric() || ".-".contains(c)),
    };
    is_host && host.digits().is_none_or(|port| port.len() <= 5 && is_of(port, |c| c.is_ascii_digit()))
}

/// Why an API server refuses an address range, and which one was probably meant.
#[derive(Debug, PartialEq, Eq)]
pub struct RangeProblem {
    pub why: &'static str,
    /// The range that was meant, if any.
    meant: Option<String>,
    /// The single address that may be meant.
    alone: Option<IpAddr>,
}

impl RangeProblem {
    /// What to write instead; `around` wraps a range in its context.
    #[must_use]
    pub fn hint(&self, around: impl Fn(&str) -> String) -> String {
        let right = around(self.meant.as_deref().unwrap_or("10.0.0.0/8"));
        self.alone.map_or(right.clone(), |address| format!("{right}   # or {address} alone: /32, IPv6 /128"))
    }
}

/// What is wrong with an address range in CIDR notation; `None` if it is right.
#[must_use]
pub fn range_problem(text: &str) -> Option<RangeProblem> {
    let Some((address, bits)) = range(text) else {
        return Some(RangeProblem { why: "is not a range of addresses", meant: None, alone: None });
    };
    let network = match address {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & !u32::MAX.checked_shr(bits).unwrap_or(0)).into()),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => {
                let why = "is a range of IPv4 addresses, written as IPv6, which the API server refuses";
                let meant = bits.checked_sub(96).map(|bits| format!("{v4}/{bits}"));
                return Some(RangeProblem { why, meant, alone: None });
            }
            None => IpAddr::V6((u128::from(v6) & !u128::MAX.checked_shr(bits).unwrap_or(0)).into()),
        },
    };
    let why = "is an address inside a range, which the API server refuses: a range begins with its first address";
    let meant = Some(format!("{network}/{bits}"));
    (network != address).then_some(RangeProblem { why, meant, alone: Some(address) })
}

/// An address and the length of its prefix in bits.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let plain =
        bits.len() <= 3 && bits.bytes().all(|digit| digit.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok().filter(|_| plain)?);
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

/// Whether a text is a maximum size of requests: `unlimited`, or a number and k, m or g, as nginx accepts it.
#[must_use]
pub fn is_body_size(text: &str) -> bool {
    let digits = text.trim_end_matches(['k', 'm', 'g']);
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    text == UNLIMITED || (is_number && text.len() - digits.len() == 1 && !digits.starts_with('0'))
}

/// The word for no limit on the size of requests.
pub const UNLIMITED: &str = "unlimited";

/// The size of a volume in KiB: a whole number of Mi, Gi or Ti, as volumes are provisioned. `None` if a text is no such size.
#[must_use]
pub fn kibibytes(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let factor = match unit {
        "Mi" => 1 << 10,
        "Gi" => 1 << 20,
        "Ti" => 1 << 30,
        _ => return None,
    };
    let is_number = (1..=7).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && !digits.starts_with('0')).then_some(digits.parse::<u64>().ok()? * factor)
}

/// Whether the controller of CronJobs takes a text as a schedule: five fields of numbers, names, ranges, lists and steps, or
/// one of the words `@hourly`, `@daily`, … (robfig/cron's standard parser; the API server refuses TZ in it).
#[must_use]
pub fn is_schedule(text: &str) -> bool {
    const WORDS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const FIELDS: [(u32, u32, &[&str]); 5] =
        [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, &MONTHS), (0, 6, &DAYS)];
    let fields: Vec<&str> = text.split(' ').collect();
    WORDS.contains(&text)
        || fields.len() == FIELDS.len()
            && fields.iter().zip(FIELDS).all(|(field, (from, to, names))| {
                let number = |text: &str| {
                    let named = || names.iter().position(|name| name.eq_ignore_ascii_case(text));
                    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
                    let value = if digits { text.parse().ok() } else { named().map(|at| from + at as u32) };
                    value.filter(|value| (from..=to).contains(value))
                };
                let is_range = |text: &str| match text.split_once('-') {
                    _ if matches!(text, "*" | "?") => true,
                    Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
                    None => number(text).is_some(),
                };
                let is_step =
                    |text: &str| (1..=4).contains(&text.len()) && text.parse::<u32>().is_ok_and(|step| step > 0);
                field.split(',').all(|item| match item.split_once('/') {
                    Some((range, step)) => is_range(range) && is_step(step),
                    None => is_range(item),
                })
            })
}

/// Major and minor of a version such as `1.33` or `v1.33.2`.
#[must_use]
pub fn major_minor(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').splitn(3, '.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}

/// A duration: a number and a unit, `s`, `m` or `h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// As written, `30m`: HAProxy and the Gateway API accept it like this.
    pub text: String,
    /// The duration in seconds.
    pub seconds: u32,
}

impl Default for Timeout {
    /// Half an hour, like later operators: a layer of many GB takes long.
    fn default() -> Self {
        Self { text: "30m".to_owned(), seconds: 1800 }
    }
}

impl Timeout {
    /// Parses a number up to 99999 with a unit, which all three consumers accept.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = match text.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        let digits = text.get(..text.len() - 1)?;
        let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        let count: u32 = digits.parse().ok().filter(|count| plain && *count > 0)?;
        // HAProxy counts milliseconds in 31 bits: 24 days.
        let seconds = count.checked_mul(unit).filter(|seconds| *seconds <= 2_000_000)?;
        Some(Self { text: text.to_owned(), seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_with_its_first_address() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "192.0.2.1/32", "::/0", "2001:db8::1/128"] {
            assert_eq!(range_problem(good), None, "{good}");
        }
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "a/8", "10.0.0.0/", "::/129", "10.0.0.0/08", "10.0.0.0/+8"] {
            assert_eq!(range_problem(bad).unwrap().why, "is not a range of addresses", "{bad}");
        }
        for (bad, hint) in [
            ("192.0.2.1/24", "sourceRanges: [192.0.2.0/24]"),
            ("10.1.0.0/8", "sourceRanges: [10.0.0.0/8]"),
            ("1.2.3.4/0", "sourceRanges: [0.0.0.0/0]"),
            ("2001:db8::1/64", "sourceRanges: [2001:db8::/64]"),
            ("::ffff:192.0.2.0/120", "sourceRanges: [192.0.2.0/24]"),
        ] {
            let found = range_problem(bad).unwrap().hint(|range| format!("sourceRanges: [{range}]"));
            assert!(found.starts_with(hint), "{bad}: {found}");
        }
    }

    #[test]
    fn a_timeout_has_one_unit_and_fits_haproxy() {
        let seconds = |text: &str| Timeout::parse(text).map(|timeout| timeout.seconds);
        assert_eq!(seconds("30m"), Some(1800));
        assert_eq!(seconds("1h"), Some(3600));
        assert_eq!(seconds("45s"), Some(45));
        for bad in ["", "m", "0s", "30", "1.5h", "+1m", "1d", "99999h", "100000s", "-1s", "ü"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_certificates_duration_is_whole_hours_minutes_and_seconds() {
        for (good, seconds) in [("2160h", 7_776_000), ("1h30m", 5400), ("90m", 5400), ("3600s", 3600), ("1h0m1s", 3601)]
        {
            assert_eq!(certificate_seconds(good), Some(seconds), "{good}");
        }
        for bad in ["", "h", "90", "90d", "1m1h", "-1h", "0h", "1.5h"] {
            assert_eq!(certificate_seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_those_of_flux() {
        for good in ["10m", "1h30m", "1.5h", "90s", "500ms", "0s"] {
            assert!(is_flux_duration(good), "{good}");
        }
        for bad in ["", "10", "m", "1d", "-1m", "1h-", ".5h", "1.h", "1..5h", "1 m"] {
            assert!(!is_flux_duration(bad), "{bad}");
        }
    }
}
