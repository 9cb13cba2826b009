//! Checks that what components declare settable can be set.

use super::{Broken, Component, Files};
use crate::kubernetes::settings;

/// Checks that every object with settings has a template, in the release or in `all`, and that every setting exists.
pub(super) fn check(components: &[Component], files: &Files, all: &Files) -> Result<(), Broken> {
    let mut names = Vec::new();
    for component in components {
        for (name, targets) in &component.settings {
            let wrong = |reason: String| Err(Broken::new(&component.file(), format!("settings.{name}: {reason}")));
            if names.contains(&name) {
                return wrong("another component has the same name".to_owned());
            }
            names.push(name);
            for (kind, object) in targets.objects() {
                let name = if object.is_empty() { String::new() } else { format!("-{object}") };
                let file = format!("/{}{name}.yaml", kind.to_lowercase());
                if !files.iter().chain(all.iter()).any(|(path, _)| path.ends_with(&file)) {
                    return wrong(format!("no template is called {}", file.trim_start_matches('/')));
                }
            }
            if let Some(unknown) = targets.without.iter().find(|name| settings::find(name).is_none()) {
                return wrong(format!("no setting is called {unknown}"));
            }
        }
    }
    Ok(())
}
