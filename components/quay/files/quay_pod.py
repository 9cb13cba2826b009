"""What the scripts in Quay's pods share: how they start, stop and speak, and how they read config.yaml.

It runs in Quay's image (Python 3.6). What is printed never holds a word of config.yaml, nor of a parser that quotes it.
"""

import os
import signal
import sys
import warnings

import yaml

# While nothing changes the last line is repeated this often, so that a log never looks dead.
REPEAT_SECONDS = 30


SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Refused(Exception):
    """Waiting would not help: the input is broken, or the database is not for this image. Its text is safe to print."""


class Stopped(Exception):
    """SIGTERM or SIGINT has arrived."""


def run(program):
    """Runs `program`, and gives the exit status of this process: 128 + the signal's number when it is stopped."""
    warnings.simplefilter("ignore")
    # A process with id 1 ignores every signal that it has no handler for.
    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        return program()
    except Refused as refusal:
        say("error: {}".format(refusal))
        return 1
    except Stopped as stopped:
        say("stopped by signal {}".format(stopped.args[0]))
        return 128 + stopped.args[0]


def stop(number, _frame):
    raise Stopped(number)


def start(thread):
    """Starts a thread. A signal waits until it runs: one in the midst of it leaves Python's list of threads broken."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def say(text):
    print("{}: {}".format(os.path.splitext(os.path.basename(sys.argv[0]))[0], text), flush=True)


def read_config(path):
    try:
        with open(path, "rb") as file:
            config = yaml.safe_load(file)
    except OSError as error:
        raise Refused("{} cannot be read: {}".format(path, error.strerror))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else " (line {})".format(mark.line + 1)
        raise Refused("{} is not valid YAML{}".format(path, where))
    if not isinstance(config, dict):
        raise Refused("{} is not a map of fields".format(path))
    return config
