//! Where an upgrade stands, by exported objects: its migration, and the pods of application and mirror.

use super::export::{Export, Live};
use super::status::JobState;
use crate::Rendered;
use crate::check::database_upgrade::Stage;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Map, Object, Value};
use crate::upgrade;
use std::collections::BTreeMap;

/// The label of a pod that says what it runs.
const COMPONENT_LABEL: &str = "quay-component";
/// The Job that migrates the schema, without the registry's name.
const MIGRATION: &str = "quay-app-upgrade";
/// What the log of the migration says when it begins.
const BEGINS: &str = "no pod of another release uses the database";

/// Where the upgrade of a registry stands.
pub struct Standing<'a> {
    rendered: &'a Rendered,
    /// The name of the rendered Job.
    job: &'a str,
    /// The state of that Job; nothing where it is not in the cluster.
    migration: Option<JobState>,
    /// The pods of application and mirror with the rendered image.
    own: Vec<&'a str>,
    /// Those with another one.
    others: Vec<&'a str>,
    /// The databases whose data is moved from another PostgreSQL, and how far that is.
    moves: Vec<(&'a str, Moved)>,
}

/// How far the data of a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moved {
    /// Its server is past it.
    Done,
    /// An init container has it in hand.
    Runs,
    /// There is no pod that would move it.
    Waits,
    /// An init container has failed, and is tried again.
    Fails,
}

impl<'a> Standing<'a> {
    /// Of a registry whose objects were exported.
    #[must_use]
    pub fn of(export: &'a Export, rendered: &'a Rendered) -> Self {
        let resolved = &rendered.resolved;
        let job = rendered.object("Job", MIGRATION).map_or("", Object::name);
        let images: BTreeMap<&str, &str> = upgrade::users(&rendered.objects).filter_map(image_of_component).collect();
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for pod in export.of_kind("Pod").filter(|pod| pod.namespace() == resolved.namespace && has_not_ended(pod)) {
            let label = |name: &str| pod.value.str_at(&["metadata", "labels", name]);
            let Some(image) = images.get(label(COMPONENT_LABEL)) else { continue };
            if label(REGISTRY_LABEL) == resolved.name {
                let runs = pod.value.at(&["spec", "containers"]).is_some_and(|all| has_image(all, image));
                if runs { &mut own } else { &mut others }.push(pod.name());
            }
        }
        let migration = export.find("Job", &resolved.namespace, job).map(JobState::of);
        let moves = upgrade::moves(rendered.objects.iter().map(|object| &object.value)).into_keys();
        let moves = moves.map(|name| (name, moved(export, rendered, name))).collect();
        Self { rendered, job, migration, own, others, moves }
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let is_running = !self.rendered.model.config.paused && !self.own.is_empty();
        self.migration == Some(JobState::Complete) && self.others.is_empty() && is_running
    }

    /// The state as a value: the commit, the migration, the pods, what comes next and which way leads back. `input` is how
    /// the user calls the registry.
    #[must_use]
    pub fn value(&self, input: &str) -> Map {
        let config = &self.rendered.model.config;
        let mut commit = Map::new();
        commit.insert("release", config.release.value.as_str());
        commit.insert("paused", config.paused);
        let mut migration = Map::new();
        migration.insert("job", self.job);
        migration.insert("state", self.state());
        if let Some(JobState::Active { failed }) = self.migration {
            migration.insert("failedTries", failed);
        }
        let mut pods = Map::new();
        pods.insert("own", self.own.clone());
        pods.insert("others", self.others.clone());
        let databases: Map = self.moves.iter().map(|(name, moved)| ((*name).to_owned(), moved.said().into())).collect();
        let mut root = Map::new();
        root.insert("commit", commit);
        if !databases.is_empty() {
            root.insert("databases", databases);
        }
        root.insert("migration", migration);
        root.insert("pods", pods);
        root.insert("next", self.next(input));
        root.insert("back", self.back());
        root
    }

