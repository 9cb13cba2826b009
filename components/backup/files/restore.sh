#!/bin/bash
# Restores the dump that fetch.py left on a scratch volume: restore.sh SCRATCH
#
# INTO=new: PGUSER is the administrator. The dump is restored into a new database, whose rows are compared with what was dumped;
# only then it takes the name DATABASE, and the database that had it is kept under another. It belongs to OWNER. Where the dump is that
# of a server RESTORED_FROM, the database is marked with it, for which the registry waits; one that has such a mark is not replaced.
# INTO=empty: the dump is restored into the database of the connection, which must be empty.
set -euo pipefail

readonly scratch=$1
# shellcheck source=server.sh disable=SC1091
. "$(dirname "$0")/server.sh"

readonly dump=$scratch/database.dump
moment=$(date -u +%Y%m%d%H%M%S)
readonly moment
# The new database, until it has its name.
made=

# Nobody else restores meanwhile. The server gives the lock back when this script is gone.
take_lock() {
    local answer
    coproc lock { sql 2>&1; }
    children+=("$lock_PID")
    printf 'SELECT pg_try_advisory_lock(1903518073, 1919251315);\n' >&"${lock[1]}"
    read -r -t "$timeout_seconds" -u "${lock[0]}" answer || fail 'the server does not answer'
    [[ $answer == t ]] || fail 'another restore is under way'
}

# count_sessions DATABASE: of other clients.
count_sessions() {
    sql --set "name=$1" <<<"SELECT count(*) FROM pg_stat_activity WHERE datname = :'name'
        AND application_name <> 'quay-render-restore' AND backend_type = 'client backend'"
}

# The mark is a setting of the database: it goes along with a rename, every role reads it, and no dump has it, as the dumps of PostgreSQL
# 10 have a comment. This selects the server that pg_database d is marked with.
readonly marks="SELECT substr(one, 27) FROM pg_db_role_setting s, unnest(s.setconfig) one
    WHERE s.setdatabase = d.oid AND s.setrole = 0 AND one LIKE 'quay\_render.restored\_from=%'"

refuse_marked() {
    local from
    from=$(sql --set "name=$DATABASE" <<<"SELECT ($marks) FROM pg_database d WHERE datname = :'name'")
    [[ -z $from ]] || fail "$DATABASE has been restored from $from already, and what the registry has written since would be put aside. To \
have that, as the administrator: ALTER DATABASE \"$DATABASE\" RESET quay_render.restored_from"
}

# Rows as they were dumped. The next numbers are what the dump has: Quay's own migrations leave sequences behind rows.
compare() {
    printf '%s \\gexec\n' "$count_tables" | sql >"$counted"
    same_rows "$scratch/tables.tsv" "$counted"
}

# What was made and is not used takes the room of the live database.
drop_new() {
    [[ -n $made ]] || return 0
    PGDATABASE=template1 sql --set "name=$made" <<<'DROP DATABASE IF EXISTS :"name"' || true
}

restore_new() {
    local new=quay_restore_$moment before=quay_before_$moment from=${RESTORED_FROM:-} left
    local -r is_old="SELECT FROM pg_database WHERE datname = :'name'"
    # No session of this script is in a database that is renamed. While a registry is paused whose data was moved to another PostgreSQL,
    # its server takes writes of those alone who ask for it.
    export PGDATABASE=template1 PGOPTIONS='-c default_transaction_read_only=off'
    wait_for_server
    take_lock
    [[ -z $from ]] || refuse_marked
    [[ $(count_sessions "$DATABASE") == 0 ]] ||
        fail "the database $DATABASE is in use: what uses it stops first, see show restore"
    # Of restores that were cut.
    sql <<<"SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname LIKE 'quay\_restore\_%' \\gexec"
    say "restoring into the new database $new"
    made=$new
    trap drop_new EXIT
    left=$(sql --set "name=$DATABASE" <<<"SELECT format('LC_COLLATE %L LC_CTYPE %L', datcollate, datctype)
        FROM pg_database WHERE datname = :'name'")
    sql --set "name=$new" --set "owner=$OWNER" --set "encoding=$(fact encoding)" \
        <<<"CREATE DATABASE :\"name\" TEMPLATE template0 OWNER :\"owner\" ENCODING :'encoding' $left" ||
        fail "the database $new cannot be created"
    export PGDATABASE=$new
    create_extensions
    run pg_restore --no-password --no-owner --no-privileges --role="$OWNER" --exit-on-error --use-list="$list" \
        --dbname="$new" "$dump" || fail 'the dump cannot be restored; the database is as it was'
    compare
    sql --command ANALYZE
    export PGDATABASE=template1
    # One that was marked meanwhile keeps its name, at which the next statement fails.
    sql --set "name=$DATABASE" --set "before=$before" --set "new=$new" --set "from=$from" <<END ||
BEGIN;
SELECT format('ALTER DATABASE %I RENAME TO %I', datname, :'before') FROM pg_database d
    WHERE datname = :'name' AND (:'from' = '' OR NOT EXISTS ($marks)) \\gexec
ALTER DATABASE :"new" RENAME TO :"name";
SELECT format('ALTER DATABASE %I SET quay_render.restored_from = %L', :'name', :'from') WHERE :'from' <> '' \\gexec
COMMIT;
END
        fail 'the restored database could not take its place; the database is as it was'
    made=
    say "$DATABASE is restored; the database that it was is kept as $before, until you drop it"
}

restore_empty() {
    local there
    wait_for_server
    take_lock
    there=$(printf '%s\n' "$count_tables" | sql | wc -l)
    ((there == 0)) || fail "the database has $there tables: restore into an empty one, which DB_URI names"
    create_extensions
    run pg_restore --no-password --no-owner --no-privileges --single-transaction --exit-on-error --use-list="$list" \
        --dbname="$PGDATABASE" "$dump" || fail 'the dump cannot be restored; the database is as empty as it was'
    say "$PGDATABASE holds the dump now; its rows are compared"
    compare
    sql --command ANALYZE
    say "$PGDATABASE is restored"
}

settle
work=$(mktemp -d)
readonly work list=$work/list counted=$work/tables.tsv
list_entries "$dump" >"$list"
case $INTO in
new) restore_new ;;
empty) restore_empty ;;
*) fail 'INTO is new or empty' ;;
esac
