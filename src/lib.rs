//! Compile a QuayRegistry and its config bundle into manifests.

pub mod cli;
pub mod diagnostic;
pub mod object;
pub mod yaml;
