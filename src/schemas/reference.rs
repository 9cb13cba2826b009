//! The reference of the fields of config.yaml, QuayRegistry, RenderConfig and SealedValues, as a page.

use super::settings::of;
use crate::catalog::{Catalog, Release};
use crate::kubernetes::settings::settings as all_settings;
use crate::kubernetes::shapes;
use crate::model::declared::{self, Row};
use crate::model::schema::{self, Allowed, Fact, Secrecy, Type};
use std::fmt::Write as _;

const HEAD: &str = "\
# Fields of config.yaml

All fields of Quay @release@'s config.yaml that quay-render knows, from the tables of `components/config/`. `.ci/bless` writes it.

- A default holds where neither you nor a managed component writes the field: it is the release's, else Quay's own. Those
  with `local_us`, `localhost` or `test/` are for the machine of Quay's developers.
- A duration is digits and one unit, s, m, h, d or w: `30m`, `2w`. A size is digits and M or G: `20G`.
- The group is the part of Quay's validator that reads the field; of the others it takes no notice.
- Secret: the value is never shown. Inside: some of the members are.
- `*_LOGIN_CONFIG` of any other name than those in the table is a provider of OIDC.

| field | type | default | allowed | group | secret | description |
|---|---|---|---|---|---|---|
";

const MEMBERS: &str = "
# Members

Of the maps in the column *type* above.
";

const STORAGES: &str = "
# Storages

The arguments of each driver in DISTRIBUTED_STORAGE_CONFIG; those in bold are required.

| driver | arguments |
|---|---|
";

const DOCUMENTS: &str = "
# Fields of QuayRegistry, RenderConfig, SealedValues and QuayEcosystem

`[]` is an item of a list or a member of any name; `<alert>`, `<api>`, `<certificate>`, `<image>`, `<objective>`, `<release>`,
`<rule>`, `<secret>` and `<settings>` stand for each of these names, which the JSON Schema lists (`quay-render schema render-config`).
";

const SETTINGS: &str = "
# Settings of components

What `spec.components.<name>` and `spec.pods` of a RenderConfig have. Names and types are Kubernetes' own. A value is laid over
what is there: fields and members are merged, items of a list by the field that the type names; null takes away. Those of
`spec.pods` are laid first.

| setting | type | components | pods | description |
|---|---|---|---|---|
";

const SHAPES: &str = "
# Shapes

What `spec.shape` of a RenderConfig sets of components, besides what the operator of the release gives them: production is the
default, and operator adds nothing. It is laid first, on Deployments and the autoscaler alone: all that a RenderConfig says is laid over it. The number
of `replicas` holds where there is no autoscaler.

| shape | setting | value | as in | reason |
|---|---|---|---|---|
";

/// The page for the standard release, in Markdown.
#[must_use]
pub fn reference() -> String {
    Catalog::shipped().map_or_else(|_| String::new(), of_release)
}

fn of_release(release: &Release) -> String {
    let mut page = HEAD.replace("@release@", &release.family);
    for fact in super::fields(release) {
        let secret = match fact.secrecy() {
            Secrecy::Public => "",
            Secrecy::Secret => "yes",
            Secrecy::Inside => "inside",
        };
        let default = default(fact, release);
        row(
            &mut page,
            &[&code(fact.name), &kind(&fact.kind), &default, &allowed(fact), fact.group, secret, fact.description],
        );
    }
    page.push_str(MEMBERS);
    let mut maps: Vec<&str> =
        schema::all_members().iter().filter(|fact| fact.is_in(release.number())).map(|fact| fact.map).collect();
    maps.sort_unstable();
    maps.dedup();
    for map in maps {
        let _ =
            write!(page, "\n## {map}\n\n| member | type | default | secret | description |\n|---|---|---|---|---|\n");
        for fact in super::members(map, release) {
            let secret = if fact.secrecy() == Secrecy::Secret { "yes" } else { "" };
            row(&mut page, &[&code(fact.name), &kind(&fact.kind), &default(fact, release), secret, fact.description]);
        }
    }
    page.push_str(STORAGES);
    storages(&mut page, release);
    page.push_str(DOCUMENTS);
    for (name, kind) in [
        ("registry", "QuayRegistry"),
        ("render-config", "RenderConfig"),
        ("sealed-values", "SealedValues"),
        ("quay-ecosystem", "QuayEcosystem"),
    ] {
        document(&mut page, name, kind);
    }
    page.push_str(SETTINGS);
    settings(&mut page, release);
    page.push_str(SHAPES);
    for it in shapes::rows() {
        let setting = format!("{}.{}", it.component, it.setting.name);
        row(&mut page, &[it.shape, &code(&setting), &code(it.value), it.source, it.reason]);
    }
    page
}

