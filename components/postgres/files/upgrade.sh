# What upgrade-dump.sh and upgrade-restore.sh share. They move a managed database from one major version of PostgreSQL to another:
# the first dumps it with the old image, the second restores it with the new one, both before the server of the new one starts.
#
# The old claim is at PREVIOUS_FOLDER, with its data in userdata; a move leaves it as it is. The new claim is at NEXT_FOLDER:
#   upgrade/            what belongs to a move that is under way: its dump, the data being restored; and a lock, which stays
#   userdata/           the data of the server. It comes there in one step, complete and with the record of its move: upgrade.tsv
#   userdata-<id>/      the data of an earlier move, if the move was begun anew
# Quay's writes are taken on one of the two claims. As long as the registry has not run since, they are all in the old one, and each
# move may be taken back. When it is to run the old one is closed: its global/pg_control has another name, and the record is final.
# So what is in userdata is always complete, and what is in upgrade is never of use to anybody but a move.
#
# Environment: STAGE (moves, serves or done), UPGRADE_ID, DATABASE, OWNER (the role that the database and all in it belong to); FROM_VERSION and TO_VERSION (major
# versions). They write to the new claim, to PREVIOUS_FOLDER/userdata as a server does, and to TMPDIR.

readonly next=${NEXT_FOLDER:-/next} previous=${PREVIOUS_FOLDER:-/previous} stage=${STAGE:-moves}
readonly userdata=$next/userdata work=$next/upgrade
readonly dump_folder=$work/dump
readonly old=$previous/userdata
readonly closed=$old/global/pg_control.moved-$UPGRADE_ID
# For the socket of a server, which nobody else reaches, and its log.
private=$(mktemp -d)
readonly private
# The data of the server that this script has started.
running=

# Nothing of the image or the pod leads psql elsewhere.
unset "${!PG@}"
export PGUSER=postgres

# reach DATABASE: of the server whose socket is private, and which has no limit that its settings may have.
reach() {
    export PGHOST=$private PGDATABASE=$1
    export PGOPTIONS='-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c client_min_messages=warning'
}

# room FOLDER: what it has in all, what is free of it, and how full it is.
room() {
    df -P -h "$1" | sed -e 1d -e 's/  */ /g' | cut -d ' ' -f 2,4,5
}

# Programs say in many words that there is no room, and some say nothing.
mention_room() {
    local size free full
    read -r size free full < <(room "$2")
    [[ ! ${full%\%} =~ ^(9[5-9]|100)$ ]] || say "the $1 claim is full: $free of $size are left"
}

# What ends with the script, however it ends. A container that is killed takes its server along.
end() {
    if (($? != 0)); then
        mention_room new "$next"
        [[ ! -d $previous ]] || mention_room old "$previous"
    fi
    [[ -z $running ]] || pg_ctl --pgdata="$running" --silent --wait --timeout=60 --mode=fast stop >/dev/null 2>&1 || true
    rm -rf "$private"
}

# Two pods on one node may have the claim at the same time: while one ends another starts. Servers inherit the lock.
take_turn() {
    { mkdir -p "$work" && exec 9>>"$work/lock"; } || fail "the new claim cannot be written to by user $(id -u)"
    local status=0
    run flock --wait "$timeout_seconds" 9 || status=$?
    ((status != 1)) || fail "another pod has been moving this database for $timeout_seconds s"
    ((status == 0)) || fail 'the new claim knows no locks, so that two pods could move the database at once'
}

# Of the new claim alone where the image's sync knows it: a volume of somebody else may hang.
flush() {
    sync --file-system "${1:-$next}" 2>/dev/null || sync
}

has_previous() {
    [[ -e $old/PG_VERSION ]]
}

has_moved() {
    [[ -e $userdata/upgrade.tsv && $(fact id "$userdata/upgrade.tsv") == "$UPGRADE_ID" ]]
}

# What no move has brought is somebody's database.
check_userdata() {
    [[ -e $userdata/upgrade.tsv || ! -e $userdata ]] || rmdir "$userdata" 2>/dev/null ||
        fail "the new claim holds a database that no move has brought there, and it is left alone: \
take the commit with databaseUpgrade back if this is the database in use"
}

