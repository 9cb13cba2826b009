# What the scripts that dump and restore a database share: how they speak and end, and how they reach a server. They run in the image
# of the database, by bash: it puts the programs on the PATH by BASH_ENV. Beside those the image has what is in coreutils, grep and sed.
#
# The connection is libpq's environment, or what connect.py left in CONNECTION_FOLDER. TIMEOUT_SECONDS and INTERVAL_SECONDS say how
# long and how often a server that does not answer is tried.

readonly timeout_seconds=${TIMEOUT_SECONDS:-300}
readonly interval_seconds=${INTERVAL_SECONDS:-2}
readonly connection_folder=${CONNECTION_FOLDER:-/connection}

program=$(basename "$0" .sh)
readonly program

# What must end with this script.
children=()

say() {
    printf '%s: %s\n' "$program" "$1"
}

fail() {
    say "error: $1"
    exit 1
}

# A process with id 1 ignores signals that it does not trap. What psql has started itself is in the file pid.
stop() {
    # bash 4.2 takes an empty array for one that is not set.
    kill ${children[@]+"${children[@]}"} $(cat "$scratch/pid" 2>/dev/null) 2>/dev/null || true
    say 'stopped'
    exit 143
}

# run PROGRAM...: to its end, so that a signal is heard meanwhile.
run() {
    local status=0
    "$@" &
    children=("$!")
    wait "$!" || status=$?
    children=()
    return "$status"
}

# sql ARGUMENTS...: psql, one row a line, columns apart by a tab.
sql() {
    psql --no-psqlrc --no-password --quiet --tuples-only --no-align --field-separator=$'\t' --set ON_ERROR_STOP=1 "$@"
}

# libpq takes the key to a client's certificate only from a file that nobody else may read: each container has a copy.
settle() {
    trap stop TERM INT
    if [[ -e $connection_folder/environment ]]; then
        CONNECTION=$(mktemp -d)
        cp "$connection_folder"/* "$CONNECTION"
        chmod 600 "$CONNECTION"/*
        # shellcheck disable=SC1091
        . "$CONNECTION/environment"
    fi
    export PGCONNECT_TIMEOUT=10 PGAPPNAME=quay-render-$program
}

# Tries until the server answers. libpq's words name user and database, never the password.
wait_for_server() {
    local words last=
    until words=$(sql --command '' 2>&1 </dev/null); do
        words=${words//[$'\n\t']/ }
        ((SECONDS < timeout_seconds)) || fail "the server was not reached within $timeout_seconds s: $words"
        [[ $words == "$last" ]] || say "waiting: $words"
        last=$words
        sleep "$interval_seconds"
    done
}

# What counts the rows of each table of a database, except those of extensions.
readonly count_tables="
SELECT format('SELECT %L, count(*) FROM ONLY %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY (n.nspname || '.' || c.relname) COLLATE \"C\""

# fact NAME [FILE]: of facts.tsv in the scratch volume, or of a file like it; empty where it is not there.
fact() {
    local name value
    while IFS=$'\t' read -r name value; do
        [[ $name != "$1" ]] || printf '%s\n' "$value"
    done <"${2:-$scratch/facts.tsv}"
}

# differing EXPECTED FOUND [BETWEEN]: a few of the names of which two lists, a name and what is known of it a line, say not the same.
differing() {
    LC_ALL=C comm -3 <(LC_ALL=C sort "$1") <(LC_ALL=C sort "$2") | sed 's/^\t//' |
        cut -f 1 | sort -u | sed -n 1,5p | paste -s -d "${3:- }" -
}

# same_rows EXPECTED FOUND: compares two lists of tables with their numbers of rows, and names what differs.
same_rows() {
    local names
    names=$(differing "$1" "$2")
    [[ -z $names ]] || fail "the restored rows are not those that were dumped: $names"
}

# major PROGRAM: of the PostgreSQL that it belongs to.
major() {
    "$1" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

# list_entries DUMP: all but what is left to the administrator, or is there already: pg_restore would fail at it.
list_entries() {
    pg_restore --list "$1" | grep -v -e ' EXTENSION - ' -e ' COMMENT - EXTENSION ' -e ' SCHEMA - public ' \
        -e ' COMMENT - SCHEMA public ' -e ' ACL - SCHEMA public '
}

create_extensions() {
    local extension
    for extension in $(fact extensions); do
        sql --set "name=$extension" <<<'CREATE EXTENSION IF NOT EXISTS :"name"' ||
            fail "the extension $extension cannot be created: the database's administrator creates it first"
    done
}
