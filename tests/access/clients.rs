//! Those who call the registry of each example, and the CAs that they trust: a client with the CA that `show access
//! --ca` names, Clair, the mirror workers, builders.

use super::cluster::World;
use super::openssl::{PUBLIC, SERVICE, objection};
use super::registry::Registry;
use crate::support::examples::rendered;
use quay_render::diagnostic::codes;
use quay_render::{compile, input};
use std::process::Command;

/// The CA that a client installs, as the program prints it, or from where the program says it is; every client trusts
/// public authorities. Nothing if there is nothing to trust, or the CA is not known.
pub fn client_trusts(world: &World) -> Option<Vec<u8>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let output = command.args(["show", "access", "--ca"]).arg(world.folder.path()).output().unwrap();
    if output.status.success() {
        return Some(output.stdout);
    }
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.lines().last().unwrap();
    if let Some((_, command)) = said.split_once("kubectl get secret ") {
        let (name, rest) = command.split_once(' ').unwrap();
        let key = rest.split_once("{.data.").unwrap().1.split_once('}').unwrap().0.replace("\\.", ".");
        return Some(world.value("Secret", name, &key).unwrap_or_else(|| panic!("{}: no {key} in {name}", world.name)));
    }
    let is_public = said.contains("publiclyTrusted");
    let is_known = is_public || said.contains("nothing is encrypted");
    assert_eq!(is_known, !is_warned(world), "{}: {said}", world.name);
    is_public.then(|| PUBLIC.cert.clone())
}

/// Whether a warning says that the CA to trust is not known.
fn is_warned(world: &World) -> bool {
    let compiled = compile(&input::read(world.folder.path().to_str().unwrap(), None).unwrap());
    compiled.diagnostics.iter().any(|it| it.code == codes::ACCESS_TRUST)
}

/// The CAs in the files below a folder of a pod, together with the public ones.
fn pod_trusts(world: &World, base: &str, folders: &[&str], is_trusted: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let files = world.pod(base)?.sees(folders);
    let own = files.into_iter().filter(|(path, _)| is_trusted(path)).flat_map(|(_, bytes)| [bytes, b"\n".to_vec()]);
    Some(own.chain([PUBLIC.cert.clone()]).collect::<Vec<_>>().concat())
}

/// Quay trusts files with these names (quay's certs_install); Clair all files below one folder.
pub fn callers(world: &World) -> Vec<(&'static str, Vec<u8>)> {
    let of_quay = |path: &str| path.starts_with("/conf/stack/extra_ca_cert");
    let mirror = pod_trusts(world, "quay-mirror", &["/conf/stack"], of_quay);
    let clair = pod_trusts(world, "clair-app", &["/var/run/certs"], |_| true);
    [("the mirror", mirror), ("Clair", clair)].into_iter().filter_map(|(who, trusts)| Some((who, trusts?))).collect()
}

/// The results of the walks of everybody who calls a registry.
pub struct Led {
    /// What stops somebody.
    pub problems: Vec<String>,
    /// Whether clients get a certificate.
    pub is_met: bool,
    /// Whether its issuer is unknown.
    pub is_unknown: bool,
}

/// Walks to a registry as a client, Clair, the mirror and builders do.
pub fn lead(world: &World) -> Led {
    let registry = Registry::of(world);
    let mut led = Led { problems: registry.start_check().into_iter().collect(), is_met: false, is_unknown: false };
    let mut wrong = |what: String| led.problems.push(what);
    let journey = match registry.walk() {
        Ok(journey) => journey,
        Err(why) => {
            wrong(why);
            return led;
        }
    };
    let path = journey.hops.join(" → ");
    let trusted = client_trusts(world);
    if let (Some(chain), Some(ca)) = (&journey.met, &trusted) {
        wrong_if(objection(chain, ca, &registry.host), &path, &mut wrong);
        // That it is this CA that counts.
        assert!(objection(chain, &SERVICE.cert, &registry.host).is_some(), "{}", world.name);
    }
    let chain = journey.met.as_ref().filter(|_| trusted.is_some());
    for (who, trusts) in callers(world) {
        let why = chain.and_then(|chain| objection(chain, &trusts, &registry.host));
        wrong_if(why, &format!("{who}, {path}"), &mut wrong);
    }
    if let Some(host) = &registry.builders {
        match registry.walk_of_builders(host) {
            Ok(chain) => {
                let why = trusted.as_ref().and_then(|ca| objection(&chain, ca, host));
                wrong_if(why, &format!("builders of {host}"), &mut wrong);
            }
            Err(why) => wrong(why),
        }
    }
    led.is_met = journey.met.is_some();
    led.is_unknown = led.is_met && trusted.is_none();
    led
}

