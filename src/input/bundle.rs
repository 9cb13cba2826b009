//! Reads the folder that replaces the config bundle's Secret: each of its files is a key.

use super::bounds::Bounds;
use super::{BUNDLE_FOLDER, Folder, Unreadable};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use std::path::Path;

/// The folder in a bundle with CAs that Quay trusts, as in an installation without an operator.
const AUTHORITIES: &str = "extra_ca_certs";
/// The prefix of the keys of those files, as a Secret has no folders.
const AUTHORITY: &str = "extra_ca_cert_";

/// The endings of file names that do not belong to a bundle: leftovers of editors, merges and people.
const LEFTOVERS: [&str; 9] = ["~", ".bak", ".md", ".old", ".orig", ".rej", ".swp", ".tmp", ".save"];

/// The most letters by which a folder's name may differ from the bundle's and still be taken for a typo.
const SLIPS: usize = 2;

/// Reads the folder. Files that do not belong to a bundle are skipped, with a note.
///
/// # Errors
/// If the system refuses to read it.
pub(super) fn read(folder: &Path, bounds: &mut Bounds, problems: &mut Diagnostics) -> Result<Folder, Unreadable> {
    let mut files = Vec::new();
    let mut left = Vec::new();
    for path in bounds.entries(folder)? {
        let Some(real) = bounds.confined(&path, problems) else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if real.is_dir() && name == AUTHORITIES {
            for (key, source) in read(&path, bounds, problems)?.files {
                let key = if key.starts_with(AUTHORITY) { key } else { format!("{AUTHORITY}{key}") };
                files.push((key, source));
            }
        } else if real.is_dir() {
            left.push(format!("{name}/"));
        } else if is_leftover(&name) {
            left.push(name);
        } else if let Some(source) = bounds.open(&path, &real, problems)? {
            files.push((name, source));
        }
    }
    if !left.is_empty() {
        let message = format!("is not a file of a config bundle and left out: {}", left.join(", "));
        let hint = "a Secret has no folders, except for what becomes extra_ca_cert_*; a README or a backup is not taken as a key";
        let at = Location::file(folder.display().to_string());
        problems.push(Diagnostic::new(codes::INPUT_SKIPPED, message).at(at).hint(hint));
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    for ((key, first), (next, second)) in files.iter().zip(files.iter().skip(1)) {
        if key == next {
            let message = format!("has the key {key:?} in the Secret, as {} has", first.name);
            let problem = Diagnostic::new(codes::INPUT_DUPLICATE, message).at(Location::file(&second.name));
            problems.push(problem.hint("keep one of the two"));
        }
    }
    Ok(Folder { name: folder.display().to_string(), files })
}

fn is_leftover(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.starts_with("readme") || name.starts_with('#') || LEFTOVERS.iter().any(|end| lower.ends_with(end))
}

/// Whether the name of a folder is nearly the bundle's.
pub(super) fn is_misnamed(name: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(['_', ' ', '.'], "-");
    name != BUNDLE_FOLDER && name.len() < 32 && strsim::osa_distance(&plain(name), BUNDLE_FOLDER) <= SLIPS
}

/// The diagnostic for such a folder.
pub(super) fn misnamed(folder: &Path) -> Diagnostic {
    Diagnostic::new(codes::INPUT_DOCUMENT, "is not read: the folder of the config bundle has another name")
        .at(Location::file(folder.display().to_string()))
        .hint(format!("rename it to {BUNDLE_FOLDER}, or give a folder for another purpose a name that differs more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_leave_in_a_folder_is_no_key() {
        for name in
            ["README", "readme.txt", "notes.md", "config.yaml~", "config.yaml.bak", "ssl.key.orig", "#config.yaml#"]
        {
            assert!(is_leftover(name), "{name}");
        }
        for name in ["config.yaml", "ssl.cert", "extra_ca_cert_company.crt", "cloudfront.pem", "postgres.config.yaml"] {
            assert!(!is_leftover(name), "{name}");
        }
    }

    #[test]
    fn a_folder_of_nearly_the_name_is_told() {
        for name in ["configbundle", "config_bundle", "Config-Bundle", "config-bundel", "config-bundles"] {
            assert!(is_misnamed(name), "{name}");
        }
        for name in ["config-bundle", "config", "bundle", "overlays", "configuration"] {
            assert!(!is_misnamed(name), "{name}");
        }
    }
}
