//! `show upgrade --live`: where an upgrade stands, by exported objects.

use super::World;
use crate::support::printed::fits;
use quay_render::schemas::Printed;
use serde_json::{Value as Json, json};
use std::fs;

/// A registry of 3.18, its Job's name and its image.
struct Story {
    world: World,
    job: String,
    image: String,
}

impl Story {
    fn new(is_paused: bool) -> Self {
        Self::of("3.18", is_paused)
    }

    fn of(release: &str, is_paused: bool) -> Self {
        let world = World::new(release);
        if is_paused {
            let field = format!("  release: \"{release}\"\n");
            let text = world.config().replace(&field, &format!("{field}  paused: true\n"));
            fs::write(world.file(), text).unwrap();
        }
        world.build(0);
        let (job, image) = (Self::after(&world, "name: "), Self::after(&world, "image: "));
        Self { world, job, image }
    }

    /// What stands behind the first such mark in the rendered Job.
    fn after(world: &World, mark: &str) -> String {
        let text = fs::read_to_string(world.0.path().join("out/quay/job-reg-quay-app-upgrade.yaml")).unwrap();
        let line = text.lines().find(|line| line.trim_start().starts_with(mark)).unwrap();
        line.split_once(mark).unwrap().1.to_owned()
    }

    /// The Job, in a state.
    fn job(&self, status: &Json) -> Json {
        let labels = json!({"quay-operator/quayregistry": "reg"});
        let metadata = json!({"name": self.job, "namespace": "quay", "labels": labels});
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": status})
    }

    /// What the command says of an export, in its JSON.
    fn said(&self, code: i32, objects: &[Json]) -> Json {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        fs::write(self.world.0.path().join("live.yaml"), list.to_string()).unwrap();
        let arguments = ["show", "upgrade", "reg", "--format", "json", "--live", "live.yaml"];
        fits(Printed::Upgrade, &self.world.run(code, &arguments))
    }
}

fn pod(name: &str, component: &str, image: &str, phase: &str) -> Json {
    let labels = json!({"quay-operator/quayregistry": "reg", "quay-component": component});
    let metadata = json!({"name": name, "namespace": "quay", "labels": labels});
    let spec = json!({"containers": [{"name": component, "image": image}]});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": phase}})
}

fn is_complete() -> Json {
    json!({"conditions": [{"type": "Complete", "status": "True"}]})
}

#[test]
fn each_state_says_what_comes_next_and_which_way_leads_back() {
    let story = Story::new(true);
    let old = [
        pod("app-1", "quay-app", "quay.io/quay:old", "Running"),
        pod("mirror-1", "quay-mirror", "quay.io/quay:old", "Running"),
        pod("app-0", "quay-app", "quay.io/quay:old", "Succeeded"),
        pod("db", "postgres", "quay.io/postgres:old", "Running"),
    ];
    let of = |status: &Json, pods: &[Json]| -> Vec<Json> { [&[story.job(status)], pods].concat() };
    let begins = "no pod of another release uses the database";
    let scale = "kubectl -n quay scale deployment reg-quay-mirror reg-quay-app --replicas=0";
    let failed = json!({"failed": 20, "conditions": [{"type": "Failed", "status": "True"}]});
    for (objects, state, next, back) in [
        (old.to_vec(), "is not in the cluster", "apply the output", "revert the commit"),
        (of(&json!({"active": 1}), &old), "waits for pods of another release to end", scale, "has not begun. Then"),
        (of(&json!({"active": 1, "failed": 2}), &old), "waits for pods of another release to end", scale, begins),
        (of(&json!({"active": 1}), &[]), "runs", "wait until the Job is complete", begins),
        (of(&json!({"failed": 3}), &[]), "runs", "it is tried again; kubectl -n quay logs -l job-name=reg-", begins),
        (of(&failed, &[]), "has failed, and is not tried again", "another text in spec.rerun", begins),
        (of(&is_complete(), &[]), "is complete", "quay-render upgrade reg --to 3.18", "restore the backup"),
    ] {
        let said = story.said(1, &objects);
        assert_eq!(said["commit"], json!({"release": "3.18", "paused": true}));
        assert_eq!(said["migration"]["job"], json!(story.job));
        assert_eq!(said["migration"]["state"], state, "{said}");
        for (field, wanted) in [("next", next), ("back", back)] {
            assert!(said[field].as_str().unwrap().contains(wanted), "{said}");
        }
        let others: &[&str] = if objects.len() > 2 { &["app-1", "mirror-1"] } else { &[] };
        assert_eq!(said["pods"], json!({"own": [], "others": others}), "{said}");
    }
}

