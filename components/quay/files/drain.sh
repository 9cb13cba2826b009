#!/bin/bash
# Lets the requests end that Quay is serving, before the pod is stopped.
#
#   drain.sh [PID_FILE]
#
# It runs as the container's preStop hook, so SIGTERM comes when it is through. Without it nginx drops every connection at
# once, and an upload of minutes with them.
#
# Environment: DELAY_SECONDS, how long new requests are still taken, for who sends them here learns only after a while that
# this pod is going; LIMIT_SECONDS, how long to wait for the last request after that. Both together, and half a minute for
# what SIGTERM ends, must fit into terminationGracePeriodSeconds.
#
# Exit status: always 0. A hook that fails ends the wait and helps nobody.
set -uo pipefail

readonly pid_file=${1:-/tmp/nginx.pid}
readonly delay_seconds=${DELAY_SECONDS:-10}
readonly limit_seconds=${LIMIT_SECONDS:-560}

say() {
    printf 'drain: %s\n' "$1"
}

say "new requests are taken for $delay_seconds s more"
sleep "$delay_seconds"

pid=
if [[ -r $pid_file ]]; then
    read -r pid <"$pid_file"
fi
# QUIT closes the ports and ends each worker after its last request. supervisord takes the exit for wanted and starts no
# other nginx.
if [[ -z $pid ]] || ! kill -QUIT "$pid" 2>/dev/null; then
    say "nginx does not run"
    exit 0
fi
SECONDS=0
# It takes its file away when it ends.
while [[ -e $pid_file ]] && kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS >= limit_seconds)); then
        say "requests are cut that have not ended within $limit_seconds s"
        exit 0
    fi
    sleep 1
done
say "all requests have ended"
