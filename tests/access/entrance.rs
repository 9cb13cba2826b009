//! The entry to the registry, as the router, controller or proxy reads its objects.

use super::cluster::{list, text, texts};
use super::openssl::{Pair, SERVICE};
use super::registry::Registry;
use serde_json::Value as Json;

/// What a client gets at the entry.
pub enum Front {
    /// Plain HTTP.
    Plain,
    /// A certificate of the entry.
    Shown(Pair),
    /// Whatever the container serves.
    Container,
}

/// What the entry speaks to the Service.
pub enum Back {
    /// Whatever the client speaks.
    Passed,
    /// Plain HTTP.
    Plain,
    /// TLS, trusting these authorities with a certificate for this name.
    Tls { authorities: Vec<u8>, name: String },
}

/// An entry: what it is, what it speaks on either side, and the port of the Service that it calls.
pub struct Entrance<'a> {
    pub who: String,
    pub front: Front,
    pub back: Back,
    pub service: &'a Json,
    pub port: &'a Json,
    /// The annotations of the object.
    pub annotations: &'a Json,
}

impl<'a> Entrance<'a> {
    fn of(object: &'a Json, front: Front, back: Back, service: &'a Json, port: &'a Json) -> Self {
        Self { who: what(object), front, back, service, port, annotations: &object["metadata"]["annotations"] }
    }
}

