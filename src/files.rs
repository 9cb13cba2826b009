//! Opens files that somebody else may have created.

use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a regular file for reading; `None` if it is anything else. Symbolic links are not followed, and nothing
/// blocks: opening a pipe would wait for its other end, and opening a device may activate it, so the file type is
/// checked first.
///
/// # Errors
/// If there is nothing, or the system refuses.
pub(crate) fn open(path: &Path) -> io::Result<Option<File>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    // If the file has been replaced since, these flags still prevent blocking.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    Ok(file.metadata()?.is_file().then_some(file))
}

/// The content of a regular file, opened by [`open`].
///
/// # Errors
/// Those of [`open`], and if it cannot be read.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some(mut file) = open(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests of what is on the disk")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_a_regular_file_is_opened_and_nothing_waits() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "text").unwrap();
        assert!(open(&at("file")).unwrap().is_some());
        symlink(at("file"), at("link")).unwrap();
        symlink(at("nothing"), at("dangling")).unwrap();
        symlink("/proc/kmsg", at("kmsg")).unwrap();
        symlink("loop", at("loop")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        for name in ["link", "dangling", "kmsg", "loop", "pipe", "socket", "folder", "/dev/null", "/dev/tty"] {
            assert!(open(&at(name)).ok().flatten().is_none(), "{name}");
        }
        assert_eq!(open(&at("missing")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
