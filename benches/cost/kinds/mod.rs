//! Inputs of each kind, as large as they are asked for.

mod bundle;
mod case;
mod compared;
mod config;
mod documents;
mod facts;
mod request;
mod secrets;
mod settings;
mod text;

pub use case::Case;

/// Every kind; the first is for whoever needs any input.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    let of_files = [config::KINDS, bundle::KINDS, documents::KINDS, facts::KINDS, secrets::KINDS, settings::KINDS];
    of_files.into_iter().chain([compared::KINDS, request::KINDS]).flatten()
}

/// A kind of input.
pub struct Kind {
    /// What it is called.
    pub name: &'static str,
    /// What of it grows, and so which commands it is for.
    pub grows: Grows,
    /// An input of about so many bytes.
    pub make: fn(usize) -> Case,
}

/// What of an input grows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grows {
    /// A directory.
    Files,
    /// A ResourceList on standard input.
    Request,
    /// An input on standard input.
    Stream,
    /// Two folders of manifests.
    Compared,
    /// What Argo CD puts into the environment.
    Parameters,
}

const fn files(name: &'static str, make: fn(usize) -> Case) -> Kind {
    Kind { name, grows: Grows::Files, make }
}

const fn compared(name: &'static str, make: fn(usize) -> Case) -> Kind {
    Kind { name, grows: Grows::Compared, make }
}

const fn request(name: &'static str, make: fn(usize) -> Case) -> Kind {
    Kind { name, grows: Grows::Request, make }
}
