//! Signing of converted images.

use super::Subject;
use crate::diagnostic::{Diagnostics, codes};
use crate::quote;

/// Checks the engine and its key files, if signing is on.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let engine = subject.field("SIGNING_ENGINE");
    if !subject.is_on("FEATURE_SIGNING") || !engine.is_filled() {
        return;
    }
    let code = codes::SIGNING;
    if engine.text().is_some_and(|name| name != "gpg2") {
        out.push(engine.problem(code, "is not an engine that Quay has").hint("SIGNING_ENGINE: gpg2"));
    }
    let reason = "FEATURE_SIGNING is on";
    subject.field("GPG2_PRIVATE_KEY_NAME").require(code, reason, "GPG2_PRIVATE_KEY_NAME: EEB32221", out);
    for name in ["GPG2_PUBLIC_KEY_FILENAME", "GPG2_PRIVATE_KEY_FILENAME"] {
        let field = subject.field(name);
        let default = field.fact().and_then(crate::model::schema::Fact::default_text).unwrap_or_default();
        // An absent field has a default; an empty one names nothing.
        if field.is_given() && !field.require(code, reason, &format!("{name}: {default}"), out) {
            continue;
        }
        if let Some(file) = subject.text_or_default(name)
            && !subject.has_file(file)
        {
            out.push(
                field
                    .problem(code, format!("the bundle has no file {}", quote::name(file)))
                    .hint("add it to the config bundle"),
            );
        }
    }
}
