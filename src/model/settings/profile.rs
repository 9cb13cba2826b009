//! `spec.profile` of the RenderConfig: settings shared by several registries, either the program's own or in a file.

use super::{Layer, Setter};
use crate::catalog::Release;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::{Profile, Source};
use crate::model::document::Document;
use crate::model::fields::Fields;
use crate::model::intake;
use crate::model::layers::Files;
use crate::model::{API_VERSION, placeholder};
use crate::yaml::{self, Dialect, Origin};

/// Reads the settings of a profile: one of the program's by its name, or that in the named file.
pub(super) fn read(
    spec: &Fields<'_>,
    release: &Release,
    version: (u32, u32),
    profiles: &[Profile],
    diagnostics: &mut Diagnostics,
) -> Layer {
    let Some(given) = spec.valid_text("profile", diagnostics) else { return Layer::default() };
    let own = release.files.get(&format!("profiles/{}.yaml", given.value));
    if let Some(text) = own {
        return of_program(&given.value, text, release, version);
    }
    let is_it = |profile: &&Profile| profile.of == given.at.file && profile.path == given.value;
    let Some(profile) = profiles.iter().find(is_it) else {
        let message = "names a file, and only an input on the disk has files";
        let hint = "write small, standard or large; or what the profile says into this RenderConfig";
        spec.refuse(codes::INPUT_FILE, "profile", message.to_owned(), hint, diagnostics);
        return Layer::default();
    };
    diagnostics.extend(profile.problems.clone());
    let document = profile.source.as_ref().and_then(|source| self::document(source, diagnostics));
    let layer = document.and_then(|document| layer(&document, release, version, Setter::User, diagnostics));
    layer.unwrap_or_default()
}

/// The RenderConfig in a file; reports a problem if the file holds another document, or several.
fn document(source: &Source, diagnostics: &mut Diagnostics) -> Option<Document> {
    let text = match source.text() {
        Ok(text) => text,
        Err(problem) => {
            diagnostics.push(problem);
            return None;
        }
    };
    let mut problems = Diagnostics::new();
    let origin = Origin { file: &source.name, within: None };
    let mut documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut problems);
    let is_broken = problems.has_errors();
    diagnostics.extend(problems);
    let document =
        documents.pop().map(|document| Document { files: Files::one(&source.name, text), root: document.root });
    let is_config = |it: &Document| (it.api(), it.kind()) == (API_VERSION, "RenderConfig") && !it.is_encrypted();
    match document.filter(|it| documents.is_empty() && !is_broken && is_config(it)) {
        Some(mut document) => {
            placeholder::refuse(&document.root, &|pos| document.files.location(pos), diagnostics);
            intake::screen(&mut document, diagnostics);
            Some(document)
        }
        None if is_broken => None,
        None => {
            let message = "a profile is one RenderConfig, and this is not";
            let problem = Diagnostic::new(codes::INPUT_DOCUMENT, message).at(Location::file(&source.name));
            let hint = format!("apiVersion: {API_VERSION}\nkind: RenderConfig\nspec:\n  components: …");
            diagnostics.push(problem.hint(hint));
            None
        }
    }
}

/// The settings of one of the program's profiles, as far as the release has them.
fn of_program(name: &str, text: &str, release: &Release, version: (u32, u32)) -> Layer {
    let name = format!("profile {name}");
    let origin = Origin { file: &name, within: None };
    // A setting that the release lacks is no mistake of the user.
    let mut unheard = Diagnostics::new();
    let root = yaml::parse_one(text, &origin, Dialect::Kubernetes, &mut unheard);
    let document = root.map(|root| Document { files: Files::one(&name, text), root });
    let read = |document: Document| layer(&document, release, version, Setter::Program, &mut unheard);
    let mut layer = document.and_then(read).unwrap_or_default();
    for given in layer.given_mut() {
        given.at = Location::file(&*name);
        given.places.clear();
    }
    layer
}

/// The settings of a document in the form of a RenderConfig.
fn layer(
    document: &Document,
    release: &Release,
    version: (u32, u32),
    setter: Setter,
    diagnostics: &mut Diagnostics,
) -> Option<Layer> {
    let root = Fields::root(document, "RenderConfig", diagnostics)?;
    let spec = root.open_map("spec", diagnostics)?;
    for entry in spec.entries().iter().filter(|entry| !["pods", "components"].contains(&entry.key.as_str())) {
        let message = "a profile says pods and components, and nothing else";
        let at = spec.location(entry.key_pos);
        let problem = Diagnostic::new(codes::FIELD_UNKNOWN, message).at(at).field("spec");
        diagnostics.push(problem.hint("move it into the RenderConfig that names the profile"));
    }
    Some(Layer::read(&spec, release, version, setter, diagnostics))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::model::formats::PROFILES;

    #[test]
    fn every_profile_of_the_program_is_read() {
        for release in Catalog::every() {
            let names: Vec<&str> = release.files.folder("profiles").map(|(path, _)| path).collect();
            let known: Vec<String> = PROFILES.iter().map(|name| format!("profiles/{name}.yaml")).collect();
            assert_eq!(names.len(), known.len());
            assert!(known.iter().all(|name| names.contains(&name.as_str())), "{names:?}");
            for name in PROFILES {
                let text = release.files.get(&format!("profiles/{name}.yaml")).unwrap();
                let layer = of_program(name, text, release, (1, 33));
                assert_eq!(layer.components.is_empty(), *name == "standard", "{} {name}", release.name);
                assert!(layer.components.iter().all(|component| !component.given.is_empty()), "{}", release.name);
            }
        }
    }

    /// A setting that one release lacks must exist in another.
    #[test]
    fn nothing_in_a_profile_is_of_no_release() {
        for name in PROFILES {
            let mut problems: Option<Vec<String>> = None;
            for release in Catalog::every() {
                let text = release.files.get(&format!("profiles/{name}.yaml")).unwrap();
                let mut found = Diagnostics::new();
                let root = yaml::parse_one(text, &Origin { file: "", within: None }, Dialect::Kubernetes, &mut found);
                let document = Document { files: Files::one("", text), root: root.unwrap() };
                layer(&document, release, (1, 33), Setter::Program, &mut found);
                let said: Vec<String> = found.iter().map(ToString::to_string).collect();
                problems = Some(match problems {
                    Some(known) => known.into_iter().filter(|problem| said.contains(problem)).collect(),
                    None => said,
                });
            }
            assert_eq!(problems, Some(Vec::new()), "{name}");
        }
    }
}
