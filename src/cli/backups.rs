//! `quay-render show backup` and `show restore`: what is backed up, and what a person follows to have it back.

use super::map::map;
use crate::Rendered;
use crate::check::backup::Database;
use crate::model::backup::Backup;
use crate::model::registry::kind;
use crate::object::{LONGEST_JOB, Map, Object, Value, base_names, fitted};
use crate::yaml;
use std::fmt::Write as _;

/// The variable of a restoring Job that names the backup.
const CHOICE: &str = "BACKUP";
/// The Secret with the key that opens encrypted backups, without the registry's name.
const KEY_SECRET: &str = "quay-restore-key";

/// What is said where nothing is backed up.
pub const NONE: &str = "nothing is backed up: the RenderConfig has no spec.backup (quay-render explain backup)";

/// The CronJob of a database.
fn cron_job(rendered: &Rendered, database: Database) -> Option<&Object> {
    rendered.object("CronJob", database.names()[0])
}

fn whose(database: Database) -> &'static str {
    match database {
        Database::Quay => "Quay's",
        Database::Clair => "Clair's",
    }
}

/// Where the backups of a database are: what holds them, and the folder or prefix in it.
fn place(rendered: &Rendered, backup: &Backup, database: Database) -> (String, String) {
    let (namespace, name) = (&rendered.resolved.namespace, &rendered.resolved.name);
    let folder = format!("{namespace}/{name}/{}", database.word());
    match &backup.s3 {
        None => (format!("PersistentVolumeClaim {}", base_names::named(name, database.names()[0])), folder),
        Some(s3) => {
            let prefix = if s3.prefix.is_empty() { folder } else { format!("{}/{folder}", s3.prefix) };
            (format!("bucket {} of {}", s3.bucket, s3.endpoint.as_deref().unwrap_or("Amazon S3")), prefix)
        }
    }
}

/// What is backed up, when and where to, and what is not. Nothing without `spec.backup`.
pub fn rows(rendered: &Rendered) -> Option<Value> {
    let backup = rendered.model.config.backup.as_ref()?;
    let namespace = &rendered.resolved.namespace;
    let database = |database: Database| {
        let job = cron_job(rendered, database)?.name().to_owned();
        let (to, folder) = place(rendered, backup, database);
        let mut row = Map::new();
        row.insert("database", whose(database));
        row.insert("schedule", backup.schedule.as_str());
        let zone = backup.time_zone.as_ref().map_or("of the cluster's controllers", |zone| zone.value.as_str());
        row.insert("timeZone", zone);
        row.insert("to", to);
        row.insert("folder", folder);
        row.insert("kept", kept(backup));
        row.insert("encrypted", backup.certificate.is_some());
        row.insert("tried", if backup.tries_restore { "restored into a server of its own" } else { "read to its end" });
        row.insert("now", format!("kubectl -n {namespace} create job {} --from=cronjob/{job}", first(&job)));
        Some(row.into())
    };
    let databases = rendered.resolved.backed_up(Some(backup)).into_iter().filter_map(database).collect();
    let others = Value::Seq(left(rendered, backup).into_iter().map(Value::from).collect());
    Some(map([("databases", Value::Seq(databases)), ("whilePaused", true.into()), ("notBackedUp", others)]))
}

/// Why nothing is restored, if that is so. `name` is that of the backup that is asked for.
pub fn refused(rendered: &Rendered, database: Database, name: Option<&str>) -> Option<&'static str> {
    if is_from_server(rendered, database) {
        let reason = "spec.restoreFrom says from which server the database is taken: take it out to restore a backup";
        return name.map(|_| reason);
    }
    let backup = rendered.model.config.backup.as_ref();
    let is_backed_up = rendered.resolved.backed_up(backup).contains(&database);
    (!is_backed_up).then(|| if backup.is_some() { "Clair's database is not backed up" } else { NONE })
}

/// Whether a database is restored from another server, and not from a backup.
fn is_from_server(rendered: &Rendered, database: Database) -> bool {
    database == Database::Quay && rendered.model.config.restore_from.is_some()
}

