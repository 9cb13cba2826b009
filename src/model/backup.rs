//! `spec.backup` of the RenderConfig: backups of the databases.

use super::Spanned;
use super::fields::Fields;
use super::notations::kibibytes;
use crate::diagnostic::{Diagnostics, Location, codes};
use serde::Serialize;

/// `spec.backup`.
pub struct Backup {
    /// Where it begins.
    pub at: Location,
    /// `schedule`, as a CronJob has it.
    pub schedule: String,
    /// `timeZone` of the schedule; `None` for that of the cluster's controllers.
    pub time_zone: Option<Spanned<String>>,
    /// `clair`: whether Clair's database is backed up too.
    pub clair: bool,
    /// `keep`: which backups stay.
    pub keep: Keep,
    /// `scratch`: where a dump is made and tried.
    pub scratch: Volume,
    /// Whether it says where they go, even if that is invalid.
    pub is_placed: bool,
    /// `claim`: they go to a claim for each database.
    pub claim: Option<Volume>,
    /// `s3`: they go to a bucket.
    pub s3: Option<S3>,
    /// `certificate`: of the recipient for whom they are encrypted, PEM.
    pub certificate: Option<Spanned<String>>,
    /// `tryRestore`: whether each dump is restored into a server of its own before it counts.
    pub tries_restore: bool,
}

/// `spec.backup.keep`: a backup goes if it is neither among the newest `number` nor younger than `days`.
#[derive(Clone, Serialize)]
pub struct Keep {
    /// How many stay in any case.
    pub number: u32,
    /// How long one stays in any case; `None` for no longer.
    pub days: Option<u32>,
}

/// A volume.
#[derive(Clone, Serialize)]
pub struct Volume {
    /// Its size, as a quantity.
    pub size: String,
    /// Its StorageClass; `None` for the cluster's default, and for scratch a volume of the node.
    pub class: Option<String>,
}

/// `spec.backup.s3`: a bucket of S3 or of what speaks its protocol.
#[derive(Clone, Serialize)]
pub struct S3 {
    /// Its URL; `None` for Amazon's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// The prefix of its keys, without `/` at its end; may be empty.
    pub prefix: String,
    /// The Secret with the keys.
    pub secret: String,
    /// `caBundle`: the CAs of the endpoint's certificate, PEM.
    #[serde(skip)]
    pub ca_bundle: Option<Spanned<String>>,
}

/// `spec.restoreFrom`: a server from which Quay's database is taken in place of a backup.
pub struct Source {
    /// Where it begins.
    pub at: Location,
    /// The host of the server.
    pub host: String,
    /// The Secret with user, password and name of the database.
    pub secret: String,
    /// `scratch`: where the dump is made.
    pub scratch: Volume,
}

/// How many backups stay where nothing is said.
const NUMBER: u32 = 7;
/// The largest number of backups or days.
const MOST: u32 = 10_000;
/// How far back Kubernetes has CronJobs as `batch/v1`, and since when they have a time zone.
const CRON_JOBS: (u32, u32) = (1, 21);
const TIME_ZONES: (u32, u32) = (1, 25);

/// Reads it; `None` without one, or if something required is missing.
pub(super) fn read(spec: &Fields<'_>, version: (u32, u32), diagnostics: &mut Diagnostics) -> Option<Backup> {
    let map = spec.map("backup", diagnostics)?;
    let (major, minor) = version;
    if version < CRON_JOBS {
        let message = format!("Kubernetes {major}.{minor} has no CronJobs of batch/v1, which make backups");
        spec.refuse(codes::BACKUP, "backup", message, "they came with Kubernetes 1.21, OpenShift 4.8", diagnostics);
    }
    let schedule = map.text_or_default("schedule", diagnostics);
    let time_zone = map.text("timeZone", diagnostics);
    if time_zone.is_some() && version < TIME_ZONES {
        let message = format!("CronJobs of Kubernetes {major}.{minor} have no time zone");
        let hint = "they have one from 1.25 on, OpenShift 4.12; take it out: the schedule is in the time of the \
                    cluster's controllers, mostly UTC";
        map.refuse(codes::BACKUP, "timeZone", message, hint, diagnostics);
    }
    let keep = map.map("keep", diagnostics);
    let mut count = |name| keep.as_ref().and_then(|keep| count(keep, name, diagnostics));
    let keep = Keep { number: count("number").unwrap_or(NUMBER), days: count("days") };
    let scratch = scratch(&map, diagnostics);
    let claim = map.map("claim", diagnostics).and_then(|claim| {
        let (size, class) = (text(&claim, "size", diagnostics), text(&claim, "storageClassName", diagnostics));
        Some(Volume { size: size?, class })
    });
    let s3 = map.map("s3", diagnostics).and_then(|s3| self::s3(&s3, diagnostics));
    Some(Backup {
        at: map.place(),
        schedule,
        time_zone,
        clair: map.flag_or_default("clair", diagnostics),
        keep,
        scratch,
        is_placed: ["claim", "s3"].iter().any(|name| map.get(name).is_some()),
        claim,
        s3,
        certificate: map.text("certificate", diagnostics),
        tries_restore: map.flag_or_default("tryRestore", diagnostics),
    })
}

/// Reads `spec.restoreFrom`; `None` without one, or if something required is missing.
pub(super) fn read_source(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Source> {
    let map = spec.map("restoreFrom", diagnostics)?;
    let (host, secret) = (text(&map, "host", diagnostics), text(&map, "secretName", diagnostics));
    let scratch = scratch(&map, diagnostics);
    Some(Source { at: map.place(), host: host?, secret: secret?, scratch })
}

fn scratch(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Volume {
    let scratch = map.map("scratch", diagnostics);
    let size = scratch.as_ref().map_or_else(String::new, |it| it.text_or_default("size", diagnostics));
    let class = scratch.as_ref().and_then(|it| text(it, "storageClassName", diagnostics));
    Volume { size: if size.is_empty() { SCRATCH.to_owned() } else { size }, class }
}

/// The size of the scratch volume where nothing is said.
const SCRATCH: &str = "10Gi";

fn text(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    map.text(name, diagnostics).map(|text| text.value)
}

/// A number from 1 on.
fn count(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<u32> {
    let given = map.number(name, diagnostics)?;
    let count = given.value.parse().ok().filter(|count| (1..=MOST).contains(count));
    if count.is_none() {
        let message = "is not a number from 1 to 10000".to_owned();
        map.refuse_by_hint(codes::FIELD_VALUE, name, message, diagnostics);
    }
    count
}

fn s3(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<S3> {
    let endpoint = text(map, "endpoint", diagnostics);
    let region = map.text_or_default("region", diagnostics);
    let bucket = text(map, "bucket", diagnostics);
    let prefix = map.text_or_default("prefix", diagnostics);
    let secret = text(map, "secretName", diagnostics);
    let ca_bundle = map.text("caBundle", diagnostics);
    Some(S3 { endpoint, region, bucket: bucket?, prefix, secret: secret?, ca_bundle })
}

impl Volume {
    /// The room that a pod needs on its node while the dump is on a volume of the node: the dump and what programs write
    /// besides.
    #[must_use]
    pub fn room(&self) -> String {
        format!("{}Mi", kibibytes(&self.size).unwrap_or_default() / 1024 + 256)
    }
}
