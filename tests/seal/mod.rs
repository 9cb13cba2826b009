//! Sealed values and an independent implementation: Python's `cryptography` decrypts what is sealed here, and `openssl`
//! makes the keys and certificates.

mod certificate;
mod command;
mod controller;
mod open;
