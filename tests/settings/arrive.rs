use super::{CLUSTER, HEAD, REGISTRY, all, beside, example, fitting, is_exporter, objects, one};
use crate::support::golden;
use crate::support::registry::Registry;
use crate::support::template;
use quay_render::catalog::Catalog;
use quay_render::kubernetes::settings::{Role, settings};
use quay_render::settings::places;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The paths at which two values differ; lists are compared by the names of their items.
fn differences(path: &str, old: Option<&Json>, new: Option<&Json>, found: &mut BTreeSet<String>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            for key in old.keys().chain(new.keys()) {
                differences(&format!("{path}.{key}"), old.get(key), new.get(key), found);
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new)))
            if old.iter().chain(new).all(|item| item["name"].is_string()) =>
        {
            let names: BTreeSet<&str> = old.iter().chain(new).filter_map(|item| item["name"].as_str()).collect();
            for name in names {
                let of = |items: &'_ [Json]| items.iter().find(|item| item["name"] == name).cloned();
                differences(&format!("{path}[{name}]"), of(old).as_ref(), of(new).as_ref(), found);
            }
        }
        _ => drop(found.insert(path.trim_start_matches('.').to_owned())),
    }
}

/// The differences between two outputs, by object.
fn changed(old: &BTreeMap<String, Json>, new: &BTreeMap<String, Json>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for name in old.keys().chain(new.keys()) {
        let mut paths = BTreeSet::new();
        differences("", old.get(name), new.get(name), &mut paths);
        // The name of a Job follows its content.
        paths.retain(|path| !(name.starts_with("Job ") && path == "metadata.name"));
        if !paths.is_empty() {
            found.insert(name.clone(), paths);
        }
    }
    found
}

#[test]
fn each_setting_lands_where_the_table_says_and_nowhere_else() {
    let mut page = String::from(
        "# Settings of components\n\nWhere each of them lands; `.ci/bless settings::` writes it. What a Job has is marked by its kind.\n",
    );
    let mut last = "";
    let mut bases: BTreeMap<String, BTreeMap<String, Json>> = BTreeMap::new();
    for (component, targets, setting) in all() {
        let value = fitting(targets, setting);
        let mut without = one(targets, setting, value.clone());
        without.as_object_mut().unwrap().remove(setting.name);
        let is_default = without == json!({}) && !is_exporter(component);
        let without = if is_default { without } else { json!({component: without}) };
        let old = bases.entry(without.to_string()).or_insert_with(|| objects(&without, &json!({})));
        let new = objects(&json!({component: one(targets, setting, value)}), &json!({}));
        let changed = changed(old, &new);
        assert!(!changed.is_empty(), "{component}.{}: nothing changes", setting.name);
        let words: BTreeSet<String> = places(targets, setting).into_iter().collect();
        for object in changed.keys().filter(|object| !object.starts_with("ServiceAccount ")) {
            let is_told = words.iter().any(|place| place.starts_with(&format!("{object}: ")));
            assert!(is_told || setting.name == "serviceAccount", "{component}.{}: {object} changes", setting.name);
        }
        // Jobs get what pods and containers get.
        let reaches = |role: &Role| matches!(role, Role::Template | Role::Pod | Role::Container | Role::Account);
        if setting.places.iter().flat_map(|place| &place.on).any(reaches) {
            let jobs = targets.jobs.iter().map(|job| ("Job", job));
            for (kind, job) in jobs.chain(targets.cron_jobs.iter().map(|job| ("CronJob", job))) {
                assert!(
                    changed.contains_key(&format!("{kind} {}", job.name)),
                    "{component}.{}: {}",
                    setting.name,
                    job.name
                );
            }
        }
        if component != last {
            let _ = write!(page, "\n## {component}\n\n| setting | lands |\n|---|---|\n");
            last = component;
        }
        let row = changed.iter().map(|(object, paths)| {
            let paths = paths.iter().map(|path| if path.is_empty() { "all of it" } else { path });
            format!("{object}: {}", paths.map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", "))
        });
        let _ = writeln!(page, "| {} | {} |", setting.name, row.collect::<Vec<_>>().join("<br>"));
    }
    let problem = golden::compare("golden/settings.md", &page);
    assert!(problem.is_none(), "{}", problem.unwrap_or_default());
}