# check_image MAJOR
check_image() {
    [[ -z $1 || $(major postgres) == "$1" ]] || fail "this image has PostgreSQL $(major postgres), and not $1"
}

# shut_down DATA: to the end, so that the files are complete without the log of what is to be written.
shut_down() {
    run pg_ctl --pgdata="$1" --silent --wait --timeout=3600 --mode=fast stop || fail 'the server does not stop'
    running=
    # The state is at the same place in pg_control in all versions: 1 is a clean stop.
    (($(od -A n -t u4 -j 16 -N 4 "$1/global/pg_control") == 1)) || fail "the server did not stop cleanly: $(last_words)"
}

# Of a server, on one line: nothing that has to do with a password, and no values of rows.
last_words() {
    grep -v -i -e password -e 'detail: ' -e 'context: ' -e 'statement: ' -e '^$' "$private/log" | tail -n 10 | paste -s -d '|' - | sed 's/|/ | /g'
}

# Tables, sequences, views, functions and types of the database, except those of extensions: kind and name, and whose they are.
readonly objects="
WITH object AS (
    SELECT 'pg_class'::regclass AS class, c.oid, CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN
        'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END AS kind,
        relnamespace AS namespace, '.' || relname AS name, relowner AS owner
    FROM pg_class c WHERE relkind IN ('r', 'p', 'S', 'v', 'm', 'f', 'c')
    UNION ALL SELECT 'pg_proc'::regclass, oid, 'function', pronamespace,
        '.' || proname || '(' || pg_get_function_identity_arguments(oid) || ')', proowner FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, 'type', typnamespace, '.' || typname, typowner
    FROM pg_type WHERE typtype IN ('d', 'e', 'r')
    UNION ALL SELECT 'pg_namespace'::regclass, oid, 'schema', oid, '', nspowner FROM pg_namespace WHERE nspname <> 'public'
)
SELECT kind || ' ' || nspname || o.name AS name, owner, datdba
FROM object o JOIN pg_namespace n ON n.oid = namespace JOIN pg_database ON datname = current_database()
WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = class AND d.objid = o.oid AND d.deptype = 'e')"

# describe FOLDER: what a restore must bring back. tables.tsv has the rows of each table; contents.tsv has everything else, and
# owners only as far as they are not the database's own: its name may be another one. Nobody writes meanwhile.
describe() {
    # All names with their schema.
    local -x PGOPTIONS="$PGOPTIONS -c search_path=pg_catalog"
    printf '%s \\gexec\n' "$count_tables" | sql >"$1/tables.tsv"
    sql >"$1/contents.tsv" <<END
SELECT 'encoding', pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database();
SELECT 'extension ' || extname FROM pg_extension;
SELECT name, CASE WHEN owner <> datdba THEN pg_get_userbyid(owner) END FROM ($objects) o;
SELECT format('SELECT %L, last_value, is_called FROM %I.%I', 'numbers of ' || schemaname || '.' || sequencename, schemaname,
    sequencename) FROM pg_sequences \\gexec
SELECT 'index ' || i.indexrelid::regclass, i.indrelid::regclass, i.indisunique, i.indisvalid FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE nspname <> 'information_schema' AND nspname !~ '^pg_';
-- Newer versions have NOT NULL among them.
SELECT 'constraint ' || conname || ' of ' || conrelid::regclass, contype, convalidated FROM pg_constraint c
    JOIN pg_namespace n ON n.oid = connamespace
    WHERE contype <> 'n' AND conrelid <> 0 AND nspname <> 'information_schema' AND nspname !~ '^pg_';
SELECT 'trigger ' || tgname || ' of ' || tgrelid::regclass, tgenabled FROM pg_trigger WHERE NOT tgisinternal;
SELECT 'large objects', count(*) FROM pg_largeobject_metadata;
END
}

trap end EXIT
settle
[[ $UPGRADE_ID =~ ^[0-9a-f]{8}$ ]] || fail 'UPGRADE_ID is eight hexadecimal digits'
take_turn
