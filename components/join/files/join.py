#!/usr/bin/env python3
"""Joins a pod's configuration from pieces that only the cluster knows.

  join.py PLAN PIECES TARGET

It runs as an init container. The configuration in Git holds no secret and not the bucket's name; those are in Secrets
and ConfigMaps, each mounted as a folder PIECES/<volume>. PLAN says how they make the files below TARGET, a folder in
memory that the program mounts afterwards:

  files:
  - to: ssl.key                      # below TARGET; folders are made
    from: tls/ssl.key                # below PIECES: <volume>/<key>; copied byte by byte
    private: true                    # no other user may read it: libpq takes no other key
  - to: config.yaml
    from: base/config.yaml           # with values: read as YAML, the values set, written again
    values:
    - path: [DB_URI]                 # keys of maps (made where missing) and indices of lists (never made)
      from: database/password
      form: uri
      before: "postgresql://quay:"   # put around the value, in every form that gives text
      after: "@db.example.com/quay"

Forms: text (the default: the value as it is, nothing trimmed), host (text; .cluster.local is appended to what ends in
.svc), integer, base64, yaml (the value is YAML, its content is set), uri (percent-encoded; without before and after a
whole URI, which is kept), conninfo (quoted for a connection string `key=value ...` of PostgreSQL).

Pieces that are missing or empty are waited for, and named in the log. A change of a piece reaches a pod with its next
start. No value is ever printed, nor the words of an error: they may quote one. It runs in Quay's image (Python 3.6,
PyYAML). Exit status: 0 written; 1 given up or refused, nothing is written then; 128 + the signal's number when stopped.
"""

import argparse
import base64
import itertools
import os
import re
import signal
import sys
import time
from contextlib import contextmanager
from urllib.parse import quote, unquote

import yaml

# While nothing changes the pieces waited for are named this often, so that a log never looks dead.
REPEAT_SECONDS = 30


class Refused(Exception):
    """Waiting would not help. Its text is safe to print."""


class Dumper(yaml.SafeDumper):
    """Writes each text in double quotes, so that every reader of YAML takes it for text, and no anchors."""

    def ignore_aliases(self, data):
        return True


Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def main():
    options = parse_arguments()
    # A process with id 1 ignores every signal that it has no handler for.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    os.umask(0o022)
    try:
        with at("the plan"):
            with open(options.plan, "rb") as file:
                files = yaml.safe_load(file)["files"]
            names = {entry["from"] for file in files for entry in [file] + file.get("values", [])}
        pieces = wait(names, options)
        # all of it, before the first is written
        results = [(file["to"], content(file, pieces), 0o400 if file.get("private") else 0o444) for file in files]
        for name, result, mode in results:
            with at(name):
                write(os.path.join(options.target, name), result, mode)
    except Refused as refusal:
        say("error: {}".format(refusal))
        return 1
    say("written: {}".format(listed(name for name, _, _ in results)))
    return 0


def parse_arguments():
    parser = argparse.ArgumentParser(description="Join a pod's configuration from its pieces.")
    parser.add_argument("plan")
    parser.add_argument("pieces")
    parser.add_argument("target")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    parser.add_argument("--interval", type=float, default=1, metavar="SECONDS")
    return parser.parse_args()


def stop(number, _frame):
    say("stopped by signal {:d}".format(number))
    sys.exit(128 + number)


def say(text):
    print("join: " + text, file=sys.stderr, flush=True)


def listed(names):
    return ", ".join(sorted(names))


