//! The script that joins a pod's configuration from its pieces, run by a real Python on volumes as the kubelet makes
//! them. `.ci/setup` installs that Python.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod forms;
mod pod;
#[path = "../support/process.rs"]
#[allow(dead_code, reason = "shared with tests that run servers")]
mod process;
mod random;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of YAML")]
mod readers;
mod waiting;
