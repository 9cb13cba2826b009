//! What must agree in the output of a combination that works.

use super::cases::{Case, bundled, pair};
use super::output::{Content, Output, TRUSTED};
use quay_render::Rendered;
use quay_render::yaml::{self, Dialect, Origin};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Where Quay finds its configuration.
const STACK: &str = "/conf/stack";
/// The pods with Quay's configuration.
const QUAYS: [&str; 2] = ["registry-quay-app", "registry-quay-mirror"];

/// Everything that does not agree.
pub fn broken(case: &Case, rendered: &Rendered, builds: bool) -> Vec<String> {
    let mut output = Output::of(rendered);
    output.made_by_users(&named(case));
    let mut problems = output.dangling();
    let serves = output.files("registry-quay-app", STACK).contains_key("ssl.key");
    if serves != matches!(case.tls, "passthrough" | "reencrypt") {
        problems.push(format!("ssl.key is below /conf/stack: {serves}"));
    }
    problems.extend(ports(&output, serves, builds));
    problems.extend(config(case, &output, serves));
    problems.extend(certificates(case, &output, serves));
    problems.extend(keys(case, rendered));
    problems.extend(trust(case, &output));
    problems.extend(way(case, &output, serves));
    problems.extend(builders(case, &output).filter(|_| builds));
    problems
}

/// How builders reach the build manager, with TLS passed through.
fn builders(case: &Case, output: &Output) -> Option<String> {
    let name = "registry-quay-builder";
    let right = match case.way().kind {
        "route" => {
            let spec = &output.object("Route", name)["spec"];
            spec["port"]["targetPort"] == "grpc" && spec["tls"]["termination"] == "passthrough"
        }
        "ingress" => {
            let object = output.object("Ingress", name);
            let backend = &object["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
            let annotations = &object["metadata"]["annotations"];
            backend["port"]["name"] == "grpc" && annotations["nginx.ingress.kubernetes.io/ssl-passthrough"] == "true"
        }
        "gateway" => {
            let spec = &output.object("TLSRoute", name)["spec"];
            spec["rules"][0]["backendRefs"][0]["port"] == 55443 && spec["parentRefs"][0]["sectionName"] == "builders"
        }
        _ => true,
    };
    (!right).then(|| "builders are not led to the build manager".to_owned())
}

/// The Secrets that the input names.
fn named(case: &Case) -> Vec<&'static str> {
    let mut found = Vec::new();
    found.extend((case.certificate == "secret").then_some("certificate-tls"));
    found.extend((case.backend == "secret").then_some("backendcertificate-tls"));
    found
}

/// The Service leads to ports that the container has and nginx serves, and the probe uses one of them.
fn ports(output: &Output, serves: bool, builds: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let container = output.container("registry-quay-app");
    let declared: BTreeSet<u64> = list(&container["ports"]).iter().map(|port| number(&port["containerPort"])).collect();
    let mut served = BTreeSet::from([8080]);
    if serves {
        served.extend([8443, 55443]);
    }
    let service = output.object("Service", "registry-quay-app");
    let targets: BTreeSet<u64> =
        list(&service["spec"]["ports"]).iter().map(|port| number(&port["targetPort"])).collect();
    for port in &targets {
        if !declared.contains(port) || !served.contains(port) {
            problems.push(format!("the Service leads to {port}; declared are {declared:?}, served are {served:?}"));
        }
    }
    if targets.contains(&8443) != serves {
        problems.push(format!("ssl.key is there: {serves}, and the Service leads to {targets:?}"));
    }
    if targets.contains(&55443) != builds {
        problems.push(format!("builds are on: {builds}, and the Service leads to {targets:?}"));
    }
    for probe in ["startupProbe", "readinessProbe"] {
        let get = &container[probe]["httpGet"];
        let wanted = if serves { ("HTTPS", 8443) } else { ("HTTP", 8080) };
        let port = get["port"].as_u64().unwrap_or_default();
        if (get["scheme"].as_str(), port) != (Some(wanted.0), wanted.1) || !declared.contains(&port) {
            problems.push(format!("{probe} asks {get}, not {wanted:?}; declared are {declared:?}"));
        }
    }
    problems
}

