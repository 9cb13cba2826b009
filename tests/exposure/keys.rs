//! Keys that contain a value because of a typing error, in every map of every document.

use super::documents::{all, inputs};
use super::{MODES, Markers, assert_tight, leaks, made};
use crate::support::every_field::Maker;
use quay_render::compile;
use serde_json::{Map, Value as Json};

/// Maps in braces in which a blank, a colon or a comma is missing: entries whose key contains a marker.
pub const SWALLOWED: &[fn(&str) -> String] = &[
    |it| format!("password:{it}"),
    |it| format!("password:{it}: x"),
    |it| format!("password, {it}"),
    |it| format!("password {it}: x"),
    |it| format!("password={it}"),
    |it| format!("'password: {it}': x"),
    |it| format!("\"{it}\\u00e9\": {{a: b}}"),
    str::to_owned,
    |it| format!("{it}: "),
    |it| format!("p:{it}: x, p:{it}: y"),
    |it| format!("{it}, {it}"),
    |it| format!("'https://u:{it}@h/': [a]"),
    |it| format!("? password:{it}"),
];

/// The paths of maps that nothing reads: there any key is allowed, and appears nowhere.
fn is_unread(path: &[String]) -> bool {
    let inside = ["labels", "annotations"];
    matches!(path, [file, metadata, ..] if metadata == "metadata" && file == "render-config.yaml")
        || matches!(path, [_, metadata, part] if metadata == "metadata" && inside.contains(&part.as_str()))
}

/// The config.yaml to add keys to: it has every map of the tables.
pub fn config() -> Map<String, Json> {
    let mut config = Maker::new(7).every_field();
    config.remove("SECRET_KEY");
    config.remove("DATABASE_SECRET_KEY");
    config
}

#[test]
fn nothing_of_a_key_that_has_swallowed_a_value_is_made_or_said() {
    let config = config();
    let mut found = Vec::new();
    for (number, entry) in SWALLOWED.iter().enumerate() {
        for mode in MODES {
            let (mut markers, mut paths) = (Markers::default(), Vec::new());
            let input = inputs(&all(mode, &config), &mut |path| {
                paths.push(path.to_vec());
                Some(entry(&markers.next()))
            });
            assert!(paths.len() > 80, "{}", paths.len());
            // In inline the values of secrets are in the output, but no key of them is read.
            found.extend(leaks(&markers, &made::of(&input), &format!("{} in {mode}", entry("KEY"))));
            let refused = compile(&input).diagnostics;
            let names = refused.iter().filter(|it| it.code.as_str() == "field-name").count();
            let unread = paths.iter().filter(|path| is_unread(path)).count();
            assert!(names > 0 && names + unread > 20, "form {number} in {mode}: {names} of {}", paths.len());
        }
    }
    assert_tight(&found);
}

/// Each map in turn, so that nothing else refuses the input first.
#[test]
fn each_map_of_config_yaml_refuses_such_a_key() {
    let config = config();
    let documents = all("referenced", &config);
    let mut paths = Vec::new();
    inputs(&documents, &mut |path| {
        paths.push(path.to_vec());
        None
    });
    paths.dedup();
    let mut tried = 0;
    for (number, wanted) in paths.iter().filter(|path| path[0] == "config.yaml").enumerate() {
        let entry = SWALLOWED[number % 3];
        let mut markers = Markers::default();
        let input = inputs(&documents, &mut |path| (path == wanted).then(|| entry(&markers.next())));
        let refused = compile(&input).diagnostics;
        let at_key =
            refused.iter().any(|it| it.code.as_str() == "field-name" && it.location.as_ref().unwrap().column > 1);
        // A map of any members takes names without a value: the whole of it is secret.
        assert!(at_key || number % 3 == 2, "{wanted:?} with {}", entry("KEY"));
        tried += 1;
    }
    assert!(tried > 25, "{tried}");
}
