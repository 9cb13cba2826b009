//! Applies a registry by waves as Argo CD does, and by layers as Flux does: at each step everything that an object
//! refers to exists, and the whole ends.

use super::inputs::{Form, Pair, Registry, every_registry};
use super::world::{Health, Id, World, annotation, id, items, references, text};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const WAVE: &str = "argocd.argoproj.io/sync-wave";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";
const FLUX_PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";

fn wave(object: &Json) -> i64 {
    annotation(object, WAVE).parse().unwrap_or(0)
}

/// Applies objects together, and returns an error for missing objects that they refer to.
fn apply(world: &mut World, objects: &[&Json]) -> Result<(), String> {
    objects.iter().for_each(|object| world.apply(object));
    for object in objects {
        for (kind, name) in references(object) {
            if !world.has(&kind, &name) {
                return Err(format!("{:?} refers to {kind} {name}, which is not there yet", id(object)));
            }
        }
        let namespace = text(&object["metadata"]["namespace"]);
        let rendered = object["kind"] != "Namespace" && !namespace.starts_with("openshift-");
        if rendered && !world.has("Namespace", namespace) {
            return Err(format!("{:?} is applied before its namespace", id(object)));
        }
    }
    world.analyze();
    Ok(())
}

/// Live objects that are no longer wanted, with the wave in which Argo CD prunes them (gitops-engine, `getSyncTasks`):
/// pruning takes the waves in reverse, and `PruneLast` comes after everything.
fn pruned(world: &World, wanted: &BTreeSet<Id>, last: i64) -> Vec<(i64, Id)> {
    let stale = world.ids().filter(|(id, _)| !wanted.contains(*id));
    let stale: Vec<_> = stale.filter(|(_, object)| !annotation(object, OPTIONS).contains("Prune=false")).collect();
    let waves: BTreeSet<i64> = stale.iter().map(|(_, object)| wave(object)).collect();
    let swapped: BTreeMap<i64, i64> = waves.iter().copied().zip(waves.iter().rev().copied()).collect();
    let of = |object: &Json| {
        if annotation(object, OPTIONS).contains("PruneLast=true") { last + 1 } else { swapped[&wave(object)] }
    };
    stale.into_iter().map(|(id, object)| (of(object), id.clone())).collect()
}

/// One sync of Argo CD.
fn sync(world: &mut World, registry: &Registry) -> Result<(), String> {
    world.expect(registry);
    let wanted: BTreeSet<Id> = registry.values().map(id).collect();
    let last = registry.values().map(wave).max().unwrap();
    let pruned = pruned(world, &wanted, last);
    let waves: BTreeSet<i64> = registry.values().map(wave).chain(pruned.iter().map(|(wave, _)| *wave)).collect();
    for number in &waves {
        for (_, id) in pruned.iter().filter(|(wave, _)| wave == number) {
            world.prune(id)?;
        }
        let objects: Vec<&Json> = registry.values().filter(|object| wave(object) == *number).collect();
        apply(world, &objects)?;
        if Some(number) == waves.last() {
            break;
        }
        for object in objects {
            match world.health(&id(object)) {
                Some(Health::Healthy) => {}
                health => return Err(format!("wave {number} does not end: {:?} is {health:?}", id(object))),
            }
        }
    }
    Ok(())
}

/// One reconciliation of all Flux Kustomizations; `inventories` lists what each applied before.
fn reconcile(
    world: &mut World,
    registry: &Registry,
    inventories: &mut BTreeMap<String, BTreeSet<Id>>,
) -> Result<(), String> {
    world.expect(registry);
    let mut left: Vec<&Json> = folder(registry, "flux")?;
    let mut ready: BTreeSet<String> = BTreeSet::new();
    while !left.is_empty() {
        let depends =
            |layer: &Json| items(&layer["spec"]["dependsOn"]).iter().all(|on| ready.contains(text(&on["name"])));
        let next = left.iter().position(|layer| depends(layer));
        let layer = left.remove(next.ok_or("the layers wait for each other")?);
        let name = text(&layer["metadata"]["name"]).to_owned();
        let path = text(&layer["spec"]["path"]);
        let objects = folder(registry, path.rsplit('/').next().unwrap())?;
        apply(world, &objects)?;
        let applied: BTreeSet<Id> = objects.iter().map(|object| id(object)).collect();
        let before = inventories.insert(name.clone(), applied.clone()).unwrap_or_default();
        for id in before.difference(&applied) {
            let kept = world.ids().any(|(live, object)| live == id && annotation(object, FLUX_PRUNE) == "disabled");
            if !kept {
                world.prune(id)?;
            }
        }
        let spec = &layer["spec"];
        let check =
            |check: &Json| [&check["kind"], &check["namespace"], &check["name"]].map(|it| text(it).to_owned()).into();
        let checked: Vec<Id> = items(&spec["healthChecks"]).iter().map(check).collect();
        let waited: Vec<Id> = if spec["wait"] == json!(true) { applied.into_iter().collect() } else { checked };
        if let Some(id) = waited.iter().find(|id| world.health(id) != Some(Health::Healthy)) {
            return Err(format!("{name} is not ready: {id:?} is {:?}", world.health(id)));
        }
        ready.insert(name);
    }
    Ok(())
}

