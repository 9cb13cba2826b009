//! Names that Kubernetes and DNS accept, including every suffix.

use super::Access;
use super::given_host;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::host::{Host, LONGEST_LABEL as LABEL};
use crate::kubernetes_names::is_label;
use crate::model::access::Way;
use crate::model::{self, Model, Spanned};
use crate::object::content_suffix;
use crate::quote;

/// A Service's name is a DNS label, and the longest suffix is `-quay-config-editor`.
const LONGEST_REGISTRY: usize = 63 - "-quay-config-editor".len();

/// The host names of a registry.
pub struct Hosts {
    /// The registry's own, SERVER_HOSTNAME.
    pub registry: Host,
    /// The config editor's, if it has a Route.
    pub editor: Option<Host>,
    /// The build manager's, without a port.
    pub builder: Option<Host>,
}

/// Checks the registry's name.
pub fn registry(name: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let mut refuse = |message: String, hint: &str| {
        let problem = Diagnostic::new(codes::REGISTRY_NAME, message).at(name.at.clone());
        diagnostics.push(problem.field("metadata.name").hint(hint));
    };
    if !is_label(&name.value) || !name.value.starts_with(|c: char| c.is_ascii_lowercase()) {
        refuse(
            format!("{} cannot begin the name of a Service", quote::name(&name.value)),
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
    let Some(given) = model::namespace(&model.registry, &model.config) else {
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
    let owned = ["kube-", "openshift-"].iter().any(|prefix| given.value.starts_with(prefix));
    if model.config.cluster.render_namespace && (owned || given.value == "default" || given.value == "openshift") {
        diagnostics.push(
            Diagnostic::new(
                codes::NAMESPACE_SYSTEM,
                format!("{:?} is the cluster's, and its Namespace is rendered", given.value),
            )
            .at(given.at.clone())
            .hint("choose another, or write cluster: {namespace: external} into the RenderConfig"),
        );
    }
    if !is_label(&given.value) {
        diagnostics.push(
            Diagnostic::new(
                codes::REGISTRY_NAME,
                format!("{} is not the name of a namespace", quote::name(&given.value)),
            )
            .at(given.at.clone())
            .hint("lower-case letters, digits and `-`, at most 63, no `-` at either end"),
        );
        return None;
    }
    Some(given.value.clone())
}

/// The field with the domain for generated host names of Routes.
const APPS_DOMAIN: &str = "spec.cluster.appsDomain";

/// The host names: those in the bundle, else those that the cluster would generate.
pub fn hosts(
    model: &Model,
    access: &Access,
    namespace: &str,
    builds: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Hosts> {
    let route = access.way == Way::Route;
    // Access types that route by host name, on the usual port.
    let by_name = matches!(access.way, Way::Route | Way::Ingress | Way::Gateway);
    let name = &model.registry.name.value;
    let server = given_host(model, "SERVER_HOSTNAME").filter(|host| !host.value.text().is_empty());
    let builder = given_host(model, "BUILDMAN_HOSTNAME").filter(|_| builds);
    let wants_domain = route && (server.is_none() || model.config.config_editor || (builds && builder.is_none()));
    let domain = model.config.cluster.apps_domain.as_ref();
    // A domain that could not be read has been reported. If spec.access could not be read, whether one is needed is
    // unknown.
    let is_told = diagnostics.iter().any(|problem| problem.field.as_deref() == Some(APPS_DOMAIN));
    if wants_domain && domain.is_none() && !is_told && !model.config.access_is_unread {
        diagnostics.push(
            Diagnostic::new(codes::FIELD_MISSING, "is required for the host names of managed routes")
                .at(model.config.at.clone())
                .field(APPS_DOMAIN)
                .hint("appsDomain: apps.example.com   # oc get ingresses.config/cluster -o jsonpath='{.spec.domain}'"),
        );
    }
    let generate = |base: &str| {
        let label = format!("{name}-{base}-{namespace}");
        // Users type the registry's own name; the others may be shortened where the cluster would refuse them.
        let label = if base == "quay" { label } else { shortened(label) };
        route.then(|| Some(Host::read(format!("{label}.{}", domain?.value)))).flatten()
    };
    if builds && builder.is_none() {
        warn_of_builds(model, generate("quay-builder"), diagnostics);
    }
    let editor = model.config.config_editor.then(|| generate("quay-config-editor")).flatten();
    let generated = [server.is_none().then(|| generate("quay")).flatten(), editor.clone()];
    let mut sound = generated.iter().flatten().all(|host| {
        let at = domain.map(|domain| domain.at.clone()).unwrap_or_default();
        is_sound(host, APPS_DOMAIN, at, &shorter(host), diagnostics)
    });
    for (host, field) in [(&server, "SERVER_HOSTNAME"), (&builder, "BUILDMAN_HOSTNAME")] {
        let Some(host) = host else { continue };
        // With other access types an address or a port is allowed, but a URL is not.
        if !by_name && !host.value.text().contains('/') {
            continue;
        }
        // Such a host name has no port, except that for builders.
        let checked = if field == "SERVER_HOSTNAME" { host.value.clone() } else { host.value.without_port() };
        sound &= is_sound(&checked, field, host.at.clone(), "the name alone: registry.example.com", diagnostics);
    }
    if let (Some(server), Some(builder)) = (&server, &builder)
        && access.is_written
        && by_name
        && server.value.peer() == builder.value.peer()
    {
        diagnostics.push(
            Diagnostic::new(
                codes::HOST_NAME,
                "builders and clients come in by one host name, which leads to one of them alone",
            )
            .at(builder.at.clone())
            .field("BUILDMAN_HOSTNAME")
            .hint("BUILDMAN_HOSTNAME: builds.example.com:443"),
        );
        sound = false;
    }
    let builder = builder.map(|host| host.value.without_port());
    let builder = builder.or_else(|| builds.then(|| generate("quay-builder")).flatten());
    let registry = server.map(|host| host.value).or_else(|| generate("quay"))?;
    sound.then_some(Hosts { registry, editor, builder })
}

/// The hint with the smallest change that makes a generated host name valid.
fn shorter(host: &Host) -> String {
    let (label, domain) = host.text().split_once('.').unwrap_or((host.text(), ""));
    let over = label.len().saturating_sub(LABEL);
    match over {
        0 => "correct appsDomain, or set SERVER_HOSTNAME in the bundle".to_owned(),
        over => format!(
            "SERVER_HOSTNAME: registry.{domain}   # in the bundle; or shorten the names of registry and namespace by {over} characters"
        ),
    }
}

/// A label that is short enough, made unique by a hash.
fn shortened(label: String) -> String {
    if label.len() <= LABEL {
        return label;
    }
    let hash = content_suffix(&label);
    let room = LABEL - hash.len() - 1;
    format!("{}-{hash}", label.chars().take(room).collect::<String>().trim_end_matches('-'))
}

/// Without BUILDMAN_HOSTNAME, Quay gives builders SERVER_HOSTNAME, whose Route leads to another port.
fn warn_of_builds(model: &Model, host: Option<Host>, diagnostics: &mut Diagnostics) {
    let host = host.unwrap_or_else(|| Host::read("builder.example.com"));
    let mut problem = Diagnostic::new(codes::BUILDS_HOST, "builds are on, and nothing tells builders whom to call")
        .field("BUILDMAN_HOSTNAME")
        .hint(format!("BUILDMAN_HOSTNAME: {host}:443"));
    problem.location.clone_from(&model.bundle.at);
    diagnostics.push(problem);
}

fn is_sound(host: &Host, field: &str, at: Location, hint: &str, diagnostics: &mut Diagnostics) -> bool {
    let Some(reason) = host.api_objection() else { return true };
    let message = format!("{} cannot be a host name: {reason}", quote::name(host.text()));
    diagnostics.push(Diagnostic::new(codes::HOST_NAME, message).at(at).field(field).hint(hint));
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_label_is_short_enough() {
        assert_eq!(LONGEST_REGISTRY, 44);
        let long = shortened(format!("{}-quay-config-editor-quay", "r".repeat(44)));
        assert!(long.len() <= LABEL && is_label(&long), "{long}");
    }
}
