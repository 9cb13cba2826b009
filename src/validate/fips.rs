//! Settings that fail in FIPS mode (guide 6.3), where OpenSSL and Go refuse what FIPS 140-3 does not approve.

use super::general::OLD_PROTOCOLS;
use super::{Field, Subject, forms, tls};
use crate::database_uri;
use crate::diagnostic::{Diagnostics, codes};
use crate::model::clair_config::{CLAIR_CERT, CLAIR_KEY};
use crate::model::keys::EXTRA_CA;
use crate::pki::{self, Role};
use crate::quote;

/// Key exchanges with a new key for each connection (NIST SP 800-52 Rev. 2, 3.3.1).
const EXCHANGES: &[&str] = &["ECDHE-", "DHE-", "TLS_AES_"];
/// Parts of a cipher suite's name that mark it as not approved (NIST SP 800-131A Rev. 2).
const REFUSED: &[&str] =
    &["CHACHA20", "POLY1305", "RC4", "RC2", "DES", "CAMELLIA", "ARIA", "SEED", "IDEA", "MD5", "NULL", "EXP", "GOST"];

/// All checks, if requested.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if !subject.options.fips {
        return;
    }
    if !subject.is_on("FEATURE_FIPS") {
        let message = "is not on: Quay itself then uses what FIPS mode refuses";
        out.push(subject.field("FEATURE_FIPS").problem(codes::FIPS_FEATURE, message).hint("FEATURE_FIPS: true"));
    }
    certificates(subject, out);
    protocols(subject, out);
    services(subject, out);
    database(subject, out);
    storage(subject, out);
}

fn certificates(subject: &Subject<'_>, out: &mut Diagnostics) {
    for file in &subject.bundle.files {
        let role = match file.key.as_str() {
            "ssl.cert" | CLAIR_CERT => Role::Server,
            "ldap.crt" | "database.pem" => Role::Trusted,
            name if name.starts_with(EXTRA_CA) => Role::Trusted,
            "ssl.key" | CLAIR_KEY => {
                if let Some(problem) = pki::fips_private_key(&file.bytes) {
                    out.push(tls::report(&problem, file));
                }
                continue;
            }
            _ => continue,
        };
        for problem in pki::fips_certificates(&file.bytes, role) {
            out.push(tls::report(&problem, file));
        }
    }
}

fn protocols(subject: &Subject<'_>, out: &mut Diagnostics) {
    for item in subject.field("SSL_PROTOCOLS").items() {
        if let Some(protocol) = item.text().filter(|text| OLD_PROTOCOLS.contains(text)) {
            let problem =
                item.problem(codes::FIPS_TLS, format!("{protocol:?} is below TLS 1.2 (NIST SP 800-52 Rev. 2)"));
            out.push(problem.hint("SSL_PROTOCOLS: [TLSv1.2, TLSv1.3]"));
        }
    }
    for item in subject.field("SSL_CIPHERS").items() {
        for cipher in item.text().unwrap_or_default().split([':', ' ', ',']).filter(|name| !is_approved(name)) {
            let problem =
                item.problem(codes::FIPS_TLS, format!("{} is not an approved cipher suite", quote::name(cipher)));
            out.push(problem.hint("ECDHE-ECDSA-AES256-GCM-SHA384, ECDHE-RSA-AES128-GCM-SHA256 and the like"));
        }
    }
}

/// Whether a cipher suite in OpenSSL's naming is approved; an entry that removes a suite is.
fn is_approved(name: &str) -> bool {
    if name.is_empty() || name.starts_with(['!', '-']) || matches!(name, "FIPS" | "@STRENGTH") {
        return true;
    }
    let name = name.trim_start_matches('+').to_ascii_uppercase();
    EXCHANGES.iter().any(|exchange| name.starts_with(exchange))
        && name.contains("AES")
        && !REFUSED.iter().any(|part| name.contains(part))
}

