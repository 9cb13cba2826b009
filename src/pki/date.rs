//! A calendar date, as a user writes it.

use der::DateTime;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A day in UTC, from 1970-01-01 to 9999-12-31: the days that certificates and clocks can represent.
///
/// It is read from and written as `YYYY-MM-DD`. There is no `today`: that would need a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(u64);

/// The text is not a day of the calendar between 1970 and 9999, written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateError;

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a day from 1970-01-01 to 9999-12-31, written YYYY-MM-DD")
    }
}

impl std::error::Error for DateError {}

/// The length of a day. UTC as certificates and POSIX count it has no leap seconds.
pub(super) const DAY: u64 = 24 * 60 * 60;

impl Date {
    /// Seconds from 1970 to the start of the day.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The day of a time in seconds since 1970; any time after the year 9999 gives the last day of that year.
    pub(super) fn of(seconds: u64) -> Self {
        Self(seconds.min(DateTime::INFINITY.unix_duration().as_secs()) / DAY * DAY)
    }
}

impl FromStr for Date {
    type Err = DateError;

    /// Reads four, two and two digits separated by hyphens, and nothing else.
    fn from_str(text: &str) -> Result<Self, DateError> {
        let mut parts = text.splitn(3, '-');
        let year = number(parts.next(), 4)?;
        let mut two = || number(parts.next(), 2).and_then(|part| u8::try_from(part).map_err(|_| DateError));
        let (month, day) = (two()?, two()?);
        // This knows the lengths of months, including leap years.
        let start = DateTime::new(year, month, day, 0, 0, 0).map_err(|_| DateError)?;
        Ok(Self(start.unix_duration().as_secs()))
    }
}

fn number(part: Option<&str>, digits: usize) -> Result<u16, DateError> {
    let part = part.filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()));
    part.and_then(|part| part.parse().ok()).ok_or(DateError)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = DateTime::from_unix_duration(Duration::from_secs(self.0)).map_err(|_| fmt::Error)?;
        write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_and_written_the_same() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("1970-01-02", DAY),
            ("2000-02-29", 951_782_400),
            ("2026-11-24", 1_795_478_400),
            ("2400-02-29", 13_574_563_200),
            ("9999-12-31", 253_402_214_400),
        ] {
            let date: Date = text.parse().unwrap();
            assert_eq!(date.seconds(), seconds, "{text}");
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_a_day() {
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-11-24-",
            "2026-11-24T00:00:00Z",
            " 2026-11-24",
            "2026-11-24\n",
            "26-11-24",
            "2026-1-2",
            "2026-001-02",
            "+202-11-24",
            "2026-11-+1",
            "2026/11/24",
            "24-11-2026",
            "20261124",
            "2026-00-01",
            "2026-13-01",
            "2026-01-00",
            "2026-01-32",
            "2026-04-31",
            "2026-02-29",
            "2100-02-29",
            "1969-12-31",
            "0000-01-01",
            "10000-01-01",
            "２０２６-11-24",
        ] {
            assert_eq!(text.parse::<Date>(), Err(DateError), "{text:?}");
        }
    }

    #[test]
    fn every_second_belongs_to_its_day() {
        let date: Date = "2024-02-29".parse().unwrap();
        let (first, last) = (date.seconds(), date.seconds() + DAY - 1);
        assert_eq!((Date::of(first), Date::of(last)), (date, date));
        assert_eq!(Date::of(first - 1).to_string(), "2024-02-28");
        assert_eq!(Date::of(last + 1).to_string(), "2024-03-01");
        assert_eq!(Date::of(u64::MAX).to_string(), "9999-12-31");
        assert!(Date::of(0) < date);
    }
}
