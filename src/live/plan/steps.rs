//! The steps, each with commands for exactly the objects of this registry.

use super::{Plan, operator};
use crate::compare::{Change, Class, Delta};
use crate::emit;
use crate::kubernetes_names::is_object_name;
use crate::live::drift::Why;
use crate::live::export::Live;
use crate::live::registry::{FINALIZER, KIND};
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Identity, Object, Value, base_names};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The layer of databases, Redis and claims.
const DATA: &str = "data";
/// What is exported, as kubectl names it: kinds that every cluster has, and those of other APIs.
const KINDS: &str = "deployments,services,serviceaccounts,configmaps,secrets,persistentvolumeclaims,jobs,roles,rolebindings,\
                     horizontalpodautoscalers";
const MORE_KINDS: &[(&str, &str)] = &[
    ("Route", "routes.route.openshift.io"),
    ("ObjectBucketClaim", "objectbucketclaims.objectbucket.io"),
    ("ServiceMonitor", "servicemonitors.monitoring.coreos.com"),
    ("PrometheusRule", "prometheusrules.monitoring.coreos.com"),
];

/// All steps.
pub(super) fn text(plan: &Plan<'_>) -> String {
    let mut out = String::new();
    let steps: [(&str, String); 8] = [
        ("Back the database up", backup(plan)),
        ("Stop the operator", operator::stop(plan)),
        ("Take the objects from the QuayRegistry", strip(plan)),
        ("Clear the finalizer", finalizer(plan)),
        ("Verify it from a second export", verify(plan)),
        ("Make the Deployments ready for the first apply", prepare(plan)),
        ("The first sync", first(plan)),
        ("What is left", left(plan)),
    ];
    for (number, (heading, text)) in steps.iter().enumerate() {
        let _ = write!(out, "\n### {}. {heading}\n\n{text}", number + 1);
    }
    let _ = write!(out, "\n### The way back\n\n{}", back(plan));
    out
}

fn sh(lines: &[String]) -> String {
    format!("```sh\n{}\n```\n", lines.join("\n"))
}

fn backup(plan: &Plan<'_>) -> String {
    let (name, namespace) = (plan.registry.name, plan.registry.namespace);
    let keep = "Keep the export until the registry has run for a while: it holds everything as it was, the keys too.\n";
    if plan.registry.find("Deployment", "quay-database").is_none() {
        return format!("The database is yours: back it up as you do. {keep}");
    }
    let command = format!(
        "kubectl exec -n {namespace} deployment/{name}-quay-database -- bash -c 'pg_dump --format=custom {name}-quay-database' > {name}.pgdump"
    );
    sh(&[command]) + keep
}

/// The commands that take the QuayRegistry out of the owners of each object: claims first.
fn strip(plan: &Plan<'_>) -> String {
    let rank = |live: &Live| match live.kind() {
        "PersistentVolumeClaim" => 0,
        "ObjectBucketClaim" => 1,
        _ => 2,
    };
    let mut owned: Vec<&Live> =
        plan.registry.export.objects.iter().filter(|live| !plan.registry.owned(live).is_empty()).collect();
    owned.sort_by_key(|live| (rank(live), live.kind().to_owned(), live.name().to_owned()));
    let commands: Vec<String> =
        owned.iter().flat_map(|live| strip_commands(live, &plan.registry.owned(live), plan.registry.name)).collect();
    if commands.is_empty() {
        return "No object of the export belongs to the QuayRegistry.\n".to_owned();
    }
    format!(
        "Everything below belongs to the QuayRegistry: deleting it deletes database and bucket. Each command fails, and changes \
         nothing, where the object has another owner by now.\n\n{}",
        sh(&commands)
    )
}

