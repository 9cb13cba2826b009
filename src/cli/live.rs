//! `quay-render show status --live` and `show upgrade --live`: the state of a registry, by exported objects.

use super::{Fatal, adopt, only_errors, report};
use crate::Rendered;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::drift::Drift;
use crate::live::export::{Export, Live};
use crate::live::plan::export_command;
use crate::live::registry::Registry;
use crate::live::status::Status;
use crate::live::upgrade::Standing;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Map, Object, Value};
use std::collections::BTreeSet;

/// Adds what the objects of some files say to the rows of a status; `paused` is the condition of a paused registry. Also
/// returns whether nothing differs and everything is ready. Nothing if the files are refused, which has been reported.
pub(super) fn status(
    files: &[String],
    rendered: &Rendered,
    mut rows: Map,
    paused: Option<Value>,
) -> Result<Option<(Value, bool)>, Fatal> {
    let Some(export) = exported(files, rendered, false)? else { return Ok(None) };
    let resolved = &rendered.resolved;
    let registry = Registry::of(&export, &resolved.namespace, &resolved.name);
    let drift = Drift::of(&registry, &rendered.objects, &resolved.release)?;
    let state = Status::of(&registry, rendered);
    let conditions = state.conditions(rendered, &drift).into_iter();
    let conditions = conditions.filter(|it| paused.is_none() || it.str_at(&["type"]) != "Available");
    rows.insert("conditions", Value::Seq(conditions.chain(paused.clone()).collect()));
    rows.insert("live", state.value(&drift));
    Ok(Some((rows.into(), drift.comparison.is_same() && state.is_well())))
}

/// Where the upgrade of a registry stands, by the objects of some files, and whether it is done; `input` is how the user calls the
/// registry. Nothing if the files are refused, which has been reported.
pub(super) fn upgrade(files: &[String], rendered: &Rendered, input: &str) -> Result<Option<(Value, bool)>, Fatal> {
    let Some(export) = exported(files, rendered, true)? else { return Ok(None) };
    let standing = Standing::of(&export, rendered);
    Ok(Some((standing.value(input).into(), standing.is_done())))
}

const NAMESPACE: &[&str] = &["metadata", "namespace"];

/// The command that exports what an upgrade is seen by.
pub(super) const PODS: &str = "kubectl get deployments,jobs,pods";

/// The objects of some files, at least one of them the registry's.
fn exported(files: &[String], rendered: &Rendered, reads_pods: bool) -> Result<Option<Export>, Fatal> {
    let mut problems = Diagnostics::new();
    let export = adopt::exported(files, &mut problems)?;
    let (namespace, name) = (&rendered.resolved.namespace, &rendered.resolved.name);
    // Pods are no objects of a registry's own, and say something of it all the same.
    let is_pod_of_it =
        |pod: &Live| pod.namespace() == namespace && pod.value.str_at(&["metadata", "labels", REGISTRY_LABEL]) == name;
    let is_empty = Registry::of(&export, namespace, name).objects().next().is_none();
    if !problems.has_errors() && is_empty && !export.of_kind("Pod").any(is_pod_of_it) {
        let message = format!("the export holds no object of {namespace}/{name}");
        let hint = if reads_pods {
            format!("export them: {PODS} -n {namespace} -o yaml > live.yaml")
        } else {
            let kinds: BTreeSet<&str> = rendered.objects.iter().map(Object::kind).collect();
            let is_far = |object: &&Object| object.kind() == "ConfigMap" && object.value.str_at(NAMESPACE) != namespace;
            let boards = rendered.objects.iter().filter(is_far).map(|board| {
                let (name, of) = (board.name(), board.value.str_at(NAMESPACE));
                format!("; and kubectl get configmap {name} -n {of} -o yaml > dashboard.yaml")
            });
            let boards: String = boards.collect();
            format!("export them: {} > live.yaml{boards}", export_command(name, namespace, &kinds))
        };
        problems.push(Diagnostic::new(codes::ADOPT_MISSING, message).hint(hint));
    }
    if problems.has_errors() {
        problems.sort();
        report(&only_errors(&problems), None);
        return Ok(None);
    }
    Ok(Some(export))
}
