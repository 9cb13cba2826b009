//! The configuration of a registry as its pods have it, after they are joined.

use super::cluster::World;
use super::openssl::{is_pair, objection};
use crate::support::pod::Files;
use quay_render::object::Value;
use quay_render::yaml::{self, Dialect, Origin};

const STACK: &str = "/conf/stack/";

/// The configuration of a registry as its pods have it.
pub struct Registry<'a> {
    pub world: &'a World,
    /// What quay-app has below /conf/stack.
    files: Files,
    /// Whether PREFERRED_URL_SCHEME is https.
    pub is_https: bool,
    /// EXTERNAL_TLS_TERMINATION.
    pub ends_outside: bool,
    /// SERVER_HOSTNAME, and its port.
    pub host: String,
    pub port: Option<u64>,
    /// The host that builders call, if builds are on.
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

    /// A file below /conf/stack.
    pub fn file(&self, name: &str) -> Option<&Vec<u8>> {
        self.files.get(&format!("{STACK}{name}"))
    }

    /// nginx serves TLS exactly if it finds a key.
    pub fn serves_tls(&self) -> bool {
        self.file("ssl.key").is_some()
    }

    /// Quay's check at start reads the certificate if the configuration says that TLS ends at Quay.
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
}
