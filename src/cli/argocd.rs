//! `quay-render argocd`: the commands that the plugin's sidecar calls, see `components/argocd/plugin.yaml`. They alone
//! read `ARGOCD_*` and `PARAM_*`, and they read no other environment variable.

use super::{Fatal, Outcome, image_names, print, read, report};
use crate::diagnostic::{Diagnostics, MOST_OF_FILE};
use crate::input::{Given, Inputs};
use crate::quote::{self, nearest_hint};
use crate::{analyze, compile, emit};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The commands that Argo CD's plugin calls, in the directory of an Application.
#[derive(Args)]
pub struct Argocd {
    #[command(subcommand)]
    called: Called,
}

#[derive(Subcommand)]
enum Called {
    /// Print the objects of the registry in this directory
    Generate,
    /// Print, as JSON, what an Application may set, with the current values
    Parameters,
}

/// The variable in which Argo CD passes what the Application sets.
const PARAMETERS: &str = "ARGOCD_APP_PARAMETERS";
/// The variable with the namespace of the Application's destination.
const NAMESPACE: &str = "ARGOCD_APP_NAMESPACE";

const IMAGES: &str = "images";
const DENY_WARNINGS: &str = "deny-warnings";

/// A parameter, both as Argo CD passes it and as it is announced to Argo CD.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Parameter {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    title: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    tooltip: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    collection_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<BTreeMap<String, String>>,
}

/// What an Application sets.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    images: BTreeMap<String, Given>,
    deny_warnings: bool,
    namespace: Option<Given>,
}

impl Argocd {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        #[allow(clippy::disallowed_methods, reason = "what Argo CD hands over, and by these names alone")]
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let settings = settings(&variable).map_err(|problems| Fatal(told(problems)))?;
        let mut inputs = read(".", None, false)?;
        inputs.options.deny_warnings = settings.deny_warnings;
        inputs.images = settings.images;
        inputs.namespace = settings.namespace;
        match self.called {
            Called::Generate => generate(&inputs),
            Called::Parameters => {
                let announced = serde_json::to_string_pretty(&announced(&inputs))?;
                print(announced + "\n")?;
                Ok(Outcome::Done)
            }
        }
    }
}

/// The first problems in one text, without repetitions, and how many more there are.
fn told(mut problems: Vec<String>) -> String {
    let mut known = BTreeSet::new();
    problems.retain(|problem| known.insert(problem.clone()));
    let more = problems.len().saturating_sub(MOST_OF_FILE);
    problems.truncate(MOST_OF_FILE);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    problems.join("; ")
}

fn generate(inputs: &Inputs) -> Result<Outcome, Fatal> {
    let compiled = compile(inputs);
    report(&compiled.diagnostics, Some(inputs));
    let Some(rendered) = compiled.registry else { return Ok(Outcome::Refused) };
    print(emit::stream(&rendered.objects))?;
    Ok(Outcome::Done)
}

/// The parameters that may be set, with their current values. If the input is refused there are no values; `generate`
/// says why.
fn announced(inputs: &Inputs) -> Vec<Parameter> {
    let (analysis, _) = analyze(inputs, &mut Diagnostics::new());
    let images = analysis.map(|analysis| analysis.resolved.images).unwrap_or_default();
    let images = images.into_iter().map(|(name, image)| (name.to_owned(), image)).collect();
    vec![
        Parameter {
            name: IMAGES.to_owned(),
            title: Some("Images"),
            tooltip: Some("Images by digest, in place of the release's; those that the RenderConfig names stay"),
            collection_type: Some("map"),
            map: Some(images),
            ..Parameter::default()
        },
        Parameter {
            name: DENY_WARNINGS.to_owned(),
            title: Some("Deny warnings"),
            tooltip: Some("true: a warning refuses the registry, as an error does"),
            string: Some(inputs.options.deny_warnings.to_string()),
            ..Parameter::default()
        },
    ]
}

