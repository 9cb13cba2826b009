#!/bin/bash
# Dumps the database of the old claim, with a server of the old image, to the new claim: see upgrade.sh.
#
# It leaves on the new claim, in upgrade/dump: database.dump (pg_dump's custom format), facts.tsv, tables.tsv and contents.tsv.
set -euo pipefail

here=$(dirname "$0")
readonly here
readonly scratch=${NEXT_FOLDER:-/next}/upgrade/unfinished
# shellcheck source=../../backup/files/server.sh disable=SC1091
. "$here/server.sh"
# shellcheck source=upgrade.sh disable=SC1091
. "$here/upgrade.sh"

# It changes with each start and stop of a server.
digest_of_previous() {
    local control=$old/global/pg_control
    [[ -e $control ]] || control=$closed
    sha256sum <"$control" | cut -d ' ' -f 1
}

# A registry that has run goes on with what it has run with.
check_others() {
    local other
    for other in "${closed%"$UPGRADE_ID"}"*; do
        [[ $other == "$closed" || ! -e $other ]] || go_on_with "${other##*-}"
    done
    [[ -e $userdata/upgrade.tsv && $(fact final "$userdata/upgrade.tsv") == yes ]] || return 0
    [[ ! -e $old/global/pg_control || $(digest_of_previous) == "$(fact control "$userdata/upgrade.tsv")" ]] ||
        fail "the old claim was opened by hand when the registry had run with the new one, and its server has run since: each lacks \
what was written to the other. Delete the claim that you give up: without the new one the database is moved again"
    has_moved || go_on_with "$(fact id "$userdata/upgrade.tsv")"
}

go_on_with() {
    fail "the registry has run with what the move $1 has brought: go on with that, databaseUpgrade.id: \"$1\". The old claim \
lacks what was written since"
}

# What is in use must not be overtaken by what has been written elsewhere since.
check_moved() {
    if ! has_previous; then
        say "the move $UPGRADE_ID is done, and the old claim holds no database any more"
    elif [[ $(digest_of_previous) == "$(fact control "$userdata/upgrade.tsv")" ]]; then
        say "the move $UPGRADE_ID is done"
    else
        fail "the old server has run since the move $UPGRADE_ID of $(fact date "$userdata/upgrade.tsv"), and what was written then is \
in the old claim alone. To move the database again, run quay-render upgrade INPUT --again and apply its output; what the new claim \
holds now is kept there, as userdata-$UPGRADE_ID"
    fi
    # Of a container that was killed when all was done.
    rm -rf "$dump_folder"
}

check_previous() {
    local version
    check_image "${FROM_VERSION:-}"
    has_previous || fail "the old claim holds no database: there is no $old/PG_VERSION, and nothing is started without it"
    version=$(<"$old/PG_VERSION")
    [[ $version == "$(major postgres)" ]] ||
        fail "the old claim holds a database of PostgreSQL $version, and the image that is to read it has PostgreSQL $(major postgres)"
    [[ ! -e $closed ]] || fail "the old claim was closed for the move $UPGRADE_ID, and the new claim does not hold what that brought"
    check_claims
    check_userdata
    # Its migration is complete, and would not be run again.
    [[ ! -e $userdata-$UPGRADE_ID ]] || fail "the move $UPGRADE_ID was made before, and the new claim keeps what it brought: run \
quay-render upgrade INPUT --again for another id"
    [[ ! -e $userdata ]] || say "the database that the move $(fact id "$userdata/upgrade.tsv") of \
$(fact date "$userdata/upgrade.tsv") brought stays where it is until this move is done, and is kept then"
}

# Whatever leads to a volume: what is written in one claim does not appear in the other.
check_claims() {
    local token
    token=$(mktemp "$work/token-XXXXXXXX")
    [[ ! -e $previous/upgrade/$(basename "$token") ]] || fail 'the old claim and the new one are the same volume'
    rm -f "$token"
}

