//! A client's walk: from the host name over the way in, the Service and the pod's labels to a port that nginx serves, with
//! the certificate that is met at the end of each TLS connection.

use super::cluster::{World, list, text, texts};
use super::openssl::{SERVICE, is_pair, objection};
use super::pod::Files;
use quay_render::object::Value;
use quay_render::yaml::{self, Dialect, Origin};
use serde_json::Value as Json;

const STACK: &str = "/conf/stack/";

/// What a client meets at the way in.
enum Front {
    /// Plain HTTP.
    Plain,
    /// A certificate that the way in shows.
    Shown(Vec<u8>),
    /// Whatever the container serves.
    Container,
}

/// What the way in speaks to the Service.
enum Back {
    /// What the client speaks.
    Passed,
    /// Plain HTTP.
    Plain,
    /// TLS, trusting these authorities with a certificate for this name.
    Tls { authorities: Vec<u8>, name: String },
}

/// A way in: who it is, what it meets on either side, and the port of the Service that it calls.
struct Entrance<'a> {
    who: String,
    front: Front,
    back: Back,
    service: &'a Json,
    port: &'a Json,
}

/// Where a client ends.
pub struct Journey {
    /// One line a hop.
    pub hops: Vec<String>,
    /// The certificate that the client meets, with its chain; nothing with plain HTTP.
    pub met: Option<Vec<u8>>,
}

/// The registry as its pods have it.
pub struct Registry<'a> {
    world: &'a World,
    /// What quay-app has below /conf/stack.
    files: Files,
    /// PREFERRED_URL_SCHEME is https.
    pub is_https: bool,
    /// EXTERNAL_TLS_TERMINATION.
    ends_outside: bool,
    /// SERVER_HOSTNAME, and its port.
    pub host: String,
    port: Option<u64>,
    /// The host that builders call, where builds are on.
    pub builders: Option<String>,
}

impl<'a> Registry<'a> {
    pub fn of(world: &'a World) -> Self {
        let files = world.pod("quay-app").unwrap().sees(&["/conf/stack"]);
        let text_of = String::from_utf8(files["/conf/stack/config.yaml"].clone()).unwrap();
        let origin = Origin { file: "config.yaml", within: None };
        let config = yaml::parse_one(&text_of, &origin, Dialect::Python, &mut Default::default()).unwrap().to_value();
        let field = |name: &str| config.at(&[name]).and_then(Value::as_str);
        let server = field("SERVER_HOSTNAME").unwrap().to_owned();
        let (host, port) = server.split_once(':').map_or((server.as_str(), None), |(host, port)| (host, Some(port)));
        let flag = |name: &str| config.at(&[name]).and_then(Value::as_bool).unwrap_or_default();
        let builders = field("BUILDMAN_HOSTNAME").filter(|_| flag("FEATURE_BUILD_SUPPORT"));
        Self {
            is_https: field("PREFERRED_URL_SCHEME") != Some("http"),
            ends_outside: flag("EXTERNAL_TLS_TERMINATION"),
            host: host.to_owned(),
            port: port.map(|port| port.parse().unwrap()),
            builders: builders.map(|host| host.split(':').next().unwrap().to_owned()),
            world,
            files,
        }
    }

    fn file(&self, name: &str) -> Option<&Vec<u8>> {
        self.files.get(&format!("{STACK}{name}"))
    }

    /// nginx serves TLS exactly where it finds a key.
    fn serves_tls(&self) -> bool {
        self.file("ssl.key").is_some()
    }

    /// What a client of the registry's host name comes to.
    ///
    /// # Errors
    /// Where the walk ends too early, or at a redirect.
    pub fn walk(&self) -> Result<Journey, String> {
        let entrance = self.entrance(&self.host)?;
        let target = self.container_port(&entrance)?;
        let passes = matches!((&entrance.front, &entrance.back), (Front::Container, _) | (_, Back::Tls { .. }));
        match (passes, self.serves_tls(), target) {
            (true, true, 8443) | (false, false, 8080) => {}
            (false, true, 8080) => return Err(format!("{}: a redirect to https, for ever", entrance.who)),
            other => return Err(format!("{}: TLS, nginx's TLS and port are {other:?}", entrance.who)),
        }
        if let Back::Tls { authorities, name } = &entrance.back
            && let Some(why) = objection(self.file("ssl.cert").unwrap(), authorities, name)
        {
            return Err(format!("{} refuses Quay's certificate for {name}: {why}", entrance.who));
        }
        let met = match entrance.front {
            Front::Plain => None,
            Front::Shown(pem) => Some(pem),
            Front::Container => self.file("ssl.cert").cloned(),
        };
        if met.is_some() != self.is_https {
            return Err(format!("{}: Quay calls itself https: {}", entrance.who, self.is_https));
        }
        let service = text(&entrance.service["metadata"]["name"]);
        let hops = vec![self.host.clone(), entrance.who, format!("{service}:{}", entrance.port), target.to_string()];
        Ok(Journey { hops, met })
    }