@contextmanager
def at(name):
    """Refuses whatever goes wrong inside by this name and the kind of error; the error's own words may hold a value."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        # what the system says of a file is safe
        reason = error.strerror if isinstance(error, OSError) else None
        raise Refused("{}: {}".format(name, reason or type(error).__name__)) from None


# --- reading ---------------------------------------------------------------------------------------------------------


def wait(names, options):
    """The bytes of each piece, once all of them are there."""
    start = time.monotonic()
    last, next_line = None, start
    while True:
        pieces = {}
        for volume, group in itertools.groupby(sorted(names), key=lambda name: name.split("/")[0]):
            pieces.update(read_volume(options.pieces, volume, list(group)))
        lacking = listed(
            "{} ({})".format(name, "missing" if piece is None else "empty")
            for name, piece in pieces.items() if not piece
        )
        if not lacking:
            return pieces
        now = time.monotonic()
        if now - start >= options.timeout:
            raise Refused("given up after {:.0f} s, still not there: {}".format(options.timeout, lacking))
        if lacking != last or now >= next_line:
            say("waiting for {}".format(lacking))
            last, next_line = lacking, now + REPEAT_SECONDS
        time.sleep(options.interval)


def read_volume(root, volume, names):
    """Pieces of one volume, all from the same moment: the kubelet changes a volume by swapping the link `..data`."""
    link = os.path.join(root, volume, "..data")
    while True:
        before = target_of(link)
        pieces = {name: read(root, name) for name in names}
        if target_of(link) == before:
            return pieces


def target_of(link):
    try:
        return os.readlink(link)
    except OSError:
        return None


def read(root, name):
    with at(name):
        try:
            with open(os.path.join(root, name), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None


# --- joining ---------------------------------------------------------------------------------------------------------


def content(file, pieces):
    """The bytes of one file of the plan."""
    if not file.get("values"):
        return pieces[file["from"]]
    with at(file["from"]):
        data = yaml.safe_load(pieces[file["from"]])
    for entry in file["values"]:
        with at(entry["from"]):
            value = shaped(entry, pieces[entry["from"]])
        with at("the plan for {}".format(file["to"])):
            put(data, entry["path"], value)
    with at(file["to"]):
        return yaml.dump(data, Dumper=Dumper, default_flow_style=False, width=float("inf")).encode("ascii")


def put(data, path, value):
    """Sets a value inside nested maps and lists."""
    for depth, step in enumerate(path):
        if isinstance(data, list):
            is_there = isinstance(step, int) and 0 <= step < len(data)
        else:
            is_there = isinstance(data, dict)
        if not is_there:
            raise Refused("the base file has no place for {}".format("/".join(map(str, path))))
        if depth == len(path) - 1:
            data[step] = value
        elif isinstance(data, dict) and data.get(step) is None:
            data[step] = {}
        data = data[step]


def shaped(entry, piece):
    """A piece in the form that the plan asks for."""
    name, form = entry["from"], entry.get("form", "text")
    before, after = entry.get("before", ""), entry.get("after", "")
    if form == "base64":
        return before + base64.b64encode(piece).decode("ascii") + after
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("{} is not text in UTF-8".format(name)) from None
    if form == "yaml":
        return yaml.safe_load(text)
    if form == "integer":
        if not re.fullmatch("[0-9]+", text.strip()):
            raise Refused("{} is not a whole number in decimal digits".format(name))
        return int(text.strip())
    if form == "uri":
        is_whole = not before and not after
        refuse_what_decodes_twice(name, unquote(text) if is_whole else text, is_whole)
        text = text if is_whole else quote(text, safe="~")
    elif form == "host":
        text += ".cluster.local" if text.endswith(".svc") else ""
    elif form == "conninfo":
        text = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    elif form != "text":
        raise Refused("{}: the plan asks for a form that this script does not know".format(name))
    return before + text + after


def refuse_what_decodes_twice(name, plain, is_whole):
    """Quay's migration decodes DB_URI once more than the application, and a line break ends its reading."""
    credentials = plain.split("://", 1)[-1].rpartition("@")[0] if is_whole else plain
    if re.search("%[0-9A-Fa-f]{2}", credentials):
        what = "its user or password" if is_whole else "it"
        raise Refused(
            "{}: {} has a percent sign followed by two hexadecimal digits, which Quay's migration decodes once more "
            "than the application; choose another password".format(name, what)
        )
    if re.search("[\r\n]", plain):
        raise Refused("{} has a line break (at its end, perhaps), which Quay's migration cannot read".format(name))


# --- writing ---------------------------------------------------------------------------------------------------------


def write(path, result, mode):
    """Puts a file in place at once. Programs under other user ids may have to read it: the folder in memory is the pod's
    own."""
    folder, name = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    new = os.path.join(folder, ".{}.new".format(name))
    try:
        os.unlink(new)  # of a run that was killed; nobody may write to it any more
    except FileNotFoundError:
        pass
    with open(new, "xb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(result)
    os.replace(new, path)


if __name__ == "__main__":
    sys.exit(main())
