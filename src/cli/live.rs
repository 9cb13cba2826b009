//! `quay-render show status --live`: the state of a registry, by exported objects.

use super::{Fatal, adopt, only_errors, report};
use crate::Rendered;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::drift::Drift;
use crate::live::registry::Registry;
use crate::live::status::Status;
use crate::object::{Map, Value};

/// Adds what the objects of some files say to the rows of a status; `paused` is the condition of a paused registry. Also
/// returns whether nothing differs and everything is ready. Nothing if the files are refused, which has been reported.
pub(super) fn status(
    files: &[String],
    rendered: &Rendered,
    mut rows: Map,
    paused: Option<Value>,
) -> Result<Option<(Value, bool)>, Fatal> {
    let mut problems = Diagnostics::new();
    let export = adopt::exported(files, &mut problems)?;
    let resolved = &rendered.resolved;
    let registry = Registry::of(&export, &resolved.namespace, &resolved.name);
    if !problems.has_errors() && registry.objects().next().is_none() {
        let (namespace, name) = (&resolved.namespace, &resolved.name);
        let message = format!("the export holds no object of {namespace}/{name}");
        let kinds = "deployments,services,configmaps,secrets,persistentvolumeclaims,jobs";
        let hint = format!("export them: kubectl get {kinds} -n {namespace} -o yaml > FILE");
        problems.push(Diagnostic::new(codes::ADOPT_MISSING, message).hint(hint));
    }
    if problems.has_errors() {
        problems.sort();
        report(&only_errors(&problems), None);
        return Ok(None);
    }
    let drift = Drift::of(&registry, &rendered.objects, &resolved.release)?;
    let state = Status::of(&registry, rendered);
    let conditions = state.conditions(rendered, &drift).into_iter();
    let conditions = conditions.filter(|it| paused.is_none() || it.str_at(&["type"]) != "Available");
    rows.insert("conditions", Value::Seq(conditions.chain(paused.clone()).collect()));
    rows.insert("live", state.value(&drift));
    Ok(Some((rows.into(), drift.comparison.is_same() && state.is_well())))
}