/// The objects that a folder's kustomization.yaml lists.
fn folder<'a>(registry: &'a Registry, folder: &str) -> Result<Vec<&'a Json>, String> {
    let file = |path: &str| {
        let path = format!("{folder}/{path}");
        let found = registry.files.iter().find(|(known, _)| *known == path).map(|(_, file)| file);
        found.ok_or(format!("{path} is not there"))
    };
    items(&file("kustomization.yaml")?["resources"]).iter().map(|path| file(text(path))).collect()
}

/// Applies a registry by waves, changes it, and takes the change back.
pub fn assert_waves_end((before, after): &Pair) {
    let mut world = World::new();
    sync(&mut world, before).unwrap_or_else(|problem| panic!("{}, first: {problem}", before.name));
    world.rest();
    sync(&mut world, after).unwrap_or_else(|problem| panic!("{}, changed: {problem}", after.name));
    // Nothing is left to do, and the way back is as good.
    sync(&mut world, after).unwrap_or_else(|problem| panic!("{}, again: {problem}", after.name));
    sync(&mut world, before).unwrap_or_else(|problem| panic!("{}, back: {problem}", before.name));
}

/// The same by layers.
pub fn assert_layers_end((before, after): &Pair) {
    assert!(!before.files.iter().any(|(path, _)| path == "kustomization.yaml"), "{}", before.name);
    let (mut world, mut inventories) = (World::new(), BTreeMap::new());
    for registry in [before, after, after, before] {
        reconcile(&mut world, registry, &mut inventories)
            .unwrap_or_else(|problem| panic!("{}: {problem}", before.name));
        world.rest();
    }
}

#[test]
fn every_registry_is_applied_by_waves_and_changed_by_waves() {
    every_registry(Form::Directory).for_each(assert_waves_end);
}

#[test]
fn every_registry_is_applied_by_layers_and_changed_by_layers() {
    every_registry(Form::Layers).for_each(assert_layers_end);
}

/// A directory that is not delivered in layers has the same ones.
#[test]
fn a_layer_and_its_wave_say_the_same_order() {
    for (registry, _) in every_registry(Form::Directory) {
        let mut waves: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        for (layer, object) in &registry.objects {
            assert!(object["metadata"]["annotations"][WAVE].is_string(), "{:?}", id(object));
            waves.entry(layer).or_default().insert(wave(object));
        }
        assert!(waves.values().all(|waves| waves.len() == 1), "{}: {waves:?}", registry.name);
    }
}

/// Names of Secrets depend on content and are pruned last, or they are stable and pods have checksums: never a mixture.
#[test]
fn names_follow_content_exactly_where_all_that_is_applied_becomes_healthy() {
    let registries =
        [Form::Directory, Form::Layers].into_iter().flat_map(|form| every_registry(form).map(move |it| (form, it)));
    let mut forms = BTreeSet::new();
    // A QuayRegistry names its bundle.
    let rendered = registries.filter(|(_, (before, _))| before.values().all(|it| it["kind"] != "QuayRegistry"));
    for (form, (before, after)) in rendered {
        let may_fail = |it: &Json| ["Ingress", "CronJob"].contains(&text(&it["kind"]));
        let uncertain = before.values().any(|it| may_fail(it) || it["spec"]["type"] == "LoadBalancer");
        let is_stable = uncertain || form == Form::Layers;
        forms.insert((form == Form::Layers, uncertain));
        let last = before.values().any(|object| annotation(object, OPTIONS).contains("PruneLast"));
        let sums =
            before.values().any(|object| object["spec"]["template"].to_string().contains("checksum.quay-render.dev/"));
        assert_eq!((last, sums), (!is_stable, is_stable), "{}", before.name);
        let names = |registry: &Registry| -> BTreeSet<Id> {
            registry.values().map(id).filter(|id| id.0 == "Secret" || id.0 == "ConfigMap").collect()
        };
        assert_eq!(names(before) == names(after), is_stable, "{}", before.name);
    }
    assert_eq!(forms.len(), 4);
}