/// Reads what Argo CD passes. Reports every problem, and never a value.
fn settings(variable: &impl Fn(&str) -> Option<String>) -> Result<Settings, Vec<String>> {
    let mut problems = Vec::new();
    let image_names = image_names().map_err(|broken| vec![broken.to_string()])?;
    let given = match variable(PARAMETERS).map(|json| serde_json::from_str::<Option<Vec<Parameter>>>(&json)) {
        Some(Ok(given)) => given.unwrap_or_default(),
        Some(Err(_)) => return Err(vec![format!("{PARAMETERS}: is not a list of parameters with string or map")]),
        None => singly(variable, image_names),
    };
    let namespace = variable(NAMESPACE);
    let namespace = namespace.map(|value| Given { value, from: format!("environment variable {NAMESPACE}") });
    let mut settings = Settings { namespace, ..Settings::default() };
    for Parameter { name, string, map, .. } in given {
        match (name.as_str(), string, map) {
            (IMAGES, None, Some(map)) => settings.images = images(map, image_names, &mut problems),
            (IMAGES, ..) => problems.push(format!("parameter {IMAGES}: is not a map of images by their names")),
            (DENY_WARNINGS, Some(text), None) if matches!(text.as_str(), "true" | "false") => {
                settings.deny_warnings = text == "true";
            }
            (DENY_WARNINGS, ..) => problems.push(format!("parameter {DENY_WARNINGS}: is neither true nor false")),
            (other, ..) => {
                let nearest = nearest_hint(other, &[IMAGES, DENY_WARNINGS]);
                let known = format!("{IMAGES} and {DENY_WARNINGS}");
                problems.push(format!(
                    "unknown parameter {}: {nearest}the parameters are {known}",
                    quote::word(other, &[IMAGES, DENY_WARNINGS])
                ));
            }
        }
    }
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

fn images(map: BTreeMap<String, String>, names: &[&str], problems: &mut Vec<String>) -> BTreeMap<String, Given> {
    for name in map.keys().filter(|name| !names.contains(&name.as_str())) {
        let nearest = nearest_hint(name, names);
        let known = names.join(", ");
        problems.push(format!(
            "parameter {IMAGES}: unknown image {}: {nearest}the images are {known}",
            quote::word(name, names)
        ));
    }
    let given = |value: String| Given { value, from: format!("parameter {IMAGES}") };
    map.into_iter().map(|(name, value)| (name, given(value))).collect()
}

/// The parameters from one variable each: `PARAM_<NAME>`, for a map `PARAM_<NAME>_<KEY>`.
fn singly(variable: &impl Fn(&str) -> Option<String>, image_names: &[&str]) -> Vec<Parameter> {
    let named = |name: &str| format!("PARAM_{}", name.to_uppercase().replace('-', "_"));
    let image = |name: &&str| Some(((*name).to_owned(), variable(&format!("{}_{name}", named(IMAGES)))?));
    let images: BTreeMap<String, String> = image_names.iter().filter_map(image).collect();
    let parameter = |name: &str| Parameter { name: name.to_owned(), ..Parameter::default() };
    let images = (!images.is_empty()).then(|| Parameter { map: Some(images), ..parameter(IMAGES) });
    let deny = variable(&named(DENY_WARNINGS)).map(|text| Parameter { string: Some(text), ..parameter(DENY_WARNINGS) });
    images.into_iter().chain(deny).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        settings(&|name| Some(variables.iter().find(|(known, _)| *known == name)?.1.to_owned()))
    }

    #[test]
    fn of_many_problems_the_first_are_told_and_alike_ones_once() {
        let alike = vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
        assert_eq!(told(alike), "a; b");
        let many = (0..MOST_OF_FILE + 3).map(|number| number.to_string()).collect();
        assert!(told(many).ends_with("; 99; and 3 more"));
    }

    #[test]
    fn both_forms_of_parameters_say_the_same() {
        let json = r#"[{"name": "images", "map": {"RELATED_IMAGE_COMPONENT_QUAY": "q@sha256:0"}}, {"name": "deny-warnings", "string": "true"}]"#;
        let found = read(&[(PARAMETERS, json)]).unwrap();
        let singly = [("PARAM_IMAGES_RELATED_IMAGE_COMPONENT_QUAY", "q@sha256:0"), ("PARAM_DENY_WARNINGS", "true")];
        assert_eq!(found, read(&singly).unwrap());
        assert_eq!(found.images["RELATED_IMAGE_COMPONENT_QUAY"].value, "q@sha256:0");
        assert!(found.deny_warnings);
    }

    #[test]
    fn nothing_is_set_where_nothing_is_said() {
        for variables in [[].as_slice(), &[(PARAMETERS, "[]")], &[(PARAMETERS, "null")]] {
            assert_eq!(read(variables).unwrap(), Settings::default());
        }
        let found = read(&[(NAMESPACE, "images")]).unwrap();
        assert_eq!(found.namespace.unwrap().value, "images");
    }

    #[test]
    fn every_problem_is_told_and_no_value() {
        let json = r#"[{"name": "image", "string": "hidden"}, {"name": "images", "array": ["hidden"]},
                       {"name": "deny-warnings", "string": "hidden"}, {"name": "images", "map": {"RELATED_IMAGE_COMPONENT_KEY": "hidden"}}]"#;
        let problems = read(&[(PARAMETERS, json)]).unwrap_err();
        assert_eq!(problems.len(), 4, "{problems:#?}");
        assert!(problems[0].contains(r#"the nearest is "images""#), "{}", problems[0]);
        for json in ["hidden", "{}", r#"[{"name": 1}]"#, r#"[{"name": "images", "map": ["hidden"]}]"#] {
            assert_eq!(read(&[(PARAMETERS, json)]).unwrap_err().len(), 1, "{json}");
        }
        assert!(!format!("{problems:?}").contains("hidden"));
    }
}
