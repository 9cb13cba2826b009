//! Where the files go: the input into its folder, the workflow to the root of the Git repository around it.

use crate::cli::Fatal;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The folder of an input, and the repository that it is a part of.
pub struct Place {
    /// The folder as the user named it.
    pub folder: PathBuf,
    /// The root of the repository, if there is one; else the folder is laid out as the root of one.
    pub root: Option<PathBuf>,
    /// The folder as seen from the root: `.`, or a path.
    pub input: String,
}

impl Place {
    /// Looks for the repository around a folder, which need not be there yet.
    pub fn find(folder: PathBuf) -> Result<Self, Fatal> {
        let real = real(&folder)?;
        let is_root = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
        let Some(root) = real.ancestors().find(is_root) else {
            return Ok(Self { folder, root: None, input: ".".to_owned() });
        };
        let within = real.strip_prefix(root).unwrap_or(&real);
        let input = if within.as_os_str().is_empty() { ".".to_owned() } else { within.display().to_string() };
        if !is_plain(&input) {
            return Err(Fatal(format!(
                "{input}: in the repository {} its path needs quotes in a shell: letters, digits, . _ - and / do not",
                root.display()
            )));
        }
        Ok(Self { root: Some(root.to_owned()), folder, input })
    }

    /// A file of the folder, as seen from the root.
    pub fn file(&self, path: &str) -> String {
        if self.input == "." { path.to_owned() } else { format!("{}/{path}", self.input) }
    }

    /// The output, as seen from the root.
    pub fn output(&self) -> String {
        if self.input == "." { "deploy".to_owned() } else { format!("deploy/{}", self.input) }
    }

    /// Whether the folder is the root of the repository, and may have other files.
    pub fn is_root(&self) -> bool {
        self.input == "." && self.root.is_some()
    }

    /// The URL that the repository was cloned from.
    pub fn origin(&self) -> Option<String> {
        #[allow(clippy::disallowed_methods, reason = "no part of an input")]
        let config = fs::read_to_string(self.root.as_ref()?.join(".git/config")).ok()?;
        let mut lines = config.lines().map(str::trim).skip_while(|line| *line != "[remote \"origin\"]").skip(1);
        let own = lines.by_ref().take_while(|line| !line.starts_with('['));
        let (_, url) = own.filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == "url")?;
        Some(as_url(url.trim()))
    }
}

/// `git@host:path` as a URL, which Flux insists on.
fn as_url(origin: &str) -> String {
    match origin.strip_prefix("git@").and_then(|rest| rest.split_once(':')) {
        Some((host, path)) => format!("ssh://git@{host}/{path}"),
        None => origin.to_owned(),
    }
}

/// Whether no shell and no YAML sees more than text in a path.
fn is_plain(path: &str) -> bool {
    let is_plain = |part: &str| part != ".." && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    !path.starts_with('-') && path.split('/').all(is_plain)
}

/// The path without links, as far as it is there.
fn real(folder: &Path) -> Result<PathBuf, Fatal> {
    let mut missing = Vec::new();
    let mut there = folder;
    loop {
        let shown = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        match fs::canonicalize(shown) {
            Ok(real) => {
                return Ok(missing.iter().rev().fold(real, |path: PathBuf, part: &Component<'_>| path.join(part)));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fatal(format!("{}: {error}", shown.display()))),
        }
        missing.extend(there.components().next_back());
        let Some(parent) = there.parent() else { return Ok(folder.to_owned()) };
        there = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::as_url;

    #[test]
    fn an_origin_is_a_url() {
        assert_eq!(as_url("git@git.example.org:team/registries.git"), "ssh://git@git.example.org/team/registries.git");
        assert_eq!(as_url("https://git.example.org/team/a.git"), "https://git.example.org/team/a.git");
    }
}
