//! What taking a registry over takes: what changes and why, the steps with their commands, and the way back.

mod changes;
mod operator;
mod refusals;
mod steps;

use super::drift::Drift;
use super::registry::Registry;
pub(crate) use steps::{export_command, finalizer_command, strip_commands};

use crate::Rendered;
use crate::compare::Class;
use crate::diagnostic::Diagnostics;

/// Everything that a plan is made of.
pub struct Plan<'a> {
    /// The registry that runs.
    pub registry: &'a Registry<'a>,
    /// What its input renders.
    pub rendered: &'a Rendered,
    /// How the two differ.
    pub drift: &'a Drift,
    /// What somebody should know of what was found.
    pub notes: &'a [String],
    /// The directory of the input.
    pub input: &'a str,
}

impl Plan<'_> {
    /// Reports what no plan gets around: claims that would be left, claims that the export lacks, and changes that no cluster
    /// takes.
    pub fn refuse(&self, problems: &mut Diagnostics) {
        refusals::find(self, problems);
    }

    /// The plan, in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let Registry { name, namespace, .. } = self.registry;
        let release = &self.rendered.resolved.release.name;
        let open = self.drift.unexplained().count();
        let mut out = format!("# Taking over {namespace}/{name} from the operator\n\n");
        let of = |class| self.drift.comparison.count(class);
        let (restarts, changed) = (of(Class::Restarts), of(Class::Changed));
        let (new, gone, same) = (of(Class::New), of(Class::Destroyed), self.drift.comparison.unchanged);
        out.push_str(&format!(
            "Release {release}. Of the objects that run, {restarts} change so that pods restart or a Job runs again, {changed} change in \
             place, {gone} are no longer rendered, {same} stay as they are; {new} are new. {}\n",
            explained(open)
        ));
        for note in self.notes {
            out.push_str(&format!("\n- {note}\n"));
        }
        out.push_str("\n## What changes\n");
        out.push_str(&changes::text(self));
        out.push_str("\n## The steps\n");
        out.push_str(&steps::text(self));
        out
    }

    /// The directory of the input, as a word of the shell.
    fn input(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        if self.input.chars().all(is_plain) && !self.input.starts_with('-') {
            self.input.to_owned()
        } else {
            format!("'{}'", self.input.replace('\'', "'\\''"))
        }
    }

    /// The directory that the input is rendered into.
    fn output(&self) -> String {
        format!("deploy/{}", self.registry.name)
    }
}

fn explained(open: usize) -> String {
    match open {
        0 => "Each change has a reason.".to_owned(),
        1 => "1 change has no known reason: look at it first.".to_owned(),
        open => format!("{open} changes have no known reason: look at them first."),
    }
}
