//! What Argo CD and Flux make of the output: the order of both, what is left to apply again, what no cluster takes, what
//! they are told, and the plugin as its sidecar calls it.

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
