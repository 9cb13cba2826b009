//! Login with GitHub, with Google and with providers of OIDC.

use super::{Field, Subject, forms};
use crate::diagnostic::{Code, Diagnostics, codes};
use crate::yaml::Node;

/// The configurations that are not OIDC's.
const OTHERS: &[&str] = &["GITHUB_LOGIN_CONFIG", "GOOGLE_LOGIN_CONFIG"];
const CODE: Code = codes::LOGIN_PROVIDER;

/// Every provider that is switched on.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    for (flag, name) in
        [("FEATURE_GITHUB_LOGIN", "GITHUB_LOGIN_CONFIG"), ("FEATURE_GOOGLE_LOGIN", "GOOGLE_LOGIN_CONFIG")]
    {
        if subject.is_on(flag) {
            let hint = format!("{name}:\n  CLIENT_ID: …\n  CLIENT_SECRET: …");
            client(&subject.field(name), CODE, &format!("{flag} is on"), &hint, out);
        }
    }
    if subject.is_on("FEATURE_GITHUB_LOGIN") {
        github(&subject.field("GITHUB_LOGIN_CONFIG"), CODE, out);
    }
    for provider in providers(subject) {
        oidc(&provider, out);
    }
}

/// The providers of OIDC: every `<NAME>_LOGIN_CONFIG` that is a map.
pub fn providers<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = Field<'a>> {
    let names = subject.config.names().filter(|name| name.ends_with("_LOGIN_CONFIG") && !OTHERS.contains(name));
    names.map(|name| subject.field(name)).filter(|field| field.fact().is_some() && field.is_map())
}

/// What every client of another service has: the configuration, its id and its secret. Whether there is a map.
pub fn client(config: &Field<'_>, code: Code, reason: &str, hint: &str, out: &mut Diagnostics) -> bool {
    if !config.require(code, reason, hint, out) || !config.is_map() {
        return false;
    }
    for member in ["CLIENT_ID", "CLIENT_SECRET"] {
        config.member(member).require(code, "the service knows Quay by it", &format!("{member}: …"), out);
    }
    true
}

/// GitHub's endpoint, and the organizations to which it is restricted.
pub fn github(config: &Field<'_>, code: Code, out: &mut Diagnostics) {
    if !config.is_map() {
        return;
    }
    let endpoint = config.member("GITHUB_ENDPOINT");
    if let Some(url) = endpoint.require_text(code, "it says which GitHub", "GITHUB_ENDPOINT: https://github.com/", out)
    {
        endpoint_url(&endpoint, url, code, out);
    }
    let organizations = config.member("ALLOWED_ORGANIZATIONS");
    let has_none = organizations.node().is_none_or(|node| node.as_seq().is_some_and(<[Node]>::is_empty));
    if config.member("ORG_RESTRICT").flag() == Some(true) && has_none {
        out.push(
            organizations
                .problem(code, "ORG_RESTRICT is on, and no organization is allowed")
                .hint("ALLOWED_ORGANIZATIONS: [my-organization]"),
        );
    }
}

/// Refuses what is no URL of http or https in small letters, which is how the validator compares it.
pub fn endpoint_url(field: &Field<'_>, text: &str, code: Code, out: &mut Diagnostics) {
    let is_small = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    if http_url(field, text, code, out) && !is_small {
        out.push(field.problem(code, "has a scheme in capitals").hint("https://service.example.com/"));
    }
}

/// Refuses what is no URL of http or https.
pub fn http_url(field: &Field<'_>, text: &str, code: Code, out: &mut Diagnostics) -> bool {
    let reason = match forms::url(text) {
        Ok(url) if url.is_web() => return true,
        Ok(_) => "has a scheme that is neither http nor https",
        Err(reason) => reason,
    };
    out.push(field.problem(code, reason).hint("https://service.example.com/"));
    false
}

fn oidc(provider: &Field<'_>, out: &mut Diagnostics) {
    client(provider, CODE, "", "", out);
    provider.member("SERVICE_NAME").require(CODE, "the login button shows it", "SERVICE_NAME: Company login", out);
    let server = provider.member("OIDC_SERVER");
    let hint = "OIDC_SERVER: https://sso.example.com/realms/main/";
    let Some(url) = server.require_text(CODE, "it says where to log in", hint, out) else { return };
    if !http_url(&server, url, CODE, out) {
        return;
    }
    if !url.ends_with('/') {
        out.push(server.problem(CODE, "does not end in a slash, and Quay adds to it what follows").hint(hint));
    } else if !url.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("https:")) {
        out.push(server.problem(CODE, "is plain http: whoever listens logs in as anybody").hint(hint));
    }
}
