//! What Argo CD and Flux make of the output: the order of both, what is left to apply again, what no cluster takes, what
//! they are told, and the plugin as its sidecar calls it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod accepted;
mod deadlines;
mod drift;
#[path = "../support/examples.rs"]
mod examples;
#[path = "../support/files.rs"]
mod files;
mod immutable;
mod inputs;
mod models;
mod order;
mod plugin;
mod room;
mod server;
#[path = "../support/models.rs"]
mod types;
mod world;
