//! Helpers for tests. Each of the two test programs uses its own part of them.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::path::{Path, PathBuf};
use std::process::Command;

pub mod anyway;
pub mod every_field;
pub mod examples;
pub mod files;
pub mod fleet;
pub mod golden;
pub mod image;
pub mod krm;
pub mod mariadb;
pub mod models;
pub mod output;
pub mod page;
pub mod pod;
pub mod postgres;
pub mod printed;
pub mod problems;
pub mod process;
pub mod random;
pub mod readers;
pub mod redis;
pub mod registry;
pub mod releases;
pub mod sealed;
pub mod settings;
pub mod wait;

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of an example.
pub fn example(name: &str) -> PathBuf {
    repository().join("examples").join(name)
}

/// The template of the pods of an object, of a CronJob that of its Jobs' pods; null where it makes none.
pub fn template(object: &serde_json::Value) -> &serde_json::Value {
    let spec = &object["spec"];
    if object["kind"] == "CronJob" { &spec["jobTemplate"]["spec"]["template"] } else { &spec["template"] }
}

/// The program built by cargo.
pub fn quay_render() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quay-render"))
}
