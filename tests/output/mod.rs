//! Writing an output directory through the library's interface: what happens to whose files, and what is left after a
//! refused run.

mod digests;
mod files;
mod hostile;
mod model;
