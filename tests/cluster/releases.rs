//! Every release on the oldest Kubernetes that it supports and on the newest, and the components of the newest release.

use super::{NEWEST, assert_fits};
use crate::support::releases::{Case, MODES, every_way, kinds, of, releases};
use quay_render::compile;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The objects of cases, by the version of Kubernetes of each.
fn objects(cases: &[(String, Case)]) -> BTreeMap<String, Vec<Json>> {
    let mut found: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for (version, case) in cases {
        let case = Case {
            more: [case.more.clone(), vec![("cluster.kubernetesVersion", json!(version))]].concat(),
            ..case.clone()
        };
        let compiled = compile(&case.inputs());
        let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
        let rendered = compiled.registry.unwrap_or_else(|| panic!("{case} is refused:\n{}", said.join("\n")));
        let values = rendered.objects.iter().map(|object| serde_json::to_value(&object.value).unwrap());
        found.entry(version.clone()).or_default().extend(values);
    }
    found
}

fn assert_all_fit(cases: &[(String, Case)]) {
    let objects = objects(cases);
    assert_fits(objects.iter().map(|(version, objects)| (version.clone(), objects.iter().collect())).collect());
}

/// The oldest and the newest Kubernetes of a release.
fn range(release: &str) -> [String; 2] {
    [of(release).oldest.kubernetes.clone(), NEWEST.to_owned()]
}

#[test]
fn every_release_fits_its_oldest_and_its_newest_kubernetes_in_both_shapes() {
    let ways = every_way();
    let mut cases = Vec::new();
    for (number, release) in releases().iter().enumerate() {
        for (shape, version) in
            ["production", "operator"].into_iter().flat_map(|shape| range(release).map(|it| (shape, it)))
        {
            // The operator's own way in, and each time another one with another place of the secrets.
            let turn = cases.len() / 2;
            for way in [0, 1 + turn % (ways.len() - 1)] {
                let mode = MODES[(number + turn) % MODES.len()];
                let case = Case { mode, ..Case::of(release) }.by(ways[way].clone());
                cases.push((version.clone(), Case { more: vec![("shape", json!(shape))], ..case }));
            }
        }
    }
    assert_all_fit(&cases);
}

/// All with at most two components managed, or at most two unmanaged. `tests/releases.rs` builds the others.
#[test]
fn combinations_of_the_components_of_the_newest_release_fit_its_kubernetes() {
    let release = releases().pop().unwrap();
    let kinds = kinds(&of(&release));
    let few = |bits: &u32| bits.count_ones() <= 2 || bits.count_ones() as usize >= kinds.len() - 2;
    let combinations: Vec<u32> = (0..1_u32 << kinds.len()).filter(few).collect();
    assert_eq!(combinations.len(), 112);
    let mut cases = Vec::new();
    for bits in combinations {
        let unmanaged: BTreeSet<&str> =
            kinds.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, kind)| *kind).collect();
        for version in range(&release) {
            cases.push((version, Case { mode: "inline", unmanaged: unmanaged.clone(), ..Case::of(&release) }));
        }
    }
    assert_all_fit(&cases);
}
