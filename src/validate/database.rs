//! The database: DB_URI and DB_CONNECTION_ARGS.

use super::{Field, Subject, paths};
use crate::database_uri::{self, DatabaseUri};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, codes};
use crate::model::stack;
use crate::pki;
use crate::quote;

/// The modes of TLS to PostgreSQL.
pub const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
/// The modes that compare the server's certificate.
pub const VERIFYING: [&str; 2] = ["verify-ca", "verify-full"];
/// The modes in which nothing goes over the wire in the clear.
const DEMANDING: [&str; 3] = ["require", "verify-ca", "verify-full"];
/// What it is compared with where `sslrootcert` names nothing else.
pub const PEM: &str = "database.pem";

/// Quay does not start without a database; TLS to it needs the certificates that it is compared with.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let field = subject.field("DB_URI");
    let uri = check_uri(subject, &field, out);
    let arguments = subject.field("DB_CONNECTION_ARGS");
    let mode = arguments.member("sslmode");
    let queried = uri.iter().flat_map(|uri| &uri.query).find(|(name, _)| name == "sslmode");
    for (field, mode) in [(&mode, mode.filled_text()), (&field, queried.map(|(_, mode)| mode.as_str()))] {
        if let Some(mode) = mode {
            check_mode(subject, field, mode, &arguments, out);
        }
    }
    if queried.is_some() && !mode.is_given() {
        out.push(only_in_uri(&field));
    }
    let Some(uri) = uri else { return };
    if uri.scheme == database_uri::POSTGRES {
        check_files(subject, &arguments, out);
    }
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

/// What the URI says of TLS counts for Quay's migration and its check at start, and for nothing that serves a request.
fn only_in_uri(field: &Field<'_>) -> Diagnostic {
    let message = "its sslmode is not the application's, which takes no parameter of it and talks to any server";
    let mut problem = field.problem(codes::DATABASE_TLS, message);
    problem.severity = problem.severity.max(Severity::Warning);
    problem.hint("DB_CONNECTION_ARGS:\n  sslmode: verify-full\n  sslrootcert: conf/stack/database.pem")
}

/// The files that arguments of libpq name.
fn check_files(subject: &Subject<'_>, arguments: &Field<'_>, out: &mut Diagnostics) {
    for name in ["sslrootcert", "sslcrl"] {
        let found = paths::find(subject, &arguments.member(name), codes::DATABASE_TLS, out);
        if let Some(found) = found.filter(|_| name == "sslrootcert") {
            paths::check_authority(&found, out);
        }
    }
    let pair = ["sslcert", "sslkey"].map(|name| arguments.member(name));
    paths::check_pair(subject, pair.each_ref(), codes::DATABASE_TLS, out);
    for argument in pair.iter().chain([&arguments.member("sslrootcert")]) {
        let mode = arguments.member("sslmode");
        if argument.is_filled() && mode.filled_text().is_none_or(|mode| !DEMANDING.contains(&mode)) {
            let message = "is of no use where TLS is not asked for: a server that has none is talked to in the clear";
            let mut problem = mode.problem(codes::DATABASE_TLS, message);
            problem.severity = problem.severity.max(Severity::Warning);
            out.push(problem.field(argument.path()).hint("sslmode: verify-full"));
            break;
        }
    }
}

fn check_mode(subject: &Subject<'_>, field: &Field<'_>, mode: &str, arguments: &Field<'_>, out: &mut Diagnostics) {
    if !MODES.contains(&mode) {
        // In the URI it may be a piece of the password.
        let shown = if field.path() == "DB_URI" { "its sslmode".to_owned() } else { quote::word(mode, &MODES) };
        let hint = format!("one of {}", MODES.join(", "));
        out.push(field.problem(codes::DATABASE_TLS, format!("{shown} is not a mode of TLS to PostgreSQL")).hint(hint));
    } else if VERIFYING.contains(&mode) {
        // Whether what sslrootcert names is there is a matter of its own.
        let named = arguments.member("sslrootcert");
        let leads_to_it = |path: &str| stack::file(path) == Some(PEM);
        if named.filled_text().is_none_or(|path| subject.options.database_ca.is_some() && !leads_to_it(path)) {
            need_certificates(subject, field, &format!("sslmode {mode}"), out);
        }
    }
}

/// Reports that [`PEM`] is not there, or no certificates.
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
        database_uri::MYSQL => {
            (&["sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl"], "ssl:\n  ca: conf/stack/database.pem")
        }
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
