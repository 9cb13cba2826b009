//! Every release with each access type and each place of the secrets: all callers reach it, everything that its pods
//! need exists, and Argo CD and Flux finish. Every pair of release, access type and place occurs; `tests/releases.rs`
//! builds all combinations of the three.

use crate::access::clients::lead;
use crate::access::cluster::World;
use crate::cluster_secrets::parity::assert_same;
use crate::cluster_secrets::required::assert_all_is_there;
use crate::gitops::inputs::pair;
use crate::gitops::order::{assert_layers_end, assert_waves_end};
use crate::support::pod::cluster;
use crate::support::problems::assert_none;
use crate::support::releases::{Case, covering, every_way, for_each, releases, write};
use quay_render::diagnostic::Diagnostics;
use quay_render::input::Inputs;
use quay_render::{Rendered, analyze, compile};
use serde_json::json;
use std::sync::Mutex;

fn rendered(case: &Case, inputs: &Inputs) -> Rendered {
    let compiled = compile(inputs);
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    compiled.registry.unwrap_or_else(|| panic!("{case} is refused:\n{}", said.join("\n")))
}

#[test]
fn whoever_calls_a_registry_of_any_release_gets_through() {
    let problems = Mutex::new(Vec::new());
    for_each(covering(), |case| {
        let folder = tempfile::tempdir().unwrap();
        write(&case.inputs(), folder.path());
        let led = lead(&World::at(&case.to_string(), folder));
        let found = led.problems.into_iter().map(|problem| (case.to_string(), problem));
        problems.lock().unwrap().extend(found);
    });
    assert_none(problems.into_inner().unwrap());
}

#[test]
fn what_pods_of_any_release_ask_for_is_there() {
    let late: Vec<Case> = covering().into_iter().filter(|case| case.mode != "inline").collect();
    for_each(late, |case| assert_all_is_there(&case.to_string(), &rendered(&case, &case.inputs())));
}

/// Each release once, and each access type.
#[test]
fn pods_of_any_release_join_what_inline_would_have_given_them() {
    let ways = every_way();
    let cases: Vec<Case> = releases()
        .iter()
        .enumerate()
        .map(|(number, release)| Case { mode: "inline", ..Case::of(release) }.by(ways[number % ways.len()].clone()))
        .collect();
    for_each(cases, |case| {
        let inline = rendered(&case, &case.inputs());
        // The same input, so that what is left to the cluster is known.
        let mut late = case.inputs();
        for source in &mut late.sources {
            let text = String::from_utf8(source.bytes.clone()).unwrap();
            source.bytes = text.replace(r#""mode":"inline""#, r#""mode":"referenced""#).into_bytes();
        }
        let analysis = analyze(&late, &mut Diagnostics::new()).0.unwrap();
        let count = assert_same(&rendered(&case, &late), &inline, &cluster(&analysis), &case.to_string());
        assert!(count >= 4, "{case}: {count} pods");
    });
}

#[test]
fn argo_cd_and_flux_come_to_the_end_of_any_release() {
    for_each(covering(), |case| {
        let name = case.to_string();
        assert_waves_end(&pair(&name, case.inputs()));
        let flux = json!({"sourceRef": {"name": "fleet"}, "path": "./deploy"});
        let layers = Case { more: vec![("output", json!("layers")), ("flux", flux)], ..case };
        assert_layers_end(&pair(&name, layers.inputs()));
    });
}
