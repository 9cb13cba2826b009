//! Finds the registry's own Secrets in an input: its config bundle and its keys. All others belong to other programs.

use super::document::Document;
use super::documents::{Documents, twice};
use super::fields::Fields;
use super::intake::is_data_name;
use super::names::{CONFIG, SECRET_FIELDS};
use super::registry::Registry;
use super::{Bundle, Keys, bundle, keys, placeholder};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::Inputs;
use crate::object::base_names;
use crate::quote;

/// The most letters by which a Secret's name may differ from that of the bundle and still be taken for a typo.
const SLIPS: usize = 2;
/// The length of the suffix that kustomize adds to the name of a generated Secret, without the dash.
const SUFFIX: usize = 10;

/// The config bundle and the keys of `registry`, from the Secrets and the folder of the input. All other Secrets are
/// counted as skipped documents.
pub fn read(
    documents: &mut Documents,
    registry: &Registry,
    inputs: &Inputs,
    needs_keys: bool,
    may_be_empty: bool,
    diagnostics: &mut Diagnostics,
) -> (Bundle, Keys) {
    let (mut found_bundle, mut found_keys, mut others) = (None, None, Vec::new());
    let wanted = registry.bundle_secret.as_ref().map(|name| name.value.as_str());
    for secret in std::mem::take(&mut documents.secrets) {
        let slot = if keys::is_name(secret.name(), &registry.name.value) {
            &mut found_keys
        } else if wanted == Some(secret.name()) {
            &mut found_bundle
        } else {
            others.push(secret);
            continue;
        };
        refuse_elsewhere(&secret, registry, diagnostics);
        match slot {
            Some(first) => diagnostics.push(twice("Secret", first, &secret)),
            None => *slot = Some(secret),
        }
    }
    let generated = wanted.and_then(|wanted| inputs.generated.iter().find(|generated| generated.name == wanted));
    let nameless = Nameless::of(&others, registry, diagnostics);
    others.retain(|secret| !is_nameless(secret));
    let is_missing = found_bundle.is_none() && inputs.bundle.is_none() && generated.is_none() && !nameless.bundle;
    for secret in &others {
        match mistake(secret, wanted.filter(|_| is_missing), registry) {
            Some(problem) => diagnostics.push(problem),
            None => documents.skipped.add(secret),
        }
    }
    if is_missing {
        report_missing(documents, registry, diagnostics);
    }
    let places = [
        found_bundle.as_ref().map(|secret| ("a Secret".to_owned(), secret.place())),
        inputs.bundle.as_ref().map(|folder| (format!("the folder {}", folder.name), Location::file(&folder.name))),
        generated.map(|generated| ("a secretGenerator".to_owned(), generated.at.clone())),
    ];
    let mut places = places.into_iter().flatten();
    let bundle = match (places.next(), places.next()) {
        (Some((first, at)), Some((second, _))) => {
            let message = format!("the config bundle is there twice: {first} and {second}");
            diagnostics.push(Diagnostic::new(codes::INPUT_DUPLICATE, message).at(at).hint("keep one of the two"));
            Bundle::unread()
        }
        (None, _) if wanted.is_some() => Bundle::unread(),
        _ => match (found_bundle, inputs.bundle.as_ref().or(generated.map(|generated| &generated.folder))) {
            (Some(secret), _) if secret.is_encrypted() => {
                diagnostics.push(placeholder::encrypted(&secret));
                Bundle::unread()
            }
            (Some(secret), _) => bundle::from_secret(&secret, may_be_empty, diagnostics),
            (None, Some(folder)) => {
                diagnostics.extend(generated.map(|generated| generated.problems.clone()).unwrap_or_default());
                bundle::from_folder(folder, may_be_empty, diagnostics)
            }
            (None, None) => Bundle::default(),
        },
    };
    let keys = match found_keys {
        Some(secret) if secret.is_encrypted() => {
            if needs_keys {
                diagnostics.push(placeholder::encrypted(&secret));
            } else {
                documents.skipped.add(&secret);
            }
            Keys::default()
        }
        Some(secret) => keys::read(&secret, diagnostics),
        None if nameless.keys => Keys::unread(),
        None => Keys::default(),
    };
    (bundle, keys)
}

/// Which of the registry's Secrets are there but have no name.
#[derive(Default)]
struct Nameless {
    bundle: bool,
    keys: bool,
}

