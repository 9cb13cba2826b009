//! Any value of any secret reaches the pods unchanged.

use super::parity::assert_joined;
use super::{IN_KEYS, analyzed, document, referenced, rendered, with_config};
use crate::support::every_field::{Dice, Maker};
use crate::support::pod::{Pod, cluster};
use proptest::prelude::*;
use quay_render::compile;
use quay_render::object::Value;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Texts that YAML, URIs, JSON, shells or Python may misread.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    " ",
    ": ",
    " #",
    "x{{ a }}",
    "${ x }",
    "%",
    "%41",
    "%%",
    "&a",
    "*a",
    "!!int",
    "|",
    ">-",
    "~",
    "null",
    "yes",
    "0x1F",
    "1:30",
    "1e3",
    "2026-01-01",
    "<<",
    "=",
    "@",
    "/",
    "?",
    "#",
    "[",
    "]",
    "`",
    "---",
    "\n...\n",
    "ß",
    "日本",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{1f980}",
    "\\x41",
    "\\u0041",
    "+",
    "$(id)",
];
/// Refused on purpose in the password of a database: the migration decodes it twice, and reads a single line.
const NOT_IN_URI: &[&str] = &["%", "%41", "%%", "\n", "\r\n", "\n...\n", "\u{85}", "\u{2028}"];
/// Fields with a rule that refuses anything but base64.
const BASE64: &[&str] = &["SECURITY_SCANNER_V4_PSK", "azure_account_key"];

fn nasty(dice: &mut Dice, without: &[&str]) -> String {
    let pieces: Vec<&str> = PIECES.iter().copied().filter(|piece| !without.contains(piece)).collect();
    let mut text: String = (0..dice.below(9)).map(|_| *dice.pick(&pieces)).collect();
    if dice.below(12) == 0 {
        text = text.replace(' ', "_") + &"ü4KB".repeat(820);
    }
    // Never empty, which would be not a value.
    match dice.below(3) {
        0 => format!("v{text}"),
        1 => format!("{text}v"),
        _ => format!("v{text}v"),
    }
}

/// Puts another text in place of each secret that is a whole value.
fn replaced(value: &mut Json, secrets: &BTreeSet<String>, dice: &mut Dice, values: &mut Vec<String>) {
    match value {
        Json::String(text) if secrets.contains(text) => {
            *text = nasty(dice, &[]);
            values.push(text.clone());
        }
        Json::Array(items) => items.iter_mut().for_each(|item| replaced(item, secrets, dice, values)),
        Json::Object(map) => {
            let free = map.iter_mut().filter(|(name, _)| !BASE64.contains(&name.as_str()));
            free.for_each(|(_, value)| replaced(value, secrets, dice, values));
        }
        _ => {}
    }
}

/// A configuration with every field, member and argument, with nasty values for all secrets; and those values.
fn nasty_config(seed: u64) -> (Map<String, Json>, Vec<String>) {
    let mut maker = Maker::new(seed);
    let mut config = maker.every_field();
    config.retain(|name, _| !IN_KEYS.contains(&name.as_str()));
    let secrets: BTreeSet<String> = maker.secrets.iter().cloned().collect();
    let mut values = Vec::new();
    let mut all = Json::from(config);
    replaced(&mut all, &secrets, &mut maker.dice, &mut values);
    let Json::Object(mut config) = all else { unreachable!("it was a map") };
    let password = nasty(&mut maker.dice, NOT_IN_URI);
    // As the pods write it: only what must be is encoded.
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let encoded: String = password.bytes().map(encode).collect();
    config.insert("DB_URI".to_owned(), format!("postgresql://quay:{encoded}@db.example.com:5432/quay").into());
    (config, values)
}

fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Str(text) => _ = found.insert(text.clone()),
        Value::Seq(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Map(map) => map.iter().for_each(|(_, value)| texts(value, found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_of_any_secret_arrives_unchanged(seed: u64) {
        let (config, values) = nasty_config(seed);
        prop_assert!(values.len() > 30, "{}", values.len());
        let late = assert_joined(with_config(&config), &format!("seed {seed}"));
        let made = cluster(&analyzed(&referenced(with_config(&config))));
        let found = Pod::new(&late.objects, &made, "registry-quay-app").sees(&["/conf/stack"]);
        let mut arrived = BTreeSet::new();
        texts(&document(&found["/conf/stack/config.yaml"]), &mut arrived);
        // Not only as inline has them: as they were written.
        for value in &values {
            prop_assert!(arrived.contains(value), "seed {}: {:?} does not arrive", seed, value);
        }
    }
}

#[test]
fn a_value_of_four_kilobytes_arrives() {
    let (mut config, _) = nasty_config(1);
    let long = "ü'\"\n: ".repeat(600);
    config.insert("ENABLE_HEALTH_DEBUG_SECRET".to_owned(), long.clone().into());
    let late = rendered(compile(&referenced(with_config(&config))));
    let made = cluster(&analyzed(&referenced(with_config(&config))));
    let found = Pod::new(&late.objects, &made, "registry-quay-app").sees(&["/conf/stack"]);
    let config = document(&found["/conf/stack/config.yaml"]);
    assert_eq!(config.at(&["ENABLE_HEALTH_DEBUG_SECRET"]).and_then(Value::as_str), Some(long.as_str()));
}
