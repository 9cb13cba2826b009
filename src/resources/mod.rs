//! What the pods and PersistentVolumeClaims of a registry request from a cluster: CPU, memory and storage, nodes, and
//! whether a ResourceQuota or a LimitRange would refuse them.

mod amounts;
mod bounds;
mod nodes;
mod pods;
mod quota;

pub use amounts::Amounts;
pub use bounds::{Bounds, Unread};
pub use nodes::Count;
pub use pods::{Claim, Pods};
pub use quota::Row;

use crate::object::Object;

/// When to count pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// With the smallest number of pods.
    Least,
    /// With the largest number that the autoscalers allow.
    Most,
    /// The same while all pods are replaced and Jobs run.
    Peak,
}

impl Moment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Least, Self::Most, Self::Peak];

    /// Its name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Least => "minimum",
            Self::Most => "maximum",
            Self::Peak => "replacing",
        }
    }
}

/// What a registry needs.
pub struct Needs {
    /// The owners of pods, in the order of the objects.
    pub pods: Vec<Pods>,
    /// Persistent volumes.
    pub claims: Vec<Claim>,
}

/// The sum of all requests.
pub struct Total {
    pub pods: u32,
    pub requests: Amounts,
    pub limits: Amounts,
    /// Bytes of volumes: the persistent ones, and those of each pod.
    pub storage: f64,
}

impl Needs {
    /// What the objects of a registry need. Unspecified amounts count as zero.
    #[must_use]
    pub fn of(objects: &[Object]) -> Self {
        let claims = objects.iter().filter(|object| object.kind() == "PersistentVolumeClaim");
        Self {
            pods: objects.iter().filter_map(|object| Pods::of(object, objects)).collect(),
            claims: claims.map(|object| Claim::of(object.name(), object.value.at(&["spec"]))).collect(),
        }
    }

    /// The sum of what they request at a moment.
    #[must_use]
    pub fn total(&self, moment: Moment) -> Total {
        let mut total = Total { pods: 0, requests: Amounts::default(), limits: Amounts::default(), storage: 0.0 };
        total.storage = self.claims.iter().map(|claim| claim.storage).sum();
        for pods in &self.pods {
            let number = pods.number(moment);
            total.pods += number;
            total.requests.add(&pods.requests, number);
            total.limits.add(&pods.limits, number);
            total.storage += pods.claims.iter().map(|claim| claim.storage * f64::from(number)).sum::<f64>();
        }
        total
    }

    /// How many nodes of each size are needed at a moment.
    #[must_use]
    pub fn nodes(&self, moment: Moment) -> Vec<Count> {
        nodes::count(self, moment)
    }
}

#[cfg(test)]
mod tests;
