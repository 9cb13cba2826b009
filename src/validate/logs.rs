//! Where action logs are kept, and where old ones are archived.

use super::Subject;
use crate::diagnostic::{Diagnostics, codes};

/// Checks action log archiving and Elasticsearch.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if subject.is_on("FEATURE_ACTION_LOG_ROTATION") {
        archive(subject, out);
    }
    if matches!(subject.field("LOGS_MODEL").text(), Some("elasticsearch" | "transition_reads_both_writes_es")) {
        elasticsearch(subject, out);
    }
}

fn archive(subject: &Subject<'_>, out: &mut Diagnostics) {
    let (code, reason) = (codes::ACTION_LOG_ARCHIVE, "FEATURE_ACTION_LOG_ROTATION is on");
    subject.field("ACTION_LOG_ARCHIVE_PATH").require(code, reason, "ACTION_LOG_ARCHIVE_PATH: archives", out);
    let location = subject.field("ACTION_LOG_ARCHIVE_LOCATION");
    let storages = subject.field("DISTRIBUTED_STORAGE_CONFIG");
    let names: Vec<&str> = storages.members().map(|(name, _)| name).collect();
    let hint = format!("ACTION_LOG_ARCHIVE_LOCATION: {}", names.first().unwrap_or(&"default"));
    if let Some(name) = location.require_text(code, reason, &hint, out)
        && storages.is_map()
        && !names.contains(&name)
    {
        let message = format!("{name:?} is not a storage of DISTRIBUTED_STORAGE_CONFIG");
        out.push(location.problem(code, message).hint(hint));
    }
}

fn elasticsearch(subject: &Subject<'_>, out: &mut Diagnostics) {
    let code = codes::LOGS_MODEL;
    let hint = "LOGS_MODEL_CONFIG:\n  elasticsearch_config:\n    host: elastic.example.com\n    port: 9200\n    access_key: …\n    secret_key: …";
    let config = subject.field("LOGS_MODEL_CONFIG");
    if !config.require(code, "LOGS_MODEL names Elasticsearch", hint, out) || !config.is_map() {
        return;
    }
    let elastic = config.member("elasticsearch_config");
    if !elastic.require(code, "LOGS_MODEL names Elasticsearch", hint, out) || !elastic.is_map() {
        return;
    }
    for (name, line) in [
        ("host", "host: elastic.example.com"),
        ("port", "port: 9200"),
        ("access_key", "access_key: …"),
        ("secret_key", "secret_key: …"),
    ] {
        elastic.member(name).require(code, "Elasticsearch is reached with it", line, out);
    }
    elastic.member("port").check_port(code, out);
}
