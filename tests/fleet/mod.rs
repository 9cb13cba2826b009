//! Fleets from outside: what is written where, what refuses all of it, and what happens over time.

mod build;
mod gone;
mod history;
mod killed;
mod paths;
mod refused;
mod shared;
