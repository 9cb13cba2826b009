//! The database: DB_URI and DB_CONNECTION_ARGS.

use super::{Field, Subject};
use crate::database_uri::{self, DatabaseUri};
use crate::diagnostic::{Code, Diagnostics, Severity, codes};
use crate::pki;
use crate::quote;

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/// The modes that compare the server's certificate with those of [`PEM`].
const VERIFYING: [&str; 2] = ["verify-ca", "verify-full"];
const PEM: &str = "database.pem";

/// Quay does not start without a database; TLS to it needs the certificates that it is compared with.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let field = subject.field("DB_URI");
    let uri = check_uri(subject, &field, out);
    let arguments = subject.field("DB_CONNECTION_ARGS");
    let mode = arguments.member("sslmode");
    let queried = uri.iter().flat_map(|uri| &uri.query).find(|(name, _)| name == "sslmode");
    for (field, mode) in [(&mode, mode.filled_text()), (&field, queried.map(|(_, mode)| mode.as_str()))] {
        if let Some(mode) = mode {
            check_mode(subject, field, mode, out);
        }
    }
    let Some(uri) = uri else { return };
    // The managed database has it made.
    if field.is_written() && uri.scheme.starts_with("postgresql") {
        let message = "Quay does not start without the extension pg_trgm in this database, which is not checked here";
        let hint = "CREATE EXTENSION IF NOT EXISTS pg_trgm;   -- in that database, as its administrator";
        out.push(field.problem(codes::DATABASE_EXTENSION, message).hint(hint));
    }
    let ca = arguments.member("ssl").member("ca");
    if uri.scheme == database_uri::MYSQL && ca.filled_text().is_some() {
        need_certificates(subject, &ca, "ssl.ca", out);
    }
    warn_of_others(&uri, &arguments, out);
}

fn check_uri(subject: &Subject<'_>, field: &Field<'_>, out: &mut Diagnostics) -> Option<DatabaseUri> {
    if !field.is_given() && subject.is_reported("DB_URI") {
        return None;
    }
    let hint = "DB_URI: postgresql://USER:PASSWORD@HOST:5432/DATABASE";
    let text = field.require_text(codes::DATABASE_URI, "Quay keeps everything but images in it", hint, out)?;
    let uri = match database_uri::parse(text) {
        Ok(uri) => uri,
        Err((message, hint)) => {
            out.push(field.problem(codes::DATABASE_URI, message).hint(hint));
            return None;
        }
    };
    let mut warn = |code: Code, message: String, hint: &str| {
        let mut problem = field.problem(code, message).hint(hint);
        problem.severity = problem.severity.max(Severity::Warning);
        out.push(problem);
    };
    if !uri.is_lower_case {
        let message = "its scheme has capital letters, and Quay knows it in lower case only";
        warn(codes::DATABASE_SCHEME_CASE, message.to_owned(), &format!("begin it with {}://", uri.scheme));
    }
    if uri.has_fragment {
        let message = "what follows the # is part of the database's name for Quay, and not for its validator";
        warn(codes::DATABASE_URI, message.to_owned(), "leave it out");
    }
    if let Some(part) = uri.changed {
        let message = format!("its {part} arrives changed in Quay's migration, which decodes percent signs once more");
        warn(codes::DATABASE_PERCENT, message, advice(part));
    }
    Some(uri)
}

fn advice(part: &str) -> &'static str {
    match part {
        "password" => "set another password: no encoding of one with a % in it works",
        "user name" => "choose one without %, : and /",
        "query" => "write it without percent signs, or put it into DB_CONNECTION_ARGS",
        _ => "write it without percent signs: letters, digits, - and _",
    }
}

fn check_mode(subject: &Subject<'_>, field: &Field<'_>, mode: &str, out: &mut Diagnostics) {
    if !MODES.contains(&mode) {
        // In the URI it may be a piece of the password.
        let shown = if field.path() == "DB_URI" { "its sslmode".to_owned() } else { quote::word(mode, &MODES) };
        let hint = format!("one of {}", MODES.join(", "));
        out.push(field.problem(codes::DATABASE_TLS, format!("{shown} is not a mode of TLS to PostgreSQL")).hint(hint));
    } else if VERIFYING.contains(&mode) {
        need_certificates(subject, field, &format!("sslmode {mode}"), out);
    }
}

fn need_certificates(subject: &Subject<'_>, field: &Field<'_>, what: &str, out: &mut Diagnostics) {
    let problem = match subject.file(PEM) {
        None if subject.is_late_file(PEM) => {
            return out.push(field.left_to_secret(codes::SECRET_REFERENCE).field(PEM));
        }
        None => format!("{what} needs {PEM}, and the bundle has none"),
        Some(file) => match pki::check_certificates(&file.bytes).first() {
            None => return,
            Some(problem) => format!("{what} needs {PEM}, which holds no certificates to trust: {}", problem.message),
        },
    };
    let hint = "put the CA of the database's certificate into the bundle, in PEM form, as database.pem";
    out.push(field.problem(codes::DATABASE_TLS, problem).hint(hint));
}

/// Warns of arguments that the other database's driver takes; Quay hands all of them on, and dies of an unknown one.
fn warn_of_others(uri: &DatabaseUri, arguments: &Field<'_>, out: &mut Diagnostics) {
    let (others, hint): (&[&str], _) = match uri.scheme.as_str() {
        database_uri::MYSQL => (&["sslmode", "sslrootcert"], "ssl:\n  ca: conf/stack/database.pem"),
        _ => (&["ssl"], "sslmode: verify-full\nsslrootcert: conf/stack/database.pem"),
    };
    for name in others {
        let other = arguments.member(name);
        if other.is_filled() {
            out.push(
                other.problem(codes::CONFIG_UNKNOWN, "the driver of this database has no such argument").hint(hint),
            );
        }
    }
}
