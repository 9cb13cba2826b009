//! The tests that need nothing but Rust: the compiler and the program by themselves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may fail loudly; it touches the disk, the environment and the clock"
)]

mod additions;
mod adopt;
mod book;
mod clair_configuration;
mod cli;
mod components;
mod conventions;
mod deleting;
mod delivery;
mod diff;
mod exposure;
mod fleet;
mod golden;
mod hardening;
mod images;
mod input;
mod krm;
mod migrate;
mod output;
mod paths;
mod releases;
mod report;
mod robust;
mod rules;
mod schemas;
mod settings;
mod storage_gateway;
mod structure;
mod support;
mod upgrade;
mod validate;
