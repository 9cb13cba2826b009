//! What the pods and claims of a registry ask of a cluster: requests, limits and storage, nodes, and what a ResourceQuota or
//! a LimitRange has to say against them.

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

/// How many pods there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// As few as there may be.
    Least,
    /// As many as the autoscalers may make.
    Most,
    /// The same while all pods are replaced, and with the Jobs.
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
    /// What runs pods, in the order of the objects.
    pub pods: Vec<Pods>,
    /// Volumes that stay.
    pub claims: Vec<Claim>,
}

/// What all together ask for.
pub struct Total {
    pub pods: u32,
    pub requests: Amounts,
    pub limits: Amounts,
    /// Bytes of volumes: those that stay, and those that each pod has.
    pub storage: f64,
}

impl Needs {
    /// What the objects of a registry need. What is not written down counts as nothing.
    #[must_use]
    pub fn of(objects: &[Object]) -> Self {
        let claims = objects.iter().filter(|object| object.kind() == "PersistentVolumeClaim");
        Self {
            pods: objects.iter().filter_map(|object| Pods::of(object, objects)).collect(),
            claims: claims.map(|object| Claim::of(object.name(), object.value.at(&["spec"]))).collect(),
        }
    }

    /// What they ask for at a moment.
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

    /// How many nodes of each size there must be at a moment.
    #[must_use]
    pub fn nodes(&self, moment: Moment) -> Vec<Count> {
        nodes::count(self, moment)
    }
}

#[cfg(test)]
mod tests;
