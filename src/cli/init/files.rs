//! The files that are written: all of them, or none.

use super::facts::{Facts, Placeholder};
use super::place::Place;
use crate::catalog::{Broken, Release};
use crate::check;
use crate::cli::Fatal;
use crate::diagnostic::{Diagnostics, Severity, codes};
use crate::input::{Folder, Inputs, Source};
use crate::model::{self, placeholder};
use crate::output::{self, Failure, File, FileSet};
use crate::schemas::comments;
use crate::template;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub const NEXT_STEPS: &str = "NEXT-STEPS.md";
/// The file of the config bundle, and its folder.
const CONFIG: &str = "config-bundle/config.yaml";
const BUNDLE_FOLDER: &str = "config-bundle";

/// What a controller is told of a registry, by where it is below `components/init`.
const CONTROLLED: &[(&str, &str)] = &[("argocd", "argocd/application.yaml"), ("flux", "flux/registry.yaml")];

/// The files of the input's folder, each by its path in it.
pub struct Files(Vec<(String, String)>);

impl Files {
    /// Those of one registry.
    pub fn of_registry(facts: &Facts, release: &Release) -> Result<Self, Broken> {
        let mut files = Self(Vec::new());
        files.add_own("", facts, release)?;
        files.add_shared(facts, release)?;
        files.add_controlled(facts, release, None)?;
        Ok(files)
    }

    /// Those of a fleet: what the registries share, and a folder for each.
    pub fn of_fleet(all: &Facts, registries: &[Facts], release: &Release) -> Result<Self, Broken> {
        let mut files = Self(Vec::new());
        files.add_shared(all, release)?;
        for facts in registries {
            let folder = format!("{}/", facts.name);
            files.add_own(&folder, facts, release)?;
            let own = comments(&template::text(release, "init/fleet/own.yaml", facts)?);
            if !own.trim_end().ends_with("spec:") {
                files.0.push((format!("{folder}render-config.yaml"), own));
            }
            files.add_controlled(facts, release, Some(&facts.name))?;
        }
        Ok(files)
    }

    fn add(&mut self, path: String, of: &str, facts: &Facts, release: &Release) -> Result<(), Broken> {
        self.0.push((path, template::text(release, &format!("init/{of}"), facts)?));
        Ok(())
    }

    fn add_own(&mut self, folder: &str, facts: &Facts, release: &Release) -> Result<(), Broken> {
        self.add(format!("{folder}quayregistry.yaml"), "quayregistry.yaml", facts, release)?;
        self.add(format!("{folder}{CONFIG}"), "config.yaml", facts, release)
    }

    fn add_shared(&mut self, facts: &Facts, release: &Release) -> Result<(), Broken> {
        let settings = comments(&template::text(release, "init/render-config.yaml", facts)?);
        self.0.push(("render-config.yaml".to_owned(), settings));
        self.add(".gitignore".to_owned(), "gitignore", facts, release)?;
        if facts.controller == "flux" {
            self.add("flux/source.yaml".to_owned(), "flux/source.yaml", facts, release)?;
        }
        Ok(())
    }

    /// In a fleet such a file has the name of its registry.
    fn add_controlled(&mut self, facts: &Facts, release: &Release, name: Option<&str>) -> Result<(), Broken> {
        for (controller, path) in CONTROLLED.iter().filter(|(controller, _)| *controller == facts.controller) {
            let here = name.map_or_else(|| (*path).to_owned(), |name| format!("{controller}/{name}.yaml"));
            self.add(here, path, facts, release)?;
        }
        Ok(())
    }

    /// Refuses names that a build would refuse, by the rules of the build, before anything is written.
    pub fn refuse_wrong(&self) -> Result<(), Fatal> {
        let source = |name: &str, text: &str| Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
        let mut inputs = Inputs::default();
        for (path, text) in &self.0 {
            if path == CONFIG {
                let files = vec![("config.yaml".to_owned(), source(path, text))];
                inputs.bundle = Some(Folder { name: BUNDLE_FOLDER.to_owned(), files });
            } else if matches!(path.as_str(), "quayregistry.yaml" | "render-config.yaml") {
                inputs.sources.push(source(path, text));
            }
        }
        let mut diagnostics = Diagnostics::new();
        if let Some(model) = model::read(&inputs, &mut diagnostics) {
            let _ = check::host_names(&model, &mut diagnostics);
        }
        placeholder::drop_consequences(&mut diagnostics);
        let is_wrong = |severity, code| severity == Severity::Error && code != codes::PLACEHOLDER;
        let mut errors = diagnostics.iter().filter(|found| is_wrong(found.severity, found.code));
        let Some(error) = errors.next() else { return Ok(()) };
        // The place is in a file that nobody will see.
        let field = error.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
        let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        Err(Fatal(format!("{field}{}{hint}", error.message)))
    }