    /// The certificate that builders meet.
    ///
    /// # Errors
    /// Where they do not come through to the build manager.
    pub fn walk_of_builders(&self, host: &str) -> Result<Vec<u8>, String> {
        let mut entrance = self.entrance(host)?;
        if !matches!(entrance.front, Front::Container) {
            return Err(format!("{} ends the TLS of builders", entrance.who));
        }
        if entrance.who.starts_with("Service") {
            let ports = list(&entrance.service["spec"]["ports"]);
            entrance.port = &ports.iter().find(|port| port["port"] == 55443).ok_or("no port for builders")?["port"];
        }
        let target = self.container_port(&entrance)?;
        let served = self.file("ssl.cert").filter(|_| target == 55443 && self.serves_tls());
        served.cloned().ok_or_else(|| format!("{} leads builders to {target}", entrance.who))
    }

    /// Quay's start check looks at the certificate where it is told that TLS ends at Quay.
    pub fn start_check(&self) -> Option<String> {
        let pair = self.file("ssl.cert").zip(self.file("ssl.key"));
        if let Some((cert, key)) = pair
            && !is_pair(cert, key)
        {
            return Some("ssl.cert and ssl.key do not belong together".to_owned());
        }
        if !self.is_https || self.ends_outside {
            return None;
        }
        let Some((cert, _)) = pair else { return Some("there is no pair to serve".to_owned()) };
        // Nobody but the certificate itself and its chain is trusted, so that its name alone matters.
        objection(cert, cert, &self.host).filter(|why| why.contains("hostname mismatch"))
    }

    /// The object that takes a host.
    fn entrance(&self, host: &str) -> Result<Entrance<'a>, String> {
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
            let who = what(route);
            return Ok(Entrance { who, front: Front::Container, back: Back::Passed, service, port: &backend["port"] });
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
            (Json::String(pem), _) => Ok(pem.clone().into_bytes()),
            (_, Json::String(name)) => {
                self.router_may_read(name)?;
                self.world.value("Secret", name, "tls.crt").ok_or(format!("no Secret {name}"))
            }
            _ => Ok(self.world.shown(host).cert),
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
        Ok(Entrance { who: what(route), front, back, service, port: &spec["port"]["targetPort"] })
    }

    /// OpenShift's router reads a certificate's Secret only where a Role lets it.
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
            return Ok(Entrance { who, front: Front::Container, back: Back::Passed, service, port });
        }
        let tls = &ingress["spec"]["tls"][0];
        let front = match &tls["secretName"] {
            _ if tls.is_null() => Front::Plain,
            Json::String(name) => {
                Front::Shown(self.world.value("Secret", name, "tls.crt").ok_or(format!("no Secret {name}"))?)
            }
            _ => Front::Shown(self.world.shown(host).cert),
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
        Ok(Entrance { who, front, back, service, port })
    }

    /// Traefik is told by annotations of the Service, one of which names a transport by namespace and name.
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
        let front = if self.is_https { Front::Shown(self.world.shown(host).cert) } else { Front::Plain };
        Ok(Entrance { who: what(route), front, back, service, port: number })
    }

    /// No object takes the host: the Service is the way in, or something of the user's calls it.
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
        let shown = || Front::Shown(self.world.shown(&self.host).cert);
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
        Ok(Entrance { who, front, back, service, port: &port["port"] })
    }

    fn service(&self, name: &Json) -> Result<&'a Json, String> {
        let found = self.world.kind("Service").find(|service| service["metadata"]["name"] == *name);
        found.ok_or(format!("no Service {name}"))
    }

    /// From a port of the Service, by its name or number, to one of the container behind it.
    fn container_port(&self, entrance: &Entrance<'_>) -> Result<u64, String> {
        let Entrance { service, port, .. } = entrance;
        let ports = list(&service["spec"]["ports"]);
        let known = ports.iter().find(|it| it["name"] == **port || it["port"] == **port);
        let target = &known.ok_or(format!("{} has no port {port}", what(service)))?["targetPort"];
        let selector = texts(&service["spec"]["selector"]);
        let behind: Vec<&Json> = self
            .world
            .kind("Deployment")
            .filter(|it| {
                let labels = texts(&it["spec"]["template"]["metadata"]["labels"]);
                !selector.is_empty() && selector.iter().all(|(name, value)| labels.get(name) == Some(value))
            })
            .collect();
        let [deployment] = behind.as_slice() else { return Err(format!("{} Deployments are selected", behind.len())) };
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        if container["name"] != "quay-app" {
            return Err(format!("{} is no quay-app", what(deployment)));
        }
        let declared = list(&container["ports"]).iter().any(|it| it["containerPort"] == *target);
        let number = target.as_u64().filter(|_| declared);
        number.ok_or(format!("{} declares no port {target}", what(deployment)))
    }
}

fn what(object: &Json) -> String {
    format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]))
}
