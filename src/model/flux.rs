//! `spec.output` and `spec.flux` of the RenderConfig: in which form the output is delivered, and what Flux is told of it.

use super::Spanned;
use super::fields::{Fields, is_object_name};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::quote;

/// The form of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// One directory with one kustomization.yaml.
    Directory,
    /// A directory a layer, and Kustomizations of Flux that apply them in order.
    Layers(Flux),
}

/// `spec.flux`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flux {
    /// The kind of the source.
    pub source_kind: String,
    /// Its name.
    pub source: String,
    /// Its namespace; nothing for that of the Kustomizations.
    pub source_namespace: Option<String>,
    /// Where the output is in the source, without `./` in front and `/` at the end; empty for its root.
    pub path: String,
    /// How often Flux looks.
    pub interval: String,
    /// How long a layer may take to be healthy.
    pub timeout: String,
    /// The namespace of the Kustomizations.
    pub namespace: String,
}

const FORMS: &[&str] = &["directory", "layers"];
const SOURCES: &[&str] = &["GitRepository", "OCIRepository", "Bucket"];
const FIELDS: &[&str] = &["sourceRef", "path", "interval", "timeout", "namespace"];
const SOURCE_HINT: &str = "sourceRef: {kind: GitRepository, name: my-repository, namespace: flux-system}";
const PATH_HINT: &str = "path: ./deploy/my-registry   # where the output is in the source";

/// Reads `spec.output` and `spec.flux`; nothing where the second is wrong and needed.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Form> {
    let form = spec.choice("output", FORMS, diagnostics);
    let is_known = form.is_some() || spec.get("output").is_none();
    let layers = form.is_some_and(|form| form.value == "layers");
    let is_given = spec.get("flux").is_some();
    if layers && !is_given {
        spec.missing("flux", &format!("flux:\n  {SOURCE_HINT}\n  {PATH_HINT}"), diagnostics);
    }
    let flux = flux(spec, diagnostics);
    if !layers && is_known && is_given {
        diagnostics.push(
            Diagnostic::new(codes::FLUX_UNUSED, "is not used: the output is one directory")
                .at(spec.place_of("flux"))
                .field("spec.flux")
                .hint("output: layers"),
        );
    }
    if layers { flux.map(Form::Layers) } else { Some(Form::Directory) }
}

fn flux(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Flux> {
    let map = spec.map("flux", "spec.flux", diagnostics)?;
    map.only(FIELDS, diagnostics);
    let path = path(&map, diagnostics);
    let interval = duration(&map, "interval", "10m", diagnostics);
    let timeout = duration(&map, "timeout", "2h", diagnostics);
    let namespace = namespace(&map, diagnostics).unwrap_or_else(|| "flux-system".to_owned());
    if map.get("sourceRef").is_none() {
        map.missing("sourceRef", SOURCE_HINT, diagnostics);
    }
    let source = map.map("sourceRef", "spec.flux.sourceRef", diagnostics)?;
    source.only(&["kind", "name", "namespace"], diagnostics);
    let source_kind = source.choice("kind", SOURCES, diagnostics);
    let source_namespace = self::namespace(&source, diagnostics);
    let name = source.required("name", "name: my-repository   # of the source", diagnostics)?.value;
    if !is_object_name(&name) {
        let hint = "lower-case letters, digits, `-` and `.`, at most 253";
        source.refuse(
            codes::FIELD_VALUE,
            "name",
            format!("{} is no name of a source", quote::name(&name)),
            hint,
            diagnostics,
        );
    }
    Some(Flux {
        source_kind: source_kind.map_or_else(|| "GitRepository".to_owned(), |kind| kind.value),
        source: name,
        source_namespace,
        path: path?,
        interval,
        timeout,
        namespace,
    })
}

fn path(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let Spanned { value: given, .. } = map.required("path", PATH_HINT, diagnostics)?;
    let leads_out = given.split('/').any(|part| part == "..");
    if given.is_empty() || given.starts_with('/') || leads_out || given.contains(char::is_control) {
        let message = format!("{} is no path inside the source", quote::name(&given));
        map.refuse(codes::FIELD_VALUE, "path", message, PATH_HINT, diagnostics);
        return None;
    }
    let parts: Vec<&str> = given.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Some(parts.join("/"))
}

/// A duration as Flux takes it: numbers with units.
fn duration(map: &Fields<'_>, name: &str, default: &str, diagnostics: &mut Diagnostics) -> String {
    let Some(given) = map.text(name, diagnostics) else { return default.to_owned() };
    if !is_duration(&given.value) {
        let message = format!("{} is no duration", quote::number(&given.value));
        map.refuse(
            codes::FIELD_VALUE,
            name,
            message,
            &format!("{name}: {default}   # units: h, m, s, ms"),
            diagnostics,
        );
    }
    given.value
}

fn is_duration(text: &str) -> bool {
    let is_number = |number: &str| {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        [whole, fraction].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut rest = text;
    while !rest.is_empty() {
        let Some(end) = rest.find(|c: char| !c.is_ascii_digit() && c != '.') else { return false };
        let (number, unit) = rest.split_at(end);
        let after = ["ms", "s", "m", "h"].iter().find_map(|known| unit.strip_prefix(known));
        let Some(after) = after.filter(|_| is_number(number)) else { return false };
        rest = after;
    }
    !text.is_empty()
}

fn namespace(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let given = map.text("namespace", diagnostics)?.value;
    if !is_object_name(&given) || given.contains('.') || given.len() > 63 {
        let hint = "lower-case letters, digits and `-`, at most 63";
        map.refuse(
            codes::FIELD_VALUE,
            "namespace",
            format!("{} is no namespace", quote::name(&given)),
            hint,
            diagnostics,
        );
    }
    Some(given)
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn durations_are_those_of_flux() {
        for good in ["10m", "1h30m", "1.5h", "90s", "500ms", "0s"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "10", "m", "1d", "-1m", "1h-", ".5h", "1.h", "1..5h", "1 m"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