/// The name of a Job that is started by hand.
fn first(cron_job: &str) -> String {
    fitted(&format!("{cron_job}-by-hand"), LONGEST_JOB)
}

fn kept(backup: &Backup) -> String {
    let newest = format!("the newest {}", backup.keep.number);
    backup.keep.days.map_or(newest.clone(), |days| format!("{newest}, and those of the last {days} days"))
}

/// What a restore needs besides, and what is lost with the cluster.
fn left(rendered: &Rendered, backup: &Backup) -> Vec<String> {
    let resolved = &rendered.resolved;
    let mut found = Vec::new();
    if rendered.model.config.secrets.are_referenced() {
        let mut names: Vec<&str> = rendered.cluster_secrets.secrets.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        found.push(format!(
            "the Secrets of the cluster, without which no encrypted field can be read: {}",
            names.join(", ")
        ));
    } else {
        found.push("keys.yaml, without which no encrypted field can be read".to_owned());
    }
    found.push("the QuayRegistry, the RenderConfig and the config bundle, which are in Git".to_owned());
    let bucket = if resolved.managed(kind::OBJECT_STORAGE) {
        "the bucket of the ObjectBucketClaim"
    } else {
        "your object storage"
    };
    found.push(format!("the layers of images, in {bucket}"));
    if !resolved.has_clair_database() && resolved.managed(kind::CLAIR) {
        found.push("Clair's database, which is one of yours".to_owned());
    } else if resolved.has_clair_database() && !backup.clair {
        found
            .push("Clair's database: Clair fetches its vulnerabilities again, and indexes every image anew".to_owned());
    }
    found.push(
        "roles and passwords of the database: those of the registry are made when the database starts".to_owned(),
    );
    if backup.certificate.is_some() {
        found.push("the private key to spec.backup.certificate, without which no backup can be opened".to_owned());
    }
    found
}

/// The Job that restores a database, as kubectl creates it; nothing where there is nothing to restore.
pub fn manifest(rendered: &Rendered, database: Database, backup: Option<&str>) -> Option<String> {
    let mut job = rendered.by_hand("Job", database.names()[1])?.clone();
    let metadata = job.map_mut(&["metadata"])?;
    metadata.insert("name", restore_name(rendered, database));
    // Nobody syncs it.
    metadata.remove("annotations");
    if let Some(name) = backup {
        choose(&mut job.value, name);
    }
    Some(yaml::emit(&job.value))
}

fn restore_name(rendered: &Rendered, database: Database) -> String {
    fitted(&base_names::named(&rendered.resolved.name, database.names()[1]), LONGEST_JOB)
}

/// Sets the variable that names the backup.
fn choose(value: &mut Value, name: &str) {
    match value {
        Value::Map(map) if map.get("name").and_then(Value::as_str) == Some(CHOICE) => drop(map.insert("value", name)),
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| choose(value, name)),
        Value::Seq(items) => items.iter_mut().for_each(|item| choose(item, name)),
        _ => {}
    }
}

/// A step of a restore: what it is about, and the commands.
struct Step {
    text: String,
    commands: Vec<String>,
}

/// The steps of a restore, as JSON prints them.
pub fn steps(rendered: &Rendered, input: &str, database: Database, backup: Option<&str>) -> Option<Value> {
    let row = |step: Step| map([("step", step.text.into()), ("commands", step.commands.into())]);
    Some(Value::Seq(all_steps(rendered, input, database, backup)?.into_iter().map(row).collect()))
}

/// The steps for people.
pub fn steps_text(steps: &Value) -> String {
    let mut out = String::new();
    for (index, step) in steps.as_seq().unwrap_or_default().iter().enumerate() {
        _ = writeln!(out, "{}{}. {}", if index > 0 { "\n" } else { "" }, index + 1, step.str_at(&["step"]));
        for command in step.at(&["commands"]).and_then(Value::as_seq).unwrap_or_default() {
            _ = writeln!(out, "\n   {}", command.as_str().unwrap_or_default());
        }
    }
    out
}

