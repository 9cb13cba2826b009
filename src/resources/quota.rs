//! Compares needs with the quotas and ranges of a namespace.

use super::bounds::{Bounds, Range};
use super::pods::{Claim, Container, count};
use super::{Amounts, Moment, Needs};
use crate::object::Object;

/// A limit of a ResourceQuota, and how much of it the registry uses.
pub struct Row {
    /// The name of the quota.
    pub quota: String,
    /// The name of the resource in the quota.
    pub resource: String,
    pub hard: f64,
    /// What is used at each moment; nothing if it is not known.
    pub taken: Option<[f64; 3]>,
}

impl Row {
    /// The first moment at which the quota refuses pods or claims.
    #[must_use]
    pub fn refused(&self) -> Option<Moment> {
        let taken = self.taken?;
        let is_more = |(_, taken): &(Moment, f64)| *taken > self.hard * (1.0 + 1e-9);
        Moment::ALL.into_iter().zip(taken).find(is_more).map(|(moment, _)| moment)
    }
}

impl Needs {
    /// Fills in the defaults of LimitRanges for containers.
    pub fn default_to(&mut self, bounds: &Bounds) {
        for pods in &mut self.pods {
            for range in bounds.ranges_of("Container") {
                for container in &mut pods.containers {
                    range.default.iter().for_each(|(name, amount)| container.limits.fill(name, amount));
                    range.default_request.iter().for_each(|(name, amount)| container.requests.fill(name, amount));
                }
            }
            pods.sum_up();
        }
    }

    /// The limits of all quotas, in their order.
    #[must_use]
    pub fn quotas(&self, bounds: &Bounds, objects: &[Object]) -> Vec<Row> {
        let mut rows = Vec::new();
        for quota in &bounds.quotas {
            for (resource, hard) in quota.hard.iter() {
                let taken = Moment::ALL.map(|moment| self.taken(resource, moment, objects));
                let taken = match taken {
                    [Some(least), Some(most), Some(peak)] if !quota.is_scoped => Some([least, most, peak]),
                    _ => None,
                };
                rows.push(Row { quota: quota.name.clone(), resource: resource.to_owned(), hard, taken });
            }
        }
        rows
    }

    /// How much of a quota's resource is used; nothing if the registry's objects do not determine it.
    fn taken(&self, resource: &str, moment: Moment, objects: &[Object]) -> Option<f64> {
        let total = self.total(moment);
        let of = |kind: &str| f64::from(count(objects, kind));
        if let Some((class, what)) = resource.split_once(".storageclass.storage.k8s.io/") {
            let of_class = self.claims_at(moment).filter(|(claim, _)| claim.class.as_deref() == Some(class));
            return match what {
                "requests.storage" => Some(of_class.map(|(claim, number)| claim.storage * number).sum()),
                "persistentvolumeclaims" => Some(of_class.map(|(_, number)| number).sum()),
                _ => None,
            };
        }
        let resource = resource.strip_prefix("count/").unwrap_or(resource);
        if let Some((part, name)) = of_container(resource) {
            return Some(if part == LIMITS { &total.limits } else { &total.requests }.or_none(name));
        }
        Some(match resource {
            "requests.storage" => total.storage,
            "pods" => f64::from(total.pods),
            "persistentvolumeclaims" => self.claims_at(moment).map(|(_, number)| number).sum(),
            "services" => of("Service"),
            "configmaps" => of("ConfigMap"),
            "secrets" => of("Secret"),
            "deployments.apps" => of("Deployment"),
            "jobs.batch" => of("Job"),
            "cronjobs.batch" => of("CronJob"),
            _ => return None,
        })
    }

    /// All claims, each with their number at a moment.
    fn claims_at(&self, moment: Moment) -> impl Iterator<Item = (&Claim, f64)> {
        let of_pods = self.pods.iter().flat_map(move |pods| {
            let number = f64::from(pods.number(moment));
            pods.claims.iter().map(move |claim| (claim, number))
        });
        self.claims.iter().map(|claim| (claim, 1.0)).chain(of_pods)
    }

