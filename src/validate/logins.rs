//! Logins with GitHub, Google and OIDC providers.

use super::{Field, Subject, forms};
use crate::diagnostic::{Code, Diagnostics, codes};

/// The configurations of providers that are not OIDC.
const OTHERS: &[&str] = &["GITHUB_LOGIN_CONFIG", "GOOGLE_LOGIN_CONFIG"];
const CODE: Code = codes::LOGIN_PROVIDER;

/// Checks every provider that is switched on.
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

/// The OIDC providers: every `<NAME>_LOGIN_CONFIG` that is a map.
pub fn providers<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = Field<'a>> {
    let names = subject.config.names().filter(|name| name.ends_with("_LOGIN_CONFIG") && !OTHERS.contains(name));
    names.map(|name| subject.field(name)).filter(|field| field.fact().is_some() && field.is_map())
}

/// Checks a client of another service: the configuration, its id and its secret. Returns whether it is a map.
pub fn client(config: &Field<'_>, code: Code, reason: &str, hint: &str, out: &mut Diagnostics) -> bool {
    if !config.require(code, reason, hint, out) || !config.is_map() {
        return false;
    }
    identity(config, code, out);
    true
}

/// Checks the id and the secret that the other service gave Quay.
fn identity(config: &Field<'_>, code: Code, out: &mut Diagnostics) {
    for member in ["CLIENT_ID", "CLIENT_SECRET"] {
        config.member(member).require(code, "the service knows Quay by it", &format!("{member}: …"), out);
    }
}

/// Checks GitHub's endpoint, and the organizations that may log in.
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
    let has_none = !organizations.is_given() || organizations.is_empty_list();
    if config.member("ORG_RESTRICT").flag() == Some(true) && has_none {
        out.push(
            organizations
                .problem(code, "ORG_RESTRICT is on, and no organization is allowed")
                .hint("ALLOWED_ORGANIZATIONS: [my-organization]"),
        );
    }
}

/// Refuses anything but an http or https URL in lower case: the validator compares case-sensitively.
pub fn endpoint_url(field: &Field<'_>, text: &str, code: Code, out: &mut Diagnostics) {
    let is_small = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    if http_url(field, text, code, out).is_some() && !is_small {
        out.push(field.problem(code, "has a scheme in capitals").hint("https://service.example.com/"));
    }
}

/// Reads an http or https URL, and reports anything else.
pub fn http_url<'a>(field: &Field<'_>, text: &'a str, code: Code, out: &mut Diagnostics) -> Option<forms::Url<'a>> {
    let read = forms::web_url(text);
    read.map_err(|reason| out.push(field.problem(code, reason).hint("https://service.example.com/"))).ok()
}

fn oidc(provider: &Field<'_>, out: &mut Diagnostics) {
    identity(provider, CODE, out);
    provider.member("SERVICE_NAME").require(CODE, "the login button shows it", "SERVICE_NAME: Company login", out);
    let server = provider.member("OIDC_SERVER");
    let hint = "OIDC_SERVER: https://sso.example.com/realms/main/";
    let Some(url) = server.require_text(CODE, "it says where to log in", hint, out) else { return };
    let Some(read) = http_url(&server, url, CODE, out) else { return };
    if !url.ends_with('/') {
        out.push(server.problem(CODE, "does not end in a slash, and Quay adds to it what follows").hint(hint));
    } else if read.scheme != "https" {
        out.push(server.problem(CODE, "is plain http: whoever listens logs in as anybody").hint(hint));
    }
}
