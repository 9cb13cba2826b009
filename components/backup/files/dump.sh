#!/bin/bash
# Dumps a database of PostgreSQL to a scratch volume, and tries the dump: dump.sh SCRATCH
#
# It leaves there database.dump (pg_dump's custom format), tables.tsv (each table and how many rows of it the dump has) and
# facts.tsv. Rows are counted in the snapshot that is dumped, so that writers are not held up, and a restore can be compared.
# With TRY_RESTORE=yes the dump is restored into a server of its own on the scratch volume, and its rows are counted.
# With ALONE=yes no other client may have a session in the database, neither before the dump nor after it.
set -euo pipefail

readonly scratch=$1
# shellcheck source=server.sh disable=SC1091
. "$(dirname "$0")/server.sh"

readonly dump=$scratch/database.dump

# An own server has a name for its user; OpenShift's user of a pod may have none.
name_user() {
    local library
    id -un >/dev/null 2>&1 && return
    for library in /usr/lib64/libnss_wrapper.so /usr/lib/*/libnss_wrapper.so; do
        [[ -e $library ]] || continue
        printf 'postgres:x:%s:%s::/:/bin/bash\n' "$(id -u)" "$(id -g)" >"$scratch/passwd"
        export LD_PRELOAD=$library NSS_WRAPPER_PASSWD=$scratch/passwd NSS_WRAPPER_GROUP=/etc/group
        return
    done
}

# The whole of it is in one session: the snapshot is there as long as its transaction.
take_dump() {
    rm -f "$scratch/status" "$dump"
    sql <<END
SET idle_in_transaction_session_timeout = 0;
SET statement_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\gset
\\setenv SNAPSHOT :snapshot
\\o $scratch/facts.tsv
SELECT 'server', current_setting('server_version');
SELECT 'database', current_database();
SELECT 'encoding', pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database();
SELECT 'extensions', coalesce(string_agg(extname, ' ' ORDER BY extname), '') FROM pg_extension WHERE extname <> 'plpgsql';
SELECT CASE WHEN to_regclass('alembic_version') IS NULL THEN 'SELECT' ELSE
    \$\$SELECT 'schema', string_agg(version_num, ' ' ORDER BY version_num) FROM alembic_version\$\$ END \\gexec
\\o $scratch/tables.tsv
$count_tables \\gexec
\\o
\\! pg_dump --format=custom --no-password --lock-wait-timeout=600000 --snapshot="\$SNAPSHOT" --file="$dump" & echo \$! >"$scratch/pid"; wait \$!; echo \$? >"$scratch/status"
COMMIT;
END
}

# PostgreSQL's own client dumps no server that is newer than itself.
check_versions() {
    local server client
    server=$(($(sql --command 'SHOW server_version_num') / 10000))
    client=$(major pg_dump)
    ((server <= client)) || fail "the server is PostgreSQL $server, and the client of this image, $client, cannot dump it"
}

# A server before PostgreSQL 10 lists its own workers too, as sessions of the role with the number 10, its administrator.
count_others() {
    sql --command "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()
        AND (usesysid <> 10 OR usename = session_user OR current_setting('server_version_num')::int >= 100000)"
}

# refuse_others WHEN: a probe of the server has a session as well, but none that stays.
refuse_others() {
    local others
    [[ ${ALONE:-no} == yes ]] || return 0
    for _ in {1..10}; do
        others=$(count_others)
        ((others > 0)) || return 0
        sleep "$interval_seconds"
    done
    fail "$1 other clients have sessions in the database ($others), and what they write would be lost: stop them, and what would start \
them again, such as their operator; then make this Job anew"
}

# Reads all of the dump, as a restore would.
try_to_read() {
    local tables
    pg_restore --list "$dump" >"$scratch/list" || fail 'the dump has no list of what is in it'
    tables=$(grep -c ' TABLE DATA ' "$scratch/list" || true)
    # Those of extensions come on top.
    ((tables >= $(wc -l <"$scratch/tables.tsv"))) || fail "the dump holds the data of $tables tables, not of all"
    run pg_restore --file=/dev/null "$dump" || fail 'the dump cannot be read to its end'
}

try_to_restore() {
    local data=$scratch/trial
    rm -rf "$data"
    name_user
    initdb --pgdata="$data" --username=postgres --auth=trust --no-sync --encoding="$(fact encoding)" --locale=C >/dev/null ||
        fail 'no server of its own can be made on the scratch volume'
    (
        # Nothing of the live connection.
        unset "${!PG@}"
        export PGHOST=$data PGUSER=postgres PGDATABASE=postgres
        pg_ctl --pgdata="$data" --silent --wait --timeout="$timeout_seconds" --log="$data/log" start \
            --options="-c listen_addresses='' -c unix_socket_directories='$data' -c fsync=off -c full_page_writes=off" ||
            fail 'a server of its own does not start'
        trap 'pg_ctl --pgdata="$data" --silent --mode=immediate stop' EXIT
        createdb --template=template0 trial
        export PGDATABASE=trial
        pg_restore --no-owner --no-privileges --exit-on-error --dbname=trial "$dump" ||
            fail 'the dump cannot be restored'
        printf '%s \\gexec\n' "$count_tables" | sql >"$scratch/tried.tsv"
        same_rows "$scratch/tables.tsv" "$scratch/tried.tsv"
    ) &
    children=("$!")
    wait "$!" || exit 1
    children=()
    rm -rf "$data"
    say 'a server of its own has restored the dump'
}

settle
wait_for_server
check_versions
refuse_others 'before the dump'
say "dumping the database $(sql --command 'SELECT current_database()')"
# The snapshot is in the hands of pg_dump once that has begun: the session may end before, as one without traffic does behind some
# networks.
run take_dump || true
[[ $(cat "$scratch/status" 2>/dev/null) == 0 ]] || fail 'pg_dump has failed'
refuse_others 'after the dump'
# Nothing is no backup, and would take the place of one.
[[ -s $scratch/tables.tsv ]] || fail 'the database has no tables'
[[ ${NEEDS_SCHEMA:-no} != yes || -n $(fact schema) ]] || fail 'the database has no schema of Quay: alembic_version is empty'
try_to_read
[[ ${TRY_RESTORE:-no} != yes ]] || try_to_restore
say "dumped $(wc -l <"$scratch/tables.tsv") tables, $(wc -c <"$dump") bytes"
