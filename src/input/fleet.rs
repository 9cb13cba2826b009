//! Finds the registries below a directory.

use super::bounds::{Bounds, Known};
use super::shared::{Documents, Level};
use super::{BUNDLE_FOLDER, Inputs, Source, Unreadable, profile, read_in, real};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::file_set::LOCK;
use crate::yaml::{self, Dialect, Node, Origin};
use memchr::memmem;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;

/// The registries below a directory that does not contain a QuayRegistry itself.
pub struct Fleet {
    /// The directory as the user named it.
    pub root: String,
    /// The registries, sorted by name.
    pub members: Vec<Member>,
    /// Problems of the folders.
    pub problems: Diagnostics,
}

/// A folder with a registry.
pub struct Member {
    /// Its path relative to the fleet's directory, with `/` as separator.
    pub name: String,
    folder: PathBuf,
    /// The content of its folder and of the folders above it, from the fleet's on; or why it cannot be read.
    pub inputs: Result<Inputs, Unreadable>,
}

impl Fleet {
    /// Refuses registries whose folder names cannot be used for an output: `objection` says why.
    pub fn refuse_names(&mut self, objection: impl Fn(&str) -> Option<String>) {
        for member in &self.members {
            if let Some(message) = objection(&member.name) {
                let at = Location::file(member.folder.display().to_string());
                self.problems.push(Diagnostic::new(codes::FLEET_FOLDER, message).at(at).hint(RENAME));
            }
        }
        self.refuse_alike();
    }

    /// Refuses registries whose outputs would be the same directory on a file system that ignores case or Unicode
    /// normalization.
    fn refuse_alike(&mut self) {
        let folded = |name: &str| name.nfc().flat_map(char::to_lowercase).collect::<String>();
        let mut members: Vec<(String, &Member)> = self.members.iter().map(|it| (folded(&it.name), it)).collect();
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for (key, member) in &members {
            let mut fronts = key.match_indices('/').map(|(at, _)| at).chain([key.len()]).filter_map(|at| key.get(..at));
            // A registry inside another is refused for that reason already.
            let lies_in = |other: &str| member.name.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
            if let Some(other) = fronts.find_map(|front| first.get(front)).filter(|other| !lies_in(other)) {
                let message = format!("has the name of {other} but for the case of letters or how marks are written");
                let at = Location::file(member.folder.display().to_string());
                self.problems.push(Diagnostic::new(codes::FLEET_FOLDER, message).at(at).hint(RENAME));
            } else {
                first.insert(key, &member.name);
            }
        }
    }

    /// Keeps the registries that match one of the names, each that of a registry or of a folder with several.
    ///
    /// # Errors
    /// A name that matches nothing.
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

/// The registries below a directory. `None` if the input is a single registry, or has none: it is then for
/// [`read`](super::read). `output` is excluded, as there.
///
/// # Errors
/// If the system refuses to read something.
pub fn find(input: &str, output: Option<&Path>) -> Result<Option<Fleet>, Unreadable> {
    let root = Path::new(input);
    if input == "-" || !root.is_dir() {
        return Ok(None);
    }
    let within = real(root)?;
    let seen = Seen::of(root, &within)?;
    if seen.is_registry {
        return Ok(None);
    }
    let output = output.and_then(|path| fs::canonicalize(path).ok());
    let fleet = Fleet { root: input.to_owned(), members: Vec::new(), problems: Diagnostics::new() };
    let mut search = Search { root, within, output, fleet };
    search.visit(root, seen, &mut Vec::new(), None)?;
    let mut fleet = search.fleet;
    fleet.members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(fleet).filter(|fleet| !fleet.members.is_empty()))
}

/// How many folders above a registry are looked into.
const LEVELS: usize = 8;

/// The arguments that select a registry in the fleet around it, if there is one: in the outermost folder above it, within
/// the same Git repository, that has documents of ours and no QuayRegistry.
pub(super) fn around(registry: &Path) -> Option<String> {
    let real = real(registry).ok()?;
    let (mut found, mut shown) = (None, registry.to_owned());
    let mut folder = real.as_path();
    for _ in 0..LEVELS {
        if folder.join(".git").symlink_metadata().is_ok() {
            break;
        }
        let Some(parent) = folder.parent() else { break };
        (folder, shown) = (parent, above(&shown));
        match Seen::of(folder, folder) {
            Ok(seen) if seen.is_registry => break,
            Ok(seen) if seen.is_ours => found = Some((shown.clone(), folder)),
            // What cannot be read is no fleet.
            _ => {}
        }
    }
    let (shown, folder) = found?;
    let name = real.strip_prefix(folder).ok()?;
    Some(format!("{} --only {}", shown.display(), name.display()))
}

