#!/bin/bash
# Restores the dump of upgrade-dump.sh into a server that the new image makes: see upgrade.sh.
#
# With STAGE=serves it then closes the old claim, since the registry runs from now on: what it writes is in the new claim alone. With
# STAGE=done, and no old claim, it only looks whether that has been.
#
# SERVER_FOLDER is where the image has its data; NEXT_FOLDER/upgrade is mounted there. The image's own variables are those of the
# server's container.
set -euo pipefail

here=$(dirname "$0")
readonly here
readonly scratch=${NEXT_FOLDER:-/next}/upgrade/dump server_folder=${SERVER_FOLDER:-/var/lib/pgsql/data}
# shellcheck source=../../backup/files/server.sh disable=SC1091
. "$here/server.sh"
# shellcheck source=upgrade.sh disable=SC1091
. "$here/upgrade.sh"

readonly made=$work/userdata

check_next() {
    check_image "${TO_VERSION:-}"
    check_userdata
    [[ $server_folder -ef $work ]] || fail "$server_folder is not the folder upgrade of the new claim"
    [[ -e $scratch/facts.tsv && $(fact id) == "$UPGRADE_ID" ]] ||
        fail "the new claim holds no dump of the move $UPGRADE_ID: delete the pod, and it is made anew"
}

# The image sets up its server as it always does. Then it is there for this script alone: the folder of its socket is told only to
# the server that it starts at last.
start_next() {
    local image
    rm -rf "$made"
    PGUSER=postgres run-postgresql -c listen_addresses='' -c unix_socket_directories="$private" -c port=5432 -c autovacuum=off \
        >"$private/log" 2>&1 &
    image=$!
    children=("$image")
    until pg_isready --quiet --host "$private"; do
        kill -0 "$image" 2>/dev/null || fail "the image does not start its server: $(last_words)"
        sleep "$interval_seconds"
    done
    [[ -e $made/PG_VERSION ]] || fail "the image has not made its server in $server_folder/userdata"
    running=$made
    reach template1
}

check_database() {
    local owner
    owner=$(sql --set "name=$DATABASE" <<<"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = :'name'")
    [[ $owner == "$OWNER" ]] || fail "the image has made no database $DATABASE of $OWNER"
    reach "$DATABASE"
    [[ $(sql <<<"SELECT datcollate || ' ' || datctype FROM pg_database WHERE datname = current_database()") == "$(fact locale)" ]] ||
        say "the old database sorts by $(fact locale), and the new one does not"
}

restore() {
    local list=$private/list
    say "restoring $DATABASE of PostgreSQL $(fact server)"
    create_extensions
    list_entries "$scratch/database.dump" >"$list" || fail 'the dump has no list of what is in it'
    run pg_restore --jobs=2 --no-password --no-owner --no-privileges --role="$OWNER" --exit-on-error --use-list="$list" \
        --dbname="$DATABASE" "$scratch/database.dump" 2>>"$private/log" || fail "the dump cannot be restored: $(last_words)"
    sql --command ANALYZE
}

compare() {
    local names
    describe "$private"
    same_rows "$scratch/tables.tsv" "$private/tables.tsv"
    names=$(differing "$scratch/contents.tsv" "$private/contents.tsv" ,)
    [[ -z $names ]] || fail "what was restored is not what was dumped: $names"
}

# In one step, with its record. What an earlier move brought is kept beside it.
take_place() {
    local name rows=0 count
    while IFS=$'\t' read -r name count; do
        rows=$((rows + count))
    done <"$scratch/tables.tsv"
    printf '%s\t%s\n' id "$UPGRADE_ID" control "$(fact control)" from "$(fact server)" to "$(major postgres)" \
        tables "$(wc -l <"$scratch/tables.tsv")" rows "$rows" date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$made/upgrade.tsv"
    flush
    if [[ -e $userdata ]]; then
        name=userdata-$(fact id "$userdata/upgrade.tsv")
        mv -T "$userdata" "$next/$name"
        say "the database of an earlier move is kept in $name of the new claim"
    fi
    mv -T "$made" "$userdata"
    flush
    rm -rf "$dump_folder"
    say "$DATABASE is moved: $(fact tables "$userdata/upgrade.tsv") tables, $rows rows, compared"
}

move() {
    check_next
    start_next
    check_database
    restore
    compare
    shut_down "$made"
    take_place
}

# No server starts without pg_control. The record is changed last: until it is, this is done again.
close_previous() {
    if [[ -e $old/global/pg_control ]]; then
        mv -T "$old/global/pg_control" "$closed"
        flush "$previous"
        say 'the old claim is closed: the registry writes to the new one'
    fi
    [[ $(fact final "$userdata/upgrade.tsv") != yes ]] || return 0
    { cat "$userdata/upgrade.tsv" && printf 'final\tyes\n'; } >"$work/upgrade.tsv"
    flush
    mv -T "$work/upgrade.tsv" "$userdata/upgrade.tsv"
    flush
}

if [[ $stage == done ]]; then
    has_moved && [[ $(fact final "$userdata/upgrade.tsv") == yes ]] ||
        fail "the registry has not run with what the move $UPGRADE_ID brings: apply the commits before the one that says it is done"
    exit
fi
if has_moved; then
    rm -rf "$dump_folder"
    say "the move $UPGRADE_ID is done"
else
    move
fi
[[ $stage != serves ]] || close_previous
