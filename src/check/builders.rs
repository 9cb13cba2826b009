//! The proxy of builders: `spec.proxy` in the settings of the executors that hand it on (Quay's `buildman/manager/executor.py`).

use super::config::Merged;
use super::{given, given_host};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::host::Host;
use crate::model::Model;
use crate::model::bundle::ConfigFile;
use crate::model::proxy::Proxy;
use crate::object::{Map, Value};
use crate::yaml::Node;

/// The field with the executors.
pub const MANAGER: &str = "BUILD_MANAGER";
pub const EXECUTORS: &str = "EXECUTORS";
const HTTP: &str = "HTTP_PROXY";
const HTTPS: &str = "HTTPS_PROXY";
const DIRECT: &str = "NO_PROXY";
const VARIABLES: [&str; 3] = [HTTP, HTTPS, DIRECT];

/// Writes the proxy into every executor that hands it on and has none of its own, and says whose builders get none.
pub fn add_proxy(model: &Model, hostname: &Host, merged: &mut Merged, diagnostics: &mut Diagnostics) {
    let Some(proxy) = model.config.proxy.as_ref().filter(|proxy| proxy.is_named()) else { return };
    let Some(executors) = merged.get_mut(MANAGER).and_then(|field| executors(&mut field.value)) else { return };
    let rules = &model.release.rules.builders_proxy;
    let is_secret = proxy.secret.is_some() && !model.config.secrets.are_referenced();
    for (index, executor) in executors.iter_mut().enumerate() {
        let Value::Map(settings) = executor else { continue };
        let kind = settings.get("EXECUTOR").and_then(Value::as_str).unwrap_or_default();
        let is = |kinds: &[String]| kinds.iter().any(|known| known == kind);
        if is(&rules.inherited) || VARIABLES.iter().any(|name| settings.contains(name)) {
            continue;
        }
        if is(&rules.told) && !is_secret {
            tell(settings, proxy, model, hostname);
            continue;
        }
        let problem = match is_secret && is(&rules.told) {
            true => Diagnostic::new(codes::BUILDS_PROXY, "builders get no proxy: it stands in a Secret, and secrets are inline")
                .hint("secrets: {mode: referenced}   # in the RenderConfig; or HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the executor"),
            false => Diagnostic::new(codes::BUILDS_PROXY, "builders get no proxy: this executor hands none on, or not all of it")
                .hint("EXECUTOR: kubernetesPodman   # from 3.7 on; or HTTP_PROXY in the executor, where that reaches the registry too"),
        };
        let at = node(model, index).map(|(file, node)| file.location(node.pos));
        diagnostics.push(
            problem
                .at(at.unwrap_or_else(|| model.config.at.clone()))
                .field(format!("{MANAGER}[1].{EXECUTORS}[{index}]")),
        );
    }
}

fn executors(manager: &mut Value) -> Option<&mut Vec<Value>> {
    let Value::Seq(pair) = manager else { return None };
    let Value::Map(settings) = pair.get_mut(1)? else { return None };
    match settings.get_mut(EXECUTORS)? {
        Value::Seq(executors) => Some(executors),
        _ => None,
    }
}

/// A proxy that stands in a Secret is named there, and joined at the pods' start.
fn tell(settings: &mut Map, proxy: &Proxy, model: &Model, hostname: &Host) {
    for (name, url) in [(HTTP, &proxy.http), (HTTPS, &proxy.https)] {
        let said = match &proxy.secret {
            Some(secret) => Some(from_secret(secret, name)),
            None => url.as_deref().map(Value::from),
        };
        if let Some(value) = said {
            settings.insert(name, value);
        }
    }
    let builder = given_host(model, "BUILDMAN_HOSTNAME").map(|host| host.value);
    let own = std::iter::once(hostname).chain(builder.as_ref()).map(|host| host.name().to_owned());
    settings.insert(DIRECT, proxy.direct_with(own));
}

fn from_secret(name: &str, key: &str) -> Value {
    let (mut at, mut value) = (Map::new(), Map::new());
    at.insert("name", name);
    at.insert("key", key);
    value.insert("fromSecret", at);
    value.into()
}

/// Whether what stands in the settings of an executor is the proxy that was written there, which is public: the bundle has the
/// executor and says nothing of that name.
#[must_use]
pub fn is_written(model: &Model, executor: usize, name: &str) -> bool {
    VARIABLES.contains(&name) && node(model, executor).is_some_and(|(_, node)| node.get(name).is_none())
}

/// An executor of the bundle, with its file.
fn node(model: &Model, executor: usize) -> Option<(&ConfigFile, &Node)> {
    let (file, node) = given(model, MANAGER)?;
    Some((file, node.as_seq()?.get(1)?.get(EXECUTORS)?.as_seq()?.get(executor)?))
}
