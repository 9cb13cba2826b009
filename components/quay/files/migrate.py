#!/usr/bin/env python3
"""Migrates the schema while no pod of another release uses it.

  migrate.py --registry NAME [--move ID] [--restored-from HOST] -- COMMAND...

COMMAND migrates the schema. Where there is something to migrate, it is run once both hold at the same time:

- This process has a lock in the database. While it has, no pod passes `wait-for-database.py schema`.
- The cluster's API shows no pod of application or mirror with another image than this pod's. One that found the lock free
  was there before, so it is seen.

With --move the data comes from a server of another PostgreSQL: only the server that has it is migrated, and no other one
that a revert may have started in its place. It is never given a schema of its own.

With --restored-from nothing happens before the database was restored from that server.

While there are such pods the lock is free: what runs may go on, and start again. Nothing here stops pods: the commit that
pauses the registry does, and the log names who is waited for.

It runs in Quay's image. Exit status: that of COMMAND; 1 when the pods were not gone in time, or the schema is a newer
release's; 128 + the signal's number when stopped.
"""

import argparse
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import sqlalchemy
from quay_database import (
    UNKNOWN, add_options, listed, make_engine, read_database, read_revisions, read_schema, take_lock, wait,
    wait_for_restore
)
from quay_pod import REPEAT_SECONDS, Refused, Stopped, run, say

# The pods that use the database; the label is the operator's.
COMPONENTS = ("quay-app", "quay-mirror")
MIGRATION = "quay-app-upgrade"
API_TIMEOUT_SECONDS = 10


def main():
    parser = argparse.ArgumentParser(description="Migrate the schema while no pod of another release uses it.")
    parser.add_argument("--registry", required=True)
    parser.add_argument("--move", metavar="ID")
    parser.add_argument("--account", default="/var/run/secrets/kubernetes.io/serviceaccount", metavar="FOLDER")
    parser.add_argument("command", nargs="+")
    parser.add_argument("--timeout", type=float, default=3600, metavar="SECONDS")
    add_options(parser)
    options = parser.parse_args()
    return run(lambda: migrate(options))


def migrate(options):
    config = read_database(options.config)
    database = Database(config, options)
    status = wait_for_restore(config, options)
    if status:
        return status
    while True:
        status = wait(database.read, options)
        if status:
            return status
        if database.is_migrated():
            say("there is nothing to migrate")
            return call(options.command, None)
        if database.lock is not None:
            is_alone, text = others_are_gone(options)
            say(text)
            if is_alone:
                return call(options.command, database.lock)
            database.unlock()
        # What holds before the lock is taken may hold no longer with it, so it is looked at again.
        status = wait(lambda: others_are_gone(options), options) or wait(database.take_lock, options)
        if status:
            return status


class Database:
    """The registry's database: the revisions that it is at, and the lock, in a transaction that reads no table."""

    def __init__(self, config, options):
        self.engine = make_engine(config)
        self.known, self.heads = read_revisions(options.versions)
        self.revisions = set()
        self.move = options.move
        self.lock = None

    def read(self):
        with self.engine.connect() as connection:
            if not self.is_moved(connection):
                return False, "the server is not the one to which the data is moved"
        revisions = read_schema(self.engine)
        if self.move and revisions is None:
            return False, "the server does not have the registry's tables"
        self.revisions = revisions or set()
        return True, "the schema is at {}".format(listed(self.revisions) or "no revision")

    def is_moved(self, connection):
        if self.move is None:
            return True
        return connection.execute(sqlalchemy.text("SHOW cluster_name")).scalar() == self.move

    def is_migrated(self):
        unknown = self.revisions - self.known
        if unknown:
            raise Refused(UNKNOWN.format(listed(unknown)))
        return self.heads <= self.revisions

    def take_lock(self):
        connection = self.engine.connect()
        connection.begin()
        if not take_lock(connection):
            connection.close()
            return False, "another migration of this database runs"
        if not self.is_moved(connection):
            connection.close()
            return False, "the server is not the one to which the data is moved"
        self.lock = connection
        return True, "this migration has the lock"

    def unlock(self):
        self.lock.close()
        self.lock = None


# --- the pods of other releases --------------------------------------------------------------------------------------


def others_are_gone(options):
    try:
        pods = list_pods(options)
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            return False, "the cluster's API does not let this pod's account list pods: the Role {}-{} does".format(
                options.registry, MIGRATION
            )
        return False, "the cluster's API answers with status {}".format(error.code)
    except (OSError, ValueError):
        return False, "the cluster's API cannot be asked for the registry's pods"
    images = {pod["metadata"]["name"]: image(pod) for pod in pods}
    own = images.get(os.environ.get("HOSTNAME", ""))
    if own is None:
        return False, "the cluster's API does not list this pod"
    others = [name for name, one in images.items() if one not in (own, None)]
    if not others:
        return True, "no pod of another release uses the database"
    return False, (
        "{} of another release must end first; where the commit that pauses the registry was not applied: "
        "kubectl -n {} scale deployment {} --replicas=0"
    ).format(listed(others), namespace(options), " ".join(options.registry + "-" + one for one in COMPONENTS))


def image(pod):
    """The image of Quay in a pod that has not ended, else nothing."""
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return None
    for container in pod["spec"]["containers"]:
        if container["name"] in COMPONENTS + (MIGRATION,):
            return container["image"]
    return None


def list_pods(options):
    """The pods of application, mirror and migration, as the API gives them."""
    selector = "quay-operator/quayregistry={},quay-component in ({})".format(
        options.registry, ",".join(COMPONENTS + (MIGRATION,))
    )
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
    url = "https://{}:{}/api/v1/namespaces/{}/pods?{}".format(
        "[{}]".format(host) if ":" in host else host,
        os.environ.get("KUBERNETES_SERVICE_PORT", "443"),
        namespace(options),
        urllib.parse.urlencode({"labelSelector": selector}),
    )
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + read(options, "token")})
    context = ssl.create_default_context(cafile=os.path.join(options.account, "ca.crt"))
    # Not by the proxy that Quay may have: the API is in the cluster.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with opener.open(request, timeout=API_TIMEOUT_SECONDS) as answer:
        return json.loads(answer.read().decode("utf-8"))["items"]


def namespace(options):
    return read(options, "namespace")


def read(options, name):
    with open(os.path.join(options.account, name)) as file:
        return file.read().strip()


# --- the migration ---------------------------------------------------------------------------------------------------


def call(command, session):
    """Runs `command` to its end, in a session of its own so that a signal reaches all of it."""
    child = subprocess.Popen(command, start_new_session=True)
    try:
        while True:
            try:
                status = child.wait(timeout=REPEAT_SECONDS)
                return status if status >= 0 else 128 - status
            except subprocess.TimeoutExpired:
                keep(session)
    except Stopped:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
        raise


def keep(session):
    """Uses the session, so that nothing on the way takes it for idle and cuts it."""
    if session is None:
        return
    try:
        session.execute(sqlalchemy.text("SELECT 1")).scalar()
    except sqlalchemy.exc.DBAPIError:
        say("the session with the lock is lost; the migration goes on, for half of one is worse")


if __name__ == "__main__":
    sys.exit(main())
