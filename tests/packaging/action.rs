//! The action's steps, run in bash with the files and variables that GitHub would give them.

use super::{CARGO, PROGRAM, path_with, succeeds};
use crate::support::files::copy;
use crate::support::repository;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn action() -> Json {
    serde_yaml::from_str(&fs::read_to_string(repository().join("action.yml")).unwrap()).unwrap()
}

/// A job that runs the action in a checked-out repository.
struct Job {
    folder: tempfile::TempDir,
    /// `inputs.out` and the like, with their values.
    context: BTreeMap<String, String>,
    path: String,
}

/// The result of the action.
#[derive(Debug)]
struct Ended {
    /// The exit code of the step that failed.
    code: Option<i32>,
    /// Everything the steps printed.
    said: String,
    /// The names of the steps that were run.
    steps: Vec<String>,
}

impl Job {
    fn new(has_program: bool, stand_ins: &[(&str, &str)], inputs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = path_with(&folder.path().join("path"), has_program, stand_ins);
        let mut job = Self { folder, context: BTreeMap::new(), path };
        for name in ["workspace", "temp"] {
            fs::create_dir(job.at(name)).unwrap();
        }
        for (name, input) in action()["inputs"].as_object().unwrap() {
            job.set(&format!("inputs.{name}"), input["default"].as_str().unwrap_or_default());
        }
        inputs.iter().for_each(|(name, value)| job.set(&format!("inputs.{name}"), value));
        job.set("runner.temp", job.at("temp").to_str().unwrap().to_owned().as_str());
        job.set("github.action_path", repository().to_str().unwrap());
        copy(&repository().join("examples/referenced"), &job.at("workspace/my registry"));
        job
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.context.insert(name.to_owned(), value.to_owned());
    }

    /// A text in which each `${{ name }}` is replaced.
    fn filled(&self, text: &str) -> String {
        let mut pieces = text.split("${{ ");
        let mut out = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let (name, rest) = piece.split_once(" }}").unwrap();
            out.push_str(self.context.get(name).unwrap_or_else(|| panic!("nothing is known of {name}")));
            out.push_str(rest);
        }
        out
    }

    /// Whether `name == 'value'` or `name != 'value'` holds.
    fn holds(&self, condition: &str) -> bool {
        let words: Vec<&str> = condition.splitn(3, ' ').collect();
        let is_equal = self.context[words[0]] == words[2].trim_matches('\'');
        if words[1] == "==" { is_equal } else { !is_equal }
    }

    fn run(&mut self) -> Ended {
        let mut ended = Ended { code: None, said: String::new(), steps: Vec::new() };
        for step in action()["runs"]["steps"].as_array().unwrap() {
            let is_wanted = step["if"].as_str().is_none_or(|condition| self.holds(condition));
            let Some(script) = step["run"].as_str().filter(|_| is_wanted) else { continue };
            ended.steps.push(step["name"].as_str().unwrap().to_owned());
            let output = self.step(step, script).output().unwrap();
            for bytes in [output.stdout, output.stderr] {
                ended.said.push_str(&String::from_utf8_lossy(&bytes));
            }
            self.take_over(step["id"].as_str());
            if !output.status.success() {
                ended.code = output.status.code();
                break;
            }
        }
        ended
    }

    fn step(&self, step: &Json, script: &str) -> Command {
        let file = self.at("step.sh");
        fs::write(&file, script).unwrap();
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(file).current_dir(self.at("workspace"));
        bash.env_clear().env("PATH", &self.path).env("CI", "true").env("GITHUB_ACTIONS", "true");
        for name in ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] {
            bash.env(name, self.at(name));
        }
        bash.env("RUNNER_TEMP", self.at("temp")).env("NOTES", self.at("notes")).env("PROGRAM", PROGRAM);
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            bash.env(name, self.filled(value.as_str().unwrap()));
        }
        bash
    }

    /// Passes on what a step sets for the next ones.
    fn take_over(&mut self, id: Option<&str>) {
        let take = |file: PathBuf| {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let _not_written = fs::remove_file(file);
            text
        };
        for line in take(self.at("GITHUB_OUTPUT")).lines() {
            let (name, value) = line.split_once('=').unwrap();
            self.set(&format!("steps.{}.outputs.{name}", id.unwrap()), value);
        }
        for line in take(self.at("GITHUB_PATH")).lines() {
            self.path = format!("{line}:{}", self.path);
        }
    }

    /// Writes the output of the registry, and returns the job with the setting for it.
    fn with_output(mut self) -> Self {
        self.set("inputs.input", "my registry");
        self.set("inputs.out", "deploy");
        let mut build = Command::new(PROGRAM);
        succeeds(build.current_dir(self.at("workspace")).args(["build", "my registry", "--out", "deploy"]), "");
        self
    }

    fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.at("workspace").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{text}");
        fs::write(path, text.replace(old, new)).unwrap();
    }
}

const CONFIG: &str = "my registry/config-bundle/config.yaml";

#[test]
fn a_sound_registry_passes() {
    let mut job = Job::new(true, &[], &[]).with_output();
    let ended = job.run();
    assert_eq!(ended.code, None, "{}", ended.said);
    assert_eq!(ended.steps, ["Look for the program", "Validate the input", "Compare the committed output"]);
    assert!(ended.said.contains("quay-render: 0 errors, 0 warnings"), "{}", ended.said);
}

