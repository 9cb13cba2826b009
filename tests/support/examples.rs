//! The examples.

use super::golden::Tree;
use quay_render::{compile, input};
use std::fs;
use std::path::Path;

/// The names of the examples with one registry, without fleets.
pub fn registries() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_one = |name: &String| {
        let path = format!("{root}/{name}");
        !name.starts_with('.') && Path::new(&path).is_dir() && input::find(&path, None).unwrap().is_none()
    };
    let mut names: Vec<String> = names.filter(is_one).collect();
    names.sort();
    assert!(names.len() > 10);
    names
}

/// Those of them whose objects are rendered, and not left to an operator.
pub fn rendered() -> Vec<String> {
    registries().into_iter().filter(|name| !name.starts_with("delivery-operator")).collect()
}

/// The output of an example, which `tests/golden.rs` compares with the reviewed one.
pub fn built(name: &str) -> Tree {
    let inputs = input::read(&format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR")), None).unwrap();
    let rendered = compile(&inputs).registry.unwrap_or_else(|| panic!("{name} is refused"));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    rendered.files().iter().map(|(path, file)| (path.into(), text(&file.bytes))).collect()
}
