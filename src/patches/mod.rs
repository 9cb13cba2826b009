//! `spec.patches` of the RenderConfig, applied to the rendered objects last: for changes that no setting covers.
//!
//! A patch that matches no object, that cannot be applied, or that breaks what the compiler relies on is an error.

mod guard;
mod json;

use crate::catalog::Release;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::kubernetes::fit::misfit;
use crate::kubernetes::strategic::{self, spec_of};
use crate::model::patches::{Change, Patch};
use crate::object::Object;
use crate::object::labels::PATCHES;
use crate::quote::{self, nearest};
use guard::Guard;

/// Applies all patches to the objects of a registry. Each changed object names its patches in an annotation.
pub fn apply(
    objects: &mut [Object],
    release: &Release,
    registry: &str,
    patches: &[Patch],
    diagnostics: &mut Diagnostics,
) {
    if patches.is_empty() {
        return;
    }
    let before = objects.to_vec();
    let mut changed: Vec<Vec<&str>> = vec![Vec::new(); objects.len()];
    for patch in patches {
        let mut is_for_any = false;
        for (object, changed) in objects.iter_mut().zip(&mut changed) {
            if !patch.target.is_meant(object) {
                continue;
            }
            is_for_any = true;
            let now = match &patch.change {
                Change::Merge(merge) => Ok(strategic::patch(&object.value, &merge.value)),
                Change::Json(operations) => json::patched(&object.value, operations),
            };
            match now {
                Ok(now) if now == object.value => {}
                Ok(now) => {
                    object.value = now;
                    changed.push(&patch.field);
                }
                Err((at, reason)) => diagnostics.push(refused(patch, object, codes::PATCH_FAILED, &at, &reason)),
            }
        }
        if !is_for_any {
            diagnostics.push(unmatched(patch, &before));
        }
    }
    for ((object, was), fields) in objects.iter_mut().zip(&before).zip(changed).filter(|((now, was), _)| now != was) {
        review(object, was, release, registry, patches, &fields, diagnostics);
        if let Some(annotations) = object.map_mut(&["metadata", "annotations"]) {
            annotations.insert(PATCHES, fields.join(","));
        }
    }
}

/// Checks an object after all patches.
fn review(
    object: &Object,
    was: &Object,
    release: &Release,
    registry: &str,
    patches: &[Patch],
    fields: &[&str],
    diagnostics: &mut Diagnostics,
) {
    let own: Vec<&Patch> = patches.iter().filter(|patch| fields.contains(&patch.field.as_str())).collect();
    let mut refuse = |code: Code, path: &str, message: &str, hint: Option<&str>| {
        // Of the patches that set most of the path, the last one.
        let nearest = own.iter().filter_map(|patch| Some((patch, patch.change.nearest(path)?)));
        let Some((patch, (_, at))) = nearest.max_by_key(|(_, (keys, _))| *keys) else { return };
        let problem = refused(patch, was, code, at, &format!("{path} {message}"));
        diagnostics.push(hint.into_iter().fold(problem, Diagnostic::hint));
    };
    let undone = Guard::new(was, release, registry).undone(&object.value);
    let is_sound = undone.is_empty();
    for (path, message, hint) in undone {
        refuse(codes::PATCH_CONFLICT, &path, message, Some(hint));
    }
    let kind = spec_of(object.kind()).filter(|_| is_sound && object.kind() != "HorizontalPodAutoscaler");
    let found = object.value.at(&["spec"]).zip(kind).and_then(|(spec, kind)| misfit(spec, kind, "spec"));
    if let Some((path, message)) = found {
        refuse(codes::PATCH_FAILED, &path, &message, None);
    }
}

fn refused(patch: &Patch, object: &Object, code: Code, at: &Location, message: &str) -> Diagnostic {
    let message = format!("{} {}: {message}", object.kind(), object.base_name);
    Diagnostic::new(code, message).at(at.clone()).field(format!("{}.patch", patch.field))
}

/// A patch that matches no object, with the nearest name that exists.
fn unmatched(patch: &Patch, objects: &[Object]) -> Diagnostic {
    let target = &patch.target;
    let of_kind = |object: &&Object| target.kind.as_deref().is_none_or(|kind| kind == object.kind());
    let kinds: Vec<&str> = objects.iter().map(Object::kind).collect();
    let names: Vec<&str> = objects.iter().filter(of_kind).map(|object| object.base_name.as_str()).collect();
    let hint = match (&target.kind, &target.name) {
        (Some(kind), _) if !kinds.contains(&kind.as_str()) => match nearest(kind, &kinds) {
            Some(near) => format!("the nearest kind is {near}"),
            None => "no object of that kind is rendered".to_owned(),
        },
        (_, Some(name)) => match nearest(name, &names) {
            Some(near) => format!("the nearest name is {near}"),
            None => format!("names here begin with the registry's: {}", some(&names)),
        },
        _ => format!("objects here are {}", some(&names)),
    };
    let problem = Diagnostic::new(codes::PATCH_TARGET, "is for no object").at(target.at.clone());
    problem.field(format!("{}.target", patch.field)).hint(hint)
}

fn some(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().copied().take(5).collect();
    if names.len() > shown.len() { format!("{}, …", shown.join(", ")) } else { quote::listed(&shown) }
}
