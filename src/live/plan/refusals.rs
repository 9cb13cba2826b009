//! What no plan gets around.

use super::Plan;
use crate::compare::{Class, Sort};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::registry::{missing, missing_deployment, mounted};
use crate::object::Object;

/// The kinds of claims, each with its name for kubectl.
const CLAIMS: &[(&str, &str)] = &[("PersistentVolumeClaim", "pvc"), ("ObjectBucketClaim", "objectbucketclaim")];

pub(super) fn find(plan: &Plan<'_>, problems: &mut Diagnostics) {
    let registry = plan.registry;
    let rendered = |kind: &str, name: &str| {
        plan.rendered.objects.iter().find(|object| object.kind() == kind && object.name() == name)
    };
    for (kind, word) in CLAIMS {
        for claim in plan.rendered.objects.iter().filter(|object| object.kind() == *kind) {
            if registry.export.find(kind, registry.namespace, claim.name()).is_none() {
                let message = format!("the claim {} is rendered, and not in the export", claim.name());
                problems.push(missing(
                    &message,
                    &format!("kubectl get {word} {} -n {} -o yaml", claim.name(), registry.namespace),
                ));
            }
        }
    }
    // One that a plan adds on purpose has a reason.
    let both = plan.drift.comparison.changes.iter().zip(&plan.drift.why);
    for (change, _) in both.filter(|(change, why)| change.class == Class::New && why.whole.is_none()) {
        if change.identity.kind == "Deployment" {
            problems.push(missing_deployment(registry, &change.identity.name));
        }
    }
    for (deployment, claim) in registry.claims() {
        let mounts = |object: &Object| mounted(&object.value).contains(&claim);
        if !rendered("Deployment", deployment).is_some_and(mounts) {
            let now = rendered("Deployment", deployment).map(|object| mounted(&object.value).join(", "));
            let now = now.unwrap_or_else(|| "nothing, for it is not rendered".to_owned());
            let message = format!("the Deployment {deployment} mounts the claim {claim}, and would mount {now}");
            problems.push(Diagnostic::new(codes::ADOPT_CLAIM, message).hint(
                "its data would be left behind; is the release the one that runs, and does an operator move a database just now?",
            ));
        }
    }
    for bucket in registry.objects().filter(|live| live.kind() == "ObjectBucketClaim") {
        if rendered(bucket.kind(), bucket.name()).is_none() {
            let message = format!("the bucket claim {} is not rendered", bucket.name());
            let problem = Diagnostic::new(codes::ADOPT_CLAIM, message).at(bucket.at.clone());
            problems.push(problem.hint("its images would be left behind; list objectstorage as the cluster has it"));
        }
    }
    for meaning in plan.drift.comparison.changes.iter().flat_map(|change| &change.meanings) {
        if meaning.sort == Sort::Immutable {
            let problem = Diagnostic::new(codes::ADOPT_CLAIM, meaning.text.clone());
            problems.push(match &meaning.advice {
                Some(advice) => problem.hint(advice.clone()),
                None => problem,
            });
        }
    }
}