/// The commands that take the owner at these places away, the last one first.
#[must_use]
pub(crate) fn strip_commands(live: &Live, places: &[usize], registry: &str) -> Vec<String> {
    if !is_object_name(live.name()) {
        return vec![format!("# the {} with a name that is none: by hand", live.kind())];
    }
    let command = |at: usize| {
        let path = format!("/metadata/ownerReferences/{at}");
        let patch = format!(
            "[{{\"op\":\"test\",\"path\":\"{path}/kind\",\"value\":\"{KIND}\"}},\
             {{\"op\":\"test\",\"path\":\"{path}/name\",\"value\":\"{registry}\"}},{{\"op\":\"remove\",\"path\":\"{path}\"}}]"
        );
        format!("kubectl patch {} {} -n {} --type=json -p '{patch}'", resource(live), live.name(), live.namespace())
    };
    places.iter().rev().map(|at| command(*at)).collect()
}

/// The kind as kubectl takes it, with its group.
fn resource(live: &Live) -> String {
    let kind = live.kind().to_lowercase();
    let kind: String = kind.chars().filter(char::is_ascii_alphanumeric).collect();
    match live.group() {
        "" => kind,
        group if is_object_name(group) => format!("{kind}.{group}"),
        _ => kind,
    }
}

/// The command that takes the operator's finalizer away; nothing if the QuayRegistry has none.
#[must_use]
pub(crate) fn finalizer_command(live: &Live) -> Option<String> {
    let finalizers = live.value.at(&["metadata", "finalizers"]).and_then(Value::as_seq)?;
    let at = finalizers.iter().position(|it| it.as_str() == Some(FINALIZER))?;
    let path = format!("/metadata/finalizers/{at}");
    let patch = format!(
        "[{{\"op\":\"test\",\"path\":\"{path}\",\"value\":\"{FINALIZER}\"}},{{\"op\":\"remove\",\"path\":\"{path}\"}}]"
    );
    Some(format!("kubectl patch quayregistry {} -n {} --type=json -p '{patch}'", live.name(), live.namespace()))
}

fn finalizer(plan: &Plan<'_>) -> String {
    match plan.registry.live.and_then(finalizer_command) {
        Some(command) => {
            let why = "With it, a QuayRegistry that is deleted without its operator hangs for ever.\n\n";
            why.to_owned() + &sh(&[command])
        }
        None => "The QuayRegistry has none.\n".to_owned(),
    }
}

/// The command that exports a registry.
#[must_use]
pub(crate) fn export_command(name: &str, namespace: &str, kinds: &BTreeSet<&str>) -> String {
    let more = MORE_KINDS.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, word)| format!(",{word}"));
    format!("kubectl get {KINDS}{} -n {namespace} -l {REGISTRY_LABEL}={name} -o yaml", more.collect::<String>())
}

fn verify(plan: &Plan<'_>) -> String {
    let (name, namespace) = (plan.registry.name, plan.registry.namespace);
    let kinds: BTreeSet<&str> = plan.registry.objects().map(Live::kind).collect();
    let commands = [
        format!("kubectl get quayregistry {name} -n {namespace} -o yaml > second-quayregistry.yaml"),
        export_command(name, namespace, &kinds) + " > second-objects.yaml",
        format!(
            "quay-render adopt --verify --registry {namespace}/{name} second-quayregistry.yaml second-objects.yaml"
        ),
    ];
    format!(
        "These files hold Secrets: delete the two of them afterwards. Go on only when it says that nothing is left.\n\n{}",
        sh(&commands)
    )
}

