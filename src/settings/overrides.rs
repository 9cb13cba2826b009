//! Applies a QuayRegistry's overrides of its components, as the operator of its release does: they replace what is
//! there.

use super::lay;
use super::{Laid, autoscaler};
use crate::catalog::{Release, Targets};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::kubernetes::settings::{Place, Role};
use crate::kubernetes::size;
use crate::model::registry::Component;
use crate::model::settings::{Given, Override};
use crate::object::labels::SELECTORS;
use crate::object::{Map, Object, Value};

/// Settings that replace the old value as a whole, without merging.
const WHOLE: &[&str] = &["affinity", "resources", "securityContext"];

/// Applies all overrides of the components of a registry of that name. With `is_paused` the application stays at no pods in any case.
pub fn apply(
    objects: &mut Vec<Object>,
    release: &Release,
    name: &str,
    components: &[Component],
    is_paused: bool,
    diagnostics: &mut Diagnostics,
) {
    for component in components {
        let Some(overrides) = &component.overrides else { continue };
        for idle in &overrides.idle {
            let problem = Diagnostic::new(codes::OVERRIDE_IDLE, idle.why.clone()).at(idle.at.clone());
            diagnostics.push(problem.field(&idle.field).hint(&idle.hint));
        }
        for Override { on, given } in &overrides.given {
            if is_paused && given.setting.name == "replicas" {
                continue;
            }
            for (_, targets, _) in release.settings().filter(|(known, ..)| on.iter().any(|on| on == known)) {
                Overlay { objects, registry: name, targets, component, given, diagnostics }.lay();
            }
        }
    }
}

struct Overlay<'a> {
    objects: &'a mut Vec<Object>,
    registry: &'a str,
    targets: &'a Targets,
    component: &'a Component,
    given: &'a Given,
    diagnostics: &'a mut Diagnostics,
}

impl Overlay<'_> {
    fn lay(&mut self) {
        let name = self.given.setting.name.rsplit('.').next().unwrap_or_default();
        match name {
            "replicas" if autoscaler(self.objects, self.registry, self.targets).is_some() => return self.autoscaled(),
            "volumeSize" if self.is_smaller() => return,
            _ => {}
        }
        let kept = self.without_reserved(name);
        let given = kept.as_ref().unwrap_or(self.given);
        let nothing = given.with(Value::Null);
        let all = if WHOLE.contains(&name) { vec![&nothing, given] } else { vec![given] };
        let component = self.component.kind.as_str();
        let laid = Laid { component, setting: given.setting, value: given.value.clone(), given: all };
        lay::setting(self.objects, self.registry, self.targets, &laid);
    }

    fn say(&mut self, code: Code, message: String, hint: &str) {
        let problem = Diagnostic::new(code, message).at(self.given.at.clone()).field(&self.given.field);
        self.diagnostics.push(problem.hint(hint));
    }

    /// With an autoscaler the operator accepts 0 only, and ignores it.
    fn autoscaled(&mut self) {
        if self.given.value == Value::Int("0".to_owned()) {
            let message = "has no effect: the autoscaler says how many pods there are";
            self.say(codes::OVERRIDE_IDLE, message.to_owned(), "list horizontalpodautoscaler with managed: false");
        } else {
            let message = format!("the autoscaler says how many pods of {} there are", self.component.kind);
            self.say(
                codes::OVERRIDE_UNSUPPORTED,
                message,
                "list horizontalpodautoscaler with managed: false, or take it out",
            );
        }
    }

    /// Whether a claim would shrink, which is impossible.
    fn is_smaller(&mut self) -> bool {
        let is_claim = |place: &Place| place.on == [Role::Claim];
        let Some(place) = self.given.setting.places.first().filter(|place| is_claim(place)) else { return false };
        let wanted = size(&self.given.value);
        let maps = super::targets::maps(self.objects, self.registry, self.targets, place);
        let least = maps.iter().find_map(|(_, map)| size(map.at(&place.at)?));
        let is_smaller = wanted.zip(least).is_some_and(|(wanted, least)| wanted < least);
        if is_smaller {
            let message = "is smaller than the volume that the operator makes, and no volume can shrink";
            self.say(codes::OVERRIDE_UNSUPPORTED, message.to_owned(), "volumeSize: 50Gi, or more");
        }
        is_smaller
    }

    /// The labels that may be applied; nothing if all may.
    fn without_reserved(&mut self, name: &str) -> Option<Given> {
        if name != "labels" {
            return None;
        }
        let labels = self.given.value.as_map()?;
        let reserved: Vec<&str> = labels.iter().map(|(key, _)| key).filter(|key| SELECTORS.contains(key)).collect();
        if reserved.is_empty() {
            return None;
        }
        let kept: Map = labels
            .iter()
            .filter(|(key, _)| !SELECTORS.contains(key))
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect();
        let message = format!("selectors go by {}, so the operator does nothing with it", reserved.join(", "));
        self.say(codes::OVERRIDE_IDLE, message, "take it out");
        Some(self.given.with(kept.into()))
    }
}
