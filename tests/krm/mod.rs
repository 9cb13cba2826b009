//! `quay-render krm`: its answers.

mod cases;
mod limits;
mod merge;
mod secrets;
