//! What no plan gets around.

use super::Plan;
use crate::compare::{Class, Sort};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::export::Live;
use crate::live::registry::{Registry, missing, missing_deployment, mounted};
use crate::object::base_names::KEYS_SECRET;
use crate::object::{Object, POD_SPEC, Value};
use std::collections::BTreeSet;

/// The kinds of claims, each with its name for kubectl.
const CLAIMS: &[(&str, &str)] = &[("PersistentVolumeClaim", "pvc"), ("ObjectBucketClaim", "objectbucketclaim")];

/// Reports what would leave data behind, or what no cluster takes.
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
    for object in plan.rendered.objects.iter().filter(|object| object.kind() == "Deployment") {
        let Some(live) = registry.export.find("Deployment", registry.namespace, object.name()) else { continue };
        let found = mounted(&object.value).into_iter().filter_map(|claim| other_data(live, object, claim));
        found.for_each(|problem| problems.push(problem));
    }
    being_deleted(registry, problems);
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

/// Refuses a Deployment that has its data elsewhere than in the claim that it would mount, or elsewhere in that claim. One
/// that mounts another claim is refused for leaving that one.
fn other_data(live: &Live, rendered: &Object, claim: &str) -> Option<Diagnostic> {
    let (has, name) = (mounted(&live.value), live.name());
    if has.is_empty() {
        let message = format!("the Deployment {name} mounts no claim, and would mount {claim}");
        let hint = "its data is in another volume, and would be left behind: back the database up, restore it into the claim, and let \
                    the Deployment mount that";
        return Some(Diagnostic::new(codes::ADOPT_CLAIM, message).at(live.at.clone()).hint(hint));
    }
    let (now, then) = (places(&live.value, claim), places(&rendered.value, claim));
    if !has.contains(&claim) || now == then {
        return None;
    }
    let list = |places: BTreeSet<String>| places.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!(
        "the Deployment {name} has its data in {claim} at {}, and would look for it at {}",
        list(now),
        list(then)
    );
    let hint = "it would start with no data, or with other data: back the database up, and move the data within the claim to where it \
                would be looked for";
    Some(Diagnostic::new(codes::ADOPT_CLAIM, message).at(live.at.clone()).hint(hint))
}

/// Where the containers of an object have a claim: the path, the folder of the claim that is there, and `PGDATA`.
fn places(object: &Value, claim: &str) -> BTreeSet<String> {
    let list = |value: &Value, key: &str| value.at(&[key]).and_then(Value::as_seq).unwrap_or_default().to_vec();
    let Some(pod) = object.at(POD_SPEC) else { return BTreeSet::new() };
    let mut volumes = list(pod, "volumes");
    volumes.retain(|volume| volume.str_at(&["persistentVolumeClaim", "claimName"]) == claim);
    let mut found = BTreeSet::new();
    for container in list(pod, "containers") {
        for mount in list(&container, "volumeMounts") {
            if volumes.iter().all(|volume| volume.str_at(&["name"]) != mount.str_at(&["name"])) {
                continue;
            }
            let mut place = mount.str_at(&["mountPath"]).trim_end_matches('/').to_owned();
            for folder in ["subPath", "subPathExpr"].map(|key| mount.str_at(&[key])).iter().filter(|it| !it.is_empty())
            {
                place.push_str(&format!(" (the folder {folder} of the claim)"));
            }
            for variable in list(&container, "env").iter().filter(|it| it.str_at(&["name"]) == "PGDATA") {
                place.push_str(&format!(" (PGDATA={})", variable.str_at(&["value"])));
            }
            found.insert(place);
        }
    }
    found
}

/// Refuses a registry whose data, keys or QuayRegistry somebody has deleted: it is there only until something lets go of it.
fn being_deleted(registry: &Registry<'_>, problems: &mut Diagnostics) {
    let is_deleted = |live: &&Live| live.value.at(&["metadata", "deletionTimestamp"]).is_some();
    let claims = registry.objects().filter(|live| CLAIMS.iter().any(|(kind, _)| *kind == live.kind()));
    let keys = registry.generations("Secret", KEYS_SECRET);
    for live in claims.chain(keys).chain(registry.live).filter(is_deleted) {
        let (code, what, hint) = match live.kind() {
            "PersistentVolumeClaim" => (
                codes::ADOPT_CLAIM,
                "it is gone as soon as its pod restarts",
                "back the database up while it runs, restore it into a claim of this name that nobody deletes, and export everything again",
            ),
            "ObjectBucketClaim" => (
                codes::ADOPT_CLAIM,
                "its bucket goes with it",
                "copy the bucket, restore it into a claim of this name that nobody deletes, and export everything again",
            ),
            "Secret" => (
                codes::ADOPT_CONTRADICTION,
                "it is there until its finalizers are cleared",
                "keep this export; once the Secret is gone, create it again of it, and export everything again",
            ),
            _ => (
                codes::ADOPT_CONTRADICTION,
                "all its objects are collected as soon as its finalizer is cleared",
                "stop the operator, back database and bucket up, and take the QuayRegistry out of the owners of every object; then let it \
                 go, create it again of this export while the operator is stopped, and export everything again",
            ),
        };
        let message = format!("the {} {} is being deleted: {what}", live.kind(), live.name());
        problems.push(Diagnostic::new(code, message).at(live.at.clone()).hint(hint));
    }
}
