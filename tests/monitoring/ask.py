"""Asks a real Prometheus server.

    ask.py [--rules FILE] [--release 3.18] [--registries ns/a,ns/b-a,other/a] [--alerts FILE] < queries.json
    ask.py … [--day] [--hours 2] [--step 30] < queries.json

Starts a server on two hours of what exporter.py plays (or --hours, with a sample every --step seconds), evaluates the
recording rules of FILE (a rules file of Prometheus, YAML or JSON) over these hours, then lets the server scrape the exporter
and evaluate the rules itself. A target that does not answer is an error, and so is a rule that fails. Each query of the list
on stdin, `[{"title": …, "expr": …, "unit": …}]`, is asked as a range query over all of these hours but the first, which is
the same whenever it runs for one --start, and once for now, after the scrapes. Prints a list, for each query:

    {"title": …, "expr": …, "unit": …,
     "series": 2, "labels": [{…}, …], "last": [1.5, …],    of each series, null where there is no number
     "min": 0, "max": 2,                                   of all of them
     "now": 2,                                             series of the query for now
     "error": "…"}                                         in place of all this

With --points a result has all values as well, as lists of [time, value], one for each series. --alerts writes a list of the
alerts whose condition holds, {"alert": …, "state": "pending", "labels": {…}}. No process is left behind, whatever
happens, and no file unless this one is killed.
"""

import argparse
import contextlib
import ctypes
import json
import math
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
EXPORTER = [sys.executable, str(HERE / "exporter.py")]
HOUR = 3600
# Between points of a range query, and between evaluations of rules over the past.
STEP = 60
PART = HOUR // 2
# How long anything is waited for.
PATIENCE = 60


def say(text):
    print("ask.py: " + text, file=sys.stderr, flush=True)


def dies_with_us():
    """Has the kernel end a child whose parent is gone, even if the parent was killed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run(*command, cwd=None):
    """Runs a program, which has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=dies_with_us, cwd=cwd, check=False)
    if done.returncode:
        sys.exit("ask.py: %s: %s" % (" ".join(command[:4]), (done.stderr + done.stdout).strip()))
    return done


@contextlib.contextmanager
def running(command, **more):
    """A program that runs until the end of the block."""
    environment = {**os.environ, "TZ": "UTC"}
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=dies_with_us, env=environment, **more)
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


class Server:
    """A Prometheus server."""

    def __init__(self, folder, config):
        self.folder, self.config = folder, folder / "prometheus.json"
        self.config.write_text(json.dumps(config))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = "http://127.0.0.1:%d" % free.getsockname()[1]

    @contextlib.contextmanager
    def up(self):
        command = [
            "prometheus", "--config.file=%s" % self.config, "--storage.tsdb.path=%s" % (self.folder / "data"),
            "--web.listen-address=" + self.url.removeprefix("http://"), "--log.level=warn",
        ]
        log = self.folder / "log"
        with open(log, "w", encoding="utf-8") as stderr, running(command, stdout=stderr, stderr=stderr) as program:
            for _ in patience("the server"):
                if program.poll() is not None:
                    sys.exit("ask.py: prometheus: " + log.read_text())
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(self.url + "/-/ready", timeout=5).close()
                    break
            yield self

    def get(self, path, **parameters):
        """The data of an answer; an error is raised as ValueError."""
        url = "%s/api/v1/%s?%s" % (self.url, path, urllib.parse.urlencode(parameters))
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error)["error"]) from error


