//! The output as Argo CD and Flux apply it: its order for both, what is left to apply again, what no cluster accepts,
//! their own configuration, and the plugin as its sidecar calls it.

mod accepted;
mod deadlines;
mod drift;
mod immutable;
pub mod inputs;
mod models;
pub mod order;
mod plugin;
mod room;
mod server;
mod world;
