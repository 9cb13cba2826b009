//! `quay-render krm`: the compiler as a KRM function for kustomize and kpt. It reads a ResourceList, and returns it
//! with the registry's objects among its items.
//!
//! Like everything that compiles, it is pure. Other items are passed through unparsed: see [`crate::yaml::raw`].

mod inputs;
mod item;
mod list;
mod merge;
mod results;

use crate::compile;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::input::{Inputs, Options};
use list::List;

/// The size limit of a request, in bytes.
pub const LARGEST: usize = crate::yaml::raw::MAX_BYTES;

/// The answer to a request.
pub struct Response {
    /// The ResourceList, as YAML.
    pub text: String,
    /// The same diagnostics as in its results.
    pub diagnostics: Diagnostics,
}

/// Answers a request: compiles the registry whose input it contains, and adds its objects to the items. After an error
/// all items are returned unchanged. `options` says how strictly the input is checked.
///
/// # Errors
/// When the request is not a ResourceList, so that there is nothing to answer.
pub fn respond(request: &[u8], options: Options) -> Result<Response, Diagnostics> {
    let mut list = List::read(request)?;
    let mut diagnostics = Diagnostics::new();
    let chosen = inputs::choose(&list, &mut diagnostics);
    // Other programs' items pass through; what was chosen, or is in the functionConfig, is meant as input.
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