/// What config.yaml says about TLS.
fn config(case: &Case, output: &Output, serves: bool) -> Vec<String> {
    let mut problems = Vec::new();
    for pod in QUAYS {
        let files = output.files(pod, STACK);
        let Some(Content::Bytes(bytes)) = files.get("config.yaml") else {
            problems.push(format!("{pod} has no config.yaml"));
            continue;
        };
        let (text, origin) = (std::str::from_utf8(bytes).unwrap(), Origin { file: "config.yaml", within: None });
        let config = yaml::parse_one(text, &origin, Dialect::Python, &mut Default::default()).unwrap();
        let scheme = config.get("PREFERRED_URL_SCHEME").and_then(|node| node.as_str());
        let outside = config.get("EXTERNAL_TLS_TERMINATION").and_then(|node| node.as_bool());
        if scheme != Some(if case.tls == "none" { "http" } else { "https" }) {
            problems.push(format!("{pod}: PREFERRED_URL_SCHEME is {scheme:?}"));
        }
        // Quay stops at its start where it looks for a certificate that is not there.
        if scheme == Some("https") && outside == Some(false) && !serves {
            problems.push(format!("{pod}: EXTERNAL_TLS_TERMINATION is false, and there is no ssl.cert"));
        }
        if outside.is_none() || outside == Some(true) && matches!(case.tls, "passthrough" | "none") {
            problems.push(format!("{pod}: EXTERNAL_TLS_TERMINATION is {outside:?}"));
        }
        let verifies = config.get("REPO_MIRROR_TLS_VERIFY").and_then(|node| node.as_bool());
        if verifies != Some(case.tls != "none") {
            problems.push(format!("{pod}: REPO_MIRROR_TLS_VERIFY is {verifies:?}"));
        }
    }
    problems
}

/// Whose certificate Quay serves, and which CA the proxy trusts for it.
fn certificates(case: &Case, output: &Output, serves: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let from = match (case.tls, case.certificate, case.backend) {
        ("passthrough", from, _) | (_, _, from) if from != "unset" => from,
        _ => "pair",
    };
    for pod in QUAYS {
        let files = output.files(pod, STACK);
        for (name, part) in [("ssl.cert", "cert"), ("ssl.key", "key")] {
            let right = match (files.get(name), from) {
                (None, _) => !serves,
                (Some(_), _) if !serves => false,
                (Some(Content::Bytes(bytes)), "pair") => bytes.trim_ascii() == pair(case, part).trim_ascii(),
                (Some(Content::Secret { made, key, .. }), "pair") => made == "the required Secrets" && key == name,
                (Some(Content::Secret { made, key, .. }), from) => {
                    let maker = match from {
                        "secret" => "the user",
                        "certManager" => "cert-manager",
                        _ => "the service CA",
                    };
                    made == maker && *key == format!("tls.{}", if part == "cert" { "crt" } else { "key" })
                }
                _ => false,
            };
            if !right {
                problems.push(format!("{pod}: {name} is {:?}, where it should come from {from}", files.get(name)));
            }
        }
    }
    problems
}

/// The private key is in the output if it is served and secrets are inline, and nowhere else.
fn keys(case: &Case, rendered: &Rendered) -> Vec<String> {
    let text = quay_render::emit::stream(&rendered.objects);
    let body = |pem: Vec<u8>| {
        let pem = String::from_utf8(pem).unwrap();
        pem.lines().nth(1).unwrap().to_owned()
    };
    let mut problems = Vec::new();
    let plain = Output::of(rendered).decoded();
    for (name, key) in [("own", bundled("own.key")), ("made", bundled("made.key"))] {
        let there = text.contains(&body(key.clone())) || plain.contains(&body(key));
        let met = match case.tls {
            "passthrough" => matches!(case.certificate, "unset" | "pair"),
            "edge" => case.certificate == "pair" || case.certificate == "unset" && case.pair == "yes",
            "reencrypt" => case.certificate == "pair" || matches!(case.backend, "unset" | "pair"),
            _ => false,
        };
        let inline = !rendered.model.config.secrets.are_referenced();
        let wanted = met && inline && (name == "own") == (case.pair == "yes");
        if there != wanted {
            problems.push(format!("the key of the pair {name} is in the output: {there}"));
        }
    }
    problems
}

