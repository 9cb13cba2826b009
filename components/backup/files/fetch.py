#!/usr/bin/env python3
"""Fetches a backup to a scratch volume for restore.sh: checks every digest, decrypts it, and refuses one that does not go with
this registry: another DATABASE_SECRET_KEY, or a schema that this image does not know.

BACKUP is its name, or `latest`; with `list` all are named, and it ends in 1. It runs in Quay's image (Python 3.6). Exit status: 0 it is there; 1 it is not; 128 + the signal's
number when stopped.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys

import backups
from quay_database import listed, read_revisions
from quay_pod import read_config, Refused, run, say


def main():
    parser = argparse.ArgumentParser(description="Fetch a backup.")
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--key", required=True, help="the private key to the certificate for which backups are encrypted")
    parser.add_argument("--config", help="config.yaml of the registry whose database is restored")
    parser.add_argument("--versions", default="/quay-registry/data/migrations/versions")
    backups.add_options(parser)
    options = parser.parse_args()
    return run(lambda: fetch(options))


def fetch(options):
    place = backups.open_place(options)
    name = choose(place, os.environ.get("BACKUP") or "latest")
    manifest = read_manifest(place, name)
    say("backup {} was made of release {} with PostgreSQL {}".format(name, manifest["release"], manifest["server"]))
    if options.config:
        check_key(manifest, options.config)
        check_schema(manifest, options.versions)
    if manifest["encrypted"] and not os.path.exists(options.key):
        raise Refused(
            "backup {} is encrypted, and the Secret with the private key is not there: show restore says how it is "
            "made".format(name)
        )
    write_dump(place, name, manifest, options)
    write_rows(options, "tables.tsv", sorted(manifest["tables"].items()))
    facts = {"encoding": manifest["encoding"], "extensions": " ".join(manifest["extensions"])}
    write_rows(options, "facts.tsv", sorted(facts.items()))
    say("backup {} is fetched: {} tables".format(name, len(manifest["tables"])))
    return 0


def choose(place, wanted):
    names = place.names()
    if not names:
        raise Refused("there is no backup")
    if wanted == "latest":
        return names[-1]
    if wanted == "list":
        for name in names:
            manifest = read_manifest(place, name)
            say("{} of release {}, {} tables".format(name, manifest["release"], len(manifest["tables"])))
        raise Refused("nothing is restored: this only names the backups")
    if wanted not in names:
        raise Refused("there is no backup of that name; the newest are {}".format(" ".join(names[-5:])))
    return wanted


def read_manifest(place, name):
    try:
        manifest = json.loads(place.read(name, backups.MANIFEST).decode("utf-8"))
        shape = {"release": str, "server": str, "encoding": str, "extensions": list, "schema": list, "tables": dict,
                 "parts": list, "sha256": str, "encrypted": bool, "version": int}
        is_whole = all(isinstance(manifest[field], kind) for field, kind in shape.items())
        is_whole = is_whole and all(isinstance(part["file"], str) and "/" not in part["file"] for part in manifest["parts"])
    except (ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise Refused("{} of backup {} is broken".format(backups.MANIFEST, name))
    if manifest["version"] != 1:
        raise Refused("backup {} is of a form that this release does not know".format(name))
    return manifest


def check_key(manifest, path):
    secret = read_config(path).get("DATABASE_SECRET_KEY")
    if "key" not in manifest or secret is None:
        say("nothing says whether DATABASE_SECRET_KEY is the one for which fields of this backup are encrypted")
    elif not backups.Key.is_of(manifest["key"], secret):
        raise Refused(
            "DATABASE_SECRET_KEY is not the one that the backup was made with: tokens of robots and passwords of mirrors "
            "could not be read. Give the registry its former keys first"
        )


def check_schema(manifest, versions):
    known, heads = read_revisions(versions)
    at = set(manifest["schema"])
    unknown = at - known
    if unknown:
        raise Refused(
            "the backup is of a newer release: its schema is at {}, which this image does not know. Render that release".format(
                listed(unknown)
            )
        )
    if not heads <= at:
        say("the backup is of an older release: its schema is migrated once it is restored")


def write_dump(place, name, manifest, options):
    whole = hashlib.sha256()
    with open(os.path.join(options.scratch, "database.dump"), "wb") as dump:
        for part in manifest["parts"]:
            content = place.read(name, part["file"])
            if hashlib.sha256(content).hexdigest() != part["sha256"]:
                raise Refused("{} of backup {} is damaged: restore another".format(part["file"], name))
            content = decrypted(content, options.key) if manifest["encrypted"] else content
            whole.update(content)
            try:
                dump.write(content)
            except OSError as error:
                raise Refused("the scratch volume takes no more: {}".format(error.strerror))
    if whole.hexdigest() != manifest["sha256"]:
        raise Refused("backup {} is not what was dumped: restore another".format(name))


def decrypted(content, key):
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", key]
    done = subprocess.run(command, input=content, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise Refused("the private key does not open the backup: it belongs to another certificate")
    return done.stdout


def write_rows(options, file, rows):
    with open(os.path.join(options.scratch, file), "w", encoding="utf-8") as target:
        target.writelines("{}\t{}\n".format(*row) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
