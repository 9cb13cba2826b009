#!/bin/bash
# How the image of the databases starts, as far as a registry depends on it: sclorg's postgresql-container, version 10,
# with Debian's PostgreSQL in place of its own. It differs where a comment says so.
#
# HOME is the folder in which the volume is mounted as data; APP_DATA is where the image looks for more scripts; PORT is
# for a machine on which more than one server runs.
set -eu

export PGDATA=$HOME/data/userdata PGUSER=postgres
readonly CONF=$HOME/custom.conf

refuse() {
    echo "error: $1"
    exit 1
}

# Sources every script of a folder in the order of their names.
source_all() {
    local script
    for script in "$1"/*.sh; do
        [[ -f $script ]] || continue
        source "$script"
        set -e
    done
}

# Runs at every start: so a restart gives the server the password that its pod has.
set_passwords() {
    if [[ -v POSTGRESQL_USER ]]; then
        psql --set ON_ERROR_STOP=1 --set "name=$POSTGRESQL_USER" --set "word=$POSTGRESQL_PASSWORD" \
            <<<"ALTER USER :\"name\" WITH ENCRYPTED PASSWORD :'word';"
    fi
    if [[ -v POSTGRESQL_ADMIN_PASSWORD ]]; then
        psql --set ON_ERROR_STOP=1 --set "word=$POSTGRESQL_ADMIN_PASSWORD" \
            <<<"ALTER USER postgres WITH ENCRYPTED PASSWORD :'word';"
    fi
}

mkdir -p "$PGDATA"
chmod 700 "$PGDATA"

if [[ -v POSTGRESQL_USER || -v POSTGRESQL_PASSWORD || -v POSTGRESQL_DATABASE ]]; then
    [[ -v POSTGRESQL_USER && -v POSTGRESQL_PASSWORD && -v POSTGRESQL_DATABASE ]] || refuse "one of three variables"
    ((${#POSTGRESQL_USER} <= 63 && ${#POSTGRESQL_DATABASE} <= 63)) || refuse "a name is too long"
else
    [[ -v POSTGRESQL_ADMIN_PASSWORD ]] || refuse "no variable"
fi

cat >"$CONF" <<END
max_connections = ${POSTGRESQL_MAX_CONNECTIONS:-100}
shared_buffers = ${POSTGRESQL_SHARED_BUFFERS:-32MB}
# Here, so that servers do not meet.
listen_addresses = '127.0.0.1'
port = $PORT
unix_socket_directories = '$HOME'
fsync = off
END

is_new=no
if [[ ! -f $PGDATA/postgresql.conf ]]; then
    is_new=yes
    # The image's user is called postgres, whatever its number is.
    initdb --username=postgres --no-sync --locale=C --encoding=UTF8 --auth-local=trust --auth-host=reject
    echo "include '$CONF'" >>"$PGDATA/postgresql.conf"
    # The image's own lines trust the pod itself; here the clients come from there too.
    sed -i '/reject$/d' "$PGDATA/pg_hba.conf"
    echo "host all all all md5" >>"$PGDATA/pg_hba.conf"
fi

# Only the socket is open until all is set.
pg_ctl start -w --timeout 86400 -o "-h ''"
pg_isready
if [[ $is_new = yes ]]; then
    source_all "$APP_DATA/src/postgresql-init"
    if [[ -v POSTGRESQL_USER ]]; then
        createuser "$POSTGRESQL_USER"
        createdb --owner="$POSTGRESQL_USER" "$POSTGRESQL_DATABASE"
    fi
fi
source_all "$APP_DATA/src/postgresql-start"
set_passwords
pg_ctl stop

unset POSTGRESQL_{DATABASE,USER,PASSWORD,ADMIN_PASSWORD}
echo "Starting server..."
exec postgres "$@"
