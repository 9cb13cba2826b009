//! `quay-render krm`: the compiler as a KRM function, which kustomize and kpt call. A ResourceList comes in, and goes out
//! with the objects of the registry among its items.
//!
//! As everything that compiles it is pure. What passes through is never looked into: see [`crate::yaml::raw`].

mod inputs;
mod item;
mod list;
mod merge;
mod results;

use crate::compile;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::input::{Inputs, Options};
use list::List;

/// The largest request that is read, in bytes.
pub const LARGEST: usize = crate::yaml::raw::MAX_BYTES;

/// What the function answers.
pub struct Response {
    /// The ResourceList, as YAML.
    pub text: String,
    /// What its results say.
    pub diagnostics: Diagnostics,
}

/// Answers a request: compiles the registry whose input the request holds, and puts its objects among the items. Where
/// an error refuses that, all items come back as they were. `options` says how strictly the input is looked at.
///
/// # Errors
/// When the request is not a ResourceList: there is nothing that could be answered.
pub fn respond(request: &[u8], options: Options) -> Result<Response, Diagnostics> {
    let mut list = List::read(request)?;
    let mut diagnostics = Diagnostics::new();
    let chosen = inputs::choose(&list, &mut diagnostics);
    // Other programs' items pass through; what was chosen, or written into the functionConfig, is meant to be read.
    let options = Options { strict_input: true, ..options };
    let inputs = Inputs { name: chosen.folder_name(), sources: chosen.sources(), options, ..Inputs::default() };
    let compiled = compile(&inputs);
    diagnostics.extend(compiled.diagnostics);
    let merged = match compiled.registry.filter(|_| !diagnostics.has_errors()) {
        Some(rendered) => merge::merge(&list, &chosen, &rendered, &mut diagnostics),
        None if diagnostics.has_errors() => None,
        None => {
            diagnostics.push(
                Diagnostic::new(codes::INTERNAL, "nothing was rendered, and no error says why")
                    .hint("this is a mistake of quay-render; please report it"),
            );
            None
        }
    };
    let diagnostics = results::placed(diagnostics, &list, &chosen);
    let results = results::results(&diagnostics, &list, &chosen);
    if let Some(merged) = merged {
        list.items = merged.take(list.items);
    }
    Ok(Response { text: list.write(results), diagnostics })
}