def patience(what):
    """Yields until it is enough."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(0.2)
    sys.exit("ask.py: gave up waiting for " + what)


def remember(folder, start, options, played):
    """Makes blocks of the past."""
    say("making blocks of %d hours of samples" % options.hours)
    samples = folder / "samples"
    # In parts: promtool has the whole file in memory.
    for since in range(0, options.hours * HOUR, PART):
        # The last second is asked for as well.
        until = since + PART + (since + PART == options.hours * HOUR)
        part = ["--since", str(since), "--until", str(until), "--step", str(options.step)]
        run(*EXPORTER, "history", str(samples), "--start", str(start), *part, *played)
        run("promtool", "tsdb", "create-blocks-from", "openmetrics", str(samples), str(folder / "data"))
    samples.unlink()
    server = Server(folder, {})
    end = start + options.hours * HOUR
    for turn, rules in enumerate(recording(options.rules) if options.rules else []):
        say("evaluating recording rules over the past, turn %d" % (turn + 1))
        (folder / "recording.json").write_text(rules, encoding="utf-8")
        with server.up():
            # When in each minute a rule is evaluated hangs on the path of its file.
            run("promtool", "tsdb", "create-blocks-from", "rules", "--url", server.url, "--start", str(start), "--end",
                str(end), "--eval-interval", "%ds" % STEP, "--output-dir", "data", "recording.json", cwd=folder)


def recording(file):
    """The recording rules, as often as they have to be evaluated for those that take what others record. promtool makes a
    block of each rule, so of a file in JSON each is evaluated once."""
    text = pathlib.Path(file).read_text(encoding="utf-8")
    try:
        groups = json.loads(text)["groups"]
    except ValueError:
        return [text, text]
    rules = [rule for group in groups for rule in group["rules"] if "record" in rule]
    names = {rule["record"] for rule in rules}
    first = [rule for rule in rules if not any(name in rule["expr"] for name in names)]
    turns = [first, [rule for rule in rules if rule not in first]]
    return [json.dumps({"groups": [{"name": "recording", "rules": turn}]}) for turn in turns if turn]


def configuration(port, rules):
    """As a Prometheus operator would write it, for targets that the exporter names."""
    jobs = [{"job_name": name, "honor_labels": name == "keep",
             "http_sd_configs": [{"url": "http://127.0.0.1:%s/targets/%s" % (port, name)}]}
            for name in ("rename", "keep")]
    return {"global": {"scrape_interval": "2s", "evaluation_interval": "2s"}, "scrape_configs": jobs,
            "rule_files": [str(pathlib.Path(rules).resolve())] if rules else []}


def scraped(server, port):
    """Waits until everything has been scraped, and the rules have been evaluated on that."""
    say("waiting for scrapes and rules")
    base = "http://127.0.0.1:%s/targets/" % port
    all_of_them = sum(len(json.load(urllib.request.urlopen(base + name))) for name in ("keep", "rename"))
    for _ in patience("scrapes"):
        targets = server.get("targets", state="active")["activeTargets"]
        bad = [target["lastError"] for target in targets if target["health"] == "down"]
        up = sum(target["health"] == "up" for target in targets)
        if bad or up == all_of_them:
            break
    if bad:
        sys.exit("ask.py: a scrape fails: " + bad[0])
    since = time.time()
    for _ in patience("rules"):
        groups = server.get("rules")["groups"]
        if all(group["lastEvaluation"] > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since)) for group in groups):
            break
    failed = [rule for group in groups for rule in group["rules"] if rule["health"] == "err"]
    if failed:
        sys.exit("ask.py: rule %s fails: %s" % (failed[0]["name"], failed[0]["lastError"]))


def number(text):
    value = float(text)
    return value if math.isfinite(value) else None


def ask(server, query, start, options):
    """The result of a query."""
    result = {name: query.get(name) for name in ("title", "expr", "unit")}
    try:
        until = start + options.hours * HOUR
        found = server.get("query_range", query=query["expr"], start=start + HOUR, end=until, step=STEP)["result"]
        now = server.get("query", query=query["expr"])["result"]
    except ValueError as error:
        return {**result, "error": str(error)}
    points = [[[at, number(value)] for at, value in one["values"]] for one in found]
    values = [value for one in points for _, value in one if value is not None]
    result.update(
        series=len(found),
        labels=[one["metric"] for one in found],
        last=[one[-1][1] for one in points],
        min=min(values, default=None),
        max=max(values, default=None),
        now=len(now) if isinstance(now, list) else 1,
    )
    if options.points:
        result["points"] = points
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", help="a rules file of Prometheus")
    parser.add_argument("--release", default="3.5", help="the release of Quay that is played")
    parser.add_argument("--registries", help="which registries are played, the healthy one first")
    parser.add_argument("--day", action="store_true", help="play the ups and downs of a working day")
    parser.add_argument("--hours", type=int, default=2, help="how long the past is")
    parser.add_argument("--step", type=int, default=30, help="seconds between samples of the past")
    parser.add_argument("--start", type=int, help="the second since 1970 at which the past begins: these hours ago, or so")
    parser.add_argument("--alerts", help="where to write the alerts whose condition holds")
    parser.add_argument("--points", action="store_true", help="print all values")
    options = parser.parse_args()
    queries = json.load(sys.stdin)
    played = ["--release", options.release] + (["--registries", options.registries] if options.registries else [])
    played += ["--day"] if options.day else []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    start = options.start or (int(time.time()) - options.hours * HOUR) // STEP * STEP
    with tempfile.TemporaryDirectory(prefix="quay-prometheus-") as place:
        folder = pathlib.Path(place)
        remember(folder, start, options, played)
        exporter = [*EXPORTER, "serve", "--start", str(start), *played]
        with running(exporter, stdout=subprocess.PIPE, text=True) as served:
            port = served.stdout.readline().strip()
            with Server(folder, configuration(port, options.rules)).up() as server:
                scraped(server, port)
                say("asking %d queries" % len(queries))
                results = [ask(server, query, start, options) for query in queries]
                alerts = server.get("alerts")["alerts"]
    if options.alerts:
        alerts = [{"alert": it["labels"]["alertname"], "state": it["state"], "labels": it["labels"]} for it in alerts]
        pathlib.Path(options.alerts).write_text(json.dumps(alerts, indent=1), encoding="utf-8")
    json.dump(results, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
