#!/usr/bin/env python3
"""Waits until the registry's database is ready for what runs next in this pod.

  wait-for-database.py schema      before the application and the mirror workers: the schema is at this image's newest
                                   revision, and no migration is about to change it
  wait-for-database.py extension   before the migration: the server answers and, on PostgreSQL, pg_trgm is installed

With --restored-from the schema is not looked at before the database was restored from that server.

A schema that a newer release has migrated is not served: nothing says that this release can read and write it.

It runs in Quay's image. Exit status: 0 ready; 1 not ready in time, or the input is broken; 128 + the signal's number when
stopped.
"""

import argparse
import sys

import sqlalchemy
from quay_database import (
    UNKNOWN, add_options, is_locked, is_read_only, listed, make_engine, read_database, read_revisions, read_schema, wait,
    wait_for_restore
)
from quay_pod import run, say

EXTENSION_MISSING = (
    "pg_trgm is not installed in this database; the Job quay-postgres-init does that where the registry brings its own "
    "database, elsewhere the database's administrator: CREATE EXTENSION IF NOT EXISTS pg_trgm"
)


def main():
    parser = argparse.ArgumentParser(description="Wait until the registry's database is ready.")
    parser.add_argument("mode", choices=("schema", "extension"))
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    add_options(parser)
    options = parser.parse_args()
    return run(lambda: ready(options))


def ready(options):
    config = read_database(options.config)
    engine = make_engine(config)
    if options.mode == "schema":
        known, heads = read_revisions(options.versions)
        say("this image's schema revision is {}".format(listed(heads)))
        return wait_for_restore(config, options) or wait(lambda: check_schema(engine, known, heads), options)
    return wait(lambda: check_extension(engine), options)


# Each check gives whether the database is ready, and a sentence.


def check_schema(engine, known, heads):
    # In this order: a migration that takes the lock after this finds the pod and waits for its end, and the schema that is
    # read next is not one that a migration only comes past.
    if is_locked(engine):
        return False, "a migration of the database runs"
    at = read_schema(engine)
    if at is None:
        return False, "the schema has not been created"
    if not at:
        return False, "no migration has been completed"
    unknown = at - known
    if unknown:
        return False, UNKNOWN.format(listed(unknown))
    if is_read_only(engine):
        return False, "the database takes no writes yet"
    if heads <= at:
        return True, "the schema is at {}: ready".format(listed(heads))
    return False, "the schema is at {}, older than this image's {}".format(listed(at), listed(heads))


def check_extension(engine):
    with engine.connect() as connection:
        if engine.dialect.name != "postgresql":
            connection.execute(sqlalchemy.text("SELECT 1")).fetchall()
            return True, "the server answers: ready"
        query = sqlalchemy.text("SELECT extversion FROM pg_extension WHERE extname = 'pg_trgm'")
        if connection.execute(query).fetchall():
            return True, "the server answers and pg_trgm is installed: ready"
        return False, EXTENSION_MISSING


if __name__ == "__main__":
    sys.exit(main())
