//! Whether nothing belongs to the QuayRegistry any more, by a second export.

use super::plan::{finalizer_command, strip_commands};
use super::registry::{Registry, missing};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::registry::kind;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Identity, Value, base_names};

/// Reports every object that still belongs to the QuayRegistry, the operator's finalizer, and what the export lacks: without
/// everything that holds data or keys it proves nothing. Returns how many objects were looked at.
pub fn verify(registry: &Registry<'_>, problems: &mut Diagnostics) -> usize {
    let mut seen = 0;
    for live in &registry.export.objects {
        let places = registry.owned(live);
        if registry.objects().any(|own| std::ptr::eq(own, live)) {
            seen += 1;
        }
        if !places.is_empty() {
            let identity = Identity::of_value(&live.value);
            let message = format!("{identity} still belongs to the QuayRegistry {}", registry.name);
            let problem = Diagnostic::new(codes::ADOPT_OWNED, message).at(live.at.clone());
            problems.push(problem.hint(strip_commands(live, &places, registry.name).join("\n")));
        }
    }
    if let Some(command) = registry.live.and_then(finalizer_command) {
        let problem = Diagnostic::new(codes::ADOPT_OWNED, "the QuayRegistry still has the operator's finalizer");
        problems.push(problem.at(registry.at()).hint(command));
    }
    for lacks in lacking(registry) {
        problems.push(missing(
            &format!("the export does not hold {lacks} of the registry, so it proves nothing"),
            &format!(
                "kubectl get deployments,services,configmaps,secrets,persistentvolumeclaims,objectbucketclaims -n {} -l \
                 {REGISTRY_LABEL}={} -o yaml",
                registry.namespace, registry.name
            ),
        ));
    }
    seen
}

/// What an export must hold and does not: the objects that every registry has, and those with data or keys of this one.
fn lacking(registry: &Registry<'_>) -> Vec<String> {
    let has = |kind: &str| registry.objects().any(|live| live.kind() == kind);
    let kinds = ["Deployment", "Service"].into_iter().filter(|kind| !has(kind)).map(|kind| format!("any {kind}"));
    // The operator lists all of them once it has looked at the registry; before, what is not listed is managed.
    let lists_none = registry.field(&["spec", "components"]).and_then(Value::as_seq).is_none_or(<[_]>::is_empty);
    let is_managed = |kind: &str| registry.is_managed(kind).unwrap_or(lists_none && kind != kind::CLAIR_DATABASE);
    let of_components = WITH_DATA.iter().filter(|(component, ..)| is_managed(component));
    let absent = of_components.filter(|(_, kind, base)| registry.find(kind, base).is_none());
    let absent = absent.map(|(_, kind, base)| format!("the {kind} {}", registry.named(base)));
    let is_there = |claim: &str| registry.export.find("PersistentVolumeClaim", registry.namespace, claim).is_some();
    let claims = registry.claims().into_iter().filter(|(_, claim)| !is_there(claim));
    let claims = claims.map(|(_, claim)| format!("the PersistentVolumeClaim {claim}"));
    let keys = registry.generations("Secret", base_names::KEYS_SECRET).is_empty();
    let keys = keys.then(|| "the Secret with the keys".to_owned());
    kinds.chain(absent).chain(claims).chain(keys).collect()
}

/// What components hold their data in, as QuayRegistries list them: kind, and name without the registry's.
const WITH_DATA: &[(&str, &str, &str)] = &[
    (kind::POSTGRES, "Deployment", "quay-database"),
    (kind::CLAIR_DATABASE, "Deployment", "clair-postgres"),
    (kind::OBJECT_STORAGE, "ObjectBucketClaim", "quay-datastore"),
];
