//! The lock file: which files belong to quay-render, and what it wrote to them.

use super::digest::Entry;
use super::{Failure, paths, tree};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::files;
use crate::quote;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// The version of the formats of lock and journal.
pub(super) const VERSION: u32 = 1;

const HINT: &str =
    "restore it from Git; or delete it and build again, which knows files again whose content is the same";

/// The lock of a directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) release: String,
    pub(super) files: BTreeMap<String, Entry>,
}

/// The lock as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    release: String,
    #[serde(deserialize_with = "without_duplicates")]
    files: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Lock {
    /// The lock's bytes: the same for the same files, release and key.
    ///
    /// # Errors
    /// `Io`, which does not happen: JSON can express every string.
    pub(super) fn to_bytes(&self, target: &Path) -> Result<Vec<u8>, Failure> {
        let files = self.files.iter().map(|(path, entry)| (path.clone(), entry.to_string())).collect();
        print(&Text { version: VERSION, release: self.release.clone(), files }, &target.join(paths::LOCK))
    }

    /// The lock in `target` and its bytes, if there is one.
    ///
    /// # Errors
    /// `Refused` with every fault of an invalid lock; `Io` when it cannot be read.
    pub(super) fn read(target: &Path) -> Result<Option<(Self, Vec<u8>)>, Failure> {
        let Some(bytes) = read(&target.join(paths::LOCK), HINT)? else { return Ok(None) };
        Ok(Some((Self::parse(&bytes, target)?, bytes)))
    }

    fn parse(bytes: &[u8], target: &Path) -> Result<Self, Failure> {
        let file = target.join(paths::LOCK);
        let text: Text = parse(bytes, &file, HINT)?;
        let mut problems = Diagnostics::new();
        refuse_paths(text.files.keys().map(String::as_str), &file, HINT, &mut problems);
        let mut files = BTreeMap::new();
        for (path, digest) in text.files {
            match Entry::parse(&digest) {
                Some(entry) => drop(files.insert(path, entry)),
                None => problems.push(problem(
                    &file,
                    format!("the digest of {} is not one that quay-render writes", quote::name(&path)),
                    HINT,
                )),
            }
        }
        Failure::unless_clean(problems)?;
        Ok(Self { release: text.release, files })
    }
}

/// The content of one of quay-render's own files, if it exists.
///
/// # Errors
/// `Refused` when it is not a regular file; `Io` when it cannot be read.
pub(super) fn read(file: &Path, hint: &str) -> Result<Option<Vec<u8>>, Failure> {
    if tree::look(file)?.is_none() {
        return Ok(None);
    }
    let bytes = files::read(file).map_err(Failure::at(file))?;
    bytes.map(Some).ok_or_else(|| Failure::refuse(problem(file, "is not a regular file", hint)))
}