/// All settings at once change no selector and no name, and settings reach every pod.
#[test]
fn no_setting_changes_a_selector_or_a_name() {
    let mut deployments = BTreeSet::new();
    for with_exporters in [false, true] {
        let mut components = json!({});
        // These make objects of their own.
        let makes_objects = |name: &str| ["serviceAccount", "networkPolicy"].contains(&name);
        let all = all().into_iter().filter(|(component, ..)| with_exporters == is_exporter(component));
        for (component, targets, setting) in all.filter(|(.., setting)| !makes_objects(setting.name)) {
            let map = components.as_object_mut().unwrap().entry(component).or_insert_with(|| json!({}));
            let more = one(targets, setting, fitting(targets, setting));
            for (name, value) in more.as_object().unwrap() {
                map[name] = value.clone();
            }
        }
        if !with_exporters {
            components["quay"]["autoscaler"] = json!({"minReplicas": 2});
            components["quay"]["replicas"] = json!(0);
        }
        let bare = if with_exporters { json!({"redisexporter": {}}) } else { json!({}) };
        let (old, new) = (objects(&bare, &json!({})), objects(&components, &json!({})));
        assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>());
        for (name, object) in &new {
            assert_eq!(object["spec"].get("selector"), old[name]["spec"].get("selector"), "{name}");
            let job = name.starts_with("Job ");
            assert!(job || object["metadata"]["name"] == old[name]["metadata"]["name"], "{name}");
        }
        deployments.extend(old.into_keys().filter(|name| name.starts_with("Deployment ") || name.starts_with("Job ")));
    }
    let release = Catalog::shipped().unwrap();
    let known: Vec<String> = release
        .settings()
        .flat_map(|(_, targets, _)| targets.objects())
        .map(|(kind, name)| format!("{kind} {name}"))
        .collect();
    for name in &deployments {
        assert!(known.contains(name), "{name}: nothing of it can be set");
    }
}

#[test]
fn what_all_pods_are_given_reaches_every_pod_and_a_component_lays_its_own_over_it() {
    let pods: Json = settings()
        .iter()
        .filter(|setting| setting.is_of_pods)
        .map(|setting| (setting.name.to_owned(), example(setting)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let own = json!({"mirror": {
        "nodeSelector": {"disk": "fast", "node-role.kubernetes.io/infra": null},
        "tolerations": [],
        "env": [{"name": "EXAMPLE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    }});
    let objects = objects(&own, &pods);
    let mut seen = 0;
    for (name, object) in objects.iter().filter(|(_, object)| template(object).is_object()) {
        let pod = &template(object)["spec"];
        let env = pod["containers"][0]["env"].as_array().unwrap();
        let variable = env.iter().find(|variable| variable["name"] == "EXAMPLE").unwrap();
        assert_eq!(pod["priorityClassName"], "registry", "{name}");
        assert_eq!(pod["imagePullSecrets"], json!([{"name": "pull-secret"}]), "{name}");
        if name == "Deployment quay-mirror" {
            assert_eq!(pod["nodeSelector"], json!({"disk": "fast"}));
            assert_eq!(pod["tolerations"], json!([]));
            assert_eq!(*variable, own["mirror"]["env"][0]);
        } else {
            assert_eq!(pod["nodeSelector"], pods["nodeSelector"], "{name}");
            assert_eq!(pod["tolerations"], pods["tolerations"], "{name}");
            assert_eq!(variable["value"], "text", "{name}");
        }
        seen += 1;
    }
    assert_eq!(seen, 12);
}

#[test]
fn null_takes_away_what_the_template_has() {
    let resources = json!({"quay": {"resources": {"limits": {"cpu": null}}}});
    let container = |objects: &BTreeMap<String, Json>| {
        objects["Deployment quay-app"]["spec"]["template"]["spec"]["containers"][0]["resources"].clone()
    };
    let found = container(&objects(&resources, &json!({})));
    assert_eq!(found, json!({"limits": {"memory": "8Gi"}, "requests": {"cpu": "2", "memory": "8Gi"}}));
    assert_eq!(beside(settings().iter().find(|setting| setting.name == "env").unwrap()), json!({}));
}

/// The output of `show settings`: for each setting its value and its origin.
#[test]
fn every_setting_is_shown_with_its_origin() {
    let more = "  pods:\n    priorityClassName: low\n    nodeSelector: {a: b}\n  components:\n    quay:\n      priorityClassName: high\n      nodeSelector: {c: d}\n      resources: {limits: {memory: 9Gi}}\n";
    let input = Registry::of(&[("registry.yaml", REGISTRY), ("config.yaml", &[HEAD, CLUSTER, more].concat())]);
    let output = input.run(&["show", "settings", ".", "--format", "json"]);
    let rows: Json = serde_json::from_slice(&output.stdout).unwrap();
    let row = |field: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["field"] == format!("spec.components.{field}"));
        let row = row.unwrap_or_else(|| panic!("{field}"));
        let origin = row["origin"].as_str().unwrap().replace("./", "");
        (row["value"].clone(), origin)
    };
    assert_eq!(row("quay.priorityClassName"), (json!("high"), "config.yaml:12:26, config.yaml:8:24".to_owned()));
    assert_eq!(
        row("quay.nodeSelector"),
        (json!({"a": "b", "c": "d"}), "config.yaml:13:21, config.yaml:9:19".to_owned())
    );
    assert_eq!(row("mirror.priorityClassName"), (json!("low"), "config.yaml:8:24".to_owned()));
    let (resources, origin) = row("quay.resources");
    assert_eq!(resources["limits"], json!({"cpu": "2", "memory": "9Gi", "ephemeral-storage": "20Gi"}));
    assert_eq!(origin, "config.yaml:14:18, shape production (Kubernetes), release 3.5");
    assert_eq!(row("postgres.volumeSize"), (json!("50Gi"), "release 3.5".to_owned()));
}