fn services(subject: &Subject<'_>, out: &mut Diagnostics) {
    // With FEATURE_FIPS on, the rules about mail report it.
    let is_plain = subject.is_on("FEATURE_MAILING") && !subject.is_on("MAIL_USE_TLS");
    if is_plain && !subject.is_on("FEATURE_FIPS") {
        let message = "is off: a login in plain text falls back to CRAM-MD5";
        out.push(subject.field("MAIL_USE_TLS").problem(codes::FIPS_MAIL, message).hint("MAIL_USE_TLS: true"));
    }
    if subject.field("AUTHENTICATION_TYPE").text() == Some("LDAP") {
        let uri = subject.field("LDAP_URI");
        if uri.text().is_some_and(|uri| forms::url(uri).is_ok_and(|uri| uri.scheme == "ldap")) {
            let problem = uri.problem(codes::FIPS_LDAP, "asks the directory without TLS");
            out.push(problem.hint("LDAP_URI: ldaps://directory.example.com"));
        }
        if subject.is_on("LDAP_ALLOW_INSECURE_FALLBACK") {
            let problem =
                subject.field("LDAP_ALLOW_INSECURE_FALLBACK").problem(codes::FIPS_LDAP, "gives TLS up where it fails");
            out.push(problem.hint("LDAP_ALLOW_INSECURE_FALLBACK: false"));
        }
    }
}

/// A managed database is inside the cluster, and its connection uses no cryptography.
fn database(subject: &Subject<'_>, out: &mut Diagnostics) {
    let uri = subject.field("DB_URI");
    let Some(text) = uri.text().filter(|_| uri.is_written()) else { return };
    let arguments = subject.field("DB_CONNECTION_ARGS");
    let is_secure = |mode: &str| matches!(mode, "require" | "verify-ca" | "verify-full");
    let read = database_uri::parse(text).ok();
    let passes = if read.as_ref().is_some_and(|uri| uri.scheme == database_uri::MYSQL) {
        arguments.member("ssl").member("ca").is_given()
    } else {
        let query = read.iter().flat_map(|uri| &uri.query);
        let in_query = query.filter(|(name, _)| name == "sslmode").any(|(_, mode)| is_secure(mode));
        // Of a parameter in the URI and a connection argument, the argument wins.
        arguments.member("sslmode").filled_text().map_or(in_query, is_secure)
    };
    if !passes {
        let problem = uri.problem(codes::FIPS_DATABASE, "reaches the database without TLS");
        out.push(problem.hint("DB_CONNECTION_ARGS: {sslmode: verify-full}   # with database.pem in the bundle"));
    }
}

fn storage(subject: &Subject<'_>, out: &mut Diagnostics) {
    for (_, entry) in subject.field("DISTRIBUTED_STORAGE_CONFIG").members() {
        let Some((driver, arguments)) = entry.pair() else { continue };
        let mut refuse = |field: &Field<'_>, message: &str, hint: &str| {
            out.push(field.problem(codes::FIPS_STORAGE, message).hint(hint));
        };
        let secure = arguments.member("is_secure");
        if secure.flag() == Some(false) {
            refuse(&secure, "reaches the storage without TLS", "is_secure: true");
        }
        let auth = arguments.member("auth_url");
        if auth.text().is_some_and(|url| forms::url(url).is_ok_and(|url| url.scheme == "http")) {
            refuse(&auth, "logs in to the storage without TLS", "auth_url: https://swift.example.com:5000/v3");
        }
        if driver.text() == Some("CloudFrontedS3Storage") {
            refuse(
                &driver,
                "signs addresses with RSA and SHA-1, as CloudFront wants it",
                "S3Storage, without CloudFront",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_approved;

    #[test]
    fn a_suite_is_approved_by_its_parts() {
        for good in ["ECDHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384", "!RC4", ""] {
            assert!(is_approved(good), "{good}");
        }
        for bad in [
            "ECDHE-RSA-CHACHA20-POLY1305",
            "TLS_CHACHA20_POLY1305_SHA256",
            "AES128-GCM-SHA256",
            "DES-CBC3-SHA",
            "ECDHE-RSA-DES-CBC3-SHA",
            "HIGH",
            "ECDHE-RSA-CAMELLIA128-SHA256",
        ] {
            assert!(!is_approved(bad), "{bad}");
        }
    }
}
