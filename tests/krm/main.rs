//! `quay-render krm`: what comes back, to whom.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

#[path = "../support/golden.rs"]
#[allow(dead_code, reason = "shared with tests of whole directories")]
mod golden;

mod cases;
#[path = "../support/examples.rs"]
mod examples;
mod kpt;
mod kustomize;
mod limits;
mod list;
mod merge;
mod random;
mod secrets;