    fn state(&self) -> &'static str {
        match self.migration {
            None => "is not in the cluster",
            Some(JobState::Complete) => "is complete",
            Some(JobState::Failed) => "has failed, and is not tried again",
            Some(JobState::Active { .. }) if !self.others.is_empty() => "waits for pods of another release to end",
            Some(JobState::Active { .. }) => "runs",
        }
    }

    fn next(&self, input: &str) -> String {
        let namespace = &self.rendered.resolved.namespace;
        let config = &self.rendered.model.config;
        let logs = format!("kubectl -n {namespace} logs -l job-name={}", self.job);
        if let Some((name, moved)) =
            self.moves.iter().max_by_key(|(_, moved)| *moved).filter(|(_, it)| *it != Moved::Done)
        {
            return match moved {
                Moved::Fails => format!(
                    "kubectl -n {namespace} logs deployment/{name} --container dump-previous shows why, or restore-previous; it \
                     is tried again"
                ),
                Moved::Runs => "wait until the data is moved".to_owned(),
                Moved::Waits | Moved::Done => "apply the output".to_owned(),
            };
        }
        match self.migration {
            None => "apply the output".to_owned(),
            Some(JobState::Failed) => {
                format!("{logs} shows why; once it is mended, another text in spec.rerun makes the Job run again")
            }
            Some(JobState::Active { .. }) if !self.others.is_empty() => {
                let names: Vec<&str> = upgrade::users(&self.rendered.objects).map(Object::name).collect();
                format!(
                    "wait for these pods; where the commit that pauses the registry was not applied: \
                     kubectl -n {namespace} scale deployment {} --replicas=0",
                    names.join(" ")
                )
            }
            Some(JobState::Active { failed: 0 }) => "wait until the Job is complete".to_owned(),
            Some(JobState::Active { .. }) => format!("wait: it is tried again; {logs} shows why it failed"),
            Some(JobState::Complete) if config.paused => {
                format!("quay-render upgrade {input} --to {} takes spec.paused away", config.release.value)
            }
            Some(JobState::Complete) if self.is_done() => "nothing: the upgrade is done".to_owned(),
            Some(JobState::Complete) => "wait until the Deployments are ready".to_owned(),
        }
    }

    fn back(&self) -> String {
        let namespace = &self.rendered.resolved.namespace;
        match self.rendered.resolved.moves.all().next().map(|one| one.stage) {
            Some(Stage::Moves) => {
                return format!(
                    "revert the commits of the upgrade: the former claims have all data. Then kubectl -n {namespace} delete job {}, \
                     where nothing prunes it",
                    self.job
                );
            }
            Some(Stage::Serves) => {
                return "none that keeps what is written from now on: the former claims lack it".to_owned();
            }
            Some(Stage::Done) | None => {}
        }
        let restore = "restore the backup that was made before, and build the former release into a new directory";
        match self.migration {
            None => "revert the commit".to_owned(),
            Some(JobState::Active { failed: 0 }) if !self.others.is_empty() => format!(
                "revert the commit: the migration has not begun. Then kubectl -n {namespace} delete job {}, where nothing prunes \
                 it",
                self.job
            ),
            Some(JobState::Complete) => {
                format!("{restore}; where the Job's log says `there is nothing to migrate`, revert the commit")
            }
            Some(_) => format!(
                "{restore}; where no log of the Job's pods says `{BEGINS}`, revert the commit and delete the Job"
            ),
        }
    }
}

impl Moved {
    fn said(self) -> &'static str {
        match self {
            Self::Waits => "is to be moved",
            Self::Runs => "is being moved",
            Self::Fails => "is not moved yet: an init container has failed, and is tried again",
            Self::Done => "is moved",
        }
    }
}

/// How far the data of a database is, by the pod of its Deployment.
fn moved(export: &Export, rendered: &Rendered, deployment: &str) -> Moved {
    let label = rendered.objects.iter().find(|object| object.kind() == "Deployment" && object.name() == deployment);
    let label = label.and_then(image_of_component).map_or("", |(label, _)| label);
    let is_its = |pod: &&Live| {
        let has = |name: &str, value: &str| pod.value.str_at(&["metadata", "labels", name]) == value;
        pod.namespace() == rendered.resolved.namespace
            && has(COMPONENT_LABEL, label)
            && has(REGISTRY_LABEL, &rendered.resolved.name)
    };
    let moves = |pod: &&Live| {
        let containers = pod.value.at(&["spec", "initContainers"]).and_then(Value::as_seq).unwrap_or_default();
        containers.iter().any(|container| container.str_at(&["name"]) == upgrade::MOVER)
    };
    let Some(pod) = export.of_kind("Pod").filter(is_its).filter(has_not_ended).find(moves) else { return Moved::Waits };
    let states = |list: &str| pod.value.at(&["status", list]).and_then(Value::as_seq).unwrap_or_default();
    let has_failed = |state: &Value| {
        let code = |of: &str| {
            state.at(&[of, "terminated", "exitCode"]).is_some_and(|code| *code != Value::Int("0".to_owned()))
        };
        code("state") || (code("lastState") && state.at(&["state", "terminated"]).is_none())
    };
    if states("containerStatuses").iter().any(|state| state.at(&["state", "running"]).is_some()) {
        Moved::Done
    } else if states("initContainerStatuses").iter().any(has_failed) {
        Moved::Fails
    } else {
        Moved::Runs
    }
}

/// What a Deployment's pods run, by their label, and the image of it.
fn image_of_component(deployment: &Object) -> Option<(&str, &str)> {
    let template = deployment.value.at(&["spec", "template"])?;
    let container = template.at(&["spec", "containers"])?.as_seq()?.first()?;
    Some((template.str_at(&["metadata", "labels", COMPONENT_LABEL]), container.str_at(&["image"])))
}

fn has_image(containers: &Value, image: &str) -> bool {
    containers.as_seq().unwrap_or_default().iter().any(|it| it.str_at(&["image"]) == image)
}

fn has_not_ended(pod: &&Live) -> bool {
    !matches!(pod.value.str_at(&["status", "phase"]), "Succeeded" | "Failed")
}
