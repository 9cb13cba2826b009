//! What is known of one field, as a page: its type, default, releases, whether it is secret, and who writes it.

use super::reference::{allowed, code, kind, row, texts};
use crate::catalog::{Catalog, Release};
use crate::kubernetes::settings::{Setting, settings};
use crate::model::declared::{self, Row};
use crate::model::schema::{self, Fact, Secrecy, Type};
use std::fmt::Write as _;
use std::sync::Arc;

/// The documents whose fields people look up, with their kinds.
const DOCUMENTS: [(&str, &str); 2] = [("render-config", "RenderConfig"), ("registry", "QuayRegistry")];

/// The page of a field of config.yaml, of a member of one (`DB_CONNECTION_ARGS.sslmode`), or of a path of a RenderConfig or a
/// QuayRegistry (`spec.backup`); nothing if there is none.
#[must_use]
pub fn explained(name: &str) -> Option<String> {
    let page = of_config(name) + &DOCUMENTS.map(|(document, kind)| of_document(document, kind, name)).concat();
    (!page.is_empty()).then_some(page)
}

/// The names that a person may mean.
#[must_use]
pub fn explained_names() -> Vec<&'static str> {
    let is_of = |row: &&Row| DOCUMENTS.iter().any(|(document, _)| row.document == *document);
    let paths = declared::rows().iter().filter(is_of).map(|row| row.path);
    let mut names: Vec<&str> = schema::fields().iter().map(|fact| fact.name).chain(paths).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The newest release that has a field.
fn release_of(fact: &Fact) -> Option<Arc<Release>> {
    let releases = Catalog::every().filter(|release| fact.is_in(release.number()));
    let name = releases.max_by_key(|release| release.number())?.name.as_str();
    Catalog::embedded().release(name)?.ok()
}

fn of_config(name: &str) -> String {
    let (field, member) = name.split_once('.').map_or((name, None), |(field, member)| (field, Some(member)));
    let facts = schema::fields().iter().filter(|fact| fact.name == field);
    let found: Vec<(&Fact, &Fact)> = match member {
        None => facts.map(|fact| (fact, fact)).collect(),
        Some(member) => facts
            .filter_map(|fact| Some((fact, map_of(&fact.kind)?)))
            .flat_map(|(fact, map)| schema::members(map).filter(|it| it.name == member).map(move |it| (fact, it)))
            .collect(),
    };
    let mut page = String::new();
    for (field, fact) in found {
        let _ = write!(page, "# {name}\n\n{}\n\n| of | config.yaml |\n|---|---|\n", fact.description);
        let release = release_of(fact);
        row(&mut page, &["type", &kind(&fact.kind)]);
        allowed_row(&mut page, &allowed(fact));
        let default = release.as_ref().and_then(|release| super::default(fact, release));
        row(&mut page, &["default", &default.map_or("none".to_owned(), |value| code(&value.to_string()))]);
        row(&mut page, &["since", if fact.since.is_empty() { "3.5, or before" } else { fact.since }]);
        row(&mut page, &["until", if fact.until.is_empty() { "the newest release has it" } else { fact.until }]);
        row(&mut page, &["secret", secret(fact)]);
        row(&mut page, &["owner", &owner(field.name, release.as_deref())]);
        if let Some(map) = map_of(&fact.kind) {
            members(&mut page, map);
        }
    }
    page
}

fn allowed_row(page: &mut String, allowed: &str) {
    if !allowed.is_empty() {
        row(page, &["allowed", allowed]);
    }
}

/// Who writes a field.
fn owner(field: &str, release: Option<&Release>) -> String {
    let kinds = release.map(Release::kinds).unwrap_or_default();
    let owners = kinds.iter().filter(|(_, kind)| kind.fields.iter().any(|it| it == field)).map(|(name, _)| *name);
    match owners.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "you".to_owned(),
        owners => format!("{owners}, while that is managed; else you"),
    }
}

fn secret(fact: &Fact) -> &'static str {
    match fact.secrecy() {
        Secrecy::Public => "no",
        Secrecy::Secret => "yes: its value is never shown",
        Secrecy::Inside => "inside: the values of some members are never shown",
    }
}

/// The name of the map whose members a value has, at whatever depth.
fn map_of(kind: &Type) -> Option<&'static str> {
    match kind {
        Type::Members(map) | Type::Pair(map) => Some(map),
        Type::List(Some(inner)) | Type::Map(Some(inner)) | Type::OrMap(inner) => map_of(inner),
        _ => None,
    }
}

fn members(page: &mut String, map: &str) {
    let _ = write!(page, "\n## {map}\n\n| member | type | secret | description |\n|---|---|---|---|\n");
    for fact in schema::members(map) {
        let secret = if fact.secrecy() == Secrecy::Public { "" } else { "yes" };
        let since = if fact.since.is_empty() { String::new() } else { format!(" Since {}.", fact.since) };
        let until = if fact.until.is_empty() { String::new() } else { format!(" Until {}.", fact.until) };
        let about = format!("{}{since}{until}", fact.description);
        row(page, &[&code(fact.name), &kind(&fact.kind), secret, &about]);
    }
}

