//! What can work: stated independently of `src/`, from what the programs on the way can do.
//!
//! - nginx in the container serves TLS exactly if `ssl.key` is below /conf/stack; then its plain port only redirects to
//!   https. So if TLS ends for good in front of Quay, no certificate may be there; if it ends at Quay, one must.
//! - At its start Quay compares that certificate with SERVER_HOSTNAME, if PREFERRED_URL_SCHEME is https and
//!   EXTERNAL_TLS_TERMINATION is false.
//! - Clients look for SERVER_HOSTNAME in the certificate that they get; OpenShift's service CA certifies the name of a
//!   Service only.
//! - A certificate that somebody put into the bundle is there to be served.

use super::cases::{Case, Way};

/// Why a combination cannot work, with the code of that error.
pub type Objection = (&'static str, String);

const CONFLICT: &str = "access-conflict";
const API: &str = "access-api";

/// Whether it can end TLS, and call Quay with or without it: of Services, only a load balancer's can.
fn ends_tls(way: &Way) -> bool {
    !["ClusterIP", "NodePort"].contains(&way.short)
}

/// Whether it can pass TLS through. Traefik ends that of every Ingress, and a Gateway needs TLSRoutes.
fn passes_tls(way: &Way) -> Result<(), Objection> {
    match way.short {
        "Traefik" => Err((CONFLICT, "Traefik ends the TLS of an Ingress".to_owned())),
        "Gateway 1.4" => Err((API, "there are no TLSRoutes".to_owned())),
        _ => Ok(()),
    }
}

/// The certificates that it can show to clients: a Route holds one or names a Secret, an Ingress names a Secret, and
/// those of the others are set elsewhere. A key that stays in the cluster cannot be copied into an object.
fn shows(way: &Way, in_cluster: bool) -> &'static [&'static str] {
    match way.kind {
        "route" | "ingress" if in_cluster => &["controller", "secret", "certManager"],
        "route" | "ingress" => &["controller", "secret", "certManager", "pair"],
        _ => &["controller"],
    }
}

/// What trusts OpenShift's service CA: its router, and proxies that the user configures.
fn trusts_service_ca(way: &Way) -> Result<(), Objection> {
    match (way.kind, way.platform) {
        ("ingress" | "gateway", _) => Err((CONFLICT, "nothing tells it to trust the service CA".to_owned())),
        (_, "kubernetes") => Err((API, "there is no service CA".to_owned())),
        _ if way.short.starts_with("LoadBalancer") => {
            Err((CONFLICT, "it is applied when the migration has waited for it".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The default certificates: the one for clients, and the one that Quay serves to a proxy.
fn unsaid(case: &Case, in_cluster: bool) -> (&'static str, &'static str) {
    match case.tls {
        "passthrough" => ("pair", ""),
        // Where the pair of the bundle can be shown it is.
        "edge" if case.pair == "yes" && shows(case.way(), in_cluster).contains(&"pair") => ("pair", ""),
        "edge" => ("controller", ""),
        "reencrypt" => ("controller", "pair"),
        _ => ("", ""),
    }
}

/// All objections to a combination.
pub fn objections(case: &Case, in_cluster: bool) -> Vec<Objection> {
    let way = case.way();
    let mut found = Vec::new();
    let mut object = |why: &str| found.push((CONFLICT, why.to_owned()));
    let ends = matches!(case.tls, "edge" | "reencrypt");
    if ends && !ends_tls(way) {
        object("nothing there ends TLS");
    }
    match (case.certificate, case.tls) {
        ("unset", _) => {}
        (_, "none") => object("nobody meets a certificate"),
        ("serviceCA", _) => object("the service CA does not certify the registry's host name"),
        ("controller", "passthrough") => object("the way in shows no certificate"),
        (from, "edge" | "reencrypt") if !shows(way, in_cluster).contains(&from) => object("it cannot show that one"),
        _ => {}
    }
    match (case.backend, case.tls) {
        ("unset", _) => {}
        (_, "passthrough" | "edge" | "none") => object("TLS does not begin anew behind the way in"),
        ("controller", _) => object("the certificate of the way in is not Quay's to serve"),
        _ => {}
    }
    let (front, back) = unsaid(case, in_cluster);
    let front = if case.certificate == "unset" { front } else { case.certificate };
    let back = if case.backend == "unset" { back } else { case.backend };
    let is_met = match case.tls {
        "passthrough" => front == "pair",
        "edge" => front == "pair" && shows(way, in_cluster).contains(&"pair"),
        "reencrypt" => back == "pair" || front == "pair" && shows(way, in_cluster).contains(&"pair"),
        _ => false,
    };
    if case.pair == "yes" && !is_met {
        object("nobody meets the pair of the bundle");
    }
    let scheme = if case.tls == "none" { "http" } else { "https" };
    if !["unset", scheme].contains(&case.scheme) {
        object("the scheme is another");
    }
    let outside: &[&str] = match (case.tls, back) {
        ("edge", _) => &["true"],
        // A certificate that nothing there would trust does not come into it.
        ("reencrypt", "serviceCA") if !matches!(way.kind, "ingress" | "gateway") => &["true"],
        // What is in it nobody here knows.
        ("reencrypt", "secret") => &["true", "false"],
        _ => &["false"],
    };
    if case.external != "unset" && !outside.contains(&case.external) {
        object("TLS ends elsewhere");
    }
    if case.tls == "passthrough" {
        found.extend(passes_tls(way).err());
    }
    if case.tls == "reencrypt" && case.backend == "serviceCA" {
        found.extend(trusts_service_ca(way).err());
    }
    found
}
