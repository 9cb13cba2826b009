#!/usr/bin/env python3
"""Waits until a service can be reached that Quay needs at its start.

  wait-for-service.py redis [--config FILE]
  wait-for-service.py clair [--config FILE]

Before Quay serves anything it checks its configuration, and some of the checks are connections to Redis and to Clair:
where there is none the container ends. They are reached through Services, which lead somewhere only when their pods are
ready, and a first start of Clair takes long. So application and mirror wait for them here, with an end and with words.

It runs in Quay's image (Python 3.6). Exit status: 0 reached, or there is nothing to wait for; 1 not reached in time, or
the input is broken; 128 + the signal's number when stopped.
"""

import argparse
import socket
import sys
import time
from urllib.parse import urlsplit

from quay_pod import REPEAT_SECONDS, Refused, read_config, run, say

# Quay's own limit for one attempt.
CONNECT_TIMEOUT_SECONDS = 3
FIELD = "SECURITY_SCANNER_V4_ENDPOINT"
REDIS_FIELDS = ("BUILDLOGS_REDIS", "USER_EVENTS_REDIS")
REDIS_PORT = 6379
# What has to answer, in words.
NAMES = {"clair": "Clair", "redis": "Redis"}


def main():
    options = parse_arguments()
    return run(lambda: reached(options))


def reached(options):
    addresses = READERS[options.service](read_config(options.config))
    if not addresses:
        say("config.yaml has no {} in use: nothing to wait for".format(NAMES[options.service]))
        return 0
    return wait(addresses, options)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Wait until a service can be reached.")
    parser.add_argument("service", choices=sorted(READERS))
    parser.add_argument("--config", default="/conf/stack/config.yaml")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    parser.add_argument("--interval", type=float, default=2, metavar="SECONDS")
    return parser.parse_args()


def read_clair(config):
    """Host and port of Clair; none where Quay does not look for it."""
    endpoint = config.get(FIELD)
    if not config.get("FEATURE_SECURITY_SCANNER") or not endpoint:
        return []
    try:
        parts = urlsplit(endpoint)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Refused("{} is not a URL".format(FIELD)) from None
    if not parts.hostname:
        raise Refused("{} names no host".format(FIELD))
    return [(parts.hostname, port)]


def read_redis(config):
    """Hosts and ports of Redis, each once."""
    addresses = []
    for field in REDIS_FIELDS:
        redis = config.get(field)
        if redis is None:
            continue
        if not isinstance(redis, dict) or not isinstance(redis.get("host"), str):
            raise Refused("{} names no host".format(field))
        port = redis.get("port", REDIS_PORT)
        if not isinstance(port, int):
            raise Refused("the port of {} is not a number".format(field))
        if (redis["host"], port) not in addresses:
            addresses.append((redis["host"], port))
    return addresses


READERS = {"clair": read_clair, "redis": read_redis}


def wait(addresses, options):
    """Waits for one after the other."""
    start = time.monotonic()
    for address in addresses:
        if not wait_for(address, start, options):
            return 1
    return 0


def wait_for(address, start, options):
    name = NAMES[options.service]
    last, next_line = None, start
    while True:
        reason = attempt(address)
        now = time.monotonic()
        if reason is None:
            say("{} answers at {}:{}: ready".format(name, *address))
            return True
        if now - start >= options.timeout:
            say("error: not reached within {:.0f} s: {}; look at the pods of {}".format(options.timeout, reason, name))
            return False
        if reason != last or now >= next_line:
            say("waiting for {}:{} ({:.0f} s): {}".format(address[0], address[1], now - start, reason))
            last, next_line = reason, now + REPEAT_SECONDS
        time.sleep(options.interval)


def attempt(address):
    """Connects once; says why it failed, or nothing."""
    try:
        socket.create_connection(address, timeout=CONNECT_TIMEOUT_SECONDS).close()
    except socket.timeout:
        return "no answer"
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


if __name__ == "__main__":
    sys.exit(main())
