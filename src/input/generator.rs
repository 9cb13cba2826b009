//! The Secrets that a kustomization in the input generates: the config bundle may exist only in its `secretGenerator`.

use super::bounds::Bounds;
use super::{Folder, Source, Unreadable};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::yaml::{self, Dialect, Node, Origin};
use std::collections::BTreeMap;
use std::path::Path;

/// The file names of a kustomization that are supported.
const FILES: [&str; 2] = ["kustomization.yaml", "kustomization.yml"];

/// Whether a file is a kustomization, which may lack apiVersion and kind.
#[must_use]
pub fn is_kustomization(file: impl AsRef<Path>) -> bool {
    file.as_ref().file_name().is_some_and(|name| FILES.iter().any(|known| name == *known))
}

/// A Secret that a `secretGenerator` generates.
pub struct Generated {
    /// Its name, without the suffix that kustomize adds.
    pub name: String,
    /// Where the generator is.
    pub at: Location,
    /// The keys of the Secret, each as a file.
    pub folder: Folder,
    /// Problems of the generator, which only matter if the Secret is needed.
    pub problems: Diagnostics,
}

/// Reads the Secrets that a file generates, if it is a kustomization. The files that it names must be below `root`.
pub(super) fn read(source: &Source, root: &Path, bounds: &mut Bounds) -> Result<Vec<Generated>, Unreadable> {
    let Some(text) = std::str::from_utf8(&source.bytes).ok().filter(|_| is_kustomization(&source.name)) else {
        return Ok(Vec::new());
    };
    let origin = Origin { file: &source.name, within: None };
    // Problems of the file itself are reported where documents are read.
    let Some(document) = yaml::parse_one(text, &origin, Dialect::Kubernetes, &mut Diagnostics::new()) else {
        return Ok(Vec::new());
    };
    let generators = document.get("secretGenerator").and_then(Node::as_seq).unwrap_or_default();
    let mut found = Vec::new();
    for generator in generators {
        let Some(name) = generator.get("name").and_then(Node::as_str) else { continue };
        let mut reader = Reader { origin: &origin, root, bounds, files: BTreeMap::new(), problems: Diagnostics::new() };
        reader.generator(generator)?;
        found.push(Generated {
            name: name.to_owned(),
            at: origin.location(generator.pos),
            folder: Folder { name: source.name.clone(), files: reader.files.into_iter().collect() },
            problems: reader.problems,
        });
    }
    Ok(found)
}

struct Reader<'a> {
    origin: &'a Origin<'a>,
    root: &'a Path,
    bounds: &'a mut Bounds,
    files: BTreeMap<String, Source>,
    problems: Diagnostics,
}

impl Reader<'_> {
    fn generator(&mut self, generator: &Node) -> Result<(), Unreadable> {
        for (entry, text) in texts(generator, "files") {
            let (key, path) = match text.split_once('=') {
                Some((key, path)) => (key, path),
                None => (text.rsplit('/').next().unwrap_or(text), text),
            };
            if let Some(source) = self.file(entry, path)? {
                self.add(key, source);
            }
        }
        for (entry, text) in texts(generator, "literals") {
            match text.split_once('=') {
                Some((key, value)) => {
                    // Like kustomize, strips one pair of quotes around the value.
                    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
                    let bytes = quoted.unwrap_or(value).as_bytes().to_vec();
                    self.add(key, Source { name: self.origin.file.to_owned(), bytes });
                }
                None => self.refuse(entry, "is not a KEY=VALUE"),
            }
        }
        let one = generator.get("env").and_then(|node| Some((node, node.as_str()?)));
        for (entry, path) in texts(generator, "envs").into_iter().chain(one) {
            let Some(source) = self.file(entry, path)? else { continue };
            let text = String::from_utf8_lossy(&source.bytes).into_owned();
            for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
                match line.split_once('=') {
                    Some((key, value)) => {
                        self.add(key, Source { name: source.name.clone(), bytes: value.as_bytes().to_vec() });
                    }
                    None => self.refuse(entry, "names a file with a line that is not a KEY=VALUE"),
                }
            }
        }
        Ok(())
    }

    /// A later one wins, as in a Secret's data.
    fn add(&mut self, key: &str, source: Source) {
        if self.bounds.count(&source.name) {
            self.files.insert(key.to_owned(), source);
        }
    }

    fn file(&mut self, entry: &Node, path: &str) -> Result<Option<Source>, Unreadable> {
        let path = self.root.join(path);
        if path.symlink_metadata().is_err() {
            self.refuse(entry, "names a file that is not there");
            return Ok(None);
        }
        match self.bounds.confined(&path, &mut self.problems) {
            Some(real) => self.bounds.open(&path, &real, &mut self.problems),
            None => Ok(None),
        }
    }

    fn refuse(&mut self, entry: &Node, message: &str) {
        let hint = "kustomize would not build it either; a secret file may be left out of both: spec.secrets.files in the RenderConfig";
        let problem = Diagnostic::new(codes::INPUT_FILE, message).at(self.origin.location(entry.pos));
        self.problems.push(problem.field("secretGenerator").hint(hint));
    }
}

/// The texts of a list, with their nodes.
fn texts<'a>(map: &'a Node, field: &str) -> Vec<(&'a Node, &'a str)> {
    let items = map.get(field).and_then(Node::as_seq).unwrap_or_default();
    items.iter().filter_map(|item| Some((item, item.as_str()?))).collect()
}
