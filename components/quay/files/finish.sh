#!/bin/bash
# Lets a program of the container end its work, before the pod is stopped.
#
#   finish.sh SECONDS NAME [SIGNAL]
#
# It runs as the container's preStop hook, so SIGTERM comes when it is through. NAME is a word of the program's command
# line, without the folders in front; SIGNAL is what makes the program end once its work is done, where it does not end by
# itself. SECONDS must fit into terminationGracePeriodSeconds.
#
# - alembic: a drained node would end a migration in the midst of a revision, and half a revision can neither be continued
#   nor begun again: Quay's migrations run outside of a transaction.
# - the worker that mirrors: it ends at SIGTERM when its copies are done, but supervisord kills it after ten seconds, and
#   nobody takes up what it has begun for two hours. supervisord takes the exit for wanted and starts no other.
#
# Environment: PROC, for tests. Exit status: always 0. A hook that fails ends the wait and helps nobody.
set -uo pipefail

readonly seconds=$1
readonly name=$2
readonly signal=${3:-}
readonly proc=${PROC:-/proc}

# What a hook prints is kept nowhere, so it speaks to the container's log as well.
say() {
    printf 'finish: %s\n' "$1"
    { printf 'finish: %s\n' "$1" >"$proc/1/fd/1"; } 2>/dev/null || true
}

# Sets `pids` to the programs of that name, this script aside: by /proc, for the image need not have ps. It runs in no
# shell of its own, which would look like one of them. Once `first` is set, one that was started since does not count.
first=
find_running() {
    local folder word
    pids=()
    for folder in "$proc"/[0-9]*; do
        if [[ ${folder##*/} == "$$" || (-n $first && $first != *" ${folder##*/} "*) ]]; then
            continue
        fi
        while IFS= read -r -d '' word; do
            if [[ ${word##*/} == "$name" ]]; then
                pids+=("${folder##*/}")
                break
            fi
        done <"$folder/cmdline"
    done 2>/dev/null
}

find_running
if ((${#pids[@]} == 0)); then
    say "$name does not run"
    exit 0
fi
say "the pod is to stop: $name ends its work first, for up to $seconds s"
first=" ${pids[*]} "
if [[ -n $signal ]]; then
    kill -s "$signal" "${pids[@]}" 2>/dev/null
fi
SECONDS=0
while ((${#pids[@]} > 0)); do
    if ((SECONDS >= seconds)); then
        say "$name is cut: it has not ended within $seconds s"
        exit 0
    fi
    sleep 1
    find_running
done
say "$name has ended"
