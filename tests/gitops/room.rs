//! Capacity: the requests of pods compared with the capacity of workers, in the order of applying. A pod that waits in
//! an init container keeps its resources, so what it waits for must fit next to it.

use super::inputs::{Form, Registry, every_registry, first_release_with};
use super::world::{items, text};
use serde_json::Value as Json;

/// Thousandths of a CPU, and MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Room {
    cpu: u64,
    memory: u64,
}

/// What the only worker of a small cluster, with 4 CPU and 15 GiB, has left after OpenShift's own reservations and
/// pods.
const SMALL: Room = Room { cpu: 2800, memory: 12 * 1024 };

impl Room {
    fn of(container: &Json) -> Self {
        let requests = &container["resources"]["requests"];
        let cpu = match text(&requests["cpu"]) {
            "" => 0,
            cpu => {
                cpu.strip_suffix('m').map_or_else(|| cpu.parse::<u64>().unwrap() * 1000, |milli| milli.parse().unwrap())
            }
        };
        let memory = match text(&requests["memory"]) {
            "" => 0,
            memory => match memory.strip_suffix("Gi") {
                Some(gibi) => gibi.parse::<u64>().unwrap() * 1024,
                None => memory.strip_suffix("Mi").unwrap().parse().unwrap(),
            },
        };
        Self { cpu, memory }
    }

    /// What a scheduler counts: the containers together, or the one init container that requests more.
    fn of_pod(pod: &Json) -> Self {
        let inits = items(&pod["initContainers"]).iter().map(Self::of);
        let all = items(&pod["containers"]).iter().map(Self::of).fold(Self::default(), Self::and);
        inits.fold(all, |most, one| Self { cpu: most.cpu.max(one.cpu), memory: most.memory.max(one.memory) })
    }

    fn and(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, memory: self.memory + other.memory }
    }

    fn fits(self, worker: Self) -> bool {
        self.cpu <= worker.cpu && self.memory <= worker.memory
    }
}

/// All owners of pods in the order in which kubectl applies them, Deployments before Jobs, once for each pod.
fn pods(registry: &Registry) -> Vec<(String, Room)> {
    let mut found = Vec::new();
    for kind in ["Deployment", "Job"] {
        for object in registry.values().filter(|object| object["kind"] == kind) {
            let count = object["spec"]["replicas"].as_u64().unwrap_or(1);
            let room = Room::of_pod(&object["spec"]["template"]["spec"]);
            found.extend((0..count).map(|_| (format!("{kind} {}", text(&object["metadata"]["name"])), room)));
        }
    }
    found
}

/// Whether each pod fits next to all earlier ones, which keep their resources.
fn scheduled(pods: &[(String, Room)], worker: Room) -> Result<Room, String> {
    pods.iter().try_fold(Room::default(), |taken, (name, room)| {
        let taken = taken.and(*room);
        if taken.fits(worker) { Ok(taken) } else { Err(format!("{name} finds no room: {taken:?}")) }
    })
}

fn of(example: &str) -> Vec<(String, Room)> {
    let (registry, _) = every_registry(Form::Directory).find(|(registry, _)| registry.name == example).unwrap();
    pods(registry)
}

#[test]
fn a_first_installation_in_the_operators_shape_fits_on_one_small_worker_without_waves() {
    let registries = first_release_with("  shape: operator\n");
    assert!(registries.len() > 20);
    for registry in &registries {
        let name = &registry.name;
        let taken = scheduled(&pods(registry), SMALL).unwrap_or_else(|why| panic!("{name}: {why}"));
        // As `docs/reference/pods.md` says it, what waits in the other pods included; a paused registry needs no room for its application.
        let (least, most) = if name == "paused" {
            (Room { cpu: 250, memory: 1024 }, Room { cpu: 450, memory: 1792 })
        } else {
            (Room { cpu: 2250, memory: 9216 }, Room { cpu: 2450, memory: 9984 })
        };
        assert!(least.fits(taken) && taken.fits(most), "{name}: {taken:?}");
    }
}

#[test]
fn a_small_registry_fits_on_one_small_worker_without_waves() {
    for registry in first_release_with("  profile: small\n") {
        let pods = pods(&registry);
        let taken = scheduled(&pods, SMALL).unwrap_or_else(|why| panic!("{}: {why}", registry.name));
        // Exporters are asked for besides.
        let exporters = pods.iter().filter(|(name, _)| name.ends_with("-exporter")).map(|(_, room)| *room);
        let most = exporters.fold(Room { cpu: 1650, memory: 7936 }, Room::and);
        assert!(taken.fits(most), "{}: {taken:?}", registry.name);
    }
}

/// Two pods each of application, Clair and mirror, and the migration.
#[test]
fn what_a_first_installation_needs_is_what_the_page_says() {
    let mut all = of("minimal");
    let application = all.iter().find(|(name, _)| name.ends_with("-quay-app")).unwrap().clone();
    // As the autoscaler has it from its first minute on.
    all.push(application);
    let taken = all.iter().fold(Room::default(), |taken, (_, room)| taken.and(*room));
    assert_eq!((taken.cpu, taken.memory), (10_850, 27 * 1024 + 256));
}

/// The model can refuse something: the migration with the requests of the application.
#[test]
fn a_migration_as_large_as_the_application_would_find_no_room() {
    let mut pods = of("operator-shape");
    let application = pods.iter().find(|(name, _)| name.ends_with("-quay-app")).unwrap().1;
    let migration = pods.iter_mut().find(|(name, _)| name.contains("-quay-app-upgrade-")).unwrap();
    migration.1 = application;
    assert!(scheduled(&pods, SMALL).unwrap_err().contains("-quay-app-upgrade-"));
}

/// A change: the new pod of the application next to the old one, and a migration next to both.
#[test]
fn what_a_change_needs_is_what_the_page_says() {
    let pods = of("minimal");
    let room = |part: &str| pods.iter().find(|(name, _)| name.contains(part)).unwrap().1;
    let (application, migration) = (room("-quay-app"), room("-quay-app-upgrade-"));
    let both = application.and(application);
    assert_eq!((both.cpu, both.memory), (4000, 16 * 1024));
    let all = both.and(migration);
    assert_eq!((all.cpu, all.memory), (4250, 17 * 1024));
    let paused = scheduled(&[("the migration".to_owned(), migration)], SMALL).unwrap();
    assert_eq!(paused, migration);
}
