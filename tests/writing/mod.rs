//! Writing an output directory with faults of the system: a process that is killed at any call (strace), a full disk,
//! and how Git treats the result.

mod git;
mod journal;
mod processes;
