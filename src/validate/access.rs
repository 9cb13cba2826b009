//! Who may log in, and how.

use super::{Field, Subject, logins};
use crate::diagnostic::{Diagnostics, codes};
use crate::model::schema::Allowed;

/// Directories and user services: the prefix of their fields, and the AUTHENTICATION_TYPE that reads these.
const DIRECTORIES: [(&str, &str); 3] = [("LDAP_", "LDAP"), ("JWT_", "JWT"), ("KEYSTONE_", "Keystone")];

/// Checks logins and app tokens.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    warn_of_unused(subject, out);
    let has_tokens_alone = subject.field("AUTHENTICATION_TYPE").text() == Some("AppToken");
    if has_tokens_alone {
        check_tokens(subject, out);
    }
    let flags = ["FEATURE_DIRECT_LOGIN", "FEATURE_GITHUB_LOGIN", "FEATURE_GOOGLE_LOGIN"];
    // The validator requires another login even where app tokens are meant to be the only one.
    let has_way_in = has_tokens_alone || flags.iter().any(|flag| subject.is_on(flag));
    if !has_way_in && logins::providers(subject).next().is_none() {
        out.push(
            subject
                .field("FEATURE_DIRECT_LOGIN")
                .problem(codes::LOGIN_METHODS, "nobody can log in: direct login is off, and no other way is on")
                .hint("FEATURE_DIRECT_LOGIN: true   # or a provider: SSO_LOGIN_CONFIG: {OIDC_SERVER: …}"),
        );
    }
    if subject.is_on("FEATURE_INVITE_ONLY_USER_CREATION") && !subject.is_on("FEATURE_USER_CREATION") {
        out.push(
            subject
                .field("FEATURE_INVITE_ONLY_USER_CREATION")
                .problem(codes::LOGIN_METHODS, "users are created by invitation, and FEATURE_USER_CREATION is off")
                .hint("FEATURE_USER_CREATION: true"),
        );
    }
}

/// Warns of a directory that is configured but not used: once for all of its fields, at the first.
fn warn_of_unused(subject: &Subject<'_>, out: &mut Diagnostics) {
    let kind = subject.field("AUTHENTICATION_TYPE");
    // A wrong AUTHENTICATION_TYPE itself is reported elsewhere.
    let Some(used) = kind.text().or((!kind.is_given()).then_some("Database")) else { return };
    if let Some(Allowed::OneOf(known)) = kind.fact().map(|fact| &fact.allowed)
        && !known.contains(&used)
    {
        return;
    }
    for (prefix, wanted) in DIRECTORIES.iter().filter(|(_, wanted)| *wanted != used) {
        let names = subject.config.names().filter(|name| name.starts_with(prefix));
        let fields: Vec<Field<'_>> = names.map(|name| subject.field(name)).filter(Field::is_written).collect();
        let Some(first) = fields.iter().find(|field| field.fact().is_some()) else { continue };
        let what = match fields.len() {
            1 => "is".to_owned(),
            count => format!("is one of {count} fields"),
        };
        let message = format!("{what} for AUTHENTICATION_TYPE {wanted}, and the type is {used}: Quay does not use it");
        let hint = format!("AUTHENTICATION_TYPE: {wanted}   # or leave these fields out");
        out.push(first.problem(codes::AUTHENTICATION_UNUSED, message).hint(hint));
    }
}

fn check_tokens(subject: &Subject<'_>, out: &mut Diagnostics) {
    let message = "AUTHENTICATION_TYPE is AppToken: people log in with tokens alone";
    for (flag, wanted) in [("FEATURE_APP_SPECIFIC_TOKENS", true), ("FEATURE_DIRECT_LOGIN", false)] {
        if subject.is_on(flag) != wanted {
            let problem = subject.field(flag).problem(codes::APP_TOKENS, message);
            out.push(problem.hint(format!("{flag}: {wanted}")));
        }
    }
}
