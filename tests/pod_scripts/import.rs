//! The import of vulnerabilities, which may be there before the database and before Clair has made its tables.

use crate::support::postgres::{Postgres, ROOT_PASSWORD};
use crate::support::process::{Script, command, must, program};
use crate::support::wait::component;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Clair's program as far as the script sees it: by the suffix of the file it decompresses, it asks for the updates that the
/// database has before it reads any, and imports what is not among them (clair `cmd/clairctl/import.go`, claircore
/// `libvuln/updates.go`).
const CLAIRCTL: &str = r#"#!/bin/bash
set -euo pipefail
[[ $1 == import-updaters && $# == 2 ]]
connstring=$(sed -n 's/^ *connstring: //p' "$CLAIR_CONF")
known=$(psql "$connstring" --no-psqlrc -qAtc 'SELECT fingerprint FROM update_operation' 2>&1) || { echo "$known"; exit 1; }
while read -r fingerprint; do
    [[ $fingerprint != "" ]] || { echo 'invalid character'; exit 1; }
    grep -qx "$fingerprint" <<<"$known" || psql "$connstring" --no-psqlrc -qc "INSERT INTO update_operation VALUES ('$fingerprint')"
done < <(if [[ $2 == *.gz ]]; then gzip -dc "$2"; else cat "$2"; fi)
"#;
/// What Clair makes at its start.
const TABLE: &str = "CREATE TABLE update_operation (fingerprint text PRIMARY KEY)";

struct Import {
    folder: tempfile::TempDir,
}

impl Import {
    fn new(port: u16, updates: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connstring = format!(
            "host=127.0.0.1 port={port} dbname=postgres user=postgres password={ROOT_PASSWORD} sslmode=disable"
        );
        fs::write(folder.path().join("config.yaml"), format!("matcher:\n  connstring: {connstring}\n")).unwrap();
        fs::write(folder.path().join("updates"), updates).unwrap();
        must(command(&program("gzip")).arg(folder.path().join("updates")));
        let clairctl = folder.path().join("clairctl");
        fs::write(&clairctl, CLAIRCTL).unwrap();
        fs::set_permissions(&clairctl, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn start(&self, file: &str, timeout: &str) -> Script {
        let psql = program("psql").parent().unwrap().to_owned();
        let path = [self.folder.path(), &psql].map(|folder| folder.display().to_string()).join(":");
        let mut command = command(&program("bash"));
        command.arg(component("clair/files/import.sh")).arg(self.folder.path().join(file));
        command.env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap()));
        command.env("CLAIR_CONF", self.folder.path().join("config.yaml"));
        command.env("TIMEOUT_SECONDS", timeout).env("INTERVAL_SECONDS", "0.2");
        Script::start(&mut command, &[ROOT_PASSWORD])
    }
}

#[test]
fn it_waits_for_database_and_tables_and_leaves_out_what_is_there() {
    let mut postgres = Postgres::prepared();
    let import = Import::new(postgres.port, "one\ntwo\n");
    let mut script = import.start("updates.gz", "30");
    script.prints("Connection refused");
    script.prints("tries again");
    postgres.start();
    script.prints("relation \"update_operation\" does not exist");
    postgres.sql("postgres", &format!("{TABLE}; INSERT INTO update_operation VALUES ('one')"));
    script.ends().with(0, &["updates.gz is imported"]);
    assert_eq!(postgres.sql("postgres", "SELECT fingerprint FROM update_operation ORDER BY 1"), "one\ntwo\n");
    // Once more, as after a node was lost.
    import.start("updates.gz", "30").ends().with(0, &["updates.gz is imported"]);
    assert_eq!(postgres.sql("postgres", "SELECT count(*) FROM update_operation"), "2\n");
}

#[test]
fn it_ends_where_there_is_nothing_to_import_or_the_time_is_over() {
    let postgres = Postgres::running();
    let import = Import::new(postgres.port, "one\n\n");
    import.start("nowhere.gz", "30").ends().with(1, &["nowhere.gz is not there, or cannot be read"]);
    import.start("updates.gz", "0").ends().with(1, &["update_operation", "error: not imported within 0 s"]);
    postgres.sql("postgres", TABLE);
    import.start("updates.gz", "0").ends().with(1, &["invalid character", "error: not imported within 0 s"]);
}

#[test]
fn it_ends_when_its_pod_does() {
    let import = Import::new(1, "one\n");
    let mut script = import.start("updates.gz", "30");
    script.prints("tries again");
    script.terminate();
    script.ends().with(143, &["stopped"]);
}
