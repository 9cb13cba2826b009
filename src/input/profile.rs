//! Reads the files that RenderConfigs name as `spec.profile`.

use super::bounds::Bounds;
use super::{Inputs, Source, Unreadable};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::yaml::{self, Dialect, Node, Origin};
use memchr::memmem;
use std::fs;
use std::path::Path;

/// The endings of their names: they are read only where they are named.
const ENDS: [&str; 2] = [".profile.yaml", ".profile.yml"];

/// Whether a path has the name of a profile.
#[must_use]
pub fn is_profile(path: &str) -> bool {
    ENDS.iter().any(|end| path.ends_with(end))
}

/// A file that a RenderConfig names as its profile.
pub struct Profile {
    /// The file with that RenderConfig.
    pub of: String,
    /// The path of the profile, relative to the folder of that file.
    pub path: String,
    /// Its content; `None` if it cannot be read.
    pub source: Option<Source>,
    /// Problems of the profile, which do not matter if another RenderConfig overrides this one.
    pub problems: Diagnostics,
}

/// Reads the profiles named by the RenderConfigs of an input, its own and those of the folders above.
pub(super) fn read(inputs: &mut Inputs, bounds: &mut Bounds) -> Result<(), Unreadable> {
    let above = inputs.above.iter().flatten().map(|shared| &shared.source);
    let named: Vec<(String, String, Location)> = above.chain(&inputs.sources).flat_map(named).collect();
    for (of, path, at) in named {
        let mut problems = Diagnostics::new();
        let file = Path::new(&of).parent().unwrap_or(Path::new("")).join(&path);
        let source = match fs::canonicalize(&file) {
            Err(_) => {
                refuse(&at, "names a file that is not there", &mut problems);
                None
            }
            Ok(real) if !bounds.holds(&real) => {
                refuse(&at, "leads out of the input", &mut problems);
                None
            }
            Ok(real) => bounds.open(&file, &real, &mut problems)?,
        };
        inputs.profiles.push(Profile { of, path, source, problems });
    }
    Ok(())
}

fn refuse(at: &Location, message: &str, problems: &mut Diagnostics) {
    let problem = Diagnostic::new(codes::INPUT_FILE, message).at(at.clone()).field("spec.profile");
    problems.push(problem.hint("a path from the folder of this file, inside the directory that is built"));
}

/// The profiles that the documents of a file name: the file, and each path with its location.
fn named(source: &Source) -> Vec<(String, String, Location)> {
    let text = std::str::from_utf8(&source.bytes).ok();
    // Most files need not be parsed for this.
    let Some(text) = text.filter(|_| memmem::find(&source.bytes, b".profile.y").is_some()) else { return Vec::new() };
    let origin = Origin { file: &source.name, within: None };
    let documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut Diagnostics::new());
    let of = |root: &Node| {
        let node = root.get("spec")?.get("profile")?;
        let path = node.as_str().filter(|path| is_profile(path) && !path.starts_with('/'))?;
        let is_config = root.get("kind").and_then(Node::as_str) == Some("RenderConfig");
        is_config.then(|| (source.name.clone(), path.to_owned(), origin.location(node.pos)))
    };
    documents.iter().filter_map(|document| of(&document.root)).collect()
}
