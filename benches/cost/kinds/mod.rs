//! Inputs of each kind, of any size.

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

/// Every kind; the first one serves where any input will do.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    let of_files = [config::KINDS, bundle::KINDS, documents::KINDS, facts::KINDS, secrets::KINDS, settings::KINDS];
    of_files.into_iter().chain([compared::KINDS, request::KINDS]).flatten()
}

/// A kind of input.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The part that grows, which decides the commands for it.
    pub grows: Grows,
    /// Makes an input of about so many bytes.
    pub make: fn(usize) -> Case,
}

/// The part of an input that grows.
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
    /// The parameters that Argo CD passes in the environment.
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
