//! `quay-render releases`: the known releases, the content of one, and the changes from one to another.

use super::diff::Format;
use super::fleet::One;
use super::map::map;
use super::words::{Form, words};
use super::{Fatal, Outcome, only_errors, print, print_lines, report};
use crate::catalog::{Catalog, Release};
use crate::compare::compare;
use crate::compile;
use crate::immutable::Table;
use crate::input::{Inputs, Source};
use crate::model::schema::{self, Fact};
use crate::object::{Map, Value};
use crate::quote::{self, nearest};
use crate::yaml;
use clap::{Args, Subcommand};
use std::fmt::Write as _;
use std::sync::Arc;

/// List the releases, show one, or compare two.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Releases {
    #[command(subcommand)]
    what: Option<What>,
    /// The format
    #[arg(long, default_value = "text")]
    format: Form,
}

#[derive(Subcommand)]
enum What {
    /// Show what a release consists of: versions, images, databases, components, defaults of config.yaml
    Show(Show),
    /// Show what the step from one release to another changes in a registry; exit code 1 if anything does
    Diff(Diff),
}

#[derive(Args)]
struct Show {
    /// The release, or a version of it: 3.15 or 3.15.0
    release: String,
    /// The format
    #[arg(long, default_value = "text")]
    format: Form,
}

#[derive(Args)]
struct Diff {
    /// The release to start from
    old: String,
    /// The release to go to
    new: String,
    /// The registry: a directory, a file, or - for standard input; without one, a registry with everything managed
    input: Option<String>,
    /// The format
    #[arg(long, default_value = "text", value_parser = words(Format::ALL))]
    format: Format,
    #[command(flatten)]
    one: One,
}

/// A registry with defaults only.
const REGISTRY: &str =
    "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: registry, namespace: quay}\n";
const CONFIG: &str = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"any\"\n  \
    cluster: {platform: openshift, appsDomain: apps.example.com}\n  secrets: {mode: referenced}\n";

impl Releases {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        match self.what {
            None => list(self.format),
            Some(What::Show(show)) => show.run(),
            Some(What::Diff(diff)) => diff.run(),
        }
    }
}

/// A release by its name.
pub(super) fn find(name: &str) -> Result<Arc<Release>, Fatal> {
    if let Some(release) = Catalog::embedded().release(name) {
        return Ok(release?);
    }
    let known: Vec<&str> = Catalog::embedded().names().collect();
    let hint = nearest(name, &known).map(|near| format!("; the nearest is {near}")).unwrap_or_default();
    Err(Fatal(format!("there is no release {}{hint}: `quay-render releases` lists them", quote::number(name))))
}

/// The versions of a release, the newest first.
fn versions(release: &Release) -> Vec<&str> {
    std::iter::once(release.version.as_str()).chain(release.patches.iter().map(String::as_str)).collect()
}

/// A fact of a release as text.
fn fact<'a>(release: &'a Release, path: &[&str]) -> &'a str {
    release.facts.at(path).and_then(Value::as_str).unwrap_or_default()
}

/// The databases: version, and PersistentVolumeClaim.
fn databases(release: &Release) -> Value {
    let claimed = |name: &str, what: &str| {
        let version = format!("{what} {}", fact(release, &[name, "version"]));
        map([("version", version.into()), ("claim", fact(release, &[name, "claim"]).into())])
    };
    map([
        ("postgres", claimed("database", "PostgreSQL")),
        ("clairpostgres", claimed("clair_database", "PostgreSQL")),
        ("redis", map([("version", format!("Redis {}", fact(release, &["redis", "version"])).into())])),
    ])
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::Seq(texts.into_iter().map(Value::from).collect())
}

