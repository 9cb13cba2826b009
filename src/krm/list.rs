//! A ResourceList (`config.kubernetes.io`): the request and the answer.

use super::item;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::yaml::{Origin, Raw, raw};

/// The name of a request in a diagnostic.
pub(super) const FILE: &str = "<stdin>";
const HINT: &str = "kustomize and kpt send one; from a shell: kpt fn source DIR | quay-render krm";

/// A request.
pub(super) struct List {
    /// Everything except items and results, in its order.
    rest: Raw,
    pub items: Vec<Raw>,
    /// The name of each item in a diagnostic: its file, if it has one.
    pub names: Vec<String>,
}

impl List {
    /// Reads a request.
    ///
    /// # Errors
    /// Why it is not a request.
    pub(super) fn read(request: &[u8]) -> Result<Self, Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        let rest = match std::str::from_utf8(request) {
            Ok(text) => raw::read(text, &Origin { file: FILE, within: None }, &mut diagnostics),
            Err(_) => None,
        };
        match rest.filter(|_| !diagnostics.has_errors()) {
            Some(rest) => Self::of(rest).map_err(|message| refusal(message, diagnostics)),
            None => Err(refusal("is not a document in YAML or JSON".to_owned(), diagnostics)),
        }
    }

    fn of(mut rest: Raw) -> Result<Self, String> {
        let (api, kind) = (rest.str_at(&["apiVersion"]), rest.str_at(&["kind"]));
        if !api.starts_with("config.kubernetes.io/") || kind != "ResourceList" {
            return Err("is not a ResourceList of config.kubernetes.io".to_owned());
        }
        // An empty list keeps the place of `items` among the other fields.
        let items = match rest.set("items", Raw::list(Vec::new())) {
            None => Vec::new(),
            Some(items) if items.is_null() => Vec::new(),
            Some(items) => items.into_items().map_err(|it| format!("items is {}, not a list", it.kind_name()))?,
        };
        if let Some((index, wrong)) = items.iter().enumerate().find(|(_, item)| !item.is_map()) {
            return Err(format!("items[{index}] is {}, not a map", wrong.kind_name()));
        }
        if let Some(config) = rest.get("functionConfig").filter(|config| !config.is_map() && !config.is_null()) {
            return Err(format!("functionConfig is {}, not a map", config.kind_name()));
        }
        rest.remove("results");
        let names = item::names(&items);
        Ok(Self { rest, items, names })
    }

    /// The function's configuration.
    pub(super) fn function_config(&self) -> Option<&Raw> {
        self.rest.get("functionConfig").filter(|config| config.is_map())
    }

    /// The answer.
    pub(super) fn write(mut self, results: Vec<Raw>) -> String {
        self.rest.set("items", Raw::list(self.items));
        if !results.is_empty() {
            self.rest.set("results", Raw::list(results));
        }
        self.rest.emit()
    }
}

fn refusal(message: String, mut diagnostics: Diagnostics) -> Diagnostics {
    diagnostics.push(Diagnostic::new(codes::KRM_LIST, message).at(Location::file(FILE)).hint(HINT));
    diagnostics.sort();
    diagnostics
}
