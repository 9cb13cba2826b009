#!/usr/bin/env python3
"""Waits until Clair can be reached.

  wait-for-clair.py [--config FILE]

Before Quay serves anything it checks its configuration, and one of the checks is a connection to Clair: where there is
none the container ends. Clair is reached through a Service, which leads somewhere only when Clair is ready, and a first
start of Clair takes long. So application and mirror wait for it here, with an end and with words.

It runs in Quay's image (Python 3.6). Exit status: 0 reached, or there is nothing to wait for; 1 not reached in time, or
the input is broken; 128 + the signal's number when stopped.
"""

import argparse
import signal
import socket
import sys
import time
from urllib.parse import urlsplit

import yaml

# While nothing changes the last line is repeated this often, so that a log never looks dead.
REPEAT_SECONDS = 30
# Quay's own limit for one attempt.
CONNECT_TIMEOUT_SECONDS = 3
FIELD = "SECURITY_SCANNER_V4_ENDPOINT"


class Refused(Exception):
    """The input is broken: waiting would not help. Its text is safe to print."""


def main():
    options = parse_arguments()
    # A process with id 1 ignores every signal that it has no handler for.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        address = read_address(options.config)
    except Refused as refusal:
        say("error: {}".format(refusal))
        return 1
    if address is None:
        say("the security scanner is off: nothing to wait for")
        return 0
    return wait(address, options)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Wait until Clair can be reached.")
    parser.add_argument("--config", default="/conf/stack/config.yaml")
    parser.add_argument("--timeout", type=float, default=3600, metavar="SECONDS")
    parser.add_argument("--interval", type=float, default=2, metavar="SECONDS")
    return parser.parse_args()


def stop(number, _frame):
    say("stopped by signal {:d}".format(number))
    sys.exit(128 + number)


def say(text):
    print("wait-for-clair: " + text, flush=True)


def read_address(path):
    """Host and port of Clair; nothing where Quay does not look for it."""
    try:
        with open(path, "rb") as file:
            config = yaml.safe_load(file)
    except OSError as error:
        raise Refused("{} cannot be read: {}".format(path, error.strerror))
    except (yaml.YAMLError, ValueError):
        raise Refused("{} is not valid YAML".format(path)) from None
    if not isinstance(config, dict):
        raise Refused("{} is not a map of fields".format(path))
    endpoint = config.get(FIELD)
    if not config.get("FEATURE_SECURITY_SCANNER") or not endpoint:
        return None
    try:
        parts = urlsplit(endpoint)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Refused("{} is not a URL".format(FIELD)) from None
    if not parts.hostname:
        raise Refused("{} names no host".format(FIELD))
    return parts.hostname, port


def wait(address, options):
    start = time.monotonic()
    last, next_line = None, start
    while True:
        reason = attempt(address)
        now = time.monotonic()
        if reason is None:
            say("Clair answers at {}:{}: ready".format(*address))
            return 0
        if now - start >= options.timeout:
            say("error: not reached within {:.0f} s: {}; look at Clair's pods".format(options.timeout, reason))
            return 1
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
