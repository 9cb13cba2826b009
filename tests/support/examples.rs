//! The examples.

use quay_render::input;
use std::fs;

/// Those of one registry, by their names; fleets are none.
pub fn registries() -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_one =
        |name: &String| !name.starts_with('.') && input::find(&format!("{root}/{name}"), None).unwrap().is_none();
    let mut names: Vec<String> = names.filter(is_one).collect();
    names.sort();
    assert!(names.len() > 10);
    names
}
