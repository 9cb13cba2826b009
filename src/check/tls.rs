//! The certificate that Quay serves: the one in the bundle, else the one that `keys` made (guide 7.1.2.1).

use super::names::Hosts;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::host::Host;
use crate::input::Inputs;
use crate::model::{Model, keys};
use crate::pki::{self, Pair, ProblemKind, Role};
use crate::secret::Secret;
use crate::validate::tls::located;

/// The host names that the certificate must be valid for.
pub fn names(hosts: &Hosts) -> Vec<Host> {
    let registry = hosts.registry.without_port();
    let builder = hosts.builder.clone().filter(|builder| *builder != registry);
    std::iter::once(registry).chain(builder).collect()
}

/// The certificate and key that `keys` made, if the bundle has none.
pub fn generated(model: &Model, names: &[Host], inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Pair> {
    let is_given = |name| model.bundle.file(name).is_some();
    if model.config.secrets.are_referenced() || is_given(keys::TLS_CERT) || is_given(keys::TLS_KEY) {
        return None;
    }
    let input = inputs.argument();
    let place = || model.keys.at.clone().unwrap_or_else(|| Location::file(&inputs.name));
    let (Some(cert), Some(key)) = (model.keys.get(keys::TLS_CERT), model.keys.get(keys::TLS_KEY)) else {
        if model.keys.is_unread {
            return None;
        }
        diagnostics.push(
            Diagnostic::new(codes::KEYS_MISSING, "neither the bundle nor the keys have a certificate to serve")
                .at(place())
                .hint(format!(
                    "quay-render keys {input}   # makes a CA and a pair for {}",
                    names.iter().map(Host::text).collect::<Vec<_>>().join(", ")
                )),
        );
        return None;
    };
    let mut problems = pki::check_pair(cert.as_bytes(), key.as_bytes(), names);
    for problem in &problems {
        diagnostics.push(
            located(problem, place()).hint(format!("quay-render keys {input}   # reissues a pair that no longer fits")),
        );
    }
    let sound = problems.is_empty();
    problems = pki::validity(cert.as_bytes(), Role::Server, inputs.options.as_of);
    for problem in &problems {
        let mut found = located(problem, place());
        if problem.kind != ProblemKind::ValidUntil {
            found = found.hint(format!("quay-render keys {input}   # reissues a pair that has ended, or soon will"));
        }
        diagnostics.push(found);
    }
    sound.then(|| Pair { cert: cert.to_owned(), key: Secret::new(key) })
}
