//! What the files of `components/init` are told.

use crate::model::fill_in;
use indexmap::IndexMap;
use serde::Serialize;

#[derive(Clone, Serialize)]
pub struct Facts {
    /// What is made: the registry, or the fleet.
    pub title: String,
    pub name: String,
    pub namespace: String,
    /// The release, or a version of it.
    pub release: String,
    /// The components of it.
    pub components: Vec<String>,
    /// The repositories of the images that it names by a tag, by the images' names.
    pub tags: IndexMap<String, String>,
    pub platform: String,
    pub access: String,
    pub certificate: String,
    pub storage: String,
    pub database: String,
    /// The user and the database, on a PostgreSQL that is not rendered.
    pub base: String,
    /// How secrets come into the cluster, a file of `secrets/` and of `steps/`.
    pub mode: String,
    /// What applies the output, a file of `apply/`.
    pub controller: String,
    /// Whether config.yaml has secrets: those of services that are not rendered.
    pub holds_secrets: bool,
    /// Whether `spec.access` is written.
    pub says_access: bool,
    /// Whether Quay itself serves the pair of the config bundle.
    pub serves_pair: bool,
    /// Where TLS ends.
    pub tls: &'static str,
    /// The domain of Routes, where host names are made of it.
    pub domain: Option<String>,
    /// SERVER_HOSTNAME, where it must stand in the bundle.
    pub server: Option<String>,
    /// The host name that the registry will have, if it is known.
    pub host: Option<String>,
    /// The repository of the input.
    pub repository: String,
    /// Where the workflow gets quay-render from.
    pub source: String,
    /// The commit of it.
    pub revision: String,
    pub argocd_namespace: &'static str,
    /// Whether the input is a part of a repository, and not the whole.
    pub is_part: bool,
    /// The input as commands at the root of the repository name it, and what stands before a file at its top.
    pub input: String,
    pub top: String,
    /// The same for the registry: with `--only` in a fleet.
    pub one: String,
    pub before: String,
    /// The output, for commands at the root of the repository, and the registry's directory in it.
    pub output: String,
    pub directory: String,
    /// What ends the names of the workflow's secrets.
    pub suffix: String,
    /// The registries of the fleet; none if there is just one.
    pub fleet: Vec<String>,
    /// Those that the next steps do not name.
    pub others: Vec<String>,
    /// Every registry, as the workflow knows it.
    pub members: Vec<Member>,
    pub placeholders: Vec<Placeholder>,
}

/// A registry, as the workflow knows it.
#[derive(Clone, Serialize)]
pub struct Member {
    /// Its folder in the fleet, with a slash; nothing if there is just one registry.
    within: String,
    before: String,
    suffix: String,
}

/// A placeholder, and the files that it is in.
#[derive(Clone, Serialize)]
pub struct Placeholder {
    pub name: &'static str,
    pub hint: &'static str,
    pub files: Vec<String>,
}

impl Facts {
    /// What is known of one registry, out of what is known of all of the fleet.
    pub fn of(&self, name: &str) -> Self {
        let namespace = format!("{}-{name}", self.namespace);
        Self {
            before: format!("{}{name}/", self.top),
            one: format!("{} --only {name}", self.input),
            directory: format!("{}/{name}", self.output),
            suffix: format!("_{}", name.to_ascii_uppercase().replace('-', "_")),
            base: name.to_owned(),
            others: self.fleet.iter().filter(|other| *other != name).cloned().collect(),
            name: name.to_owned(),
            namespace,
            ..self.clone()
        }
        .with_host(None)
    }

    /// The host name as it is given, or as it is made of name, namespace and domain.
    pub fn with_host(mut self, given: Option<&str>) -> Self {
        let Self { name, namespace, domain, .. } = &self;
        let generated = || domain.as_ref().filter(|domain| !domain.starts_with("FILL_IN_"));
        let generated = || generated().map(|domain| format!("{name}-quay-{namespace}.{domain}"));
        self.host = given.map(str::to_owned).or_else(generated);
        self
    }

    /// The same registry by itself, with all that it shares.
    pub fn alone(&self) -> Self {
        Self { fleet: Vec::new(), ..self.clone() }
    }

    /// This registry, as the workflow knows it.
    pub fn member(&self) -> Member {
        let within = if self.fleet.is_empty() { String::new() } else { format!("{}/", self.name) };
        Member { within, before: self.before.clone(), suffix: self.suffix.clone() }
    }

    /// Finds the placeholders in some files.
    pub fn find_placeholders(&mut self, files: &[(String, &str)]) {
        let found = |(name, hint): &(&'static str, &'static str)| {
            let files = files.iter().filter(|(_, text)| fill_in::holds(text, name)).map(|(path, _)| path.clone());
            Some(Placeholder { name, hint, files: files.collect() }).filter(|found| !found.files.is_empty())
        };
        self.placeholders = fill_in::ALL.iter().filter_map(found).collect();
    }
}
