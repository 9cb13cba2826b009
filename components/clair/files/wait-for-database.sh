#!/bin/bash
# Waits until Clair's database takes connections: Clair ends at its start where it does not.
#
# It runs in the database's image, and must be run by bash: the image puts pg_isready on the PATH by BASH_ENV.
#
# Environment: PGHOST (libpq's own); TIMEOUT_SECONDS and INTERVAL_SECONDS set how long and how often it tries.
set -uo pipefail

readonly timeout_seconds=${TIMEOUT_SECONDS:-600}
readonly interval_seconds=${INTERVAL_SECONDS:-2}
readonly repeat_seconds=30

say() {
    printf 'wait-for-database: %s\n' "$1"
}

if [[ -z ${PGHOST:-} ]]; then
    say "error: the environment variable PGHOST is not set"
    exit 1
fi
# A process with id 1 ignores signals that it does not trap.
trap 'say "stopped"; exit 143' TERM INT

last=
next_line=0
until reason=$(pg_isready --timeout 5 2>&1); do
    reason=${reason//[$'\n\t']/ }
    if [[ $reason != "$last" ]] || ((SECONDS >= next_line)); then
        say "waiting ($SECONDS s): $reason"
        last=$reason
        next_line=$((SECONDS + repeat_seconds))
    fi
    if ((SECONDS >= timeout_seconds)); then
        say "error: not ready within $timeout_seconds s: $reason"
        exit 1
    fi
    sleep "$interval_seconds"
done
say "$reason: ready"
