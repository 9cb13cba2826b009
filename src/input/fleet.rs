//! Finding the registries below a directory.

use super::bounds::Bounds;
use super::{BUNDLE_FOLDER, Inputs, Source, Unreadable, is_document, read_confined, read_in, real};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::yaml::{self, Dialect, Node, Origin};
use std::fs;
use std::path::{Path, PathBuf};

/// The registries below a directory that holds no QuayRegistry itself.
pub struct Fleet {
    /// The directory as the user named it.
    pub root: String,
    /// The registries in the order of their names.
    pub members: Vec<Member>,
    /// What is wrong with the folders.
    pub problems: Diagnostics,
}

/// A folder with a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path below the fleet's, with `/` between its parts.
    pub name: String,
    folder: PathBuf,
    /// The folders above it, from the fleet's own.
    above: Vec<PathBuf>,
}

impl Fleet {
    /// Reads one of its registries. What all of them may be linked to must be inside the fleet.
    ///
    /// # Errors
    /// When the system refuses to read it.
    pub fn read(&self, member: &Member) -> Result<Inputs, Unreadable> {
        let mut bounds = Bounds::new(real(Path::new(&self.root))?);
        let mut inputs = Inputs { name: member.folder.display().to_string(), ..Inputs::default() };
        inputs.of_fleet = Some(format!("{} --only {}", self.root, member.name));
        read_in(&member.folder, &mut bounds, None, &mut inputs)?;
        for folder in &member.above {
            let mut level = Inputs::default();
            read_documents(folder, &mut bounds, &mut level)?;
            inputs.problems.extend(level.problems);
            inputs.above.push(level.sources);
        }
        bounds.tell(&mut inputs.problems);
        Ok(inputs)
    }

    /// Refuses registries whose folders cannot have an output: `objection` says of a name why.
    pub fn refuse_names(&mut self, objection: impl Fn(&str) -> Option<String>) {
        for member in &self.members {
            if let Some(message) = objection(&member.name) {
                let at = Location::file(member.folder.display().to_string());
                self.problems.push(Diagnostic::new(codes::FLEET_FOLDER, message).at(at).hint(RENAME));
            }
        }
    }

    /// Leaves those that are meant by none of some names, each of a registry or of a folder with some.
    ///
    /// # Errors
    /// A name that means nothing.
    pub fn keep<'a>(&mut self, names: &'a [String]) -> Result<(), &'a str> {
        let means = |name: &str, member: &Member| {
            let rest = member.name.strip_prefix(name.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if let Some(name) = names.iter().find(|name| !self.members.iter().any(|member| means(name, member))) {
            return Err(name);
        }
        self.members.retain(|member| names.iter().any(|name| means(name, member)));
        Ok(())
    }
}

/// The registries below a directory. Nothing where the input is one registry by itself, or holds none: then it is for
/// [`read`](super::read). `output` is no part of it, as there.
///
/// # Errors
/// When the system refuses to read something.
pub fn find(input: &str, output: Option<&Path>) -> Result<Option<Fleet>, Unreadable> {
    let root = Path::new(input);
    if input == "-" || !root.is_dir() {
        return Ok(None);
    }
    let within = real(root)?;
    if look(root, &within)?.is_registry {
        return Ok(None);
    }
    let output = output.and_then(|path| fs::canonicalize(path).ok());
    let fleet = Fleet { root: input.to_owned(), members: Vec::new(), problems: Diagnostics::new() };
    let mut search = Search { root, within, output, fleet };
    search.visit(root, &mut Vec::new(), None)?;
    let mut fleet = search.fleet;
    fleet.members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(fleet).filter(|fleet| !fleet.members.is_empty()))
}

struct Search<'a> {
    root: &'a Path,
    /// The same without links.
    within: PathBuf,
    output: Option<PathBuf>,
    fleet: Fleet,
}

