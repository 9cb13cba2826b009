#!/bin/bash
# Creates the extension pg_trgm in the registry's own database, then ends.
#
# Quay refuses a PostgreSQL database without it, and only a superuser may create it: this runs once as user postgres
# before the first migration. Running it again changes nothing. It must be bash that runs it: the image puts psql on the
# PATH by BASH_ENV.
#
# Environment: PGHOST, PGUSER, PGPASSWORD (libpq's own), POSTGRESQL_DATABASE (the registry's database);
# TIMEOUT_SECONDS and INTERVAL_SECONDS set how long and how often it tries.
#
# Every failure is tried again until the time is over: while the server starts it refuses connections, knows neither
# the database nor the password, since the image sets both after the server is up.
set -euo pipefail

readonly timeout_seconds=${TIMEOUT_SECONDS:-300}
readonly interval_seconds=${INTERVAL_SECONDS:-2}
readonly repeat_seconds=30

say() {
    printf 'create-extensions: %s\n' "$1"
}

require() {
    local name
    for name in "$@"; do
        if [[ -z ${!name:-} ]]; then
            say "error: the environment variable $name is not set"
            exit 1
        fi
    done
}

# Prints psql's words, on one line, when it fails. They name the user and the database, never the password.
create_extension() {
    local words
    if words=$(psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 \
        --command 'CREATE EXTENSION IF NOT EXISTS pg_trgm' 2>&1 </dev/null); then
        return 0
    fi
    words=${words//[$'\n\t']/ }
    printf '%s\n' "$words"
    return 1
}

require PGHOST PGUSER PGPASSWORD POSTGRESQL_DATABASE
# A process with id 1 ignores signals that it does not trap.
trap 'say "stopped"; exit 143' TERM INT

# As a variable the name is taken as it is; as an argument psql would read a connection string out of it.
export PGDATABASE=$POSTGRESQL_DATABASE
# A server that accepts and stays silent, or a lock that is never freed, must not hold up the loop.
export PGCONNECT_TIMEOUT=5
export PGOPTIONS='-c statement_timeout=60s -c client_min_messages=warning'

last=
next_line=0
until reason=$(create_extension); do
    if [[ $reason != "$last" ]] || ((SECONDS >= next_line)); then
        say "waiting ($SECONDS s): $reason"
        last=$reason
        next_line=$((SECONDS + repeat_seconds))
    fi
    if ((SECONDS >= timeout_seconds)); then
        say "error: pg_trgm could not be created within $timeout_seconds s: $reason"
        exit 1
    fi
    sleep "$interval_seconds"
done
say "the database $POSTGRESQL_DATABASE has pg_trgm"
