//! What is known of the fields of config.yaml: their types and which of them are secret.

use crate::components;

/// Whether a field's value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// The whole value may.
    Public,
    /// Nothing of it may.
    Secret,
    /// Its members decide.
    Inside,
}

/// One row a field: name, type, secrecy.
fn rows(file: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let text = components::file(file).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect())
}

fn field(name: &str) -> Option<Vec<&'static str>> {
    rows("config/fields.tsv").find(|row| row.first() == Some(&name))
}

/// Whether a top-level field may be shown. What is not known may be a secret.
#[must_use]
pub fn secrecy(name: &str) -> Secrecy {
    match field(name).as_deref() {
        Some([_, _, "", ..] | [_, _]) => Secrecy::Public,
        Some([_, _, "inside", ..]) => Secrecy::Inside,
        _ if name.ends_with("_LOGIN_CONFIG") => Secrecy::Inside,
        _ => Secrecy::Secret,
    }
}

/// Whether a member of an object field may be shown: one that is known, and nowhere as a secret.
#[must_use]
pub fn member_is_public(name: &str) -> bool {
    let mut known = rows("config/members.tsv").filter(|row| row.get(1) == Some(&name)).peekable();
    known.peek().is_some() && known.all(|row| row.get(3).is_none_or(|secret| secret.is_empty()))
}

/// Whether a whole number is wanted at a path of field and members.
#[must_use]
pub fn wants_integer(path: &[&str]) -> bool {
    match path {
        [name] => field(name).is_some_and(|row| {
            row.get(1).is_some_and(|kind| kind.split('|').any(|part| part == "integer" || part == "number"))
        }),
        // A storage's port may be digits as text (guide 3.4.2).
        ["DISTRIBUTED_STORAGE_CONFIG", ..] => false,
        [_, .., member] => {
            rows("config/members.tsv").any(|row| row.get(1) == Some(member) && row.get(2) == Some(&"int"))
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_and_so_is_what_may_hold_one() {
        assert_eq!(secrecy("SERVER_HOSTNAME"), Secrecy::Public);
        assert_eq!(secrecy("DB_URI"), Secrecy::Secret);
        assert_eq!(secrecy("SECRET_KEY"), Secrecy::Secret);
        assert_eq!(secrecy("BUILDLOGS_REDIS"), Secrecy::Inside);
        assert_eq!(secrecy("NEVER_HEARD_OF"), Secrecy::Secret);
        assert!(member_is_public("host"));
        assert!(!member_is_public("secret_key"));
        assert!(!member_is_public("never_heard_of"));
    }

    #[test]
    fn integers_are_wanted_where_the_table_says_so() {
        assert!(wants_integer(&["REPO_MIRROR_INTERVAL"]));
        assert!(wants_integer(&["USER_EVENTS_REDIS", "port"]));
        assert!(!wants_integer(&["DISTRIBUTED_STORAGE_CONFIG", "port"]));
        assert!(!wants_integer(&["SERVER_HOSTNAME"]));
    }
}
