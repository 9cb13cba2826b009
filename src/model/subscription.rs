//! What the Operator Lifecycle Manager is told to install an operator, whichever it is: `spec.operator` and
//! `spec.objectStorage.gateway.operator` of the RenderConfig.

use super::Spanned;
use super::fields::Fields;
use crate::diagnostic::{Diagnostics, Location};

/// Where an operator comes from, and which of its versions; `None` for the defaults.
#[derive(Clone)]
pub struct Subscription {
    /// Whether the output has the OperatorGroup of its namespace, and that Namespace.
    pub group: Option<Spanned<bool>>,
    /// The package in the catalog.
    pub package: Option<String>,
    /// The channel of its versions.
    pub channel: Option<String>,
    /// The catalog.
    pub source: Option<String>,
    /// The namespace of the catalog.
    pub source_namespace: Option<String>,
    /// The ClusterServiceVersion to begin with; `None` for the newest of the channel.
    pub starting_csv: Option<Spanned<String>>,
    /// `Automatic` or `Manual`.
    pub approval: Spanned<String>,
}

impl Subscription {
    /// The defaults.
    #[must_use]
    pub fn at(at: Location) -> Self {
        Self {
            group: None,
            package: None,
            channel: None,
            source: None,
            source_namespace: None,
            starting_csv: None,
            approval: Spanned { value: "Automatic".to_owned(), at },
        }
    }
}

/// Reads it from the map that describes the operator.
pub(super) fn read(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Subscription {
    let text = |name: &str, diagnostics: &mut Diagnostics| map.valid_text(name, diagnostics).map(|text| text.value);
    let is_render = |given: Spanned<String>| Spanned { value: given.value == "render", at: given.at };
    let standard = Subscription::at(map.place());
    Subscription {
        group: map.text("operatorGroup", diagnostics).map(is_render),
        package: text("package", diagnostics),
        channel: text("channel", diagnostics),
        source: text("source", diagnostics),
        source_namespace: text("sourceNamespace", diagnostics),
        starting_csv: map.valid_text("startingCSV", diagnostics),
        approval: map.text("installPlanApproval", diagnostics).unwrap_or(standard.approval),
    }
}
