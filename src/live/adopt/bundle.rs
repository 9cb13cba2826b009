//! The config bundle: the Secret that the QuayRegistry names.

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::registry::{Registry, missing};
use crate::quote;

/// The files of the bundle, by key; nothing if the QuayRegistry names no bundle, or if it is missing, which is reported.
pub(super) fn find(registry: &Registry<'_>, problems: &mut Diagnostics) -> Option<Vec<(String, Vec<u8>)>> {
    let name = registry.bundle();
    if name.is_empty() {
        return None;
    }
    let Some(secret) = registry.export.find("Secret", registry.namespace, name) else {
        let message = format!("the config bundle is not in the export: the Secret {}", quote::name(name));
        problems.push(missing(
            &message,
            &format!("kubectl get secret {} -n {} -o yaml", quote::bare_name(name), registry.namespace),
        ));
        return None;
    };
    let mut files = Vec::new();
    for key in secret.keys() {
        match secret.entry(key) {
            Some(bytes) => files.push((key.to_owned(), bytes)),
            None => {
                let message = format!("{} of the config bundle is no base64", quote::name(key));
                let problem = Diagnostic::new(codes::ADOPT_MISSING, message).at(secret.at.clone());
                problems
                    .push(problem.hint("export it again: kubectl get secret … -o yaml, not edited and not redacted"));
            }
        }
    }
    Some(files)
}
