//! Names that Kubernetes and DNS accept once every suffix is on.

use super::components::{Choice, managed};
use super::config_text;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::registry::Kind;
use crate::model::{Model, Spanned};

/// A Service's name is a DNS label, and the longest suffix is `-quay-config-editor`.
const LONGEST_REGISTRY: usize = 63 - "-quay-config-editor".len();
const LABEL: usize = 63;

/// The host names of a registry.
pub struct Hosts {
    /// Its own, SERVER_HOSTNAME.
    pub registry: String,
    /// The config editor's, where a Route leads to it.
    pub editor: Option<String>,
    /// The build manager's.
    pub builder: Option<String>,
}

/// Checks the registry's name.
pub fn registry(name: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let mut refuse = |message: String, hint: &str| {
        let problem = Diagnostic::new(codes::REGISTRY_NAME, message).at(name.at.clone());
        diagnostics.push(problem.field("metadata.name").hint(hint));
    };
    if !is_label(&name.value) || !name.value.starts_with(|c: char| c.is_ascii_lowercase()) {
        refuse(
            format!("{:?} cannot begin the name of a Service", name.value),
            "lower-case letters, digits and `-`, from a letter to a letter or digit; no dot",
        );
    } else if name.value.len() > LONGEST_REGISTRY {
        refuse(
            format!("has {} characters; with -quay-config-editor a Service's name would be too long", name.value.len()),
            &format!("at most {LONGEST_REGISTRY} characters"),
        );
    } else if name.value.ends_with("quay-config-secret") {
        refuse(
            "ends in quay-config-secret, the name of one of the registry's own Secrets".to_owned(),
            "choose another name",
        );
    }
}

/// The registry's namespace: its own, else RenderConfig's.
pub fn namespace(model: &Model, diagnostics: &mut Diagnostics) -> Option<String> {
    let Some(given) = model.registry.namespace.as_ref().or(model.config.namespace.as_ref()) else {
        diagnostics.push(
            Diagnostic::new(
                codes::NAMESPACE_MISSING,
                "neither the QuayRegistry nor the RenderConfig names a namespace",
            )
            .at(model.registry.name.at.clone())
            .field("metadata.namespace")
            .hint("namespace: quay   # in the QuayRegistry's metadata, or in the RenderConfig's spec"),
        );
        return None;
    };
    if !is_label(&given.value) {
        diagnostics.push(
            Diagnostic::new(codes::REGISTRY_NAME, format!("{:?} is no name of a namespace", given.value))
                .at(given.at.clone())
                .hint("lower-case letters, digits and `-`, at most 63, no `-` at either end"),
        );
        return None;
    }
    Some(given.value.clone())
}

/// The host names: what the bundle says, else what the cluster would generate.
pub fn hosts(
    model: &Model,
    components: &[Choice],
    namespace: &str,
    builds: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Hosts> {
    let route = managed(components, Kind::Route);
    let name = &model.registry.name.value;
    let given = config_text(model, "SERVER_HOSTNAME").map(str::to_owned);
    let builder = config_text(model, "BUILDMAN_HOSTNAME").map(|host| without_port(host).to_owned());
    let wants_domain = route && (given.is_none() || model.config.config_editor || (builds && builder.is_none()));
    let domain = model.config.cluster.apps_domain.as_ref().map(|domain| domain.value.as_str());
    if wants_domain && domain.is_none() {
        diagnostics.push(
            Diagnostic::new(codes::FIELD_MISSING, "is required for the host names of managed routes")
                .at(model.config.at.clone())
                .field("spec.cluster.appsDomain")
                .hint("appsDomain: apps.example.com   # oc get ingresses.config/cluster -o jsonpath='{.spec.domain}'"),
        );
    }
    let generated = |base: &str| route.then(|| Some(format!("{name}-{base}-{namespace}.{}", domain?))).flatten();
    let editor = model.config.config_editor.then(|| generated("quay-config-editor")).flatten();
    let builder = builds.then(|| builder.or_else(|| generated("quay-builder")));
    let registry = given.or_else(|| generated("quay"))?;
    let hosts = Hosts { registry, editor, builder: builder.flatten() };
    let routed = [Some(&hosts.registry), hosts.editor.as_ref(), hosts.builder.as_ref()];
    for host in routed.into_iter().flatten().filter(|_| route) {
        if let Some(reason) = objection(host) {
            diagnostics.push(
                Diagnostic::new(codes::HOST_NAME, format!("{host:?} cannot be the host of a Route: {reason}"))
                    .at(model.registry.name.at.clone())
                    .hint("shorten the names of registry or namespace, or set SERVER_HOSTNAME in the bundle"),
            );
        }
    }
    Some(hosts)
}

/// A host without its port.
pub fn without_port(host: &str) -> &str {
    host.split_once(':').map_or(host, |(name, _)| name)
}

/// Why a Route would not take a host.
fn objection(host: &str) -> Option<&'static str> {
    if host.len() > 253 {
        return Some("it is longer than 253 characters");
    }
    if host.contains(':') {
        return Some("it has a port");
    }
    for label in host.split('.') {
        if label.len() > LABEL {
            return Some("one of its labels is longer than 63 characters");
        }
        if !is_label(&label.to_ascii_lowercase()) {
            return Some("its labels are letters, digits and `-` only");
        }
    }
    None
}

fn is_label(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !text.is_empty()
        && text.len() <= LABEL
        && text.chars().all(|c| edge(c) || c == '-')
        && text.starts_with(edge)
        && text.ends_with(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_dns_labels_and_no_port() {
        assert_eq!(objection("registry.example.com"), None);
        assert!(objection("registry.example.com:8443").is_some());
        assert!(objection(&format!("{}.example.com", "a".repeat(64))).is_some());
        assert!(objection("a..b").is_some());
        assert_eq!(LONGEST_REGISTRY, 44);
    }
}