/// Deployments with fields that an apply would leave: what is live and not rendered.
fn prepare(plan: &Plan<'_>) -> String {
    let (namespace, output) = (plan.registry.namespace, plan.output());
    let mut out = format!(
        "Nothing is applied yet. Render the input, and apply what pods read: it changes no pod.\n\n{}",
        sh(&[format!("quay-render build {} --out {output}", plan.input()), base(plan, &output)])
    );
    let rendered: Vec<&Object> = plan.rendered.objects.iter().filter(|object| object.kind() == "Deployment").collect();
    let recreated: Vec<String> = rendered.iter().filter_map(|object| recreate(plan, object)).collect();
    if !recreated.is_empty() {
        let why = "\nA Deployment that is recreated must not say how it rolls, and an apply does not take that away. No pod restarts.\n\n";
        out.push_str(why);
        out.push_str(&sh(&recreated));
    }
    let leaves = |change: &&Change| {
        let is_left = |delta: &Delta| matches!(delta, Delta::Removed(_) | Delta::Changed(..));
        change.identity.kind == "Deployment"
            && !matches!(change.class, Class::New | Class::Destroyed)
            && change.fields.iter().any(|field| field.path.is_below(&["spec", "template"]) && is_left(&field.delta))
    };
    let names: BTreeSet<&str> =
        plan.drift.comparison.changes.iter().filter(leaves).map(|change| change.identity.name.as_str()).collect();
    let mut patched: Vec<&&Object> = rendered.iter().filter(|object| names.contains(object.name())).collect();
    // Databases and Redis before what waits for them, and Clair before what waits for it.
    patched.sort_by_key(|object| (object.layer != DATA, object.component != "clair", object.name().to_owned()));
    let patches: Vec<String> = patched
        .iter()
        .map(|object| {
            let (name, path) = (object.name(), emit::path(object));
            format!("kubectl patch deployment {name} -n {namespace} --type=merge --patch-file {output}/{path}")
        })
        .collect();
    if !patches.is_empty() {
        out.push_str(&format!(
            "\nAn apply adds to what the operator wrote: a second handler to a probe, `valueFrom` beside `value`, which the API server \
             refuses. These set the containers as they are rendered, and leave the number of pods. Pods restart, and with the database \
             the registry is away until it is back and the application has restarted: choose a quiet hour, and wait for each \
             (`kubectl rollout status deployment NAME -n {namespace}`).\n\n",
        ));
        out.push_str(&sh(&patches));
    }
    let stopped: Vec<String> = rendered.iter().filter_map(|object| scale(plan, object)).collect();
    if !stopped.is_empty() {
        out.push_str("\nThe operator has these at no pod, and nothing that is applied says a number.\n\n");
        out.push_str(&sh(&stopped));
    }
    out
}

/// The command that applies what pods read.
fn base(plan: &Plan<'_>, output: &str) -> String {
    let is_read = |object: &&Object| {
        matches!(object.kind(), "Secret" | "ConfigMap" | "ServiceAccount")
            && object.value.str_at(&["metadata", "namespace"]) == plan.registry.namespace
    };
    let files = plan.rendered.objects.iter().filter(is_read);
    let files: Vec<String> = files.map(|object| format!(" \\\n  -f {output}/{}", emit::path(object))).collect();
    format!("kubectl apply --server-side --force-conflicts{}", files.concat())
}

fn live<'a>(plan: &Plan<'a>, object: &Object) -> Option<&'a Live> {
    plan.registry.export.find(object.kind(), plan.registry.namespace, object.name())
}

fn recreate(plan: &Plan<'_>, object: &Object) -> Option<String> {
    let is_recreated = object.value.str_at(&["spec", "strategy", "type"]) == "Recreate";
    live(plan, object)?.value.at(&["spec", "strategy", "rollingUpdate"]).filter(|_| is_recreated)?;
    let patch = "{\"spec\":{\"strategy\":{\"type\":\"Recreate\",\"rollingUpdate\":null}}}";
    Some(format!("kubectl patch deployment {} -n {} --type=merge -p '{patch}'", object.name(), plan.registry.namespace))
}

fn scale(plan: &Plan<'_>, object: &Object) -> Option<String> {
    let none = Value::Int("0".to_owned());
    let is_stopped = live(plan, object)?.value.at(&["spec", "replicas"]) == Some(&none);
    let is_silent = object.value.at(&["spec", "replicas"]).is_none();
    (is_stopped && is_silent)
        .then(|| format!("kubectl scale deployment {} -n {} --replicas=1", object.name(), plan.registry.namespace))
}

fn first(plan: &Plan<'_>) -> String {
    let output = plan.output();
    format!(
        "Look at what the cluster would do, then apply; or let Argo CD or Flux sync the directory now, with pruning off until it is \
         healthy. The Secrets of the output are not for Git as they are: docs/reference/secrets.md.\n\n{}",
        sh(&[
            format!("kubectl diff --server-side --force-conflicts -k {output}"),
            format!("kubectl apply --server-side --force-conflicts -k {output}"),
            format!("quay-render show status {} --live FILE...        # of a third export", plan.input()),
        ])
    )
}

