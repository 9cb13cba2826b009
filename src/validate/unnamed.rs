//! Optional secrets of Quay that may be missing by mistake, in the modes that leave secrets to the cluster: they are
//! not among the required Secrets, so pods would not wait for them.

use super::{Field, LeftTo, Subject};
use crate::catalog::secret::CONFIG;
use crate::database_uri;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};

/// Notes each of them that a person left out, with the line that would name it.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let Some(left_to) = subject.options.left_to else { return };
    let uri = subject.field("DB_URI");
    let around = uri.text().filter(|_| uri.is_written()).and_then(database_uri::around);
    if around.is_some_and(|around| !around.has_password()) {
        let at = left_to.secrets.place(left_to.registry, CONFIG, "DB_URI.password");
        let hint = format!(
            "where the database asks for one, put a colon behind the user: pods take it from key {} of Secret {} then",
            at.key, at.name
        );
        let message = "has no password, so Quay logs in to the database without one";
        out.push(uri.problem(codes::SECRET_UNNAMED, message).hint(hint));
    }
    for name in ["BUILDLOGS_REDIS", "USER_EVENTS_REDIS"] {
        let redis = subject.field(name);
        let password = redis.member("password");
        if redis.is_written() && redis.member("host").is_filled() && !password.is_given() {
            let message = "is not there, so Quay logs in to Redis without one";
            out.push(note(left_to, &password, message, "where Redis asks for one", &["password"], redis.path()));
        }
    }
    let storages = subject.field("DISTRIBUTED_STORAGE_CONFIG");
    for (_, storage) in storages.members().filter(|_| storages.is_written()) {
        let Some((driver, arguments)) = storage.pair() else { continue };
        let keys = ["s3_access_key", "s3_secret_key"];
        if driver.text() == Some("S3Storage") && !keys.iter().any(|key| arguments.member(key).is_given()) {
            let message = "has neither s3_access_key nor s3_secret_key, so the role of the machine has to give access";
            out.push(note(left_to, &arguments, message, "where none does", &keys, storage.path()));
        }
    }
}

/// One note, with a line to copy for each secret.
fn note(left_to: LeftTo<'_>, at: &Field<'_>, message: &str, when: &str, names: &[&str], path: &str) -> Diagnostic {
    let line = |name: &&str| {
        let at = left_to.secrets.place(left_to.registry, CONFIG, &format!("{path}.{name}"));
        format!("\n{name}: {{fromSecret: {{name: {}, key: {}}}}}", at.name, at.key)
    };
    at.problem(codes::SECRET_UNNAMED, message)
        .hint(format!("{when}, name its place:{}", names.iter().map(line).collect::<String>()))
}