/// The folder above one, as the user would write it.
fn above(folder: &Path) -> PathBuf {
    match folder.components().next_back() {
        Some(Component::Normal(_)) => match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        },
        Some(Component::ParentDir) => folder.join(".."),
        _ => PathBuf::from(".."),
    }
}

struct Search<'a> {
    root: &'a Path,
    /// The path of the root without links.
    within: PathBuf,
    output: Option<PathBuf>,
    fleet: Fleet,
}

impl Search<'_> {
    /// Adds the registries in a folder and below it; `registry` is the one that contains the folder, `above` the levels
    /// of the folders above it.
    fn visit(
        &mut self,
        folder: &Path,
        mut seen: Seen,
        above: &mut Vec<Arc<Level>>,
        registry: Option<&str>,
    ) -> Result<(), Unreadable> {
        let name = folder.strip_prefix(self.root).unwrap_or(folder).display().to_string();
        let within = if seen.is_registry { Some(name.as_str()) } else { registry };
        let before = self.fleet.members.len();
        if !seen.is_registry {
            above.push(Arc::new(seen.documents.shared()));
        }
        self.fleet.problems.extend(seen.documents.overfull.clone());
        // Below an output there may be a QuayRegistry too: that which an operator reads.
        let paths = &seen.documents.listing.paths;
        let is_output = paths.iter().any(|path| path.file_name().is_some_and(|name| name == LOCK) && path.is_file());
        for path in paths.iter().filter(|_| !is_output) {
            self.enter(path, above, within)?;
        }
        if !seen.is_registry {
            above.pop();
        }
        if let Some(outer) = registry.filter(|_| seen.is_registry) {
            let message = format!("lies inside another registry, {outer}");
            self.refuse(folder, message, "move it beside that one: the outputs would lie in each other too");
        }
        // A folder with documents for quay-render, but no registry in it or below it, contains a mistake.
        let is_broken = seen.is_ours && registry.is_none() && self.fleet.members.len() == before;
        if folder != self.root && (seen.is_registry || is_broken) {
            let known = if seen.is_registry { seen.documents.known() } else { Known::default() };
            self.add(folder, name, known, above);
        }
        Ok(())
    }

    fn enter(&mut self, path: &Path, above: &mut Vec<Arc<Level>>, registry: Option<&str>) -> Result<(), Unreadable> {
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
        let seen = Seen::of(path, &self.within)?;
        self.visit(path, seen, above, registry)
    }

    fn add(&mut self, folder: &Path, name: String, known: Known, above: &[Arc<Level>]) {
        if folder.to_str().is_none() {
            self.refuse(folder, "has a name that is not UTF-8 text".to_owned(), RENAME);
        }
        let inputs = self.read(folder, &name, known, above);
        self.fleet.members.push(Member { name, folder: folder.to_owned(), inputs });
    }

    /// Reads a registry. Links to files shared by registries must stay inside the fleet.
    fn read(&self, folder: &Path, name: &str, known: Known, above: &[Arc<Level>]) -> Result<Inputs, Unreadable> {
        let mut bounds = Bounds::knowing(self.within.clone(), known);
        let mut inputs = Inputs { name: folder.display().to_string(), ..Inputs::default() };
        inputs.of_fleet = Some(format!("{} --only {name}", self.fleet.root));
        read_in(folder, &mut bounds, None, &mut inputs)?;
        inputs.above = above.iter().map(|level| level.add(&mut bounds, &mut inputs.problems)).collect();
        profile::read(&mut inputs, &mut bounds)?;
        bounds.tell(&mut inputs.problems);
        Ok(inputs)
    }

    fn refuse(&mut self, folder: &Path, message: String, hint: &str) {
        let at = Location::file(folder.display().to_string());
        self.fleet.problems.push(Diagnostic::new(codes::FLEET_FOLDER, message).at(at).hint(hint));
    }
}