fn of_document(document: &str, kind: &str, name: &str) -> String {
    // `renderconfig.spec.backup`, as kubectl explain has it.
    let name = match name.split_once('.') {
        Some((first, rest)) if first.eq_ignore_ascii_case(kind) => rest,
        _ => name,
    };
    let found = declared::rows().iter().find(|row| row.document == document && is_path(row.path, name));
    match found {
        Some(found) => of_row(found, kind, name),
        None => of_setting(document, name).map(|it| of_this_setting(it, kind, name)).unwrap_or_default(),
    }
}

/// Whether a path of the table is meant: items of lists may be left out, and a placeholder stands for each of its names.
fn is_path(path: &'static str, name: &str) -> bool {
    let plain = |part: &str| part.split('[').next().unwrap_or_default().to_owned();
    let (parts, names): (Vec<&'static str>, Vec<&str>) = (path.split('.').collect(), name.split('.').collect());
    let fits = |(part, name): (&&'static str, &&str)| {
        let name = plain(name);
        part.strip_suffix("[]").unwrap_or(part) == name || declared::names(part).contains(&name.as_str())
    };
    parts.len() == names.len() && parts.iter().zip(&names).all(fits)
}

fn of_row(found: &Row, kind: &str, name: &str) -> String {
    let mut page = format!("# {name}\n\n{}\n\n| of | {kind} |\n|---|---|\n", found.description);
    let need = match (found.need, found.required_where()) {
        ("", _) => "no".to_owned(),
        (_, Some((field, value))) => format!("where {field} is {value}"),
        _ => "yes".to_owned(),
    };
    row(&mut page, &["type", found.kind]);
    allowed_row(&mut page, &texts(found));
    row(&mut page, &["required", &need]);
    row(&mut page, &["default", if found.default.is_empty() { "none" } else { found.default }]);
    row(&mut page, &["since, until", "every release"]);
    row(&mut page, &["secret", if found.secret == "yes" { "yes: its value is never shown" } else { "no" }]);
    row(&mut page, &["owner", "you"]);
    if !found.example.is_empty() {
        row(&mut page, &["example", &code(found.example)]);
    }
    let below = |row: &&Row| {
        let parent = row.path.rsplit_once('.').map(|(parent, _)| parent.strip_suffix("[]").unwrap_or(parent));
        row.document == found.document && parent == Some(found.path)
    };
    let mut below = declared::rows().iter().filter(below).peekable();
    if below.peek().is_some() {
        page.push_str("\n| field | type | default | description |\n|---|---|---|---|\n");
        for it in below {
            let last = it.path.rsplit('.').next().unwrap_or_default();
            row(&mut page, &[&code(last), it.kind, &code(it.default), it.description]);
        }
    }
    if matches!(found.kind, "settings" | "overrides") {
        page.push_str("\n| setting | type | description |\n|---|---|---|\n");
        for it in settings() {
            row(&mut page, &[&code(it.name), it.kind.as_str(), it.description]);
        }
    }
    page
}

/// The setting that is named below a map of settings.
fn of_setting(document: &str, name: &str) -> Option<&'static Setting> {
    let (map, last) = name.rsplit_once('.')?;
    let is_map =
        |row: &&Row| row.document == document && matches!(row.kind, "settings" | "overrides") && is_path(row.path, map);
    declared::rows().iter().find(is_map)?;
    settings().iter().find(|setting| setting.name == last)
}

fn of_this_setting(setting: &Setting, kind: &str, name: &str) -> String {
    let mut page = format!("# {name}\n\n{}\n\n| of | {kind} |\n|---|---|\n", setting.description);
    row(&mut page, &["type", setting.kind.as_str()]);
    allowed_row(&mut page, &setting.words.join(", "));
    row(&mut page, &["default", "what the component has without it: `quay-render show settings`"]);
    row(&mut page, &["secret", "no"]);
    row(&mut page, &["owner", "you"]);
    row(&mut page, &["example", &code(setting.example)]);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_page() {
        for name in explained_names() {
            let page = explained(name).unwrap_or_else(|| panic!("{name}"));
            assert!(page.starts_with(&format!("# {name}\n\n")), "{page}");
        }
        assert!(explained("spec.nothing").is_none() && explained("").is_none());
    }

    #[test]
    fn a_page_says_what_is_known_of_a_field() {
        let has = |name: &str, parts: &[&str]| {
            let page = explained(name).unwrap_or_default();
            for part in parts {
                assert!(page.contains(part), "{part:?} is not in\n{page}");
            }
        };
        has("DISTRIBUTED_STORAGE_CONFIG", &["| owner | objectstorage, while", "| secret | inside", "| `s3_bucket` |"]);
        has("DB_CONNECTION_ARGS.sslmode", &["# DB_CONNECTION_ARGS.sslmode"]);
        has("SECRET_KEY", &["| secret | yes"]);
        has("spec.release", &["| of | RenderConfig |", "| required | yes |"]);
        has("renderconfig.spec.backup", &["| field | type |"]);
        has("spec.components.postgres", &["| setting | type |", "`storageClassName`"]);
        has("spec.components.postgres.storageClassName", &["| of | RenderConfig |", "| owner | you |"]);
        has("spec.components[0].managed", &["| of | QuayRegistry |"]);
    }
}
