//! The only module that writes to the streams of the process. In lines for people, control characters of names, paths
//! and messages are made visible, so that none of them can add a line.

#![allow(clippy::print_stderr, reason = "the one module that talks to a terminal")]

use super::Fatal;
use crate::report::line;
use rustix::fs::OFlags;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::sync::OnceLock;

/// How much a run says beside what it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Volume {
    /// Errors and warnings.
    Quiet,
    /// Also what was done, and the notes that matter.
    #[default]
    Normal,
    /// Also every other note.
    Verbose,
}

/// Set once, from the command line.
static VOLUME: OnceLock<Volume> = OnceLock::new();

/// Decides how much is said from now on.
pub fn set_volume(volume: Volume) {
    let _ = VOLUME.set(volume);
}

/// How much is said.
pub fn volume() -> Volume {
    VOLUME.get().copied().unwrap_or_default()
}

/// Prints one line on standard error that says what was done; nothing where quiet is asked for.
pub fn mention(text: impl Display) {
    if volume() != Volume::Quiet {
        tell(text);
    }
}

/// Prints one line on standard error that says what is wrong, or what a person must know.
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

/// Writes data that is all of what a command makes: were standard output closed, the command would have done nothing.
///
/// # Errors
/// Where it is closed, too. Rust opens /dev/null in the place of a stream that is closed at the start, for reading and writing; a
/// shell opens it for writing.
pub fn print_whole(text: impl Display) -> Result<(), Fatal> {
    let is_closed = || {
        let found = rustix::fs::fstat(io::stdout()).ok()?;
        let flags = rustix::fs::fcntl_getfl(io::stdout()).ok()?;
        let null = rustix::fs::stat("/dev/null").ok()?;
        Some(found.st_rdev == null.st_rdev && found.st_mode == null.st_mode && flags.contains(OFlags::RDWR))
    };
    match is_closed() {
        Some(true) => Err(Fatal("standard output: is closed, and nothing was written".to_owned())),
        _ => print(text),
    }
}

/// Writes lines of text to standard output. No value in a line may hold a line break.
pub fn print_lines(text: impl Display) -> Result<(), Fatal> {
    print(text.to_string().lines().map(|text| line(text) + "\n").collect::<String>())
}