fn settings(page: &mut String, release: &Release) {
    let names = declared::names("<settings>");
    for setting in all_settings() {
        let has = |name: &&&str| of(Some(name), release).iter().any(|known| known.name == setting.name);
        let components = names.iter().filter(has).copied().collect::<Vec<_>>().join(", ");
        let pods = if setting.is_of_pods { "yes" } else { "" };
        row(page, &[&code(setting.name), setting.kind.as_str(), &components, pods, setting.description]);
    }
}

fn document(page: &mut String, name: &str, kind: &str) {
    let _ = write!(
        page,
        "\n## {kind}\n\n| field | type | default | allowed | required | secret | description |\n|---|---|---|---|---|---|---|\n"
    );
    for row in declared::rows().iter().filter(|row| row.document == name) {
        let need =
            row.required_where().map_or_else(|| row.need.to_owned(), |(field, value)| format!("{field}: {value}"));
        let need = if need == "required" { "yes".to_owned() } else { need };
        let secret = if row.secret == "yes" { "yes" } else { "" };
        let texts = texts(row);
        self::row(page, &[&code(row.path), row.kind, &code(row.default), &texts, &need, secret, row.description]);
    }
}

/// The texts or numbers that a field of a document accepts.
pub(super) fn texts(row: &Row) -> String {
    match (row.words(), row.format(), row.range()) {
        (Some(words), ..) => {
            // Names of a kind: without backticks a page has them for HTML.
            let shown = words.iter().map(|word| if word.starts_with('<') { code(word) } else { (*word).to_owned() });
            shown.collect::<Vec<_>>().join(", ")
        }
        (None, Some(format), _) => format.name.replace('-', " "),
        (None, None, Some((least, most))) => format!("{least} to {most}"),
        (None, None, None) => row.pattern().map(code).unwrap_or_default(),
    }
}

fn storages(page: &mut String, release: &Release) {
    let mut drivers: Vec<&str> = schema::arguments(release.number()).map(|argument| argument.driver).collect();
    drivers.dedup();
    for driver in drivers {
        let own = schema::arguments(release.number()).filter(|argument| argument.driver == driver);
        let own = own.map(
            |argument| if argument.required { format!("**{}**", argument.name) } else { argument.name.to_owned() },
        );
        row(page, &[&code(driver), &own.collect::<Vec<_>>().join(", ")]);
    }
}

pub(super) fn row(page: &mut String, cells: &[&str]) {
    for cell in cells {
        let _ = write!(page, "| {} ", cell.replace('|', "\\|"));
    }
    page.push_str("|\n");
}

fn default(fact: &Fact, release: &Release) -> String {
    super::default(fact, release).map(|value| code(&value.to_string())).unwrap_or_default()
}

pub(super) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

pub(super) fn kind(kind: &Type) -> String {
    let link = |map: &str| format!("[{map}](#{map})");
    match kind {
        Type::Text => "text".to_owned(),
        Type::Flag => "true or false".to_owned(),
        Type::Integer => "whole number".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Digits => "whole number, or its digits as text".to_owned(),
        Type::Scalar => "whole number, or text".to_owned(),
        Type::List(None) => "list".to_owned(),
        Type::List(Some(inner)) => format!("list of {}", self::kind(inner)),
        Type::Map(None) => "map".to_owned(),
        Type::Map(Some(inner)) => format!("map of {}", self::kind(inner)),
        Type::Members(map) => format!("map {}", link(map)),
        Type::OrMap(inner) => format!("{}, or a map", self::kind(inner)),
        Type::Pair(map) => format!("list of a name and a map {}", link(map)),
    }
}

pub(super) fn allowed(fact: &Fact) -> String {
    match &fact.allowed {
        Allowed::Any => String::new(),
        Allowed::OneOf(values) => values.join(", "),
        Allowed::Duration => "duration".to_owned(),
        Allowed::Size => "size".to_owned(),
        Allowed::QualifiedHost => "a host with a dot, or localhost".to_owned(),
    }
}
