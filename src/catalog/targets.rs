//! What may be set of a component, and on which of its objects: `settings` of `component.yaml`. The existing settings,
//! and the fields that they change, are in `components/kubernetes/settings.tsv`.

use crate::kubernetes::settings::{self, Role, Setting};
use serde::Deserialize;

/// The objects of one component that settings change, by their names without the registry's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// The Deployment.
    pub deployment: Option<Pods>,
    /// The Jobs.
    pub jobs: Vec<Pods>,
    /// The CronJobs.
    pub cron_jobs: Vec<Pods>,
    /// The PersistentVolumeClaim.
    pub claim: Option<String>,
    /// The ObjectBucketClaim.
    pub bucket: Option<String>,
    /// The Services.
    pub services: Vec<String>,
    /// The autoscaler.
    pub autoscaler: Option<String>,
    /// The NetworkPolicies.
    pub policies: Vec<String>,
    /// More objects, for labels and annotations: `Kind/name`, or just a kind for its only object.
    pub others: Vec<String>,
    /// The maximum number of pods.
    pub most: Option<u32>,
    /// Settings that it does not support, although it has the objects for them.
    pub without: Vec<String>,
    /// Variables of its container that may be set although templates set them.
    pub tunable: Vec<String>,
}

/// A workload with pods.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pods {
    /// Its name, without the registry's.
    pub name: String,
    /// The name of the component's own container.
    pub container: String,
}

impl Targets {
    /// Whether it supports a setting.
    #[must_use]
    pub fn take(&self, setting: &Setting) -> bool {
        let mut roles = setting.places.iter().flat_map(|place| &place.on);
        roles.any(|role| self.has(*role)) && !self.without.iter().any(|name| name == setting.name)
    }

    /// The settings that it supports, in the order of their table.
    #[must_use]
    pub fn settings(&self) -> Vec<&'static Setting> {
        settings::settings().iter().filter(|setting| self.take(setting)).collect()
    }

    fn has(&self, role: Role) -> bool {
        match role {
            Role::Deployment | Role::Server | Role::ServerPod => self.deployment.is_some(),
            Role::Template | Role::Pod | Role::Container | Role::Containers | Role::Account => {
                self.deployment.is_some() || !self.jobs.is_empty() || !self.cron_jobs.is_empty()
            }
            Role::Claim => self.claim.is_some(),
            Role::Bucket => self.bucket.is_some(),
            Role::Service => !self.services.is_empty(),
            Role::Autoscaler => self.autoscaler.is_some(),
            Role::Network => !self.policies.is_empty(),
            Role::Objects => true,
        }
    }

    /// All its objects, as kind and name without the registry's.
    #[must_use]
    pub fn objects(&self) -> Vec<(&str, &str)> {
        let deployment = self.deployment.iter().map(|pods| ("Deployment", pods.name.as_str()));
        deployment
            .chain(self.jobs.iter().map(|pods| ("Job", pods.name.as_str())))
            .chain(self.cron_jobs.iter().map(|pods| ("CronJob", pods.name.as_str())))
            .chain(self.claim.iter().map(|name| ("PersistentVolumeClaim", name.as_str())))
            .chain(self.bucket.iter().map(|name| ("ObjectBucketClaim", name.as_str())))
            .chain(self.services.iter().map(|name| ("Service", name.as_str())))
            .chain(self.autoscaler.iter().map(|name| ("HorizontalPodAutoscaler", name.as_str())))
            .chain(self.policies.iter().map(|name| ("NetworkPolicy", name.as_str())))
            .chain(self.others.iter().map(|other| other.split_once('/').unwrap_or((other, ""))))
            .collect()
    }
}
