//! `quay-render krm`: what comes back, to whom.

mod cases;
mod merge;
mod secrets;
