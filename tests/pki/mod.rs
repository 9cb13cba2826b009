//! Certificates against the `openssl` program: it verifies what is made here and makes what is checked here.

mod check;
mod fips;
mod issue;
mod random;
mod validity;
mod workshop;
