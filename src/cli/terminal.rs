//! What commands say: the only place that writes to the streams of the process. Whatever is in a name, a path or a message,
//! no line of it is more than a line that is read.

#![allow(clippy::print_stderr, reason = "the one module that talks to a terminal")]

use super::Fatal;
use crate::report::line;
use std::fmt::Display;
use std::io::{self, Write as _};

/// Says one line on standard error.
pub fn tell(text: impl Display) {
    tell_raw(line(&text.to_string()) + "\n");
}

/// Writes to standard error what is made for it: a report, whose lines are safe already, or the line that says how far a
/// command is.
pub fn tell_raw(text: impl Display) {
    // Where nobody can be told, nobody can be told that either; the exit code still says how it ended.
    let _ = io::stderr().lock().write_all(text.to_string().as_bytes());
}

/// Writes data to standard output as it is; a reader that went away is not an error.
pub fn print(text: impl Display) -> Result<(), Fatal> {
    match write!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Fatal(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// Writes lines for people to standard output. What stands in one of them must not hold a line break of its own.
pub fn print_lines(text: impl Display) -> Result<(), Fatal> {
    print(text.to_string().lines().map(|text| line(text) + "\n").collect::<String>())
}