impl<'a> Registry<'a> {
    /// The object for a host.
    pub fn entrance(&self, host: &str) -> Result<Entrance<'a>, String> {
        let hosts = |object: &&Json, field: &str| list(&object["spec"][field]).iter().any(|it| it == host);
        if let Some(route) = self.world.kind("Route").find(|route| route["spec"]["host"] == host) {
            return self.route(route, host);
        }
        let ingress = |object: &&Json| list(&object["spec"]["rules"]).iter().any(|rule| rule["host"] == host);
        if let Some(ingress) = self.world.kind("Ingress").find(ingress) {
            return self.ingress(ingress, host);
        }
        if let Some(route) = self.world.kind("TLSRoute").find(|route| hosts(route, "hostnames")) {
            let backend = &route["spec"]["rules"][0]["backendRefs"][0];
            let service = self.service(&backend["name"])?;
            return Ok(Entrance::of(route, Front::Container, Back::Passed, service, &backend["port"]));
        }
        if let Some(route) = self.world.kind("HTTPRoute").find(|route| hosts(route, "hostnames")) {
            return self.http_route(route, host);
        }
        let registry = format!("{}-quay", self.world.rendered.resolved.name);
        let kinds = ["Route", "Ingress", "TLSRoute", "HTTPRoute"];
        let mut others = kinds.into_iter().flat_map(|kind| self.world.kind(kind));
        match others.find(|object| object["metadata"]["name"] == registry) {
            Some(other) => Err(format!("{} does not take {host}", what(other))),
            None => self.balancer(),
        }
    }

    fn route(&self, route: &'a Json, host: &str) -> Result<Entrance<'a>, String> {
        let spec = &route["spec"];
        let tls = &spec["tls"];
        let shown = || match (&tls["certificate"], &tls["externalCertificate"]["name"]) {
            (Json::String(pem), _) => {
                Ok(Pair { cert: pem.clone().into_bytes(), key: text(&tls["key"]).as_bytes().to_vec() })
            }
            (_, Json::String(name)) => {
                self.router_may_read(name)?;
                self.pair(name)
            }
            _ => Ok(self.world.shown(host)),
        };
        let (front, back) = match text(&tls["termination"]) {
            "" => (Front::Plain, Back::Plain),
            "passthrough" => (Front::Container, Back::Passed),
            "edge" => (Front::Shown(shown()?), Back::Plain),
            _ => {
                let back = match &tls["destinationCACertificate"] {
                    Json::String(pem) => Back::Tls { authorities: pem.clone().into_bytes(), name: host.to_owned() },
                    // The router trusts the service CA of itself, and asks for the Service's name.
                    _ => Back::Tls {
                        authorities: SERVICE.cert.clone(),
                        name: format!("{}.{}.svc", text(&spec["to"]["name"]), text(&route["metadata"]["namespace"])),
                    },
                };
                (Front::Shown(shown()?), back)
            }
        };
        let service = self.service(&spec["to"]["name"])?;
        Ok(Entrance::of(route, front, back, service, &spec["port"]["targetPort"]))
    }

    /// The content of a Secret of type kubernetes.io/tls.
    fn pair(&self, name: &str) -> Result<Pair, String> {
        let part = |key: &str| self.world.value("Secret", name, key).ok_or(format!("no Secret {name} with {key}"));
        Ok(Pair { cert: part("tls.crt")?, key: part("tls.key")? })
    }

    /// OpenShift's router reads a certificate's Secret only if a Role allows it.
    fn router_may_read(&self, secret: &str) -> Result<(), String> {
        let lets = |role: &&Json| {
            list(&role["rules"]).iter().any(|rule| list(&rule["resourceNames"]).iter().any(|name| name == secret))
        };
        let roles: Vec<&Json> = self.world.kind("Role").filter(lets).collect();
        let bound = self.world.kind("RoleBinding").any(|binding| {
            roles.iter().any(|role| role["metadata"]["name"] == binding["roleRef"]["name"])
                && list(&binding["subjects"])
                    .iter()
                    .any(|it| it["name"] == "router" && it["namespace"] == "openshift-ingress")
        });
        if bound { Ok(()) } else { Err(format!("the router may not read Secret {secret}")) }
    }

    fn ingress(&self, ingress: &'a Json, host: &str) -> Result<Entrance<'a>, String> {
        let backend = &ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
        let service = self.service(&backend["name"])?;
        let port =
            if backend["port"]["name"].is_null() { &backend["port"]["number"] } else { &backend["port"]["name"] };
        let annotations = texts(&ingress["metadata"]["annotations"]);
        let nginx = |name: &str| annotations.get(format!("nginx.ingress.kubernetes.io/{name}").as_str()).copied();
        let who = what(ingress);
        if nginx("ssl-passthrough") == Some("true") {
            return Ok(Entrance::of(ingress, Front::Container, Back::Passed, service, port));
        }
        let tls = &ingress["spec"]["tls"][0];
        let front = match &tls["secretName"] {
            _ if tls.is_null() => Front::Plain,
            Json::String(name) => Front::Shown(self.pair(name)?),
            _ => Front::Shown(self.world.shown(host)),
        };
        let back = match nginx("backend-protocol") {
            Some("HTTPS") => {
                if nginx("proxy-ssl-verify") != Some("on") || nginx("proxy-ssl-server-name") != Some("on") {
                    return Err(format!("{who} does not verify Quay's certificate"));
                }
                let secret = nginx("proxy-ssl-secret").unwrap_or_default();
                let (_, secret) = secret.split_once('/').ok_or("no namespace before the Secret with the CA")?;
                self.verified("Secret", secret, nginx("proxy-ssl-name"))?
            }
            Some(_) => Back::Plain,
            None => self.traefik(service)?,
        };
        Ok(Entrance::of(ingress, front, back, service, port))
    }

    /// Traefik reads annotations of the Service, one of which names a transport by namespace and name.
    fn traefik(&self, service: &Json) -> Result<Back, String> {
        let annotations = texts(&service["metadata"]["annotations"]);
        let own =
            |name: &str| annotations.get(format!("traefik.ingress.kubernetes.io/service.{name}").as_str()).copied();
        if own("serversscheme") != Some("https") {
            return Ok(Back::Plain);
        }
        let wanted = own("serverstransport").unwrap_or_default();
        let transport = self.world.kind("ServersTransport").find(|it| {
            let metadata = &it["metadata"];
            wanted == format!("{}-{}@kubernetescrd", text(&metadata["namespace"]), text(&metadata["name"]))
        });
        let spec = &transport.ok_or(format!("no ServersTransport is {wanted}"))?["spec"];
        self.verified("Secret", text(&spec["rootCAsSecrets"][0]), spec["serverName"].as_str())
    }

    fn verified(&self, kind: &str, name: &str, host: Option<&str>) -> Result<Back, String> {
        let authorities = self.world.value(kind, name, "ca.crt").ok_or(format!("no ca.crt in {kind} {name}"))?;
        let name = host.ok_or("no name to verify")?.to_owned();
        Ok(Back::Tls { authorities, name })
    }

    fn http_route(&self, route: &'a Json, host: &str) -> Result<Entrance<'a>, String> {
        let backend = &route["spec"]["rules"][0]["backendRefs"][0];
        let service = self.service(&backend["name"])?;
        let number = &backend["port"];
        let named = list(&service["spec"]["ports"]).iter().find(|port| port["port"] == *number);
        let section = &named.ok_or(format!("the Service has no port {number}"))?["name"];
        let policy = self.world.kind("BackendTLSPolicy").find(|policy| {
            let targets = list(&policy["spec"]["targetRefs"]).iter();
            targets
                .into_iter()
                .any(|it| it["kind"] == "Service" && it["name"] == backend["name"] && it["sectionName"] == *section)
        });
        let back = match policy.map(|policy| &policy["spec"]["validation"]) {
            Some(validation) => {
                let ca = &validation["caCertificateRefs"][0];
                self.verified(text(&ca["kind"]), text(&ca["name"]), validation["hostname"].as_str())?
            }
            None => Back::Plain,
        };
        // What a listener shows is the Gateway's affair.
        let front = if self.is_https { Front::Shown(self.world.shown(host)) } else { Front::Plain };
        Ok(Entrance::of(route, front, back, service, number))
    }

    /// No object is for the host: clients reach the Service itself, or something of the user's calls it.
    fn balancer(&self) -> Result<Entrance<'a>, String> {
        let name = Json::String(format!("{}-quay-app", self.world.rendered.resolved.name));
        let service = self.service(&name)?;
        let ports = list(&service["spec"]["ports"]);
        let is_node_port = service["spec"]["type"] == "NodePort";
        let usual = if self.is_https { 443 } else { 80 };
        let port = ports.iter().find(|port| match self.port {
            Some(wanted) if is_node_port => port["nodePort"] == wanted,
            wanted => port["port"] == wanted.unwrap_or(usual),
        });
        let who = format!("Service of type {}", text(&service["spec"]["type"]));
        let ends = self.is_https && self.ends_outside;
        let shown = || Front::Shown(self.world.shown(&self.host));
        let (front, back, port) = match port {
            Some(port) if ends && port["targetPort"] == 8080 => (shown(), Back::Plain, port),
            // Whoever calls it with TLS again sees to his own trust.
            Some(port) if ends => {
                let authorities = self.file("ssl.cert").cloned().unwrap_or_default();
                (shown(), Back::Tls { authorities, name: self.host.clone() }, port)
            }
            Some(port) if self.is_https => (Front::Container, Back::Passed, port),
            Some(port) => (Front::Plain, Back::Plain, port),
            // Something in front ends TLS, and calls what there is.
            None if ends && service["spec"]["type"] == "ClusterIP" => (shown(), Back::Plain, &ports[0]),
            None => return Err(format!("{who} has no port for {}", self.host)),
        };
        Ok(Entrance { who, front, back, service, port: &port["port"], annotations: &Json::Null })
    }

    fn service(&self, name: &Json) -> Result<&'a Json, String> {
        let found = self.world.kind("Service").find(|service| service["metadata"]["name"] == *name);
        found.ok_or(format!("no Service {name}"))
    }
}

/// The name of an object in a message.
pub fn what(object: &Json) -> String {
    format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]))
}
