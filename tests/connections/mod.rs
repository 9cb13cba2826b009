//! Databases and Redis that take nobody without TLS and a password, and the clients that the pods' programs make of the joined
//! configuration; a Clair with TLS, and Quay that calls it. `.ci/setup` installs the servers and the Pythons.

mod authority;
mod clair;
mod place;
mod postgres;
mod redis;
