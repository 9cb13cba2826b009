#!/bin/bash
# Imports vulnerabilities that clairctl exported elsewhere.
#
#   import.sh FILE
#
# It runs in Clair's image. Clair makes the tables at its start, and this may be there before it, or before the database: it
# tries again until both are. What a try has imported is left out of the next one. clairctl decompresses a file whose name
# ends in .gz or .zst, as it compressed it.
#
# Environment: CLAIR_CONF (clairctl's own); TIMEOUT_SECONDS and INTERVAL_SECONDS set how long and how often it tries.
set -uo pipefail

readonly file=$1
readonly timeout_seconds=${TIMEOUT_SECONDS:-1800}
readonly interval_seconds=${INTERVAL_SECONDS:-15}

say() {
    printf 'import: %s\n' "$1"
}

# A process with id 1 ignores signals that it does not trap. What clairctl is at is undone by the database.
child=
trap 'say "stopped"; [[ -z $child ]] || kill "$child"; exit 143' TERM INT

if [[ ! -r $file ]]; then
    say "error: $file is not there, or cannot be read"
    exit 1
fi
while true; do
    clairctl import-updaters "$file" &
    child=$!
    if wait "$child"; then
        say "$file is imported"
        exit 0
    fi
    if ((SECONDS >= timeout_seconds)); then
        say "error: not imported within $timeout_seconds s"
        exit 1
    fi
    say "tries again in $interval_seconds s: perhaps database or tables are not there yet ($SECONDS s)"
    sleep "$interval_seconds" &
    child=$!
    wait "$child"
done