    /// What would be refused in single pods and claims, as texts.
    #[must_use]
    pub fn refusals(&self, bounds: &Bounds) -> Vec<String> {
        let mut found = Vec::new();
        for pods in &self.pods {
            for container in &pods.containers {
                let whose = format!("{}: container {}", pods.owner, container.name);
                for range in bounds.ranges_of("Container") {
                    range.judge(&whose, &container.requests, &container.limits, &mut found);
                }
                unsaid(bounds, &whose, container, &mut found);
            }
            for range in bounds.ranges_of("Pod") {
                range.judge(&pods.owner, &pods.requests, &pods.limits, &mut found);
            }
        }
        let of_pods = self.pods.iter().flat_map(|pods| &pods.claims);
        for claim in self.claims.iter().chain(of_pods) {
            let mut storage = Amounts::default();
            storage.fill("storage", claim.storage);
            for range in bounds.ranges_of("PersistentVolumeClaim") {
                let whose = format!("PersistentVolumeClaim {}", claim.name);
                range.judge(&whose, &storage, &storage, &mut found);
            }
        }
        found
    }
}

/// A quota for CPU or memory refuses a container that does not specify it.
fn unsaid(bounds: &Bounds, whose: &str, container: &Container, found: &mut Vec<String>) {
    for quota in bounds.quotas.iter().filter(|quota| !quota.is_scoped) {
        for (resource, _) in quota.hard.iter() {
            let Some((part, name)) = of_container(resource) else { continue };
            let amounts = if part == LIMITS { &container.limits } else { &container.requests };
            if ["cpu", "memory"].contains(&name) && amounts.get(name).is_none() {
                found.push(format!("{whose}: ResourceQuota {} takes no container without {part}.{name}", quota.name));
            }
        }
    }
}

const LIMITS: &str = "limits";
const REQUESTS: &str = "requests";

/// The field of a container that a quota's resource limits: `requests` or `limits`, and the name there. Nothing if
/// containers have no such field.
fn of_container(resource: &str) -> Option<(&'static str, &str)> {
    let (part, name) = match resource.split_once('.') {
        None => (REQUESTS, resource),
        Some((LIMITS, name)) => (LIMITS, name),
        Some((REQUESTS, name)) => (REQUESTS, name),
        Some(_) => return None,
    };
    ["cpu", "memory", "ephemeral-storage"].contains(&name).then_some((part, name))
}

impl Range {
    fn judge(&self, whose: &str, requests: &Amounts, limits: &Amounts, found: &mut Vec<String>) {
        let mut refuse = |name: &str, what: &str, amount: Option<f64>, bound: f64, is: &str| {
            let own = amount
                .map_or_else(|| format!("no {what}"), |amount| format!("a {what} of {}", Amounts::shown(name, amount)));
            let bound = Amounts::shown(name, bound);
            found.push(format!("{whose} has {own} of {name}, and LimitRange {} says {is} {bound}", self.name));
        };
        for (name, least) in self.min.iter().filter(|(name, least)| requests.get(name).is_none_or(|own| own < *least)) {
            refuse(name, "request", requests.get(name), least, "at least");
        }
        for (name, most) in self.max.iter().filter(|(name, most)| limits.get(name).is_none_or(|own| own > *most)) {
            refuse(name, "limit", limits.get(name), most, "at most");
        }
        for (name, ratio) in self.ratio.iter() {
            let own = limits.get(name).zip(requests.get(name)).filter(|(_, request)| *request > 0.0);
            if own.is_none_or(|(limit, request)| limit > request * ratio * (1.0 + 1e-9)) {
                let message =
                    format!("and LimitRange {} says that its limit is at most {ratio} times its request", self.name);
                found.push(format!("{whose} asks for {name} otherwise, {message}"));
            }
        }
    }
}
