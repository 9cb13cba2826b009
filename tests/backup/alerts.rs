//! The alerts of backups in promtool, as the Prometheus operator hands them to it.

use crate::monitoring::{data, promtool};
use crate::support::example;
use quay_render::{compile, input};
use std::fs;

#[test]
fn a_backup_that_fails_or_is_missing_is_an_alert_and_nothing_else_is() {
    let rendered = compile(&input::read(&example("backup").display().to_string(), None).unwrap()).registry.unwrap();
    let rules = rendered.objects.iter().find(|it| it.base_name == "registry-quay-backup-rules").unwrap();
    let spec = serde_json::to_value(&rules.value).unwrap()["spec"].take();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.yaml"), spec.to_string()).unwrap();
    fs::write(folder.path().join("tests.yaml"), data("backup.yaml").to_string()).unwrap();
    promtool(folder.path(), &["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"]);
    promtool(folder.path(), &["test", "rules", "tests.yaml"]);
}
