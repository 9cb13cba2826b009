//! Backups, as their templates need them.

use crate::check::Resolved;
use crate::check::backup::Database;
use crate::model::Model;
use crate::model::backup::{Keep, S3, Source, Volume};
use crate::object::{LONGEST_CRON_JOB, base_names, fitted};
use serde::Serialize;
use std::collections::BTreeMap;

/// Backups.
#[derive(Serialize)]
pub struct BackupPlan {
    /// The schedule of the CronJobs.
    pub schedule: String,
    /// Its time zone.
    pub time_zone: Option<String>,
    /// Which backups stay.
    pub keep: Keep,
    /// Where dumps are made.
    pub scratch: Volume,
    /// The room on its node that a pod needs, where scratch is a volume of the node.
    pub room: String,
    /// The claim of each database, if backups go there.
    pub claim: Option<Volume>,
    /// The bucket, if they go there.
    pub s3: Option<S3Plan>,
    /// The recipient's certificate, if they are encrypted.
    pub certificate: Option<String>,
    /// Whether each dump is restored before it counts.
    pub tries_restore: bool,
    /// Whether CronJobs of this Kubernetes tell when a Job last succeeded (from 1.22 on).
    pub tells_success: bool,
    /// Whether Clair's database is backed up too.
    pub clair: bool,
    /// The names of the CronJobs in the cluster, by the word for the database.
    pub names: BTreeMap<&'static str, String>,
}

/// The bucket.
#[derive(Serialize)]
pub struct S3Plan {
    #[serde(flatten)]
    of: S3,
    /// The CAs of its certificate.
    authorities: Option<String>,
}

/// What there is of them; nothing without `spec.backup`.
pub fn backup(model: &Model, resolved: &Resolved) -> Option<BackupPlan> {
    let backup = model.config.backup.as_ref()?;
    let pem = |text: &str| format!("{}\n", text.trim_end());
    let name = |database: &Database| {
        let [backup, _] = database.names();
        (database.word(), fitted(&base_names::named(&resolved.name, backup), LONGEST_CRON_JOB))
    };
    let databases = resolved.backed_up(Some(backup));
    Some(BackupPlan {
        schedule: backup.schedule.clone(),
        time_zone: backup.time_zone.as_ref().map(|zone| zone.value.clone()),
        keep: backup.keep.clone(),
        scratch: backup.scratch.clone(),
        room: backup.scratch.room(),
        claim: backup.claim.clone(),
        s3: backup.s3.clone().map(|of| S3Plan { authorities: of.ca_bundle.as_ref().map(|it| pem(&it.value)), of }),
        certificate: backup.certificate.as_ref().map(|it| pem(&it.value)),
        tries_restore: backup.tries_restore,
        tells_success: model.config.cluster.version >= (1, 22),
        clair: databases.contains(&Database::Clair),
        names: databases.iter().map(name).collect(),
    })
}

/// The server from which Quay's database is taken in place of a backup.
#[derive(Serialize)]
pub struct SourcePlan {
    /// Its host.
    pub host: String,
    /// The Secret with user, password and name of the database.
    pub secret: String,
    /// Where the dump is made.
    pub scratch: Volume,
    /// The room on its node that a pod needs, where scratch is a volume of the node.
    pub room: String,
}

/// That server; nothing without `spec.restoreFrom`.
pub fn source(model: &Model) -> Option<SourcePlan> {
    let Source { host, secret, scratch, .. } = model.config.restore_from.as_ref()?;
    Some(SourcePlan { host: host.clone(), secret: secret.clone(), room: scratch.room(), scratch: scratch.clone() })
}
