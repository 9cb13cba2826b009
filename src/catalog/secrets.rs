//! Collects the Secrets of all components, and checks that names are unique and that those the program fills itself
//! exist.

use super::component::FILE;
use super::secret::{BUCKET, CLAIR, CLAIR_DATABASE, CLAIR_SHARED, CONFIG, EDITOR, FILES, Key, Secret, TLS};
use super::{Broken, Component, Files};
use std::collections::BTreeMap;

/// The Secrets that the program fills itself, and the component that must have each.
const FILLED: &[(&str, &str)] =
    &[("quay", TLS), ("quay", CONFIG), ("quay", FILES), ("clair", CLAIR), ("objectstorage", BUCKET)];
/// The values that the program, rather than a template, writes, and the component that requires each.
const PLACED: &[(&str, &str)] = &[("clair", CLAIR_DATABASE), ("clair", CLAIR_SHARED), ("configeditor", EDITOR)];
/// The length of the shortest of the operator's values (measured): 95 bits.
const LEAST: usize = 16;

/// The Secrets of all components, by position.
pub(super) fn collect(components: &[Component], files: &Files) -> Result<Vec<Secret>, Broken> {
    let mut secrets: Vec<Secret> = Vec::new();
    for component in components {
        for (name, secret) in &component.secrets {
            secrets.push(Secret { name: name.clone(), component: component.name.clone(), ..secret.clone() });
        }
    }
    secrets.sort_by_key(|secret| secret.place);
    let (mut names, mut places, mut keys) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for secret in &secrets {
        let wrong = |word: &str, reason: String| wrong(files, &secret.component, word, reason);
        if let Some(other) = names.insert(&secret.name, &secret.component) {
            return Err(wrong(&secret.name, format!("{other} has a Secret {} too", secret.name)));
        }
        if let Some(other) = places.insert(secret.place, &secret.name) {
            return Err(wrong(&secret.name, format!("{other} has the place {} already", secret.place)));
        }
        if !is_word(&secret.name, |c| c.is_ascii_lowercase() || c == '-') {
            return Err(wrong(&secret.name, format!("{:?} is not a name of lower-case letters", secret.name)));
        }
        for (name, key) in &secret.keys {
            if let Some(other) = keys.insert(name, &secret.component) {
                return Err(wrong(name, format!("{other} has a key {name} too")));
            }
            if let Some(reason) = mistake(name, key, secret, files) {
                return Err(wrong(name, reason));
            }
        }
    }
    let has = |(component, _): &&(&str, &str)| components.iter().any(|known| known.name == *component);
    let lacks = |component: &str, what: &str, name: &str| {
        Err(Broken::new(&format!("{component}/{}", FILE), format!("has no {what} {name}")))
    };
    if let Some((component, name)) = FILLED
        .iter()
        .filter(has)
        .find(|(component, name)| names.get(&(*name).to_owned()).is_none_or(|it| *it != component))
    {
        return lacks(component, "Secret", name);
    }
    match PLACED.iter().filter(has).find(|(_, name)| !keys.contains_key(&(*name).to_owned())) {
        Some((component, name)) => lacks(component, "key", name),
        None => Ok(secrets),
    }
}

/// What is wrong with a key.
fn mistake(name: &str, key: &Key, secret: &Secret, files: &Files) -> Option<String> {
    if !is_word(name, |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
        return Some(format!("{name:?} is not a name of upper-case letters, digits and _"));
    }
    if key.length < LEAST {
        return Some(format!("{name} has {} characters, and none has fewer than {LEAST}", key.length));
    }
    if key.in_bundle && key.config.as_ref().is_none_or(|config| config.field != name) {
        return Some(format!("{name} is in_bundle, and config.field does not name the same field"));
    }
    let template = key.inline.as_ref().map(|inline| format!("{}/secret-{}.yaml", secret.component, inline.secret));
    let missing = template.filter(|template| files.get(template).is_none())?;
    Some(format!("{name} is inline in a Secret that has no template {missing}"))
}

fn is_word(name: &str, is_allowed: impl Fn(char) -> bool) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_allowed)
}

/// An error in a component's facts, at the line that begins with a word.
fn wrong(files: &Files, component: &str, word: &str, reason: String) -> Broken {
    let file = format!("{component}/{}", FILE);
    let is_it = |line: &str| line.trim_start().trim_start_matches('"').starts_with(word);
    let line = files.get(&file).and_then(|text| text.lines().position(is_it)).map(|index| index + 1);
    Broken { file, line, reason }
}