impl Nameless {
    /// Reports Secrets without a name that hold the registry's data. This also covers what is missing as a consequence.
    fn of(secrets: &[Document], registry: &Registry, diagnostics: &mut Diagnostics) -> Self {
        let mut found = Self::default();
        for secret in secrets.iter().filter(|secret| is_nameless(secret)) {
            let name = if secret.has_data(CONFIG) {
                found.bundle = true;
                registry.bundle_secret.as_ref().map_or("config-bundle", |name| &name.value).to_owned()
            } else {
                found.keys = true;
                base_names::named(&registry.name.value, base_names::KEYS_SECRET)
            };
            let mut problems = Diagnostics::new();
            let Some(root) = Fields::new(&secret.files, "", &secret.root, &mut problems) else { continue };
            root.only(SECRET_FIELDS, &mut problems);
            if !problems.has_errors() {
                let hint = format!("metadata:\n  name: {name}");
                let problem = Diagnostic::new(codes::FIELD_MISSING, "is required and missing").at(secret.place());
                problems.push(problem.field("metadata.name").hint(hint));
            }
            diagnostics.extend(problems);
        }
        found
    }
}

/// Whether a Secret without a name holds a key of the config bundle or of the keys Secret.
fn is_nameless(secret: &Document) -> bool {
    if !secret.name().is_empty() || !secret.metadata("generateName").is_empty() {
        return false;
    }
    let data = ["data", "stringData"].into_iter().filter_map(|field| secret.root.get(field)?.as_map());
    data.flatten().any(|entry| entry.key == CONFIG || is_data_name(&entry.key))
}

fn report_missing(documents: &Documents, registry: &Registry, diagnostics: &mut Diagnostics) {
    let Some(name) = &registry.bundle_secret else { return };
    let message = format!("the input holds no Secret {}", quote::name(&name.value));
    let hint = match documents.skipped.maker(&name.value) {
        Some((kind, at)) => format!(
            "the {kind} at {at} makes it in the cluster, and says nothing of its config.yaml; put config.yaml here without its secrets, as config-bundle/config.yaml: what is left out is read in the cluster, or name it: {{fromSecret: {{name: …, key: …}}}}"
        ),
        None => "put the Secret beside the QuayRegistry, or its files into a folder config-bundle/".to_owned(),
    };
    let problem = Diagnostic::new(codes::INPUT_MISSING, message).at(name.at.clone());
    diagnostics.push(problem.field("spec.configBundleSecret").hint(hint));
}

/// Refuses a Secret in another namespace: the operator looks for both only in the registry's.
fn refuse_elsewhere(secret: &Document, registry: &Registry, diagnostics: &mut Diagnostics) {
    let (here, there) = (registry.namespace.as_ref().map(|it| it.value.as_str()), secret.metadata("namespace"));
    if let Some(here) = here.filter(|here| !there.is_empty() && *here != there) {
        diagnostics.push(
            Diagnostic::new(
                codes::INPUT_DOCUMENT,
                format!("Secret {} is of namespace {}", quote::name(secret.name()), quote::name(there)),
            )
            .at(secret.place())
            .field("metadata.namespace")
            .hint(format!("the registry is in {}; a Secret of another namespace is another Secret", quote::name(here))),
        );
    }
}

/// The error for an unused Secret that was probably meant to be the bundle or the keys; `None` if it was not. `wanted`
/// is the name of the bundle that was not found.
fn mistake(secret: &Document, wanted: Option<&str>, registry: &Registry) -> Option<Diagnostic> {
    let name = secret.name();
    let has_config = secret.has_data("config.yaml");
    let hint = match (wanted, &registry.bundle_secret) {
        (Some(wanted), _) if has_config || is_near(name, wanted) => {
            format!("spec.configBundleSecret names {}", quote::name(wanted))
        }
        (_, None) if has_config => {
            format!("name it in spec.configBundleSecret of QuayRegistry {}", quote::name(&registry.name.value))
        }
        _ if name.contains(base_names::KEYS_SECRET) => {
            format!(
                "the keys of this registry are called {}",
                quote::name(&base_names::named(&registry.name.value, base_names::KEYS_SECRET))
            )
        }
        _ => return None,
    };
    let message = format!("Secret {} belongs to nothing here", quote::name(name));
    Some(Diagnostic::new(codes::INPUT_DOCUMENT, message).at(secret.place()).hint(hint))
}

/// Whether a name is nearly `wanted`, or is `wanted` with a suffix of kustomize.
fn is_near(name: &str, wanted: &str) -> bool {
    let suffix = name.strip_prefix(wanted).and_then(|rest| rest.strip_prefix('-'));
    suffix.is_some_and(|suffix| suffix.len() == SUFFIX && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        || (name.len() < 254 && strsim::osa_distance(name, wanted) <= SLIPS)
}