/// A registry with a change after rendering.
fn with(mut registry: Registry, kind: &str, change: impl Fn(&mut Json)) -> Registry {
    let mut found = 0;
    for (_, object) in registry.objects.iter_mut().filter(|(_, object)| object["kind"] == kind) {
        change(object);
        found += 1;
    }
    assert!(found > 0, "{} has no {kind}", registry.name);
    registry
}

fn named(name: &str, form: Form) -> Pair {
    every_registry(form).find(|(registry, _)| registry.name == name).unwrap().clone()
}

/// The simulation finds what it is looking for.
#[test]
fn a_wrong_wave_is_found() {
    let set = |wave: &'static str| move |object: &mut Json| object["metadata"]["annotations"][WAVE] = json!(wave);
    let first = |name: &str, kind: &str, wave: &'static str| {
        sync(&mut World::new(), &with(named(name, Form::Directory).0, kind, set(wave))).unwrap_err()
    };
    let claim = first("minimal", "PersistentVolumeClaim", "0");
    assert!(claim.contains("wave 0 does not end") && claim.contains("PersistentVolumeClaim"), "{claim}");
    let scaler = first("minimal", "HorizontalPodAutoscaler", "3");
    assert!(scaler.contains("Degraded"), "{scaler}");
    let secret = first("minimal", "Secret", "2");
    assert!(secret.contains("refers to Secret"), "{secret}");
    let ingress = first("kubernetes with ingress", "Ingress", "3");
    assert!(ingress.contains("wave 3 does not end"), "{ingress}");
    let balancer = first("kubernetes with load balancer", "Service", "3");
    assert!(balancer.contains("refers to") || balancer.contains("does not end"), "{balancer}");
}

/// With names that depend on content, the sync would wait for an object that waits for an address.
#[test]
fn pruning_after_what_never_has_an_address_does_not_end() {
    let (before, after) = named("kubernetes", Form::Directory);
    let ingress =
        json!({"kind": "Ingress", "metadata": {"name": "i", "namespace": "quay", "annotations": {WAVE: "4"}}});
    let with = |mut registry: Registry| {
        registry.objects.push(("access".to_owned(), ingress.clone()));
        registry
    };
    let mut world = World::new();
    sync(&mut world, &with(before)).unwrap();
    world.rest();
    let problem = sync(&mut world, &with(after)).unwrap_err();
    assert!(problem.contains("wave 4 does not end"), "{problem}");
}

/// Pruning at the end also waits for a new autoscaler, which is Degraded for minutes: then the sync is tried again.
#[test]
fn a_new_autoscaler_beside_a_change_is_tried_again() {
    let (mut before, after) = named("minimal", Form::Directory);
    before.objects.retain(|(_, object)| object["kind"] != "HorizontalPodAutoscaler");
    let mut world = World::new();
    sync(&mut world, &before).unwrap();
    assert!(sync(&mut world, &after).unwrap_err().contains("Degraded"));
    world.rest();
    sync(&mut world, &after).unwrap();
}

/// With names that depend on content, Flux would prune Secrets that pods still mount.
#[test]
fn names_that_follow_content_are_pruned_too_early_by_layers() {
    let (before, after) = named("minimal", Form::Layers);
    let rename = |mut registry: Registry, mark: &str| {
        for (path, object) in &mut registry.files {
            if path.contains("secret-my-registry-quay-config-secret") {
                object["metadata"]["name"] = json!(format!("my-registry-quay-config-secret-{mark}"));
            } else if object["spec"].get("template").is_some() {
                let old = "\"my-registry-quay-config-secret\"";
                let text = object.to_string().replace(old, &format!("\"my-registry-quay-config-secret-{mark}\""));
                *object = serde_json::from_str(&text).unwrap();
            }
        }
        registry
    };
    let (mut world, mut inventories) = (World::new(), BTreeMap::new());
    reconcile(&mut world, &rename(before, "a"), &mut inventories).unwrap();
    let problem = reconcile(&mut world, &rename(after, "b"), &mut inventories).unwrap_err();
    assert!(problem.contains("still run with it"), "{problem}");
}
