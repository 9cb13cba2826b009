//! Certificates against the `openssl` program: it verifies what is made here and makes what is checked here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod check;
mod fips;
mod issue;
mod random;
mod validity;
mod workshop;
