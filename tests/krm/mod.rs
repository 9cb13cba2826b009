//! `quay-render krm`: what comes back, to whom.

mod cases;
mod limits;
mod merge;
mod secrets;