const RENAME: &str = "rename it: the output gets the same name";

/// The content of a folder's files.
struct Seen {
    documents: Documents,
    /// Whether a file holds a QuayRegistry, or is unreadable and mentions one.
    is_registry: bool,
    /// Whether a file holds something for quay-render.
    is_ours: bool,
}

/// The group of quay-render's own documents.
const OWN_GROUP: &str = "quay-render.dev/";

impl Seen {
    fn of(folder: &Path, within: &Path) -> Result<Self, Unreadable> {
        let documents = Documents::read(folder, within)?;
        let is_bundle = |path: &PathBuf| path.file_name().is_some_and(|name| name == BUNDLE_FOLDER) && path.is_dir();
        let has_bundle = documents.listing.paths.iter().any(is_bundle);
        let (mut is_registry, mut is_ours) = (false, has_bundle);
        for (_, source) in &documents.sources {
            let speaks_of = |text: &str| memmem::find(&source.bytes, text.as_bytes()).is_some();
            // Files without documents of ours are ignored.
            if speaks_of("QuayRegistry") || speaks_of(OWN_GROUP) {
                let (registry, ours) = holds(source, speaks_of("QuayRegistry"));
                is_registry |= registry;
                is_ours |= ours;
            }
        }
        Ok(Self { documents, is_registry, is_ours })
    }
}

/// Whether a file holds a QuayRegistry, and any document of ours. An unreadable one counts as what it mentions.
fn holds(source: &Source, speaks_of_registry: bool) -> (bool, bool) {
    let mut problems = Diagnostics::new();
    let text = std::str::from_utf8(&source.bytes).ok();
    let origin = Origin { file: &source.name, within: None };
    let documents = text.map(|text| yaml::parse(text, &origin, Dialect::Kubernetes, &mut problems));
    let Some(documents) = documents.filter(|_| !problems.has_errors()) else { return (speaks_of_registry, true) };
    let is =
        |root: &Node, field: &str, test: fn(&str) -> bool| root.get(field).and_then(Node::as_str).is_some_and(test);
    let is_registry = |root: &Node| is(root, "kind", |kind| kind == "QuayRegistry");
    let is_ours = |root: &Node| is_registry(root) || is(root, "apiVersion", |api| api.starts_with(OWN_GROUP));
    let mut roots = documents.iter().map(|document| &document.root);
    (roots.clone().any(is_registry), roots.any(is_ours))
}

#[cfg(test)]
mod tests {
    use super::super::bounds::READS;
    use super::*;

    /// A fleet of `size` registries with shared settings, two folders below its root.
    fn fleet(folder: &Path, size: usize) {
        fs::write(folder.join("render-config.yaml"), "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\n")
            .unwrap();
        for number in 0..size {
            let bundle = folder.join(format!("team/registry-{number}/config-bundle"));
            fs::create_dir_all(&bundle).unwrap();
            fs::write(bundle.join("config.yaml"), "REGISTRY_TITLE: Registry\n").unwrap();
            let registry = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\n";
            fs::write(bundle.with_file_name("quayregistry.yaml"), registry).unwrap();
        }
    }

    #[test]
    fn every_file_and_folder_is_read_once_however_many_registries_there_are() {
        for size in [1, 10, 100] {
            let folder = tempfile::tempdir().unwrap();
            fleet(folder.path(), size);
            READS.set(0);
            let found = find(folder.path().to_str().unwrap(), None).unwrap().unwrap();
            // The settings and the two folders above, plus two folders and two files per registry.
            assert_eq!(READS.get(), 3 + 4 * size);
            assert_eq!(found.members.len(), size);
            let mut shared: Option<Arc<crate::input::Shared>> = None;
            for member in found.members {
                let inputs = member.inputs.unwrap();
                let settings = &inputs.above[0][0];
                let first = shared.get_or_insert_with(|| Arc::clone(settings));
                assert!(Arc::ptr_eq(first, settings), "what was parsed for one is there for all");
                assert_eq!(inputs.above.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0]);
                assert_eq!((inputs.sources.len(), inputs.bundle.unwrap().files.len()), (1, 1));
            }
        }
    }
}
