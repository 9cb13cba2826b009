//! What an option or an answer may say.

use crate::fleet;
use crate::host::Host;
use crate::sensitive;

/// The names of the registries of a fleet.
#[derive(Clone)]
pub struct Registries(pub Vec<String>);

/// Names with commas between them. Each is a folder of the fleet, beside those that `init` itself or a build makes.
pub fn registries(text: &str) -> Result<Registries, &'static str> {
    const TAKEN: [&str; 3] = ["argocd", "deploy", "flux"];
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    let is_right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_name = |name: &String| !name.is_empty() && name.chars().all(is_right);
    let is_twice = |(number, name): (usize, &String)| names.iter().take(number).any(|other| other == name);
    if !names.iter().all(is_name) {
        Err("no names with commas between them, such as prod,stage: each has lower-case letters, digits and -")
    } else if names.iter().enumerate().any(is_twice) {
        Err("two registries of one name")
    } else if names.iter().any(|name| TAKEN.contains(&name.as_str()) || fleet::objection(name).is_some()) {
        Err("a name that another folder of the fleet or of its output has")
    } else {
        Ok(Registries(names))
    }
}

/// A host as Quay's validator takes it.
pub fn host(text: &str) -> Result<String, &'static str> {
    Host::read(text).validator_objection().map_or_else(|| Ok(text.to_owned()), Err)
}

/// An address of a repository, as far as it fits a line.
pub fn url(text: &str) -> Result<String, &'static str> {
    // `git@host:path` and `ssh://git@host/path`: a user by that name is nobody's secret.
    let rest = text.strip_prefix("ssh://git@").or(text.strip_prefix("git@")).unwrap_or(text);
    if text.is_empty() || !text.chars().all(|c: char| c.is_ascii_graphic() && !"'\"`\\<>$;&|".contains(c)) {
        Err("no URL")
    } else if !sensitive::is_harmless(rest, false) {
        Err(
            "a user, password, parameter or fragment of a URL may be a secret, and the workflow is committed; give Git its \
             credentials where the workflow runs",
        )
    } else {
        Ok(text.to_owned())
    }
}

/// A commit: whatever is shorter, or is a name, may come to mean another one.
pub fn commit(text: &str) -> Result<String, &'static str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if matches!(text.len(), 40 | 64) && text.bytes().all(is_digit) {
        Ok(text.to_owned())
    } else {
        Err("no commit in 40 or 64 hexadecimal digits, as git rev-parse prints it")
    }
}

#[cfg(test)]
mod tests {
    use super::registries;

    #[test]
    fn registries_have_names_of_their_own() {
        let names = |text| registries(text).map(|registries| registries.0);
        assert_eq!(names("prod, stage-2").as_deref(), Ok(["prod".to_owned(), "stage-2".to_owned()].as_slice()));
        for wrong in ["", "prod,", "Prod", "../a", "a b", "prod,stage,prod", "flux", "namespaces"] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
    }
}
