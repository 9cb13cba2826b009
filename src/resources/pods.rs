//! Owners of pods, and what each pod requests.

use super::{Amounts, Moment};
use crate::kubernetes::size;
use crate::object::{Object, Value, is_run_once};

/// A Deployment or a Job.
pub struct Pods {
    /// Its kind and name.
    pub owner: String,
    pub is_job: bool,
    least: u32,
    most: u32,
    /// How many more pods there are during their replacement.
    more: u32,
    /// What one of its pods requests.
    pub requests: Amounts,
    /// The limits of its containers together, without those that have none.
    pub limits: Amounts,
    /// Its containers, init containers first.
    pub containers: Vec<Container>,
    /// The volumes of each pod.
    pub claims: Vec<Claim>,
}

/// A container.
#[derive(Clone)]
pub struct Container {
    pub name: String,
    /// When it runs.
    pub runs: Runs,
    pub requests: Amounts,
    pub limits: Amounts,
}

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// Before the others, one after the other.
    Before,
    /// Before the others, and on alongside all that follow.
    BeforeAndBeside,
    /// As long as the pod runs.
    Always,
}

/// A PersistentVolumeClaim, or one of each pod.
pub struct Claim {
    pub name: String,
    /// Its StorageClass; nothing for the cluster's default.
    pub class: Option<String>,
    /// Bytes.
    pub storage: f64,
}

impl Claim {
    /// A claim with that name and specification.
    pub(super) fn of(name: &str, spec: Option<&Value>) -> Self {
        let at = |path: &[&str]| spec.and_then(|spec| spec.at(path));
        Self {
            name: name.to_owned(),
            class: at(&["storageClassName"]).and_then(Value::as_str).map(str::to_owned),
            storage: at(&["resources", "requests", "storage"]).and_then(size).unwrap_or_default(),
        }
    }
}

impl Pods {
    /// The pods of an object; `all` includes its autoscaler.
    pub(super) fn of(object: &Object, all: &[Object]) -> Option<Self> {
        let is_job = is_run_once(object.kind());
        if !is_job && object.kind() != "Deployment" {
            return None;
        }
        let pod = object.pod()?;
        let written = object.value.at(&["spec", "replicas"]).and_then(number);
        let is_stopped = written == Some(0);
        let scaler = all.iter().find(|other| scales(other, object.name())).filter(|_| !is_job && !is_stopped);
        let bound = |field: &str| scaler.and_then(|scaler| number(scaler.value.at(&["spec", field])?));
        let least = bound("minReplicas").or(written).unwrap_or(1);
        let most = bound("maxReplicas").unwrap_or(least).max(least);
        let containers = containers(pod);
        let (requests, limits) = together(&containers);
        Some(Self {
            owner: format!("{} {}", object.kind(), object.name()),
            is_job,
            least,
            most,
            more: if is_job { 0 } else { surge(object, most) },
            requests,
            limits,
            containers,
            claims: claims(pod),
        })
    }

    /// How many pods there are at a moment.
    #[must_use]
    pub fn number(&self, moment: Moment) -> u32 {
        match (moment, self.is_job) {
            (Moment::Peak, true) => 1,
            (_, true) => 0,
            (Moment::Least, _) => self.least,
            (Moment::Most, _) => self.most,
            (Moment::Peak, _) => self.most + self.more,
        }
    }

    /// Sums up again what one of its pods requests.
    pub(super) fn sum_up(&mut self) {
        (self.requests, self.limits) = together(&self.containers);
    }
}

fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Int(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn scales(object: &Object, deployment: &str) -> bool {
    object.kind() == "HorizontalPodAutoscaler" && object.value.str_at(&["spec", "scaleTargetRef", "name"]) == deployment
}

/// How many additional pods there are while so many are replaced: a quarter by default, rounded up.
fn surge(object: &Object, pods: u32) -> u32 {
    if pods == 0 || object.value.str_at(&["spec", "strategy", "type"]) == "Recreate" {
        return 0;
    }
    let given = object.value.at(&["spec", "strategy", "rollingUpdate", "maxSurge"]);
    let percent = match given {
        Some(Value::Int(digits)) => return digits.parse().unwrap_or_default(),
        Some(value) => value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<u32>().ok()),
        None => None,
    };
    (pods * percent.unwrap_or(25)).div_ceil(100)
}

fn containers(pod: &Value) -> Vec<Container> {
    let list = |name: &str| pod.at(&[name]).and_then(Value::as_seq).unwrap_or_default();
    let of = |value: &Value, runs| Container {
        name: value.str_at(&["name"]).to_owned(),
        runs,
        requests: Amounts::of(value.at(&["resources", "requests"])),
        limits: Amounts::of(value.at(&["resources", "limits"])),
    };
    let before = |value: &Value| match value.str_at(&["restartPolicy"]) {
        "Always" => Runs::BeforeAndBeside,
        _ => Runs::Before,
    };
    let init = list("initContainers").iter().map(|value| of(value, before(value)));
    let mut found: Vec<Container> =
        init.chain(list("containers").iter().map(|value| of(value, Runs::Always))).collect();
    // If there is no request, the API server uses the limit.
    for container in &mut found {
        for (name, limit) in container.limits.iter() {
            container.requests.fill(name, limit);
        }
    }
    found
}

/// What a scheduler counts for a pod: the containers that run together, or an init container that requests more.
fn together(containers: &[Container]) -> (Amounts, Amounts) {
    let sum = |of: fn(&Container) -> &Amounts| {
        let (mut all, mut beside, mut before) = (Amounts::default(), Amounts::default(), Amounts::default());
        for container in containers {
            match container.runs {
                Runs::Always => all.add(of(container), 1),
                Runs::BeforeAndBeside => {
                    all.add(of(container), 1);
                    beside.add(of(container), 1);
                    before.raise(&beside);
                }
                Runs::Before => {
                    let mut alone = beside.clone();
                    alone.add(of(container), 1);
                    before.raise(&alone);
                }
            }
        }
        all.raise(&before);
        all
    };
    (sum(|container| &container.requests), sum(|container| &container.limits))
}

fn claims(pod: &Value) -> Vec<Claim> {
    let volumes = pod.at(&["volumes"]).and_then(Value::as_seq).unwrap_or_default();
    let claim = |volume: &Value| {
        let spec = volume.at(&["ephemeral", "volumeClaimTemplate", "spec"])?;
        Some(Claim::of(volume.str_at(&["name"]), Some(spec)))
    };
    volumes.iter().filter_map(claim).collect()
}

/// The number of objects of a kind.
pub(super) fn count(objects: &[Object], kind: &str) -> u32 {
    u32::try_from(objects.iter().filter(|object| object.kind() == kind).count()).unwrap_or(u32::MAX)
}
