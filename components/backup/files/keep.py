#!/usr/bin/env python3
"""Keeps the dump that dump.sh left on the scratch volume: encrypts it where a certificate is given, puts it into its place, reads
back what is there, and only then deletes backups that need not be kept any more.

It runs in Quay's image (Python 3.6), whose openssl encrypts. Exit status: 0 kept; 1 not; 128 + the signal's number when stopped.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time

import backups
from quay_pod import read_config, Refused, run, say, Stopped


def main():
    parser = argparse.ArgumentParser(description="Keep a dump as a backup.")
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--days", type=int)
    parser.add_argument("--certificate")
    parser.add_argument("--config", help="config.yaml with DATABASE_SECRET_KEY; without it the database holds no encrypted field")
    backups.add_options(parser)
    options = parser.parse_args()
    return run(lambda: keep(options))


def keep(options):
    now = time.time()
    place = backups.open_place(options)
    name = "{}-{}".format(backups.stamp(time.gmtime(now)), os.urandom(3).hex())
    manifest = describe(options, name)
    # Whoever needs the room may be one that was never completed.
    attempt(lambda: backups.clear_left(place, now))
    try:
        write(options, place, name, manifest)
    except (Refused, Stopped):
        attempt(lambda: place.remove(name))
        raise
    say("backup {} is kept: {} parts, {} bytes".format(
        name, len(manifest["parts"]), sum(part["bytes"] for part in manifest["parts"])
    ))
    if is_far_smaller(place, name, manifest):
        say("error: it has less than half the rows of the one before: no backup is deleted before somebody has looked")
    else:
        attempt(lambda: backups.clear(place, name, now, options.number, options.days))
    return 0


def attempt(action):
    """Does what no backup depends on."""
    try:
        action()
    except Refused as refusal:
        say("error: {}".format(refusal))


def is_far_smaller(place, name, manifest):
    before = [other for other in place.names() if other != name]
    try:
        former = json.loads(place.read(before[-1], backups.MANIFEST).decode("utf-8")) if before else {}
        rows_before = sum(former.get("tables", {}).values())
    except (ValueError, AttributeError, TypeError, Refused):
        return False
    return sum(manifest["tables"].values()) * 2 < rows_before


def write(options, place, name, manifest):
    manifest["parts"], whole = [], hashlib.sha256()
    for number, part in enumerate(parts(os.path.join(options.scratch, "database.dump"))):
        whole.update(part)
        content = encrypted(part, options.certificate) if options.certificate else part
        file = backups.part_name(number, options.certificate)
        place.write(name, file, content)
        manifest["parts"].append({"file": file, "bytes": len(content), "sha256": digest(content)})
    manifest["sha256"] = whole.hexdigest()
    for part in manifest["parts"]:
        if digest(place.read(name, part["file"])) != part["sha256"]:
            raise Refused("{} is not what was written: the backup does not count".format(part["file"]))
    place.write(name, backups.MANIFEST, json.dumps(manifest, indent=2, sort_keys=True).encode() + b"\n")


def describe(options, name):
    """What a restore must know, and what a person may want to."""
    facts = dict(rows(os.path.join(options.scratch, "facts.tsv")))
    manifest = {
        "version": 1,
        "name": name,
        "place": options.place,
        "release": options.release,
        "server": facts.get("server", ""),
        "database": facts.get("database", ""),
        "encoding": facts.get("encoding", ""),
        "extensions": facts.get("extensions", "").split(),
        "schema": facts.get("schema", "").split(),
        "tables": {table: int(count) for table, count in rows(os.path.join(options.scratch, "tables.tsv"))},
        "encrypted": bool(options.certificate),
    }
    if options.config:
        secret = read_config(options.config).get("DATABASE_SECRET_KEY")
        if secret is None:
            say("config.yaml has no DATABASE_SECRET_KEY: nothing will say whether a restore has the right one")
        else:
            manifest["key"] = backups.Key.mark(secret)
    return manifest


def rows(path):
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
    except OSError as error:
        raise Refused("{} cannot be read: {}".format(path, error.strerror))
    if any(len(line) != 2 for line in lines):
        raise Refused("{} is cut, or a table has a name with a tab or a line break".format(os.path.basename(path)))
    return [tuple(line) for line in lines]


def parts(path):
    try:
        with open(path, "rb") as file:
            while True:
                part = file.read(backups.PART_BYTES)
                if not part:
                    return
                yield part
    except OSError as error:
        raise Refused("{} cannot be read: {}".format(path, error.strerror))


def encrypted(part, certificate):
    """CMS for the recipient, as DER. Each part for itself: openssl holds what it decrypts in memory."""
    command = ["openssl", "cms", "-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER", certificate]
    done = subprocess.run(command, input=part, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0 or not done.stdout:
        raise Refused("openssl cannot encrypt for the certificate")
    return done.stdout


def digest(content):
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
