//! The templates of `components/` as a person finds them: YAML before they are rendered, one object a file.

use quay_render::components;
use quay_render::transform::layers::Layers;
use serde_json::Value;

#[test]
fn each_template_is_yaml_and_one_object_named_like_its_file() {
    let layers: Vec<_> = Layers::read().iter().cloned().collect();
    let mut seen = 0;
    for component in components::names() {
        for (path, text) in components::folder(component) {
            let template: Value = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let file = path.rsplit('/').next().unwrap();
            if file == "component.yaml" {
                assert!(template.get("when").is_some(), "{path} says no condition");
                let layer = template["layer"].as_str().unwrap_or_else(|| panic!("{path} says no layer"));
                assert!(layers.iter().any(|known| known.name == layer), "{path}: no layer is called {layer}");
                assert!(text.starts_with("# "), "{path} does not say what the component is");
                continue;
            }
            let field = |pointer: &str| template.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            // One that stands in a namespace of others bears the registry's own in its name.
            let name = field("/metadata/name").replace("${ namespace ~ \".\" ~ ", "${ ");
            let base = name.strip_prefix("${ name(\"").and_then(|rest| rest.strip_suffix("\") }"));
            let kind = field("/kind").to_lowercase();
            let expected = base.map_or_else(|| format!("{kind}.yaml"), |base| format!("{kind}-{base}.yaml"));
            assert_eq!(file, expected, "{path}");
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} templates");
}

/// `${` and `#%` are the engine's; a script that used them would be read as a template.
#[test]
fn no_script_looks_like_a_template() {
    for (path, text) in
        components::FILES.iter().filter(|(path, _)| path.contains("/files/") && !path.ends_with(".json"))
    {
        if path.ends_with(".yaml") {
            continue;
        }
        assert!(!text.contains("${ ") && !text.lines().any(|line| line.trim_start().starts_with("#%")), "{path}");
    }
}
