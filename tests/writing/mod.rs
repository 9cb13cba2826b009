//! Writing an output directory where the system has its say: a process that is killed at any call (strace), a full disk,
//! and what Git makes of the result.

mod git;
mod journal;
mod processes;
