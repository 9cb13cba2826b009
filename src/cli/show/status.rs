//! What the operator would report of a registry.

use crate::Rendered;
use crate::catalog::secret::EDITOR;
use crate::cli::map::map;
use crate::object::base_names;
use crate::object::{Map, Object, Value};
use crate::sensitive;

/// The condition of a registry that is paused.
pub fn paused(rendered: &Rendered) -> Option<Value> {
    let condition = map([
        ("type", "Available".into()),
        ("status", "False".into()),
        ("reason", "Paused".into()),
        ("message", "spec.paused: application and mirror run no pod".into()),
    ]);
    rendered.model.config.paused.then_some(condition)
}

/// `status` as guide 3.6 describes it. Rendered components are never blocked, and a refused input never gets here.
pub fn status(rendered: &Rendered) -> Value {
    let resolved = &rendered.resolved;
    let condition = map([
        ("type", "RolloutBlocked".into()),
        ("status", "False".into()),
        ("reason", "ComponentsCreationSuccess".into()),
        ("message", "all objects are rendered".into()),
    ]);
    let mut status = Map::new();
    status.insert("registryEndpoint", format!("{}://{}", resolved.access.scheme(), resolved.hostname));
    if let Some(host) = &resolved.editor_hostname {
        status.insert("configEditorEndpoint", format!("https://{host}"));
    }
    if let Some(name) = credentials(rendered) {
        status.insert("configEditorCredentialsSecret", name);
    }
    let current = match &rendered.model.registry.current_version {
        Some(running) => shown_version(&running.value),
        None => &resolved.release.version,
    };
    status.insert("currentVersion", current);
    status.insert("conditions", Value::Seq(std::iter::once(condition).chain(paused(rendered)).collect()));
    status.into()
}

/// The Secret with the config editor's password: part of the output, or one that exists in the cluster only.
fn credentials(rendered: &Rendered) -> Option<String> {
    let resolved = &rendered.resolved;
    let (key, secret) = resolved.release.key(EDITOR)?;
    let base = key.inline.as_ref().map(|inline| base_names::named(&resolved.name, &inline.secret));
    let is_it = |object: &&Object| object.is_secret() && Some(&object.base_name) == base.as_ref();
    let in_output = rendered.objects.iter().find(is_it).map(|secret| secret.name().to_owned());
    in_output.or_else(|| Some(rendered.cluster_secrets.find(&secret.name, EDITOR)?.name))
}

/// The version in the QuayRegistry's status. Any other text there is masked: it may be a secret.
fn shown_version(text: &str) -> &str {
    let is_of_versions = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let begins = text.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    if begins && text.contains('.') && text.chars().all(is_of_versions) { text } else { sensitive::MASK }
}
