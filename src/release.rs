//! The facts of a release and of the Kubernetes versions, which are data in `components/releases/`.

use crate::components;
use crate::model::render_config::GatewayApi;
use crate::object::{Map, Value};

/// One release of the operator.
#[derive(Debug)]
pub struct Release {
    /// The name that RenderConfig has: `3.5`.
    pub name: String,
    /// The version that the operator reports: `3.5.0`.
    pub version: String,
    images: Map,
    /// Fields of config.yaml that are written where the user has none.
    pub defaults: Map,
}

impl Release {
    /// The release of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let facts = data(&format!("{name}.yaml"))?;
        Some(Self {
            name: name.to_owned(),
            version: facts.get("version")?.as_str()?.to_owned(),
            images: facts.get("images")?.as_map()?.clone(),
            defaults: facts.get("defaults")?.as_map()?.clone(),
        })
    }

    /// The names of all releases.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        components::folder("releases")
            .filter_map(|(path, _)| path.strip_prefix("releases/")?.strip_suffix(".yaml"))
            .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()))
            .collect()
    }

    /// The image of an override's name.
    #[must_use]
    pub fn image(&self, name: &str) -> &str {
        self.images.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The API version of a group that the cluster's Kubernetes serves.
#[must_use]
pub fn api_version(group: &str, (major, minor): (u32, u32)) -> String {
    let minor = if major > 1 { u32::MAX } else { minor };
    latest("kubernetes.yaml", group, minor, |_| true).unwrap_or_default()
}

/// The API version of a kind of the Gateway API; nothing where that release and channel lack it.
#[must_use]
pub fn gateway_version(kind: &str, api: &GatewayApi) -> Option<String> {
    let minor = match api.release {
        (0, _) => return None,
        (1, minor) => minor,
        _ => u32::MAX,
    };
    latest("gateway.yaml", kind, minor, |row| {
        api.experimental || row.at(&["channel"]).and_then(Value::as_str) == Some("standard")
    })
}

/// Whether an HTTPRoute of that release and channel says how long a request may take.
#[must_use]
pub fn has_route_timeouts(api: &GatewayApi) -> bool {
    gateway_version("timeouts", api).is_some()
}

/// The API version of the last row of a table that a minor version reaches and a condition lets in.
fn latest(table: &str, rows: &str, minor: u32, is_there: impl Fn(&Value) -> bool) -> Option<String> {
    let facts = data(table)?;
    let rows = facts.get(rows).and_then(Value::as_seq)?;
    let served = rows.iter().filter(|row| is_there(row)).filter_map(|row| {
        let Some(Value::Int(from)) = row.at(&["from"]) else { return None };
        (from.parse::<u32>().ok()? <= minor).then(|| row.at(&["api"])?.as_str())?
    });
    served.last().map(str::to_owned)
}

fn data(file: &str) -> Option<Map> {
    components::map(&format!("releases/{file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_its_facts() {
        let release = Release::find("3.5").unwrap();
        assert_eq!(release.version, "3.5.0");
        assert!(release.image("RELATED_IMAGE_COMPONENT_QUAY").contains("@sha256:"));
        assert_eq!(Release::names(), ["3.5"]);
        assert!(Release::find("kubernetes").is_none());
    }

    #[test]
    fn the_autoscaler_follows_the_cluster() {
        assert_eq!(api_version("autoscaling", (1, 20)), "autoscaling/v2beta2");
        assert_eq!(api_version("autoscaling", (1, 23)), "autoscaling/v2");
        assert_eq!(api_version("autoscaling", (2, 0)), "autoscaling/v2");
    }

    #[test]
    fn a_kind_of_the_gateway_api_follows_release_and_channel() {
        let version = |kind, minor, experimental| {
            let version = gateway_version(kind, &GatewayApi { release: (1, minor), experimental })?;
            version.strip_prefix("gateway.networking.k8s.io/").map(str::to_owned)
        };
        assert_eq!(version("BackendTLSPolicy", 3, false), None);
        assert_eq!(version("BackendTLSPolicy", 3, true).as_deref(), Some("v1alpha3"));
        assert_eq!(version("BackendTLSPolicy", 4, false).as_deref(), Some("v1"));
        assert_eq!(version("TLSRoute", 4, false), None);
        assert_eq!(version("TLSRoute", 4, true).as_deref(), Some("v1alpha2"));
        assert_eq!(version("TLSRoute", 5, true).as_deref(), Some("v1"));
        assert_eq!(version("HTTPRoute", 0, false).as_deref(), Some("v1"));
        assert_eq!(gateway_version("HTTPRoute", &GatewayApi { release: (0, 8), experimental: true }), None);
    }
}