/// Reads JSON of this version.
///
/// # Errors
/// `Refused` with the location of the fault.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8], file: &Path, hint: &str) -> Result<T, Failure> {
    let malformed = |error: serde_json::Error| {
        let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let location =
            Location { file: file.display().to_string(), line: place(error.line()), column: place(error.column()) };
        let text = error.to_string();
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        // Content of the file is in quotation marks and may be a secret; the name of a missing field is one of ours.
        let is_quoted = error.is_data() && !text.starts_with("missing ");
        let text = text.split(['"', '`']).next().filter(|_| is_quoted).map_or(text, str::trim_end);
        Failure::refuse(problem(file, format!("cannot be read: {text}"), hint).at(location))
    };
    // The version first: in another version, faults of the fields would only mislead.
    let Version { version } = serde_json::from_slice(bytes).map_err(malformed)?;
    if version != VERSION {
        let message = format!("has version {version}, and this quay-render knows only version {VERSION}");
        return Err(Failure::refuse(problem(file, message, "use the quay-render that wrote it, or a newer one")));
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

/// Writes JSON in the form that is readable in a diff.
///
/// # Errors
/// `Io`, which does not happen for the types of this module.
pub(super) fn print(value: &impl Serialize, file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| Failure::at(file)(error.into()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Adds a diagnostic for each path that may not be written.
pub(super) fn refuse_paths<'a>(
    paths: impl Iterator<Item = &'a str>,
    file: &Path,
    hint: &str,
    problems: &mut Diagnostics,
) {
    for (path, reason) in paths::objections(&paths.collect::<BTreeSet<_>>()) {
        problems.push(problem(file, format!("the path {} {reason}", quote::name(path)), hint));
    }
}

/// A fault of one of quay-render's own files.
pub(super) fn problem(file: &Path, message: impl Into<String>, hint: &str) -> Diagnostic {
    Diagnostic::new(codes::OUTPUT_LOCK, message).at(Location::file(file.display().to_string())).hint(hint)
}

/// A path that is listed twice comes from a bad merge, and which of its digests is right is a guess.
fn without_duplicates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Unique;
    impl<'de> Visitor<'de> for Unique {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of paths to digests")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut files = BTreeMap::new();
            while let Some((path, digest)) = map.next_entry::<String, String>()? {
                if files.insert(path, digest).is_some() {
                    return Err(A::Error::custom("a path is named twice"));
                }
            }
            Ok(files)
        }
    }
    deserializer.deserialize_map(Unique)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let files = BTreeMap::from([
            ("quay/secret-a.yaml".to_owned(), Entry::Secret),
            ("quay/a.yaml".to_owned(), Entry::Sha256([0xab; 32])),
        ]);
        Lock { release: "3.5".to_owned(), files }
    }

    fn faults(text: &str) -> Vec<String> {
        let Err(Failure::Refused(problems)) = Lock::parse(text.as_bytes(), Path::new("out")) else { panic!("{text}") };
        assert!(problems.iter().all(|problem| problem.code == codes::OUTPUT_LOCK));
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_text_is_fixed_and_comes_back() {
        let bytes = lock().to_bytes(Path::new("out")).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let sum = "ab".repeat(32);
        let expected = format!(
            "{{\n  \"version\": 1,\n  \"release\": \"3.5\",\n  \"files\": {{\n    \"quay/a.yaml\": \"sha256:{sum}\",\n    \
             \"quay/secret-a.yaml\": \"secret\"\n  }}\n}}\n"
        );
        assert_eq!(text, expected);
        assert_eq!(Lock::parse(&bytes, Path::new("out")).unwrap(), lock());
        assert_eq!(Lock::parse(text.replace('\n', "\r\n").as_bytes(), Path::new("out")).unwrap(), lock());
    }

    #[test]
    fn what_a_fault_repeats_is_near_to_what_belongs_there() {
        for text in [
            r#"{"version": "hunter 2"}"#,
            r#"{"version": 1, "release": "3.5", "files": "hunter 2"}"#,
            r#"{"version": 1, "release": "3.5", "files": {}, "hunter 2": 1}"#,
            r#"{"version": 1, "release": "3.5", "files": {"/hunter 2": "secret", "hunter 2": "x"}}"#,
            r#"{"version": 1, "release": "3.5", "files": {"hunter 2": "secret", "hunter 2": "secret"}}"#,
        ] {
            let faults = faults(text);
            assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.contains("hunter")), "{faults:?}");
        }
        assert!(faults("{}")[0].contains("missing field `version`"));
    }

    #[test]
    fn a_fault_has_its_place_and_all_are_told() {
        let fault = &faults("{\n  \"version\": 1,\n<<<<<<< HEAD\n")[0];
        assert!(fault.starts_with("error[output-lock]: out/quay-render.lock:3:"), "{fault}");
        let text = r#"{"version": 1, "release": "3.5", "files": {"../a": "secret", "/b": "secret", "c": "md5:0"}}"#;
        let found = faults(text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[1].contains(r#"the path "../a" leads out of the directory"#), "{found:?}");
        assert!(faults(r#"{"version": 2, "future": true}"#)[0].contains("has version 2"));
        let twice = r#"{"version": 1, "release": "3.5", "files": {"a": "secret", "a": "secret"}}"#;
        assert!(faults(twice)[0].contains("a path is named twice"));
    }
}
