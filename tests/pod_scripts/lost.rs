//! A volume is lost: Jobs that are done do not run again by themselves, so pods wait until the user runs them again.

use super::{NEWEST, create_alembic_table, create_extensions, postgres_wait, quay_database, set_revisions};
use crate::support::postgres::ROOT_PASSWORD;
use crate::support::process::Script;
use crate::support::wait::PASSWORD;

#[test]
fn after_a_lost_volume_both_jobs_make_the_registry_ready_again() {
    let postgres = quay_database();
    let wait = postgres_wait(&postgres);
    let jobs = || {
        let mut job = create_extensions(postgres.port, ROOT_PASSWORD, "quay", "30");
        Script::start(&mut job, &[ROOT_PASSWORD, PASSWORD]).ends().with(0, &["the database quay has pg_trgm"]);
        wait.run("extension").with(0, &["pg_trgm is installed: ready"]);
        create_alembic_table(&postgres);
        set_revisions(&postgres, &[NEWEST]);
        wait.run("schema").with(0, &["ready"]);
    };
    jobs();
    // What the server makes on an empty volume: the user and the database, and nothing in it.
    postgres.sql("postgres", "DROP DATABASE quay");
    postgres.sql("postgres", "CREATE DATABASE quay OWNER quay");
    wait.waits("schema", "the schema has not been created");
    wait.waits("extension", "pg_trgm is not installed in this database");
    jobs();
}
