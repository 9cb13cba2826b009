//! Sealed values against an independent implementation: Python's `cryptography` opens what is sealed here, and `openssl`
//! makes the keys and certificates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod certificate;
mod command;
mod controller;
mod open;