/// The row of a release in the list.
fn row(release: &Release) -> Map {
    let oldest = map([
        ("openshift", release.oldest.openshift.as_str().into()),
        ("kubernetes", release.oldest.kubernetes.as_str().into()),
    ]);
    let entries = [
        ("release", Value::from(release.name.as_str())),
        ("versions", texts(versions(release))),
        ("oldestCluster", oldest),
        ("databases", databases(release)),
        ("schema", fact(release, &["schema"]).into()),
        ("images", images(release).into()),
        ("endOfLife", "unknown".into()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn list(form: Form) -> Result<Outcome, Fatal> {
    let releases: Vec<&Release> = Catalog::every().collect();
    if form == Form::Json {
        let rows = Value::Seq(releases.iter().map(|release| row(release).into()).collect());
        print(serde_json::to_string_pretty(&rows)? + "\n")?;
        return Ok(Outcome::Done);
    }
    let mut out = String::new();
    for release in releases {
        let oldest = &release.oldest;
        writeln!(
            out,
            "{:<6} PostgreSQL {}, Clair's {}, Redis {:<4} OpenShift {:<5} Kubernetes {} or later   {}",
            release.name,
            fact(release, &["database", "version"]),
            fact(release, &["clair_database", "version"]),
            fact(release, &["redis", "version"]),
            oldest.openshift,
            oldest.kubernetes,
            versions(release).join(", ")
        )?;
    }
    print_lines(out)?;
    Ok(Outcome::Done)
}

impl Show {
    fn run(self) -> Result<Outcome, Fatal> {
        let release = find(&self.release)?;
        let mut shown = row(&release);
        shown.insert("components", texts(kinds(&release)));
        let overrides = release.rules.overrides.iter().filter(|(_, taken)| taken.since.is_none());
        let overrides: Map =
            overrides.map(|(name, taken)| (name.clone(), texts(taken.of.iter().map(String::as_str)))).collect();
        shown.insert("overrides", overrides);
        shown.insert("configDefaults", release.defaults.clone());
        let shown = Value::from(shown);
        match self.format {
            Form::Json => print(serde_json::to_string_pretty(&shown)? + "\n")?,
            Form::Text => print_lines(yaml::emit(&shown))?,
        }
        Ok(Outcome::Done)
    }
}

fn images(release: &Release) -> Map {
    release.images.iter().map(|(name, image)| (name.clone(), image.as_str().into())).collect()
}

fn kinds(release: &Release) -> Vec<&str> {
    release.kinds().into_iter().map(|(name, _)| name).collect()
}

/// The fields of config.yaml that the release knows.
fn fields(release: &Release) -> Vec<&'static str> {
    let has = |fact: &&Fact| fact.is_in(release.number());
    schema::fields().iter().filter(has).map(|fact| fact.name).collect()
}

/// The items of one list that another lacks.
fn only_in(list: &[&str], other: &[&str]) -> Value {
    texts(list.iter().copied().filter(|name| !other.contains(name)))
}

/// The new and the removed items.
fn step(old: &[&str], new: &[&str]) -> Value {
    map([("new", only_in(new, old)), ("gone", only_in(old, new))])
}

/// Entries that differ: both values, null for none.
fn changed(old: &Map, new: &Map) -> Value {
    let names = old.iter().chain(new.iter().filter(|(name, _)| !old.contains(name))).map(|(name, _)| name);
    let pair = |name: &str| map([("old", or_null(old.get(name))), ("new", or_null(new.get(name)))]);
    let differ = names.filter(|name| old.get(name) != new.get(name));
    differ.map(|name| (name.to_owned(), pair(name))).collect::<Map>().into()
}

fn or_null(value: Option<&Value>) -> Value {
    value.cloned().unwrap_or(Value::Null)
}

/// The differences between two releases that do not depend on a registry.
fn between(old: &Release, new: &Release) -> Map {
    let entries = [
        ("images", changed(&images(old), &images(new))),
        ("components", step(&kinds(old), &kinds(new))),
        ("configDefaults", changed(&old.defaults, &new.defaults)),
        ("configFields", step(&fields(old), &fields(new))),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Diff {
    fn run(self) -> Result<Outcome, Fatal> {
        let (old, new) = (find(&self.old)?, find(&self.new)?);
        let (Some(before), Some(after)) = (self.objects(&old)?, self.objects(&new)?) else {
            return Ok(Outcome::NotCompared);
        };
        let comparison = compare(&before, &after, &Table::newest()?);
        let between = between(&old, &new);
        let objects = comparison.render(self.format, false);
        match self.format {
            Format::Json => {
                let mut shown = between;
                shown.insert("objects", Value::from(serde_json::from_str::<serde_json::Value>(&objects)?));
                print(serde_json::to_string_pretty(&Value::from(shown))? + "\n")?;
            }
            Format::Markdown => {
                print(format_args!("```yaml\n{}```\n\n{objects}", yaml::emit(&between.into())))?;
            }
            Format::Text => print(format_args!("{}\n{objects}", yaml::emit(&between.into())))?,
        }
        Ok(if comparison.is_same() { Outcome::Done } else { Outcome::Differs })
    }

    /// The objects of the registry in a release; nothing if they are refused, which has already been reported.
    fn objects(&self, release: &Release) -> Result<Option<Vec<Value>>, Fatal> {
        let mut inputs = match &self.input {
            Some(input) => self.one.read(input, false)?,
            None => nothing_said(),
        };
        inputs.release = Some(release.name.clone());
        let compiled = compile(&inputs);
        report(&only_errors(&compiled.diagnostics), Some(&inputs));
        Ok(compiled.registry.map(|it| it.objects.into_iter().map(|object| object.value).collect()))
    }
}

fn nothing_said() -> Inputs {
    let source = |name: &str, text: &str| Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
    let sources = vec![source("quayregistry.yaml", REGISTRY), source("render-config.yaml", CONFIG)];
    Inputs { name: "registry".to_owned(), sources, ..Inputs::default() }
}
