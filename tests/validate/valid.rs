//! Valid configurations: they pass alone and in a registry, with any order of fields, and again after the merge.

use super::{errors, registry};
use crate::support::every_field::{self, Dice, Maker};
use crate::support::random::cases;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use quay_render::catalog::{Catalog, Release};
use quay_render::diagnostic::Diagnostics;
use quay_render::input::Inputs;
use quay_render::object::{Object, Value as Tree};
use quay_render::{compile, emit, validate_bundle};
use serde_json::{Map, Value};

/// Components that can be managed with a bundle that has all fields except theirs.
fn managed(choice: u8) -> Vec<&'static str> {
    let kinds = Catalog::shipped().into_iter().flat_map(Release::kinds).enumerate();
    kinds.filter(|(at, _)| choice & (1 << at) != 0).map(|(_, (name, _))| name).collect()
}

/// A configuration for the bundle of a registry: without the fields that the keys and managed components write.
fn of_a_registry(mut config: Map<String, Value>, managed: &[&str]) -> Map<String, Value> {
    let kinds = Catalog::shipped().into_iter().flat_map(Release::kinds);
    let owned = kinds.filter(|(name, _)| managed.contains(name));
    let owned = owned.flat_map(|(_, kind)| kind.fields.iter().chain(&kind.required)).map(String::as_str);
    // A managed Route takes the names that the certificate is for.
    let owned = owned.filter(|name| !["SERVER_HOSTNAME", "BUILDMAN_HOSTNAME"].contains(name));
    for name in owned.chain(["SECRET_KEY", "DATABASE_SECRET_KEY"]) {
        config.shift_remove(name);
    }
    if managed.contains(&"objectstorage") {
        config.insert("ACTION_LOG_ARCHIVE_LOCATION".into(), "local_us".into());
    }
    config
}

/// The same fields and members in another order.
fn shuffled(value: Value, dice: &mut Dice) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            dice.shuffle(&mut entries);
            entries.into_iter().map(|(name, value)| (name, shuffled(value, dice))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(|item| shuffled(item, dice)).collect(),
        other => other,
    }
}

fn shuffled_map(config: &Map<String, Value>, dice: &mut Dice) -> Map<String, Value> {
    match shuffled(config.clone().into(), dice) {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

/// The diagnostics, without their locations.
fn said(diagnostics: &Diagnostics) -> Vec<(&'static str, Option<&str>, &str)> {
    let mut said: Vec<_> = diagnostics
        .iter()
        .map(|problem| (problem.code.as_str(), problem.field.as_deref(), problem.message.as_str()))
        .collect();
    said.sort_unstable();
    said
}

/// The Secret with config.yaml among rendered objects, as a bundle alone.
fn merged(objects: &[Object]) -> Inputs {
    let secret = objects.iter().find(|object| object.base_name.ends_with("-quay-config-secret")).expect("the Secret");
    let secret = secret.value.at(&["data"]).and_then(Tree::as_map).unwrap();
    let decoded = |value: &Tree| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let mut files: Vec<_> = secret.iter().map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    let at = files.iter().position(|(name, _)| name == "config.yaml").unwrap();
    let (_, config) = files.swap_remove(at);
    Inputs { name: "merged".to_owned(), bundle: Some(every_field::folder(&config, files)), ..Inputs::default() }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_configuration_with_every_field_passes(seed: u64) {
        let inputs = every_field::bundle(&Maker::new(seed).every_field());
        prop_assert_eq!(errors(&validate_bundle(&inputs)), "");
    }

    #[test]
    fn a_configuration_with_some_fields_passes(seed: u64) {
        let inputs = every_field::bundle(&Maker::new(seed).some_fields());
        prop_assert_eq!(errors(&validate_bundle(&inputs)), "");
    }

    #[test]
    fn the_merged_configuration_of_a_registry_passes_again(seed: u64, choice: u8) {
        let managed = managed(choice);
        let config = of_a_registry(Maker::new(seed).some_fields(), &managed);
        let compiled = compile(&registry(&config, &managed));
        prop_assert_eq!(errors(&compiled.diagnostics), "", "managed: {:?}", managed);
        let merged = merged(&compiled.registry.expect("a registry").objects);
        prop_assert_eq!(errors(&validate_bundle(&merged)), "", "managed: {:?}", managed);
    }

    #[test]
    fn the_order_of_fields_changes_nothing(seed: u64, other: u64, choice: u8) {
        let managed = managed(choice);
        let config = of_a_registry(Maker::new(seed).some_fields(), &managed);
        let twin = shuffled_map(&config, &mut Dice::new(other));
        let alone = [&config, &twin].map(|config| validate_bundle(&every_field::bundle(config)));
        prop_assert_eq!(said(&alone[0]), said(&alone[1]));
        let compiled = [&config, &twin].map(|config| compile(&registry(config, &managed)));
        prop_assert_eq!(said(&compiled[0].diagnostics), said(&compiled[1].diagnostics));
        prop_assert_eq!(errors(&compiled[0].diagnostics), "", "managed: {:?}", managed);
        let output = compiled.map(|compiled| emit::stream(&compiled.registry.expect("a registry").objects));
        prop_assert_eq!(&output[0], &output[1]);
    }

    /// Also if half of the values have a wrong type.
    #[test]
    fn the_order_of_fields_changes_no_objection(seed: u64, other: u64) {
        let mut maker = Maker::new(seed);
        let mut config = maker.every_field();
        let wrong = [Value::Null, true.into(), 5.into(), "yes".into(), Value::Array(vec![]), Value::Object(Map::new())];
        for value in config.values_mut() {
            if maker.dice.below(2) == 0 {
                *value = maker.dice.pick(&wrong).clone();
            }
        }
        let twin = shuffled_map(&config, &mut Dice::new(other));
        let alone = [&config, &twin].map(|config| validate_bundle(&every_field::bundle(config)));
        prop_assert!(alone[0].has_errors());
        prop_assert_eq!(said(&alone[0]), said(&alone[1]));
    }
}