#[test]
fn an_upgrade_is_done_when_its_own_pods_run_alone() {
    let story = Story::new(false);
    let own = pod("app-2", "quay-app", &story.image, "Running");
    let old = pod("app-1", "quay-app", "quay.io/quay:old", "Running");
    let job = story.job(&is_complete());
    assert_eq!(story.said(0, &[job.clone(), own.clone()])["next"], "nothing: the upgrade is done");
    for objects in [&[job.clone(), own, old][..], &[job]] {
        assert_eq!(story.said(1, objects)["next"], "wait until the Deployments are ready");
    }
}

#[test]
fn without_objects_of_the_registry_the_command_to_export_them_is_named() {
    let story = Story::new(false);
    let said = story.world.run(2, &["show", "upgrade", "reg"]);
    assert!(said.contains("kubectl get deployments,jobs,pods -n quay -o yaml"), "{said}");
    fs::write(story.world.0.path().join("live.yaml"), "{apiVersion: v1, kind: List, items: []}\n").unwrap();
    let said = story.world.run(2, &["show", "upgrade", "reg", "--live", "live.yaml"]);
    assert!(said.contains("error[adopt-missing]") && said.contains("pods -n quay -o yaml"), "{said}");
    assert!(story.world.run(2, &["show", "images", "reg", "--live", "live.yaml"]).contains("--live goes with"));
}

/// A database's pod, with the states of its init containers and of its server.
fn database_pod(component: &str, init: &[Json], server: &Json) -> Json {
    let labels = json!({"quay-operator/quayregistry": "reg", "quay-component": component});
    let metadata = json!({"name": format!("{component}-1"), "namespace": "quay", "labels": labels});
    let named = |name: &str, state: &Json| {
        let mut status = state.clone();
        status["name"] = name.into();
        status
    };
    let states: Vec<Json> =
        ["dump-previous", "restore-previous"].iter().zip(init).map(|(name, state)| named(name, state)).collect();
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {
            "initContainers": [{"name": "dump-previous", "image": "a"}, {"name": "restore-previous", "image": "b"}],
            "containers": [{"name": "postgres", "image": "b"}],
        },
        "status": {"phase": "Pending", "initContainerStatuses": states, "containerStatuses": [named("postgres", server)]},
    })
}

#[test]
fn the_data_that_is_moved_comes_first() {
    let mut story = Story::of("3.9", true);
    let text =
        story.world.config().replace("\"3.9\"\n", "\"3.9\"\n  databaseUpgrade: {from: \"3.8\", id: \"5f3a9c01\"}\n");
    fs::write(story.world.file(), text).unwrap();
    // The migration of a move is another Job.
    fs::remove_dir_all(story.world.0.path().join("out")).unwrap();
    story.world.build(0);
    story.job = Story::after(&story.world, "name: ");
    let (waits, runs) =
        (json!({"state": {"waiting": {"reason": "PodInitializing"}}}), json!({"state": {"running": {}}}));
    let ended = |code: i32| json!({"state": {"terminated": {"exitCode": code}}});
    let again = json!({"state": {"running": {}}, "lastState": {"terminated": {"exitCode": 1}}});
    for (init, server, wanted, next) in [
        ([runs.clone(), waits.clone()], &waits, "is being moved", "wait until the data is moved"),
        ([ended(0), runs.clone()], &waits, "is being moved", "wait until the data is moved"),
        ([ended(1), waits.clone()], &waits, "is not moved yet", "kubectl -n quay logs deployment/reg-"),
        ([again, waits.clone()], &waits, "is not moved yet", "kubectl -n quay logs deployment/reg-"),
        ([ended(0), ended(0)], &runs, "is moved", "wait until the Job is complete"),
    ] {
        let job = story.job(&json!({"active": 1}));
        let pods = ["postgres", "clair-postgres"].map(|component| database_pod(component, &init, server));
        let said = story.said(1, &[&[job][..], &pods].concat());
        for name in ["reg-quay-database", "reg-clair-postgres"] {
            assert!(said["databases"][name].as_str().unwrap().starts_with(wanted), "{said}");
        }
        assert!(said["next"].as_str().unwrap().starts_with(next), "{said}");
        assert!(said["back"].as_str().unwrap().contains("the former claims have all data"), "{said}");
    }
    let said = story.said(1, &[story.job(&json!({"active": 1}))]);
    assert_eq!(said["databases"]["reg-quay-database"], "is to be moved", "{said}");
    assert_eq!(said["next"], "apply the output", "{said}");
}