#[test]
fn every_example_leads_its_clients_to_quay() {
    let (mut problems, mut met, mut unknown) = (Vec::new(), 0, Vec::new());
    let examples = rendered();
    for name in &examples {
        let led = lead(&World::of(name));
        problems.extend(led.problems.iter().map(|problem| format!("{name}: {problem}")));
        met += usize::from(led.is_met);
        unknown.extend(led.is_unknown.then_some(name.as_str()));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(examples.len() > 30 && met > examples.len() - 3, "{met} of {}", examples.len());
    // Of the router's certificate these say nothing, and are warned (access-trust).
    let told = [
        "access-route-tls-component",
        "image-mirror",
        "release-3.15",
        "release-3.18",
        "release-3.18-clair-tls",
        "release-3.18-disconnected",
        "release-3.18-overridden",
        "release-3.9",
        "release-3.9-database-upgrade",
        "storage-gateway",
    ];
    assert_eq!(unknown, told);
}

/// A field of an object of an example, a wrong value for it, and the message that then stops the walk.
const MISTAKES: [(&str, &str, &str, &str, &str); 16] = [
    ("access-route-edge", "Route", "/spec/port/targetPort", "https", "no port \"https\""),
    ("access-route-edge", "Service", "/spec/ports/0/targetPort", "8443", "declares no port 8443"),
    ("access-route-edge", "Deployment", "/spec/template/metadata/labels/app", "other", "0 Deployments"),
    ("minimal", "Route", "/spec/port/targetPort", "http", "8080"),
    ("minimal", "Route", "/spec/tls/termination", "edge", "(false, true, 8443)"),
    ("access-route-edge-secret", "RoleBinding", "/subjects/0/name", "other", "the router may not read"),
    ("access-route-reencrypt", "Route", "/spec/tls/destinationCACertificate", "CA", "refuses Quay's certificate"),
    ("access-ingress-nginx", "Ingress", "/spec/tls/0/secretName", "other", "no Secret other"),
    ("access-ingress-nginx", "Ingress", "/spec/rules/0/http/paths/0/backend/service/name", "other", "no Service"),
    ("access-ingress-nginx-reencrypt", "Ingress", NGINX_NAME, "other.example.com", "hostname mismatch"),
    ("access-ingress-nginx-reencrypt", "Ingress", NGINX_PROTOCOL, "HTTP", "(false, true, 8443)"),
    ("access-ingress-traefik-reencrypt", "ServersTransport", "/metadata/name", "other", "no ServersTransport"),
    (
        "access-ingress-traefik-reencrypt",
        "ServersTransport",
        "/spec/serverName",
        "other.example.com",
        "hostname mismatch",
    ),
    ("access-gateway-reencrypt", "BackendTLSPolicy", "/spec/targetRefs/0/sectionName", "http", "(false, true, 8443)"),
    ("access-gateway-reencrypt", "BackendTLSPolicy", "/spec/validation/caCertificateRefs/0/name", "other", "no ca.crt"),
    ("access-gateway-passthrough", "TLSRoute", "/spec/hostnames/0", "other.example.com", "does not take"),
];
const NGINX_NAME: &str = "/metadata/annotations/nginx.ingress.kubernetes.io~1proxy-ssl-name";
const NGINX_PROTOCOL: &str = "/metadata/annotations/nginx.ingress.kubernetes.io~1backend-protocol";

#[test]
fn a_walk_ends_at_each_mistake() {
    for (example, kind, field, value, wanted) in MISTAKES {
        let mut world = World::of(example);
        let mut changed = 0;
        for object in world.objects.iter_mut().filter(|object| object["kind"] == kind) {
            let name = object["metadata"]["name"].as_str().unwrap().to_owned();
            let Some(field) = object.pointer_mut(field).filter(|_| !name.ends_with("-builder")) else { continue };
            let pem = || String::from_utf8(SERVICE.cert.clone()).unwrap();
            *field = match value.parse::<u64>() {
                Ok(number) => number.into(),
                Err(_) if value == "CA" => pem().into(),
                Err(_) => value.into(),
            };
            changed += 1;
        }
        assert!(changed > 0, "{example}: {kind} {field}");
        let stopped = Registry::of(&world).walk().err();
        assert!(stopped.as_ref().is_some_and(|why| why.contains(wanted)), "{example}: {kind} {field}: {stopped:?}");
    }
}

fn wrong_if(why: Option<String>, what: &str, wrong: &mut impl FnMut(String)) {
    if let Some(why) = why {
        wrong(format!("{what}: {why}"));
    }
}
