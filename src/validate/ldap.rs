//! Users from an LDAP directory.

use super::{Subject, forms, tls};
use crate::diagnostic::{Diagnostics, codes};

/// How deep filters may be nested.
const DEEPEST: usize = 64;

/// Checks the directory and how users are found in it, if it is used.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if subject.field("AUTHENTICATION_TYPE").text() != Some("LDAP") {
        return;
    }
    let (code, reason) = (codes::LDAP, "AUTHENTICATION_TYPE is LDAP");
    subject.field("LDAP_ADMIN_DN").require(code, reason, "LDAP_ADMIN_DN: cn=quay,dc=example,dc=com", out);
    subject.field("LDAP_ADMIN_PASSWD").require(code, reason, "LDAP_ADMIN_PASSWD: …", out);
    let base = subject.field("LDAP_BASE_DN");
    let hint = "LDAP_BASE_DN: [dc=example, dc=com]";
    if base.require(code, reason, hint, out) && base.is_empty_list() {
        out.push(base.problem(code, format!("is empty: {reason}")).hint(hint));
    }
    for (name, line) in [("LDAP_UID_ATTR", "LDAP_UID_ATTR: uid"), ("LDAP_EMAIL_ATTR", "LDAP_EMAIL_ATTR: mail")] {
        let attribute = subject.field(name);
        if attribute.text() == Some("") {
            out.push(attribute.problem(code, format!("is empty: {reason}")).hint(line));
        }
    }
    check_uri(subject, out);
    let filter = subject.field("LDAP_USER_FILTER");
    if let Some(text) = filter.filled_text()
        && !is_filter(text)
    {
        let message = "is not a filter: its brackets, operators or escapes do not fit (RFC 4515)";
        out.push(
            filter.problem(code, message).hint("LDAP_USER_FILTER: (memberOf=cn=quay,ou=groups,dc=example,dc=com)"),
        );
    }
    if let Some(file) = subject.file("ldap.crt") {
        tls::trusted(subject, file, out);
    }
}

fn check_uri(subject: &Subject<'_>, out: &mut Diagnostics) {
    let hint = "LDAP_URI: ldaps://directory.example.com";
    let uri = subject.field("LDAP_URI");
    let Some(text) = uri.text() else {
        if !uri.is_given() {
            let problem =
                uri.problem(codes::LDAP_DEFAULT_HOST, "is missing: Quay looks for a directory in its own pod");
            out.push(problem.hint(hint));
        }
        return;
    };
    let reason = match forms::url(text) {
        Ok(url) if matches!(url.scheme.as_str(), "ldap" | "ldaps") => return,
        Ok(_) => "has a scheme that is neither ldap nor ldaps",
        Err(reason) => reason,
    };
    out.push(uri.problem(codes::LDAP, reason).hint(hint));
}

/// Whether a text is a single filter (RFC 4515).
fn is_filter(text: &str) -> bool {
    filter(text, 0) == Some("")
}

/// The rest of a text after the filter that it begins with.
fn filter(text: &str, depth: usize) -> Option<&str> {
    if depth > DEEPEST {
        return None;
    }
    let inside = text.strip_prefix('(')?;
    let rest = match inside.chars().next()? {
        '&' | '|' => {
            let mut rest = inside.get(1..)?;
            while rest.starts_with('(') {
                rest = filter(rest, depth + 1)?;
            }
            rest
        }
        '!' => filter(inside.get(1..)?, depth + 1)?,
        _ => {
            let end = inside.find([')', '('])?;
            let (item, rest) = inside.split_at(end);
            is_item(item).then_some(rest)?
        }
    };
    rest.strip_prefix(')')
}

/// `attribute=value` and similar comparisons.
fn is_item(item: &str) -> bool {
    let Some((attribute, value)) = item.split_once('=') else { return false };
    let attribute = attribute.strip_suffix(['<', '>', '~', ':']).unwrap_or(attribute);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';' | ':' | '_');
    let escapes = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    !attribute.trim().is_empty() && attribute.trim().chars().all(is_name) && value.split('\\').skip(1).all(escapes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_compiled() {
        for good in [
            "(uid=*)",
            "(&(a=1)(b=2))",
            "(|(a=1)(!(b=2)))",
            "(memberOf=cn=quay,ou=groups,dc=example,dc=com)",
            "(memberOf:1.2.840.113556.1.4.1941:=cn=a)",
            "(a>=1)",
            "(cn=a\\2ab)",
            "(cn=)",
            "(&)",
        ] {
            assert!(is_filter(good), "{good}");
        }
        let deep = format!("{}(a=1){}", "(!".repeat(DEEPEST + 1), ")".repeat(DEEPEST + 1));
        for bad in [
            "uid=*",
            "(uid=*",
            "(uid=*))",
            "(uid)",
            "(=a)",
            "(a=1)(b=2)",
            "(&(a=1)",
            "(!a=1)",
            "(a=\\zz)",
            "(a=(b))",
            "()",
            " (a=1)",
            "(&(a=1) (b=2))",
            "(",
            &deep,
        ] {
            assert!(!is_filter(bad), "{bad}");
        }
    }
}