/// Quay, mirror and Clair trust the issuer of the certificate at the registry's host name.
fn trust(case: &Case, output: &Output) -> Vec<String> {
    let shows_pair = case.certificate == "pair" || case.certificate == "unset" && case.pair == "yes";
    let meets_pair = match case.tls {
        "passthrough" => matches!(case.certificate, "unset" | "pair"),
        "edge" => shows_pair,
        "reencrypt" => case.certificate == "pair",
        _ => false,
    };
    let mut problems = Vec::new();
    for (pod, folder) in [("registry-quay-mirror", STACK), ("registry-clair-app", "/var/run/certs")] {
        let files = output.files(pod, folder);
        let is_trusted = |name: &str| folder != STACK || TRUSTED.iter().any(|start| name.starts_with(start));
        let trusted: Vec<(&String, &Content)> = files.iter().filter(|(name, _)| is_trusted(name)).collect();
        let holds = |wanted: &[u8]| {
            trusted.iter().any(|(_, content)| match content {
                Content::Bytes(bytes) => bytes.windows(wanted.len()).any(|part| part == wanted),
                Content::Secret { .. } => false,
            })
        };
        let wanted = if meets_pair { pair(case, "cert") } else { bundled("ca.cert") };
        let from_secret = trusted.iter().any(|(_, content)| {
            matches!(content, Content::Secret { made, key, .. } if made == "the required Secrets" && key == "ssl.cert")
        });
        let known = holds(wanted.trim_ascii()) || meets_pair && from_secret;
        if known != (case.tls != "none") {
            problems.push(format!("{pod} trusts the CA of what it meets: {known}"));
        }
        // What Clair calls beside the registry is in the cluster: its service CA is trusted whatever the way in.
        let is_of_the_way = |name: &String| name != "service-ca.crt";
        if case.tls == "none" && folder != STACK && files.keys().any(is_of_the_way) {
            problems.push(format!("{pod} has certificates to trust, and meets none"));
        }
    }
    problems
}

/// TLS ends where it should, and the port that is called serves what is spoken there.
fn way(case: &Case, output: &Output, serves: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let mut wrong = |what: &str, found: &Json| problems.push(format!("{what}: {found}"));
    let (port, number) = if serves { ("https", 443) } else { ("http", 80) };
    let ends = matches!(case.tls, "edge" | "reencrypt");
    let serves_pair = case.tls == "reencrypt" && matches!(case.backend, "unset" | "pair");
    // Who issued what the way in meets at Quay: of a pair known here that one, else what the input says.
    let told = case.tls == "reencrypt" && case.backend != "serviceCA";
    let in_cluster = serves_pair && case.pair == "no" && output.is_late;
    let issuer = if serves_pair && !in_cluster { pair(case, "cert") } else { bundled("ca.cert") };
    let right = |found: &[u8]| told && found.windows(issuer.trim_ascii().len()).any(|part| part == issuer.trim_ascii());
    match case.way().kind {
        "route" => {
            let spec = &output.object("Route", "registry-quay")["spec"];
            if spec["port"]["targetPort"] != port {
                wrong("the Route leads to", &spec["port"]);
            }
            let tls = &spec["tls"];
            let termination = if case.tls == "none" { "" } else { case.tls };
            if tls["termination"].as_str().unwrap_or_default() != termination {
                wrong("the Route's TLS is", tls);
            }
            let destination = tls["destinationCACertificate"].as_str();
            if destination.is_some() != told || told && !destination.is_some_and(|found| right(found.as_bytes())) {
                wrong("the router does not trust who issued what it meets", &tls["destinationCACertificate"]);
            }
            let own = tls.get("certificate").is_some() || tls.get("externalCertificate").is_some();
            let shown = match case.certificate {
                "unset" => case.tls == "edge" && case.pair == "yes",
                from => from != "controller",
            };
            if own != (ends && shown) {
                wrong("the Route has a certificate of its own", &Json::Bool(own));
            }
        }
        "ingress" => {
            let object = output.object("Ingress", "registry-quay");
            let backend = &object["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
            if backend["port"]["name"] != port || backend["name"] != "registry-quay-app" {
                wrong("the Ingress leads to", backend);
            }
            if object["spec"].get("tls").is_some() != ends {
                wrong("the Ingress' TLS is", &object["spec"]["tls"]);
            }
            let ca = output.bytes("Secret", "registry-quay-access-ca", "ca.crt");
            if ca.is_some() != told || told && !ca.is_some_and(|found| right(&found)) {
                wrong("the controller does not trust who issued what it meets", &object["metadata"]["annotations"]);
            }
        }
        "gateway" => {
            let kind = if case.tls == "passthrough" { "TLSRoute" } else { "HTTPRoute" };
            let backend = &output.object(kind, "registry-quay")["spec"]["rules"][0]["backendRefs"][0];
            if backend["port"] != number || backend["name"] != "registry-quay-app" {
                wrong("the route leads to", backend);
            }
            let ca = output.bytes("ConfigMap", "registry-quay-access-ca", "ca.crt");
            if ca.is_some() != told || told && !ca.is_some_and(|found| right(&found)) {
                wrong("the Gateway does not trust who issued what it meets", &Json::Null);
            }
        }
        _ => {}
    }
    problems
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Json) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a number"))
}
