//! Whether nothing belongs to the QuayRegistry any more, by a second export.

use super::plan::{finalizer_command, strip_commands};
use super::registry::{Registry, missing};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::object::Identity;
use crate::object::labels::REGISTRY_LABEL;

/// Reports every object that still belongs to the QuayRegistry, and the operator's finalizer. An export without the
/// Deployments of the registry proves nothing. Returns how many objects were looked at.
pub fn verify(registry: &Registry<'_>, problems: &mut Diagnostics) -> usize {
    let mut seen = 0;
    for live in &registry.export.objects {
        let places = registry.owned(live);
        if registry.objects().any(|own| std::ptr::eq(own, live)) {
            seen += 1;
        }
        if !places.is_empty() {
            let identity = Identity::of(|path| live.value.str_at(path));
            let message = format!("{identity} still belongs to the QuayRegistry {}", registry.name);
            let problem = Diagnostic::new(codes::ADOPT_OWNED, message).at(live.at.clone());
            problems.push(problem.hint(strip_commands(live, &places, registry.name).join("\n")));
        }
    }
    if let Some(command) = registry.live.and_then(finalizer_command) {
        let problem = Diagnostic::new(codes::ADOPT_OWNED, "the QuayRegistry still has the operator's finalizer");
        problems.push(problem.at(registry.at()).hint(command));
    }
    let has = |kind: &str| registry.objects().any(|live| live.kind() == kind);
    if !has("Deployment") || !has("Service") {
        problems.push(missing(
            "the export holds no Deployment or no Service of the registry, so it proves nothing",
            &format!(
                "kubectl get deployments,services,configmaps,secrets,persistentvolumeclaims -n {} -l {REGISTRY_LABEL}={} -o yaml",
                registry.namespace, registry.name
            ),
        ));
    }
    seen
}