fn left(plan: &Plan<'_>) -> String {
    let (name, namespace) = (plan.registry.name, plan.registry.namespace);
    let mut out = format!(
        "Before an operator runs again for other registries, the QuayRegistry has to go, or it takes everything back. After step 5 \
         nothing hangs on it; `orphan` makes sure.\n\n{}",
        sh(&[format!("kubectl delete quayregistry {name} -n {namespace} --cascade=orphan")])
    );
    let is_data = |kind: &str| matches!(kind, "PersistentVolumeClaim" | "ObjectBucketClaim" | "Namespace");
    // What nobody was seen to make is somebody's: no command here deletes it.
    let both = plan.drift.comparison.changes.iter().zip(&plan.drift.why);
    let is_known = |(change, why): &(&Change, &Why)| why.whole.is_some() || is_data(&change.identity.kind);
    let gone = both.filter(|(change, _)| change.class == Class::Destroyed).filter(is_known).map(|(change, _)| change);
    let (data, rest): (Vec<&Change>, Vec<&Change>) = gone.partition(|change| is_data(&change.identity.kind));
    let full = |change: &Change| {
        let is_it = |live: &&Live| {
            let whole = Identity::of_value(&live.value);
            whole.base() == change.identity && !plan.drift.former.contains(&whole)
        };
        plan.registry.objects().find(is_it)
    };
    let former = plan.drift.former.iter().filter_map(|it| plan.registry.export.find(&it.kind, &it.namespace, &it.name));
    let keys = plan.registry.named(base_names::KEYS_SECRET);
    // An object with another suffix is another object; the former keys Secret stays, as a copy of what must not be lost.
    let renamed = plan.registry.objects().filter(|live| {
        let base = live.base_name();
        let is_rendered =
            |name: &str| plan.rendered.objects.iter().any(|it| it.kind() == live.kind() && it.name() == name);
        let has_successor = plan.rendered.objects.iter().any(|it| it.kind() == live.kind() && it.base_name == base);
        has_successor
            && !is_rendered(live.name())
            && plan
                .registry
                .current(live.kind(), base.strip_prefix(&plan.registry.named("")).unwrap_or_default())
                .is_some_and(|current| std::ptr::eq(current, *live))
    });
    let lives: Vec<&Live> = rest
        .into_iter()
        .filter_map(full)
        .chain(renamed)
        .chain(former)
        .filter(|live| is_object_name(live.name()) && live.base_name() != keys)
        .collect();
    let (near, far): (Vec<&Live>, Vec<&Live>) = lives.into_iter().partition(|live| live.namespace() == namespace);
    if !near.is_empty() {
        let commands: Vec<String> = near
            .iter()
            .map(|live| format!("kubectl delete {} {} -n {}", resource(live), live.name(), live.namespace()))
            .collect();
        out.push_str("\nNobody prunes what the operator left. When all pods are ready:\n\n");
        out.push_str(&sh(&commands));
    }
    for live in far {
        let (kind, at) = (live.kind(), live.namespace());
        let _ = writeln!(
            out,
            "\n{kind} {} in {at} is shared by all registries of that name: delete it when the last of them is taken over.",
            live.name()
        );
    }
    for change in data {
        let _ = writeln!(out, "\n{} holds data and is no longer mounted: it stays, and is yours.", change.identity);
    }
    out
}

fn back(plan: &Plan<'_>) -> String {
    let (name, namespace) = (plan.registry.name, plan.registry.namespace);
    format!(
        "As long as no other release was rendered over it, the operator of {} takes everything back. First stop what syncs the \
         directory, or the two undo each other's work. Pods restart once more. The config bundle's Secret is still there, and the keys \
         Secret has what the databases and Quay were made with.\n\n{}",
        plan.rendered.resolved.release.name,
        sh(&[
            vec![format!(
                "kubectl get quayregistry {name} -n {namespace} || kubectl create -f {}/quayregistry.yaml",
                plan.input()
            )],
            operator::start(plan),
        ]
        .concat())
    )
}
