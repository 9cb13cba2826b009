//! The certificate that Quay serves: the bundle's own pair, else the one that `keys` made (guide 7.1.2.1).

use super::names::{Hosts, without_port};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::{Model, keys};
use crate::pki::{self, PairFile, ProblemKind};
use zeroize::Zeroizing;

/// The names that the certificate must be valid for.
pub fn names(hosts: &Hosts) -> Vec<&str> {
    let registry = without_port(&hosts.registry);
    let builder = hosts.builder.as_deref().filter(|builder| *builder != registry);
    std::iter::once(registry).chain(builder).collect()
}

/// Checks the pair of the bundle, or gives the generated one.
pub fn choose(
    model: &Model,
    hosts: &Hosts,
    input: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(String, Zeroizing<String>)> {
    let names = names(hosts);
    match (model.bundle.file("ssl.cert"), model.bundle.file("ssl.key")) {
        (Some(cert), Some(key)) => {
            for problem in pki::check_pair(&cert.bytes, &key.bytes, &names) {
                let file = if problem.file == PairFile::Cert { cert } else { key };
                diagnostics.push(report(&problem, file.at.clone()));
            }
            None
        }
        (None, None) => generated(model, &names, input, diagnostics),
        (cert, key) => {
            let (given, absent) = if cert.is_some() { (cert, "ssl.key") } else { (key, "ssl.cert") };
            diagnostics.push(
                Diagnostic::new(codes::TLS_PAIR, format!("the bundle has one half of a pair; {absent} is missing"))
                    .at(given.map(|file| file.at.clone()).unwrap_or_default())
                    .hint(format!("add {absent}, or leave out both and `quay-render keys {input}` makes a pair")),
            );
            None
        }
    }
}

fn generated(
    model: &Model,
    names: &[&str],
    input: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(String, Zeroizing<String>)> {
    let place = || model.keys.at.clone().unwrap_or_else(|| Location::file(input));
    let (Some(cert), Some(key)) = (model.keys.get(keys::TLS_CERT), model.keys.get(keys::TLS_KEY)) else {
        diagnostics.push(
            Diagnostic::new(codes::KEYS_MISSING, "neither the bundle nor the keys have a certificate to serve")
                .at(place())
                .hint(format!("quay-render keys {input}   # makes a CA and a pair for {}", names.join(", "))),
        );
        return None;
    };
    let problems = pki::check_pair(cert.as_bytes(), key.as_bytes(), names);
    for problem in &problems {
        let problem = report(problem, place());
        diagnostics.push(problem.hint(format!("quay-render keys {input}   # reissues a pair that no longer fits")));
    }
    problems.is_empty().then(|| (cert.to_owned(), Zeroizing::new(key.to_owned())))
}

fn report(problem: &pki::Problem, mut at: Location) -> Diagnostic {
    // A file of its own has lines; a key of a Secret is one value of another file.
    if problem.line > 0 && at.line == 0 {
        at.line = problem.line;
    }
    let mut diagnostic =
        Diagnostic::new(problem.kind.code(), problem.message.clone()).at(at).field(problem.file.name());
    diagnostic.hint.clone_from(&problem.hint);
    if problem.kind == ProblemKind::HostMismatch && diagnostic.hint.is_none() {
        diagnostic.hint = Some("get a certificate for that name, or change SERVER_HOSTNAME".to_owned());
    }
    diagnostic
}