#[test]
fn the_program_is_built_once_where_there_is_none() {
    for stand_ins in [vec![("cargo", CARGO)], vec![("cargo", CARGO), ("rustup", "echo rustup \"$@\" >>\"$NOTES\"")]] {
        let mut job = Job::new(false, &stand_ins, &[]).with_output();
        let path = job.path.clone();
        let ended = job.run();
        assert_eq!(ended.code, None, "{}", ended.said);
        let notes = fs::read_to_string(job.at("notes")).unwrap();
        let wanted = format!(
            "install --path {} --root {}/quay-render --locked\n",
            repository().display(),
            job.at("temp").display()
        );
        if stand_ins.len() == 1 {
            assert_eq!(notes, wanted);
        } else {
            assert_eq!(
                notes,
                format!("rustup toolchain install stable --profile minimal --no-self-update\n+stable {wanted}")
            );
        }
        // A cache of the user's has kept it.
        job.path = path;
        assert_eq!(job.run().code, None);
        assert_eq!(fs::read_to_string(job.at("notes")).unwrap(), notes);
    }
}

#[test]
fn a_refused_input_is_shown_at_its_line_and_ends_the_job() {
    let mut job = Job::new(true, &[], &[("sarif", "report.sarif"), ("base", "deploy")]).with_output();
    job.edit(CONFIG, "LDAP_BASE_DN:", "LDAP_BASE_DM:");
    let ended = job.run();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("::error file=my registry/config-bundle/config.yaml,line="), "{}", ended.said);
    assert_eq!(ended.steps, ["Look for the program", "Validate the input"]);
    let sarif: Json = serde_json::from_str(&fs::read_to_string(job.at("workspace/report.sarif")).unwrap()).unwrap();
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
}

#[test]
fn output_that_is_not_what_the_input_builds_to_ends_the_job() {
    let mut job = Job::new(true, &[], &[("base", "deploy")]).with_output();
    job.edit(CONFIG, "LDAP_UID_ATTR: uid", "LDAP_UID_ATTR: name");
    let ended = job.run();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("::error title=quay-render::the committed output is not"), "{}", ended.said);
    assert!(ended.said.contains("changed join/configmap-"), "{}", ended.said);
    let summary = fs::read_to_string(job.at("GITHUB_STEP_SUMMARY")).unwrap();
    assert!(summary.contains("LDAP_UID_ATTR"), "{summary}");
}

#[test]
fn settings_reach_the_program_and_nothing_of_them_is_run() {
    let last = |inputs: &[(&str, &str)]| {
        let mut job = Job::new(true, &[], inputs);
        copy(&repository().join("examples/minimal"), &job.at("workspace/plain"));
        job.set("inputs.input", "plain");
        job.run()
    };
    assert_eq!(last(&[("as-of", "never")]).code, None);
    assert_eq!(last(&[("as-of", "2027-01-01")]).code, None);
    let ended = last(&[("as-of", "2040-01-01")]);
    assert!(ended.code == Some(1) && ended.said.contains("title=tls-expired"), "{}", ended.said);
    assert_eq!(last(&[("as-of", "someday")]).code, Some(2));
    let mut job = Job::new(true, &[], &[("deny-warnings", "true"), ("as-of", "never")]);
    job.set("inputs.input", "my registry");
    job.edit(CONFIG, "LDAP_UID_ATTR: uid", "LDAP_UID_ATTR: uid\nNEVER_HEARD_OF: 1");
    assert_eq!(job.run().code, Some(1));
    job.set("inputs.deny-warnings", "false");
    assert_eq!(job.run().code, None);
    for name in ["input", "out", "as-of", "sarif", "base"] {
        let mut job = Job::new(true, &[], &[]).with_output();
        job.set(&format!("inputs.{name}"), "--version; touch \"$(touch made)\" `touch made`");
        // A report may be called anything.
        assert_eq!(job.run().code.is_none(), name == "sarif", "{name}");
        assert!(!job.at("workspace/made").exists(), "{name}");
    }
}

#[test]
fn the_action_is_what_the_page_says() {
    let action = action();
    assert_eq!(action["runs"]["using"], "composite");
    for step in action["runs"]["steps"].as_array().unwrap() {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "what a workflow says is never part of a script: {script}");
        // What another action is, its owner may change.
        assert!(step["shell"] == "bash" && step.get("uses").is_none(), "{step}");
    }
    let page = fs::read_to_string(repository().join("docs/ci.md")).unwrap();
    let inputs = action["inputs"].as_object().unwrap();
    let table = page.split("| `with` | what it is |\n|---|---|\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let rows: Vec<&str> = table.lines().map(|row| row.split('`').nth(1).unwrap()).collect();
    assert_eq!(rows, inputs.keys().collect::<Vec<_>>());
    let workflow =
        page.split("```yaml\n# .github/workflows/registry.yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let workflow: Json = serde_yaml::from_str(workflow).unwrap();
    let with = workflow["jobs"]["check"]["steps"][1]["with"].as_object().unwrap();
    assert!(with.keys().all(|name| inputs.contains_key(name)), "{with:?}");
}
