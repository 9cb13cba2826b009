#!/usr/bin/env python3
"""Writes how libpq connects to the registry's database, for pods that have PostgreSQL's own programs and no Python.

  connect.py FOLDER

FOLDER/environment is read by a shell: libpq's variables, out of DB_URI and DB_CONNECTION_ARGS as Quay reads them. The files that
they name, such as the CA of the server, are copied beside it; $CONNECTION is where the shell has the folder.

It runs in Quay's image (Python 3.6). Exit status: 0 written; 1 the input is broken, or no PostgreSQL.
"""

import argparse
import os
import shlex
import sys

from quay_database import make_engine, NOT_FOR_THE_DRIVER, read_database
from quay_pod import Refused, run, say

# libpq's parameters (PostgreSQL, "Parameter Key Words"), and the variable for each.
VARIABLES = {
    "application_name": "PGAPPNAME",
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "database": "PGDATABASE",
    "dbname": "PGDATABASE",
    "gssencmode": "PGGSSENCMODE",
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "krbsrvname": "PGKRBSRVNAME",
    "options": "PGOPTIONS",
    "password": "PGPASSWORD",
    "port": "PGPORT",
    "requirepeer": "PGREQUIREPEER",
    "sslcompression": "PGSSLCOMPRESSION",
    "sslmode": "PGSSLMODE",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "user": "PGUSER",
}
# Those that name a file.
FILES = {"sslcert": "PGSSLCERT", "sslcrl": "PGSSLCRL", "sslkey": "PGSSLKEY", "sslrootcert": "PGSSLROOTCERT"}
# What changes nothing of what is read, and has no variable.
WITHOUT = ("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout")
# Words in place of a file.
NO_FILES = ("", "system")


def main():
    parser = argparse.ArgumentParser(description="Write how libpq connects to the registry's database.")
    parser.add_argument("folder")
    parser.add_argument("--config", default="/conf/stack/config.yaml")
    options = parser.parse_args()
    return run(lambda: write(options))


def write(options):
    config = read_database(options.config)
    engine = make_engine(config)
    if engine.dialect.name != "postgresql":
        raise Refused("DB_URI leads to {}, and backups are made of PostgreSQL alone".format(engine.dialect.name))
    lines = []
    for name, value in sorted(parameters(engine.url, config).items()):
        if name in FILES:
            value = '"$CONNECTION"/' + shlex.quote(copied(name, value, options.folder)) if value not in NO_FILES else value
            lines.append("export {}={}".format(FILES[name], value))
        elif name in VARIABLES:
            lines.append("export {}={}".format(VARIABLES[name], shlex.quote(value)))
        elif name not in WITHOUT:
            raise Refused("the connection has a parameter that a backup does not know: {}".format(shown(name)))
    with open(os.path.join(options.folder, "environment"), "w") as file:
        file.write("\n".join(lines) + "\n")
    say("the connection is written")
    return 0


def parameters(url, config):
    """libpq's parameters, as text: those of the URI, and over them those of DB_CONNECTION_ARGS."""
    found = dict(url.translate_connect_args(username="user"))
    found.update(url.query)
    arguments = config.get("DB_CONNECTION_ARGS") or {}
    found.update({name: value for name, value in arguments.items() if name not in NOT_FOR_THE_DRIVER})
    return {str(name): str(value) for name, value in found.items() if value is not None}


def copied(name, path, folder):
    """Copies a file into the folder, and gives its name there. Its path may be relative to where Quay starts."""
    try:
        with open(os.path.join("/quay-registry", path), "rb") as source:
            content = source.read()
    except OSError as error:
        raise Refused("the file of {} cannot be read: {}".format(name, error.strerror))
    with open(os.path.join(folder, name), "wb") as target:
        target.write(content)
    return name


def shown(name):
    """A name that is safe to print: a connection that is written wrongly may have its password there."""
    return name if name.replace("_", "").isalpha() and len(name) <= 30 else "one whose name is no plain word"


if __name__ == "__main__":
    sys.exit(main())