impl Search<'_> {
    /// Looks at a folder and all below it; `registry` is the one that it lies in.
    fn visit(&mut self, folder: &Path, above: &mut Vec<PathBuf>, registry: Option<&str>) -> Result<(), Unreadable> {
        let is_root = folder == self.root;
        let seen = look(folder, &self.within)?;
        let name = folder.strip_prefix(self.root).unwrap_or(folder).display().to_string();
        let within = if seen.is_registry { Some(name.as_str()) } else { registry };
        let before = self.fleet.members.len();
        if !seen.is_registry {
            above.push(folder.to_owned());
        }
        let mut bounds = Bounds::new(self.within.clone());
        for path in bounds.entries(folder)? {
            self.enter(&path, above, within)?;
        }
        bounds.tell(&mut self.fleet.problems);
        if !seen.is_registry {
            above.pop();
        }
        if let Some(outer) = registry.filter(|_| seen.is_registry) {
            let message = format!("lies inside another registry, {outer}");
            self.refuse(folder, message, "move it beside that one: the outputs would lie in each other too");
        }
        // A folder with something of a registry, and none in it or below it, is one with a mistake.
        let is_broken = seen.is_ours && registry.is_none() && self.fleet.members.len() == before;
        if !is_root && (seen.is_registry || is_broken) {
            self.add(folder, name, above.clone());
        }
        Ok(())
    }

    fn enter(&mut self, path: &Path, above: &mut Vec<PathBuf>, registry: Option<&str>) -> Result<(), Unreadable> {
        let is_bundle = path.file_name().is_some_and(|name| name == BUNDLE_FOLDER);
        if !path.is_dir() || is_bundle {
            return Ok(());
        }
        if path.is_symlink() {
            let note = Diagnostic::new(codes::INPUT_SKIPPED, "is a link to a folder, and is not searched");
            self.fleet.problems.push(note.at(Location::file(path.display().to_string())));
            return Ok(());
        }
        if self.output.is_some() && fs::canonicalize(path).ok() == self.output {
            return Ok(());
        }
        self.visit(path, above, registry)
    }

    fn add(&mut self, folder: &Path, name: String, above: Vec<PathBuf>) {
        if folder.to_str().is_none() {
            self.refuse(folder, "has a name that is no UTF-8 text".to_owned(), RENAME);
        }
        self.fleet.members.push(Member { name, folder: folder.to_owned(), above });
    }

    fn refuse(&mut self, folder: &Path, message: String, hint: &str) {
        let at = Location::file(folder.display().to_string());
        self.fleet.problems.push(Diagnostic::new(codes::FLEET_FOLDER, message).at(at).hint(hint));
    }
}

const RENAME: &str = "rename it: the output gets the same name";

/// What the files of a folder say.
#[derive(Default)]
struct Seen {
    /// One holds a QuayRegistry, or cannot be read and speaks of one.
    is_registry: bool,
    /// Something is for quay-render.
    is_ours: bool,
}

fn look(folder: &Path, within: &Path) -> Result<Seen, Unreadable> {
    // What leads out, or is no file, is told when it is compiled.
    let (mut seen, mut untold) = (Seen::default(), Diagnostics::new());
    let mut bounds = Bounds::new(within.to_owned());
    for path in bounds.entries(folder)? {
        if path.is_dir() {
            seen.is_ours |= path.file_name().is_some_and(|name| name == BUNDLE_FOLDER);
        } else if is_document(&path) {
            let Some(real) = bounds.confined(&path, &mut untold) else { continue };
            // A file that is no document of ours is none of our business; one that is will be read once more.
            let Some(source) = bounds.open(&path, &real, &mut untold)? else { continue };
            let says = |text: &str| source.bytes.windows(text.len()).any(|part| part == text.as_bytes());
            if says("QuayRegistry") || says(OWN_GROUP) {
                seen.add(&source, says("QuayRegistry"));
            }
        }
    }
    Ok(seen)
}

/// The group of quay-render's own documents.
const OWN_GROUP: &str = "quay-render.dev/";

impl Seen {
    /// Looks into a file. One that cannot be read is what it speaks of.
    fn add(&mut self, source: &Source, speaks_of_registry: bool) {
        let mut problems = Diagnostics::new();
        let text = std::str::from_utf8(&source.bytes).ok();
        let origin = Origin { file: &source.name, within: None };
        let documents = text.map(|text| yaml::parse(text, &origin, Dialect::Kubernetes, &mut problems));
        let Some(documents) = documents.filter(|_| !problems.has_errors()) else {
            self.is_registry |= speaks_of_registry;
            self.is_ours = true;
            return;
        };
        let text = |root: &Node, field: &str| root.get(field).and_then(Node::as_str).unwrap_or_default().to_owned();
        for document in &documents {
            let is_registry = text(&document.root, "kind") == "QuayRegistry";
            self.is_registry |= is_registry;
            self.is_ours |= is_registry || text(&document.root, "apiVersion").starts_with(OWN_GROUP);
        }
    }
}

/// Reads the documents at the top of a folder.
fn read_documents(folder: &Path, bounds: &mut Bounds, inputs: &mut Inputs) -> Result<(), Unreadable> {
    for path in bounds.entries(folder)? {
        if is_document(&path) && !path.is_dir() {
            read_confined(&path, bounds, inputs)?;
        }
    }
    Ok(())
}
