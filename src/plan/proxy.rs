//! The variables by which programs find a proxy.

use crate::check::Resolved;
use crate::model::Model;
use crate::object::base_names;
use serde::Serialize;

/// The Services that are called by HTTP, by names without a dot.
const SERVICES: &[&str] = &["quay-app", "clair-app"];

/// A proxy.
#[derive(Serialize)]
pub struct ProxyPlan {
    /// The variables, each with its value; nothing where they are in the Secret.
    pub urls: Vec<(&'static str, Option<String>)>,
    /// The Secret.
    pub secret: Option<String>,
    /// NO_PROXY.
    pub direct: String,
}

/// The proxy of a registry.
pub fn proxy(model: &Model, resolved: &Resolved) -> Option<ProxyPlan> {
    let host = resolved.hostname.name().to_owned();
    let services = SERVICES.iter().map(|service| base_names::named(&resolved.name, service));
    plan(model, std::iter::once(host).chain(services))
}

/// The proxy of its operator, which adds the registry's host name for the pods.
pub fn own(model: &Model) -> Option<ProxyPlan> {
    plan(model, [])
}

fn plan(model: &Model, direct: impl IntoIterator<Item = String>) -> Option<ProxyPlan> {
    let proxy = model.config.proxy.as_ref()?;
    let secret = proxy.secret.clone();
    let urls = [("HTTP_PROXY", &proxy.http), ("HTTPS_PROXY", &proxy.https)].into_iter();
    let urls = urls.filter(|(_, url)| secret.is_some() || url.is_some());
    let urls: Vec<_> = urls.map(|(name, url)| (name, url.clone())).collect();
    if urls.is_empty() {
        return None;
    }
    Some(ProxyPlan { urls, secret, direct: proxy.direct_with(direct) })
}
