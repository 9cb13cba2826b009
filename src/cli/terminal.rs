//! The only module that writes to the streams of the process. In lines for people, control characters of names, paths
//! and messages are made visible, so that none of them can add a line.

#![allow(clippy::print_stderr, reason = "the one module that talks to a terminal")]

use super::Fatal;
use crate::report::line;
use std::fmt::Display;
use std::io::{self, Write as _};

/// Prints one line on standard error.
pub fn tell(text: impl Display) {
    tell_raw(line(&text.to_string()) + "\n");
}

/// Writes text that is already safe to standard error: a report, or a progress line.
pub fn tell_raw(text: impl Display) {
    // If standard error cannot be written to, there is nowhere to report it; the exit code still tells how the run
    // ended.
    let _ = io::stderr().lock().write_all(text.to_string().as_bytes());
}

/// Writes data to standard output as it is; a closed pipe is not an error.
pub fn print(text: impl Display) -> Result<(), Fatal> {
    match write!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Fatal(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// Writes lines of text to standard output. No value in a line may hold a line break.
pub fn print_lines(text: impl Display) -> Result<(), Fatal> {
    print(text.to_string().lines().map(|text| line(text) + "\n").collect::<String>())
}