    /// What is in the way, and what is said of it with a hint; nothing where all files can be written.
    pub fn taken(
        &self,
        place: &Place,
        fleet: &[String],
        workflow: &Workflow,
    ) -> Result<Option<(PathBuf, Said)>, Fatal> {
        let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
        let not_empty = "is there and not an empty directory; nothing was written";
        if !place.is_root() && !is_free(&place.folder)? {
            return Ok(Some((place.folder.clone(), (not_empty, "choose another with --out DIR"))));
        }
        let own = self.0.iter().map(|(path, _)| path.as_str()).chain([NEXT_STEPS]).map(|path| place.folder.join(path));
        if let Some(path) = own.filter(|_| place.is_root()).find(is_there) {
            return Ok(Some((path, ("is there; nothing was written", "leave out --out, for a folder of its own"))));
        }
        for folder in fleet.iter().map(|name| place.folder.join(name)) {
            if !is_free(&folder)? {
                return Ok(Some((folder, (not_empty, "a registry of the fleet needs a folder of its own"))));
            }
        }
        let there = place.root.as_ref().map(|root| root.join(&workflow.path)).filter(is_there);
        let said = ("is there; nothing was written", "move it away, or choose another name");
        Ok(there.map(|_| (workflow.shown.clone(), said)))
    }

    /// Adds the next steps, which name the placeholders that are in the other files; these are returned.
    pub fn add_next_steps(
        &mut self,
        mut facts: Facts,
        workflow: &Workflow,
        release: &Release,
        place: &Place,
    ) -> Result<Vec<Placeholder>, Broken> {
        let own = self.0.iter().map(|(path, text)| (place.file(path), text.as_str()));
        let all: Vec<_> = own.chain([(workflow.path.clone(), workflow.text.as_str())]).collect();
        facts.find_placeholders(&all);
        self.add(NEXT_STEPS.to_owned(), NEXT_STEPS, &facts, release)?;
        Ok(facts.placeholders)
    }

    /// Writes all files or none; returns their paths as the user would write them.
    pub fn write(self, place: &Place, workflow: Workflow) -> Result<Vec<PathBuf>, Failure> {
        let mut set = FileSet::default();
        let mut written = Vec::new();
        let mut put = |path: String, text: String| set.insert(path, File { bytes: text.into_bytes(), secret: false });
        for (path, text) in self.0 {
            written.push(place.folder.join(&path));
            put(place.file(&path), text);
        }
        put(workflow.path, workflow.text);
        written.push(workflow.shown);
        match &place.root {
            Some(root) => output::add_files(root, &set)?,
            // `.`, which is there.
            None if place.folder.file_name().is_none() => output::add_files(&place.folder, &set)?,
            None => output::create_directory(&place.folder, &set)?,
        }
        Ok(written)
    }
}

/// A message and its hint.
type Said = (&'static str, &'static str);

/// The workflow, at the root of the repository: GitHub reads it nowhere else.
pub struct Workflow {
    /// Its path from the root.
    path: String,
    /// The same, as the user would write it.
    shown: PathBuf,
    text: String,
}

impl Workflow {
    pub fn new(facts: &Facts, release: &Release, place: &Place) -> Result<Self, Broken> {
        let name = if facts.is_part { place.input.replace('/', "-") } else { facts.title.clone() };
        let path = format!(".github/workflows/quay-render-{name}.yml");
        let is_here = place.folder == Path::new(&place.input);
        let shown = match &place.root {
            Some(root) if !place.is_root() && !is_here => root.join(&path),
            Some(_) if !place.is_root() => PathBuf::from(&path),
            _ => place.folder.join(&path),
        };
        let text = template::text(release, "init/workflow.yaml", facts)?;
        Ok(Self { path, shown, text })
    }
}

/// Whether a directory can be made there: nothing is there, or an empty directory.
pub fn is_free(out: &Path) -> Result<bool, Fatal> {
    match fs::symlink_metadata(out) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(unreadable(out, &error)),
        Ok(found) if found.is_dir() => Ok(fs::read_dir(out).map_err(|error| unreadable(out, &error))?.next().is_none()),
        Ok(_) => Ok(false),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Fatal {
    Fatal(format!("{}: {error}", path.display()))
}