# Of moves that were cut.
clear_work() {
    local path
    for path in "$work"/*; do
        [[ $path == "$work/lock" ]] || rm -rf "$path"
    done
}

# Only its socket is open, and nothing counts that its settings say: they name files which the image's start script writes. It may
# have been killed: then it recovers, and the process whose number it left was of another container.
start_previous() {
    : >"$private/postgresql.conf"
    : >"$private/pg_ident.conf"
    printf 'local all all trust\n' >"$private/pg_hba.conf"
    # Some volumes let the pod's group in, and a server refuses data that others may read.
    chmod 700 "$old" || fail "the data in the old claim does not belong to user $(id -u)"
    rm -f "$old/postmaster.pid"
    running=$old
    run pg_ctl --pgdata="$old" --silent --wait --timeout=86400 --log="$private/log" start --options="\
-c config_file='$private/postgresql.conf' -c hba_file='$private/pg_hba.conf' -c ident_file='$private/pg_ident.conf' \
-c listen_addresses='' -c unix_socket_directories='$private' -c port=5432 -c ssl=off -c logging_collector=off \
-c log_destination=stderr -c shared_preload_libraries='' -c archive_mode=off -c autovacuum=off -c external_pid_file='' \
-c wal_level=logical -c max_replication_slots=100 -c max_prepared_transactions=100" >/dev/null ||
        fail "the old server does not start: $(last_words)"
    reach template1
}

# What stays behind is said, and what cannot be restored as it is ends the move before anything is done.
check_contents() {
    local others names
    [[ $(sql --set "name=$DATABASE" <<<"SELECT count(*) FROM pg_database WHERE datname = :'name'") == 1 ]] ||
        fail "the old server has no database $DATABASE"
    reach "$DATABASE"
    others=$(sql <<<"SELECT count(*), string_agg(name || ' (' || pg_get_userbyid(owner) || ')', ', ' ORDER BY name)
        FROM (SELECT *, row_number() OVER (ORDER BY name) AS number FROM ($objects) o WHERE owner <> datdba) o
        WHERE number <= 20 HAVING count(*) > 0")
    names=$(sql <<<"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
    [[ -z $others ]] || fail "not all in the database $DATABASE belongs to its owner $names: ${others#*$'\t'}. \
Take the commit with the upgrade back, give them to $names with the old server (ALTER ... OWNER TO), and upgrade then"
    names=$(sql --set "owner=$OWNER" <<<"
        SELECT string_agg(what, ', ') FROM (
            SELECT 'database ' || datname AS what FROM pg_database
            WHERE NOT datistemplate AND datname NOT IN (current_database(), 'postgres')
            UNION ALL SELECT 'role ' || rolname FROM pg_roles r
            WHERE rolname !~ '^pg_' AND rolname NOT IN ('postgres', :'owner')
                AND NOT EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = r.oid)
            UNION ALL SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts
            UNION ALL SELECT 'settings (' || array_to_string(ARRAY[
                'database ' || (SELECT datname FROM pg_database d WHERE d.oid = setdatabase),
                'role ' || (SELECT rolname FROM pg_roles r WHERE r.oid = setrole)], ', ') || ')' FROM pg_db_role_setting
        ) w")
    [[ -z $names ]] || say "not moved, and kept in the old claim: $names"
}

take_dump() {
    local free
    read -r _ free _ < <(room "$next")
    say "dumping $DATABASE, $(sql <<<'SELECT pg_size_pretty(pg_database_size(current_database()))'); the new claim has $free free"
    sql >"$scratch/facts.tsv" <<'END'
SELECT 'server', current_setting('server_version');
SELECT 'extensions', coalesce(string_agg(extname, ' ' ORDER BY extname), '') FROM pg_extension WHERE extname <> 'plpgsql';
SELECT 'locale', datcollate || ' ' || datctype FROM pg_database WHERE datname = current_database();
END
    describe "$scratch"
    [[ -s $scratch/tables.tsv ]] || fail "the database $DATABASE has no tables: there is nothing to move"
    # The registry waits: time counts more than room.
    run pg_dump --format=custom --compress=1 --no-password --file="$scratch/database.dump" || fail 'pg_dump has failed'
}

# The dump has its name when it is complete and on the disk.
keep_dump() {
    printf 'id\t%s\ncontrol\t%s\n' "$UPGRADE_ID" "$(digest_of_previous)" >>"$scratch/facts.tsv"
    flush
    mv -T "$scratch" "$dump_folder"
    say "dumped $(wc -l <"$dump_folder/tables.tsv") tables, $(wc -c <"$dump_folder/database.dump") bytes"
}

check_others
if has_moved; then
    check_moved
    exit
fi
check_previous
clear_work
mkdir "$scratch"
start_previous
check_contents
take_dump
shut_down "$old"
keep_dump
