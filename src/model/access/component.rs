//! The component `tls` of later operators (kind from 3.6, `secretRef` from 3.18): another way to say where TLS ends.

use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Spanned;
use crate::model::fields::Fields;

pub struct Component {
    /// Where it is in the input.
    pub at: Location,
    pub field: String,
    /// Managed: the router's certificate; unmanaged: the registry's own, or that of a Secret.
    pub managed: bool,
    /// The Secret, of type kubernetes.io/tls.
    pub secret: Option<Spanned<String>>,
}

/// Reads the component.
pub fn read(entry: &Fields<'_>, takes_overrides: bool, diagnostics: &mut Diagnostics) -> Option<Component> {
    entry.only_but(takes_overrides.then_some("overrides"), diagnostics);
    let managed = entry.flag("managed", diagnostics);
    if managed.is_none() && entry.get("managed").is_none() {
        entry.missing_with("managed", "managed: false for a certificate of your own", diagnostics);
    }
    let secret = secret_ref(entry, diagnostics);
    Some(Component { at: entry.place(), field: entry.path().to_owned(), managed: managed?.value, secret })
}

fn secret_ref(entry: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    entry.map("secretRef", diagnostics)?.text("name", diagnostics)
}

/// Refuses `secretRef` on any other component, whatever its value.
pub fn refuse_secret_ref(entry: &Fields<'_>, kind: &Spanned<String>, diagnostics: &mut Diagnostics) {
    if secret_ref(entry, diagnostics).is_some() {
        let message =
            format!("secretRef and kind: {} disagree: only tls takes a certificate from a Secret", kind.value);
        diagnostics.push(
            Diagnostic::new(codes::ACCESS_CONFLICT, message)
                .at(kind.at.clone())
                .field(entry.path_of("secretRef"))
                .hint("- kind: tls\n  managed: false\n  secretRef: {name: registry-tls}"),
        );
    }
}
