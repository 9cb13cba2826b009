//! A client's walk: from the host name through the entry, the Service and the pod's labels to a port that nginx serves,
//! with the certificate at the end of each TLS connection.

use super::cluster::{list, text, texts};
use super::entrance::{Back, Entrance, Front, what};
use super::openssl::objection;
use super::registry::Registry;
use serde_json::Value as Json;

/// Where a client ends.
pub struct Journey {
    /// One line for each hop.
    pub hops: Vec<String>,
    /// The certificate that the client gets, with its chain; nothing with plain HTTP.
    pub met: Option<Vec<u8>>,
}

impl Registry<'_> {
    /// What a client of the registry's host name reaches.
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
            Front::Shown(pair) => Some(pair.cert),
            Front::Container => self.file("ssl.cert").cloned(),
        };
        if met.is_some() != self.is_https {
            return Err(format!("{}: Quay calls itself https: {}", entrance.who, self.is_https));
        }
        let service = text(&entrance.service["metadata"]["name"]);
        let hops = vec![self.host.clone(), entrance.who, format!("{service}:{}", entrance.port), target.to_string()];
        Ok(Journey { hops, met })
    }

    /// The certificate that builders get.
    ///
    /// # Errors
    /// Where they do not reach the build manager.
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

    /// Maps a port of the Service, by name or number, to a port of the container.
    pub fn container_port(&self, entrance: &Entrance<'_>) -> Result<u64, String> {
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
            return Err(format!("{} is not a quay-app", what(deployment)));
        }
        let declared = list(&container["ports"]).iter().any(|it| it["containerPort"] == *target);
        let number = target.as_u64().filter(|_| declared);
        number.ok_or(format!("{} declares no port {target}", what(deployment)))
    }
}
