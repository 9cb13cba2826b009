//! How the operator is stopped, and kept from being started again.

use super::Plan;
use crate::kubernetes_names::is_object_name;
use crate::live::export::Live;
use crate::live::registry;
use std::fmt::Write as _;

/// What the names of the operator's objects begin with.
const OPERATOR: &str = "quay-operator";

/// The step as text.
pub(super) fn stop(plan: &Plan<'_>) -> String {
    let export = plan.registry.export;
    let of_kind = |kind: &'static str| found(plan, kind);
    let mut out = String::from(
        "A running operator undoes every step that follows. It stops for every registry that it watches, not for this one alone.\n",
    );
    let others: Vec<String> = registry::all(export)
        .filter(|live| plan.registry.live.is_none_or(|own| !std::ptr::eq(*live, own)))
        .map(|live| format!("{}/{}", live.namespace(), live.name()))
        .filter(|name| name.split('/').all(is_object_name))
        .collect();
    if others.is_empty() {
        out.push_str(
            "The export holds no other QuayRegistry; `kubectl get quayregistries -A` lists what else it may watch.\n",
        );
    } else {
        let _ = writeln!(
            out,
            "Of the export it may watch as well: {}. They run on, and nobody repairs or upgrades them.",
            others.join(", ")
        );
    }
    out.push_str("\n```sh\n");
    let (subscriptions, versions) = (of_kind("Subscription"), of_kind("ClusterServiceVersion"));
    for it in &subscriptions {
        let _ = writeln!(
            out,
            "kubectl patch subscription.operators.coreos.com {} -n {} --type=merge -p '{{\"spec\":{{\"installPlanApproval\":\"Manual\"}}}}'",
            it.name(),
            it.namespace()
        );
    }
    for it in &versions {
        out.push_str(&stop_version(it.name(), it.namespace()));
    }
    // What OLM made is scaled by what it is made of.
    let by_olm = !subscriptions.is_empty() || !versions.is_empty();
    for it in of_kind("Deployment").into_iter().filter(|_| !by_olm) {
        let _ = writeln!(out, "kubectl scale deployment {} -n {} --replicas=0", it.name(), it.namespace());
    }
    if by_olm && subscriptions.is_empty() {
        out.push_str(
            "# the export holds no Subscription; the one that installed it asks from now on before it installs another version:\n\
             kubectl get subscriptions.operators.coreos.com -A\n\
             kubectl patch subscription.operators.coreos.com NAME -n OPERATOR --type=merge -p '{\"spec\":{\"installPlanApproval\":\"Manual\"}}'\n",
        );
    }
    if !by_olm && of_kind("Deployment").is_empty() {
        out.push_str(
            "kubectl get subscriptions.operators.coreos.com,clusterserviceversions,deployments -A | grep quay-operator\n\
             # installed by OLM: the two commands below; else: kubectl scale deployment NAME -n OPERATOR --replicas=0\n\
             kubectl patch subscription.operators.coreos.com quay-operator -n OPERATOR --type=merge -p '{\"spec\":{\"installPlanApproval\":\"Manual\"}}'\n",
        );
        out.push_str(&stop_version("quay-operator.vVERSION", "OPERATOR"));
    }
    out.push_str("kubectl get pods -A | grep quay-operator       # none is left\n```\n\n");
    out.push_str(
        "OLM scales the operator's Deployment up again, so its number of pods is set in the ClusterServiceVersion, and the \
         Subscription asks before it installs another one.\n",
    );
    out
}

/// The operator's objects of a kind: by their name, or, of a Subscription, by the version that it installs. A version that OLM
/// has copied into a namespace runs nothing.
fn found<'a>(plan: &Plan<'a>, kind: &'a str) -> Vec<&'a Live> {
    const INSTALLS: &[&[&str]] =
        &[&["spec", "name"], &["spec", "startingCSV"], &["status", "installedCSV"], &["status", "currentCSV"]];
    let is_one = |live: &&Live| {
        live.name().starts_with(OPERATOR) || INSTALLS.iter().any(|path| live.value.str_at(path).starts_with(OPERATOR))
    };
    let is_copy = |live: &Live| live.value.at(&["metadata", "labels", "olm.copiedFrom"]).is_some();
    let is_plain = |live: &Live| is_object_name(live.name()) && is_object_name(live.namespace());
    plan.registry.export.of_kind(kind).filter(is_one).filter(|live| !is_copy(live) && is_plain(live)).collect()
}

/// The commands that start the operator again.
pub(super) fn start(plan: &Plan<'_>) -> Vec<String> {
    let versions = found(plan, "ClusterServiceVersion").into_iter();
    let mut commands: Vec<String> =
        versions.map(|it| scale_version(it.name(), it.namespace(), 1).trim_end().to_owned()).collect();
    // Automatic is also what OLM takes where nothing is said.
    let is_manual = |live: &&Live| live.value.str_at(&["spec", "installPlanApproval"]) == "Manual";
    for it in found(plan, "Subscription").iter().filter(|it| !is_manual(it)) {
        let patch = "{\"spec\":{\"installPlanApproval\":\"Automatic\"}}";
        commands.push(format!(
            "kubectl patch subscription.operators.coreos.com {} -n {} --type=merge -p '{patch}'",
            it.name(),
            it.namespace()
        ));
    }
    if !commands.is_empty() {
        return commands;
    }
    vec![
        scale_version("quay-operator.vVERSION", "OPERATOR", 1).trim_end().to_owned() + "   # installed by OLM",
        "kubectl scale deployment NAME -n OPERATOR --replicas=1   # or not".to_owned(),
    ]
}

/// The command that makes OLM run no pod of a version.
fn stop_version(name: &str, namespace: &str) -> String {
    scale_version(name, namespace, 0)
}

fn scale_version(name: &str, namespace: &str, pods: u8) -> String {
    let path = "/spec/install/spec/deployments/0/spec/replicas";
    let patch = format!("[{{\"op\":\"add\",\"path\":\"{path}\",\"value\":{pods}}}]");
    format!("kubectl patch clusterserviceversion {name} -n {namespace} --type=json -p '{patch}'\n")
}