fn all_steps(rendered: &Rendered, input: &str, database: Database, name: Option<&str>) -> Option<Vec<Step>> {
    let is_from_server = is_from_server(rendered, database);
    let backup = rendered.model.config.backup.as_ref().filter(|_| !is_from_server);
    if !is_from_server {
        cron_job(rendered, database)?;
    }
    let steps = Steps { rendered, backup, database, input };
    Some(match database {
        Database::Quay => steps.of_quay(name),
        Database::Clair => steps.of_clair(name),
    })
}

struct Steps<'a> {
    rendered: &'a Rendered,
    /// Nothing where the database is taken from another server.
    backup: Option<&'a Backup>,
    database: Database,
    input: &'a str,
}

impl Steps<'_> {
    fn kubectl(&self, rest: &str) -> String {
        format!("kubectl -n {} {rest}", self.rendered.resolved.namespace)
    }

    fn pods(&self, components: &str) -> String {
        format!(
            "--selector 'quay-operator/quayregistry={},quay-component in ({components})'",
            self.rendered.resolved.name
        )
    }

    /// Whether the database is one of the output's.
    fn is_rendered(&self) -> bool {
        self.database == Database::Clair || self.rendered.resolved.managed(kind::POSTGRES)
    }

    fn of_quay(&self, name: Option<&str>) -> Vec<Step> {
        let wait = self.kubectl(&format!("wait pods {} --for=delete --timeout=15m", self.pods("quay-app,quay-mirror")));
        let stop = if self.rendered.model.config.paused {
            "The registry is stopped: spec.paused is true in this input. Its pods must be gone:"
        } else {
            "Stop the registry: write paused: true into spec of the RenderConfig, build, commit, and wait until that is applied \
             and its pods are gone. What was pushed after the backup is lost to the registry, though its layers stay in the bucket."
        };
        let mut steps = vec![Step { text: stop.to_owned(), commands: vec![wait] }];
        if self.backup.is_none() {
            let text = "Stop whatever writes into the database of the old server, and what would start that again: what is written \
                        after the dump is lost. The Job fails while other clients have sessions in the database. The server itself \
                        goes on, and nothing on it is changed.";
            steps.push(Step { text: text.to_owned(), commands: Vec::new() });
        }
        if !self.is_rendered() {
            steps.push(Step {
                text: "Put an empty database in the place of yours, as its administrator: rename the one that DB_URI names, create \
                       one of its name for the same owner, and in it the extension pg_trgm."
                    .to_owned(),
                commands: Vec::new(),
            });
        }
        steps.extend(self.restore(name));
        let file = format!("DIR/quay/job-{}.yaml", base_names::named(&self.rendered.resolved.name, "quay-app-upgrade"));
        let job = self.kubectl(&format!("wait --for=condition=Complete --timeout=1h -f {file}"));
        let again = "write rerun: with any text that it has not had yet into spec of the RenderConfig, such as the name of the backup, \
                     build into DIR, commit, and wait until that is applied";
        let (migrate, start) = if self.backup.is_some() {
            let migrate = format!(
                "Have the migration run once more: {again}. A backup of an older release is migrated, and nothing happens to one of this \
                 release."
            );
            (migrate, "Start the registry: take paused out again, build, commit, and look at it once that is applied.")
        } else {
            let migrate =
                format!("The migration has waited for that, and goes on by itself. Where it has given up: {again}.");
            let start = "Start the registry: take paused out again, and nothing else, build, commit, and look at it once that is applied. \
                         Pods start on no database but one that has been restored, as long as restoreFrom is there.";
            (migrate, start)
        };
        steps.push(Step { text: migrate, commands: vec![job] });
        steps.push(Step {
            text: start.to_owned(),
            commands: vec![self.kubectl(&format!("get pods {}", self.pods("quay-app,quay-mirror")))],
        });
        if self.backup.is_none() {
            let text = "Once the registry runs, take restoreFrom out, build, and commit.";
            steps.push(Step { text: text.to_owned(), commands: Vec::new() });
        }
        steps.extend(self.former());
        steps
    }

    fn of_clair(&self, name: Option<&str>) -> Vec<Step> {
        let mut steps = vec![Step {
            text: "Stop Clair: write components: {clair: {replicas: 0}} into spec of the RenderConfig, build, commit, and wait \
                   until that is applied and its pods are gone."
                .to_owned(),
            commands: vec![self.kubectl(&format!("wait pods {} --for=delete --timeout=15m", self.pods("clair-app")))],
        }];
        steps.extend(self.restore(name));
        steps.push(Step {
            text: "Start Clair: take replicas out again, build, and commit.".to_owned(),
            commands: Vec::new(),
        });
        steps.extend(self.former());
        steps
    }

    /// The Job, and before it what it needs.
    fn restore(&self, name: Option<&str>) -> Vec<Step> {
        let mut steps = Vec::new();
        let secret = base_names::named(&self.rendered.resolved.name, KEY_SECRET);
        let is_encrypted = self.backup.is_some_and(|backup| backup.certificate.is_some());
        if is_encrypted {
            steps.push(Step {
                text: "Give the Job the private key to spec.backup.certificate:".to_owned(),
                commands: vec![self.kubectl(&format!("create secret generic {secret} --from-file=tls.key=backup.key"))],
            });
        }
        let job = restore_name(self.rendered, self.database);
        let word = self.database.word();
        let show = |name: &str| {
            let of = if self.database == Database::Clair { " --database clair" } else { "" };
            let which = self.backup.map(|_| format!(" --backup {name}")).unwrap_or_default();
            format!("quay-render show restore {}{of}{which} --manifest", self.input)
        };
        let gone = self.kubectl(&format!("delete job {job} --ignore-not-found"));
        let create = |name: &str| format!("{} | {}", show(name), self.kubectl("create -f -"));
        let ended = self.kubectl(&format!("get job {job} -o jsonpath='{{.status.conditions[*].type}}'"));
        let follow = format!("until {ended} | grep -E 'Complete|Failed'; do sleep 5; done");
        let log = self.kubectl(&format!("logs --all-containers job/{job}"));
        if let Some(backup) = self.backup.filter(|_| name.is_none()) {
            steps.push(Step {
                text: format!(
                    "Choose a backup, if it is not to be the newest. This Job restores nothing, and its log names them all ({}, {word}):",
                    place(self.rendered, backup, self.database).0
                ),
                commands: vec![gone.clone(), create("list"), follow.clone(), log.clone()],
            });
        }
        let text = if self.is_rendered() {
            "Restore it. The volume of the database needs room for both, the old one and the new. Nothing is changed before all rows \
             are there as they were dumped; a Job that fails says why in its log."
        } else {
            "Restore it. A Job that fails says why in its log."
        };
        steps.push(Step { text: text.to_owned(), commands: vec![gone, create(name.unwrap_or("latest")), follow, log] });
        if is_encrypted {
            let commands = vec![self.kubectl(&format!("delete secret {secret}"))];
            steps.push(Step { text: "Take the private key away again:".to_owned(), commands });
        }
        steps
    }

    /// The database that was there before.
    fn former(&self) -> Option<Step> {
        let deployment = match self.database {
            Database::Quay => "quay-database",
            Database::Clair => "clair-postgres",
        };
        let deployment = self.is_rendered().then(|| base_names::named(&self.rendered.resolved.name, deployment))?;
        let exec = |command: &str| self.kubectl(&format!("exec deployment/{deployment} -- bash -c '{command}'"));
        Some(Step {
            text: "The database as it was before is kept beside it, and takes its room on the volume. Once you are sure, drop it: \
                   the log of the Job has its name."
                .to_owned(),
            commands: vec![exec("psql --username=postgres --list"), exec("dropdb --username=postgres quay_before_…")],
        })
    }
}
