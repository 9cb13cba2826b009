//! The folder that stands for the config bundle's Secret: each of its files is a key.

use super::bounds::Bounds;
use super::{BUNDLE_FOLDER, Folder, Unreadable};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use std::path::Path;

/// The folder in a bundle whose files Quay trusts, as an installation without an operator has it.
const AUTHORITIES: &str = "extra_ca_certs";
/// What the keys of those files begin with: a Secret has no folders.
const AUTHORITY: &str = "extra_ca_cert_";

/// How the names of files end that lie beside others and do not belong to a bundle: what editors, merges and people leave.
const LEFTOVERS: [&str; 9] = ["~", ".bak", ".md", ".old", ".orig", ".rej", ".swp", ".tmp", ".save"];

/// The most letters in which the name of a folder may differ from the bundle's that was meant.
const SLIPS: usize = 2;

/// Reads the folder. What is not a file of a bundle is left out, with a note.
///
/// # Errors
/// When the system refuses to read it.
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
        let hint = "a Secret has no folders but what becomes extra_ca_cert_*, and takes no README or backup for a key";
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

/// Whether a folder has nearly the name of the bundle's.
pub(super) fn is_misnamed(name: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(['_', ' ', '.'], "-");
    name != BUNDLE_FOLDER && name.len() < 32 && strsim::osa_distance(&plain(name), BUNDLE_FOLDER) <= SLIPS
}

/// What there is to say of such a folder.
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
