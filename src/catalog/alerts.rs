//! The alerts, and the objectives that some of them watch: `components/alerts/`, whose files explain their fields.

use super::{Broken, Files, typed};
use indexmap::IndexMap;
use serde::Deserialize;

const ALERTS: &str = "alerts/alerts.yaml";
const OBJECTIVES: &str = "alerts/objectives.yaml";

/// What an alert is without settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Its label `severity`.
    pub severity: String,
    /// How long its expression holds before it fires, as Prometheus writes durations.
    #[serde(rename = "for")]
    pub hold: String,
    /// The number in its expression, if there is one.
    #[serde(default)]
    pub threshold: Option<f64>,
}

/// What the registry promises of some requests, without settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The routes that count, as regular expressions.
    pub routes: Vec<String>,
    /// Those of them that are measured in time.
    pub quick: Vec<String>,
    /// How many of 100 requests are answered without an error of the server.
    pub availability: f64,
    /// How many of 100 are answered in time.
    pub latency: f64,
    /// Which time, in seconds.
    pub seconds: f64,
}

/// Both tables.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// The alerts by name.
    pub alerts: IndexMap<String, Alert>,
    /// The objectives by name.
    pub objectives: IndexMap<String, Objective>,
}

/// Reads both.
pub(super) fn read(files: &Files) -> Result<Alerts, Broken> {
    Ok(Alerts { alerts: typed(files, ALERTS)?, objectives: typed(files, OBJECTIVES)? })
}
