//! The templates of `components/` as their authors see them: YAML before rendering, one object for each file.

use quay_render::catalog::{Catalog, Files};
use serde_json::Value;

#[test]
fn each_template_is_yaml_and_one_object_named_like_its_file() {
    let mut seen = 0;
    for release in Catalog::every() {
        for (path, text) in release.components.iter().flat_map(|component| release.templates(component)) {
            let template: Value = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let file = path.rsplit('/').next().unwrap();
            let field = |pointer: &str| template.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            // One that stands in a namespace of others bears the registry's own in its name.
            let name = field("/metadata/name").replace("${ namespace ~ \".\" ~ ", "${ ");
            let base = name.strip_prefix("${ name(").and_then(|rest| rest.strip_suffix(") }"));
            let base = base.map(|base| match base.strip_prefix("release.") {
                Some(fact) => release.facts.at(&fact.split('.').collect::<Vec<_>>()).unwrap().as_str().unwrap(),
                None => base.trim_matches('"'),
            });
            let kind = field("/kind").to_lowercase();
            let expected = base.map_or_else(|| format!("{kind}.yaml"), |base| format!("{kind}-{base}.yaml"));
            assert_eq!(file, expected, "{} {path}", release.name);
            seen += 1;
        }
    }
    for (path, text) in Files::embedded().iter().filter(|(path, _)| path.ends_with("/component.yaml")) {
        assert!(text.starts_with("# "), "{path} does not say what the component is");
    }
    assert!(seen > 40, "only {seen} templates");
}

/// `${` and `#%` belong to the template engine: a script that used them would be read as a template.
#[test]
fn no_script_looks_like_a_template() {
    let files = Files::embedded();
    for (path, text) in files.iter().filter(|(path, _)| path.contains("/files/") && !path.ends_with(".json")) {
        if path.ends_with(".yaml") {
            continue;
        }
        assert!(!text.contains("${ ") && !text.lines().any(|line| line.trim_start().starts_with("#%")), "{path}");
    }
}
