//! `spec.proxy` of the RenderConfig: how pods reach what is outside of the cluster.

use super::fields::Fields;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};

/// The proxy of a cluster.
pub struct Proxy {
    /// Where it stands.
    at: Location,
    /// Its URL for http.
    pub http: Option<String>,
    /// Its URL for https.
    pub https: Option<String>,
    /// The Secret with both, under HTTP_PROXY and HTTPS_PROXY.
    pub secret: Option<String>,
    /// What is reached without it, beside what is in the cluster.
    pub direct: Vec<String>,
}

/// What every cluster has, and is reached without it.
const LOCAL: &[&str] = &[".svc", ".cluster.local", "localhost", "127.0.0.1", "::1"];

impl Proxy {
    /// NO_PROXY of somebody who reaches these without it too; they stand first, as the operator has it.
    #[must_use]
    pub fn direct_with(&self, own: impl IntoIterator<Item = String>) -> String {
        let local = LOCAL.iter().map(|name| (*name).to_owned());
        own.into_iter().chain(local).chain(self.direct.iter().cloned()).collect::<Vec<_>>().join(",")
    }

    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> &Location {
        &self.at
    }

    /// Whether it names any.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.http.is_some() || self.https.is_some() || self.secret.is_some()
    }
}

/// Reads it; nothing where there is none.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Proxy> {
    let map = spec.map("proxy", diagnostics)?;
    let mut text = |name| map.text(name, diagnostics).map(|text| text.value);
    let (http, https, secret) = (text("httpProxy"), text("httpsProxy"), text("secretName"));
    let direct = map.texts("noProxy", diagnostics);
    Some(Proxy { at: map.place(), http, https, secret, direct })
}

/// What does not go together.
pub fn check(proxy: &Proxy, diagnostics: &mut Diagnostics) {
    let mut unused = |field: &str, message: &str, hint: &str| {
        let problem = Diagnostic::new(codes::SETTING_UNUSED, message).at(proxy.at.clone());
        diagnostics.push(problem.field(format!("spec.proxy{field}")).hint(hint));
    };
    match (proxy.http.is_some() || proxy.https.is_some(), &proxy.secret) {
        (false, None) => unused("", "is not used: it names no proxy", "httpsProxy: http://proxy.example.com:3128"),
        (true, Some(_)) => {
            let message = "says what the URLs beside it say, which are not used";
            unused(".secretName", message, "take the URLs out, or secretName");
        }
        _ => {}
    }
}
