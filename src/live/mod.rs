//! Objects of a cluster, as somebody exported them: what a registry of the operator consists of, what of it an API server
//! filled in, how it differs from what is rendered, and the input that renders the same.
//!
//! No cluster is asked: everything is read from files. What the files lack is named with the command that exports it.

pub mod adopt;
pub mod drift;
pub mod export;
mod noise;
pub mod plan;
pub mod reasons;
pub mod registry;
pub mod status;
pub mod upgrade;
pub mod verify;
