//! `quay-render show access`: the path of a request, who holds which certificate, and whom callers must trust.

use super::map::map;
use crate::Rendered;
use crate::catalog::secret::TLS;
use crate::check::Resolved;
use crate::check::access::{Certificate, Maker};
use crate::host::Host;
use crate::model::access::{Tls, Way};
use crate::model::keys::{TLS_CERT, TLS_KEY};
use crate::object::Value;
use std::fmt::Write as _;

/// One hop of a request, or one caller.
struct Hop {
    /// What kind of hop it is: the label of its line.
    hop: &'static str,
    /// The object or the address.
    at: String,
    /// The protocol spoken there, or where TLS ends.
    what: String,
}

fn hop(hop: &'static str, at: impl Into<String>, what: impl Into<String>) -> Hop {
    Hop { hop, at: at.into(), what: what.into() }
}

/// One row for each hop.
pub fn rows(rendered: &Rendered) -> Value {
    let rows = hops(rendered).into_iter();
    Value::Seq(rows.map(|it| map([("hop", it.hop.into()), ("at", it.at.into()), ("what", it.what.into())])).collect())
}

/// The hops for people, one line each.
pub fn text(rendered: &Rendered) -> String {
    let hops = hops(rendered);
    let width = hops.iter().map(|hop| hop.at.chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    for Hop { hop, at, what } in hops {
        _ = writeln!(out, "{hop:<10} {at:<width$}  {what}");
    }
    out
}

/// The CA to install in clients (guide 6.1.1), or why it is not known.
///
/// # Errors
/// Where the input does not name the CA: says where to look for it.
pub fn ca(rendered: &Rendered) -> Result<String, String> {
    let access = &rendered.resolved.access;
    if access.tls == Tls::None {
        return Err("nothing is encrypted, so there is no CA to trust".to_owned());
    }
    if let Some(ca) = &access.client_ca {
        return Ok(ca.clone());
    }
    let namespace = &rendered.resolved.namespace;
    let command = |name: &str, key: &str| {
        let key = key.replace('.', "\\.");
        format!("kubectl get secret {name} --namespace {namespace} -o jsonpath='{{.data.{key}}}' | base64 -d")
    };
    let secret = rendered.cluster_secrets.find(TLS, TLS_CERT);
    if access.trust.is_public {
        return Err("every client trusts the certificate anyhow, says spec.access.publiclyTrusted".to_owned());
    }
    Err(match (&access.trust.secret, secret.filter(|_| access.trust.serving)) {
        (Some(at), _) => format!("the CA is in the cluster: {}", command(&at.name, &at.key)),
        (None, Some(at)) => format!("the certificate and its CA are in the cluster: {}", command(&at.name, &at.key)),
        (None, None) => "the input does not say which CA issued the certificate that clients meet; write it into \
                         spec.access.caBundle, if it is not a public one"
            .to_owned(),
    })
}

fn hops(rendered: &Rendered) -> Vec<Hop> {
    let resolved = &rendered.resolved;
    let access = &resolved.access;
    let name = &resolved.name;
    let url = format!("{}://{}", access.scheme(), resolved.hostname);
    let mut hops = vec![hop("client", &url, client(resolved))];
    let (kind, object) = way(resolved);
    if access.way != Way::Service {
        hops.push(hop(kind, object, passage(resolved)));
    }
    let (service, container, protocol) = target(resolved);
    let note = if access.way == Way::Service { passage(resolved) } else { protocol.to_owned() };
    let namespace = &resolved.namespace;
    let service = format!("Service {name}-quay-app.{namespace}.svc, port {service}{}", node_port(rendered));
    hops.push(hop("service", service, note));
    hops.extend(cluster_secrets(rendered));
    let served = match &access.serving {
        Some(certificate) => format!("TLS ends here: {}", holder(resolved, certificate)),
        None => "plain HTTP".to_owned(),
    };
    hops.push(hop("container", format!("Deployment {name}-quay-app, container quay-app, port {container}"), served));
    if let Some(builder) = builder(rendered) {
        let what =
            format!("TLS passes through to Service {name}-quay-app, port 55443, and ends at the container there");
        hops.push(hop("builders", builder, what));
    }
    hops.extend(callers(resolved, &url));
    hops.extend(rotations(rendered));
    hops
}

/// The Service's node port, if one is set, as the end of a sentence.
fn node_port(rendered: &Rendered) -> String {
    let service = rendered.model.config.access.as_ref().and_then(|access| access.service.as_ref());
    let port = service.and_then(|service| service.value.node_port.as_ref());
    port.map(|port| format!(", {} of the nodes", port.value)).unwrap_or_default()
}

/// What the user's own proxy has to send to the registry.
fn cluster_secrets(rendered: &Rendered) -> Option<Hop> {
    let resolved = &rendered.resolved;
    let access = &resolved.access;
    let what = match access.tls {
        _ if access.way != Way::None || !access.is_written => return None,
        Tls::Passthrough => "TLS as the client sent it".to_owned(),
        Tls::Reencrypt => format!("TLS with the server name {}, then as with plain HTTP", resolved.hostname.name()),
        Tls::Edge | Tls::None => {
            "the client's Host, X-Forwarded-For and X-Forwarded-Proto; bodies of any size, for half an hour".to_owned()
        }
    };
    Some(hop("to send", resolved.hostname.text(), what))
}

/// The host name that builders are given.
fn builder(rendered: &Rendered) -> Option<String> {
    let resolved = &rendered.resolved;
    let fields = &resolved.config.0;
    let written = fields.iter().find(|field| field.name == "BUILDMAN_HOSTNAME").and_then(|field| field.value.as_str());
    let host = written.map(str::to_owned).or_else(|| resolved.builder_hostname.as_ref().map(Host::to_string));
    host.filter(|_| resolved.builds)
}

/// The kind of entry (Route, Ingress, ...) and its object.
fn way(resolved: &Resolved) -> (&'static str, String) {
    let name = &resolved.name;
    match resolved.access.way {
        Way::Route => ("route", format!("Route {name}-quay")),
        Way::Ingress => ("ingress", format!("Ingress {name}-quay")),
        Way::Gateway if resolved.access.tls == Tls::Passthrough => ("gateway", format!("TLSRoute {name}-quay")),
        Way::Gateway => ("gateway", format!("HTTPRoute {name}-quay")),
        Way::Service => ("service", String::new()),
        Way::None => ("way in", "of your own".to_owned()),
    }
}

fn client(resolved: &Resolved) -> String {
    let access = &resolved.access;
    match (&access.front, &access.client_ca) {
        (None, _) => "speaks plain HTTP: it has to be configured for that".to_owned(),
        (Some(_), Some(_)) => "trusts the CA that `show access --ca` prints".to_owned(),
        (Some(_), None) if access.trust.secret.is_some() || access.trust.serving => {
            "trusts a CA that is in the cluster: `show access --ca` says where".to_owned()
        }
        (Some(_), None) if access.trust.is_public => "trusts the certificate anyhow".to_owned(),
        (Some(_), None) => "must trust a CA that the input does not name".to_owned(),
    }
}

/// Whether TLS passes through the entry or ends there.
fn passage(resolved: &Resolved) -> String {
    let access = &resolved.access;
    let front = access.front.as_ref().map(|front| holder(resolved, front)).unwrap_or_default();
    match access.tls {
        Tls::Passthrough if !access.is_written && access.way == Way::None => {
            "as config.yaml says it: TLS passes through, or ends there".to_owned()
        }
        Tls::Passthrough => "TLS passes through".to_owned(),
        Tls::Edge => format!("TLS ends here: {front}; then plain HTTP"),
        Tls::Reencrypt => format!("TLS ends here: {front}; then TLS again"),
        Tls::None => "plain HTTP".to_owned(),
    }
}

/// The Service's port, the container's port, and the protocol spoken there.
fn target(resolved: &Resolved) -> (u16, u16, &'static str) {
    let access = &resolved.access;
    match (access.serving.is_some(), access.tls) {
        (true, _) => (443, 8443, "TLS"),
        (false, Tls::Edge) if access.way == Way::Service => (443, 8080, "plain HTTP"),
        (false, _) => (80, 8080, "plain HTTP"),
    }
}

/// Which certificate it is, and who makes it.
fn holder(resolved: &Resolved, certificate: &Certificate) -> String {
    match certificate {
        Certificate::Pair => "the registry's own pair".to_owned(),
        Certificate::Controller => match resolved.access.way {
            Way::None => "a certificate of yours".to_owned(),
            way => format!("the {}'s own certificate", way.holder()),
        },
        Certificate::Secret { name, maker, .. } => match maker {
            Maker::User => format!("the certificate in Secret {name}, which is yours to make"),
            Maker::CertManager(_) => format!("the certificate in Secret {name}, which cert-manager makes"),
            Maker::ServiceCa => format!("the certificate in Secret {name}, which OpenShift's service CA makes"),
        },
    }
}

/// The components that call the registry from inside the cluster, and the CAs that they trust.
fn callers(resolved: &Resolved, url: &str) -> Vec<Hop> {
    let trust = &resolved.access.trust;
    let mut trusted = Vec::new();
    trusted.extend(trust.serving.then(|| "ssl.cert".to_owned()));
    trusted.extend(trust.known.as_ref().map(|_| "the CAs that the input has".to_owned()));
    trusted.extend(trust.secret.as_ref().map(|at| format!("{} of Secret {}", at.key, at.name)));
    let trusts = match trusted.as_slice() {
        _ if resolved.access.tls == Tls::None => "plain HTTP".to_owned(),
        [] if trust.is_public => "trusts public CAs".to_owned(),
        [] => "trusts public CAs, and nothing says whether they suffice".to_owned(),
        trusted => format!("trusts {}", trusted.join(" and ")),
    };
    let mut hops = Vec::new();
    if resolved.managed(crate::model::registry::kind::CLAIR) {
        hops.push(hop("clair", format!("{url}/secscan/notification"), trusts.clone()));
    }
    if resolved.managed(crate::model::registry::kind::MIRROR) {
        hops.push(hop("mirror", url, trusts));
    }
    hops
}

/// How each certificate is renewed.
fn rotations(rendered: &Rendered) -> Vec<Hop> {
    let resolved = &rendered.resolved;
    let in_cluster = rendered.cluster_secrets.find(TLS, TLS_KEY);
    let access = &resolved.access;
    let name = &resolved.name;
    let restart = format!("kubectl rollout restart deployment/{name}-quay-app, or a reloader");
    let mut hops = Vec::new();
    for (certificate, is_serving) in [(&access.front, access.tls == Tls::Passthrough), (&access.serving, true)] {
        let Some(certificate) = certificate else { continue };
        let what = match certificate {
            Certificate::Pair if in_cluster.is_some() => {
                let secret = in_cluster.as_ref().map(|at| at.name.as_str()).unwrap_or_default();
                format!("replace certificate and key in Secret {secret}, then {restart}")
            }
            Certificate::Pair => {
                "`quay-render keys` renews a pair that it made; one of the bundle is replaced there; build and apply"
                    .to_owned()
            }
            Certificate::Controller => "by whoever runs it; nothing here changes".to_owned(),
            Certificate::Secret { maker: Maker::User, .. } if is_serving => {
                format!("replace both keys of the Secret, then {restart}")
            }
            Certificate::Secret { .. } if is_serving => format!("renewed in the cluster; then {restart}"),
            Certificate::Secret { maker: Maker::User, .. } => {
                "replace both keys of the Secret; it is read at once".to_owned()
            }
            Certificate::Secret { .. } => "renewed in the cluster, and read at once".to_owned(),
        };
        let row = hop("rotation", holder(resolved, certificate), what);
        if hops.iter().all(|other: &Hop| other.at != row.at) {
            hops.push(row);
        }
    }
    hops
}
