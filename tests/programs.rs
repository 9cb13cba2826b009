//! The tests that need the programs which consume the output: kubectl, kpt, databases, Quay's Python, promtool,
//! openssl, … `.ci/setup` installs them; a test fails if its program is missing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may fail loudly; it touches the disk, the environment and the clock"
)]

mod access;
mod backup;
mod cluster;
mod cluster_secrets;
mod connections;
mod database_upgrade;
mod database_uri;
mod databases;
mod docs;
mod gitops;
mod init;
mod join;
mod krm_hosts;
mod limits;
mod mdbook;
mod monitoring;
mod packaging;
mod pki;
mod pod_scripts;
mod seal;
mod support;
mod terminal;
mod walks;
mod writing;
mod yaml_readers;
