//! Sealed values against an independent implementation: Python's `cryptography` opens what is sealed here, and `openssl`
//! makes the keys and certificates.

mod certificate;
mod command;
mod controller;
mod open;
