//! What each component's templates are told.

pub mod monitoring;
