//! Writing an output directory, through the library's own interface: what happens to whose files, and what is left
//! when a run is refused.

mod digests;
mod files;
mod hostile;
mod model;
