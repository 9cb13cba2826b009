//! Functions for templates with PromQL expressions.

use crate::object::{HASH, LONGEST_JOB, with_hash};

/// `text` as a string literal of PromQL.
pub fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// `text` as an RE2 regular expression that matches exactly that text; a registry's name may contain dots.
pub fn regex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The regular expression of the names that a Job has whatever the hash of its content.
pub fn jobs(name: &str) -> String {
    let hash = "h".repeat(HASH);
    let named = with_hash(name, &hash, LONGEST_JOB);
    let base = named.strip_suffix(&hash).unwrap_or(&named);
    format!("{}[a-z0-9]{{{HASH}}}", regex(base))
}

/// The most characters of a pod's name before the five random ones at its end: the API server cuts the rest
/// (`k8s.io/apiserver/pkg/storage/names`).
const LONGEST_HEAD: usize = 58;

/// The characters of a ReplicaSet's hash, and of the random ones: no vowels, so that they never make a word
/// (`k8s.io/apimachinery/pkg/util/rand`). Parts of other registries' names have some, and do not match.
const RANDOM: &str = "[b-df-hj-np-tv-xz24-9]";

/// The regular expression of the names of all pods of some Deployments of a registry, by their names without the
/// registry's: `<Deployment>-<hash>-<5 characters>`, cut before the last five.
pub fn pods(registry: &str, deployments: &[String]) -> String {
    let room = LONGEST_HEAD.saturating_sub(registry.len() + 1);
    let heads: Vec<String> = deployments.iter().map(|name| format!("{name}-").chars().take(room).collect()).collect();
    format!("{}-({}){RANDOM}+(-{RANDOM}+)?", regex(registry), heads.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_known_by_what_is_left_of_their_deployment() {
        let names = ["quay-app".to_owned(), "clair-postgres".to_owned()];
        assert_eq!(
            pods("a.b", &names),
            r"a\.b-(quay-app-|clair-postgres-)[b-df-hj-np-tv-xz24-9]+(-[b-df-hj-np-tv-xz24-9]+)?"
        );
        let long = "r".repeat(44);
        assert_eq!(pods(&long, &names), format!("{long}-(quay-app-|clair-postgre){RANDOM}+(-{RANDOM}+)?"));
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(regex("a.b-c|d"), r"a\.b-c\|d");
    }
}
