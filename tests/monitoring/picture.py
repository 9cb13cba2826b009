"""Draws dashboards in Chromium.

    picture.py [--pictures FOLDER] < {"dashboards": {"NAME": {…}}, "rules": {…}, "release": "3.18", "registry": "quay/registry"}

A dashboard is Grafana's or that of OpenShift's console. ask.py asks a Prometheus server for their expressions, over six hours
of a day that is always the same; picture/draw.js draws. Prints of each dashboard, by its name,

    {"page": "…",                       the SHA-256 of the page: of the definition, of the answers and of what draws
     "height": 3900, "panels": […]}     what the browser has laid out: see picture/measure.js

and with --pictures writes FOLDER/NAME.png. No process is left behind, and no other file.
"""

import argparse
import hashlib
import html
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WIDTH = 1400
# A Tuesday, from 8 o'clock on.
START, HOURS = 1773129600, 7
BROWSER = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
           "--force-device-scale-factor=1", "--font-render-hinting=none", "--no-first-run"]


def run(*command, stdin=None, home=None):
    """Runs a program, which has to succeed, and returns its output."""
    environment = {**os.environ, "HOME": str(home)} if home else None
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, timeout=900, env=environment)
    except FileNotFoundError:
        sys.exit("picture.py: this test needs %s: run .ci/setup, which installs it" % command[0])
    if done.returncode:
        sys.exit("picture.py: %s: %s" % (command[0], (done.stderr + done.stdout).strip()))
    return done.stdout


def expressions(dashboard):
    """The expressions of a dashboard."""
    panels = dashboard.get("panels", []) + [panel for row in dashboard.get("rows", []) for panel in row["panels"]]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def rounded(value):
    """To as many digits as can be seen, so that the last ones of a sum do not make another page."""
    if value is None or value == 0:
        return value
    digits = 4 - math.floor(math.log10(abs(value)))
    return round(value, digits) if digits > 0 else int(round(value, digits))


def answers(given, folder):
    """The times, and the series of each expression of all dashboards."""
    rules = folder / "rules.json"
    rules.write_text(json.dumps(given["rules"]), encoding="utf-8")
    asked = list(dict.fromkeys(expr for dashboard in given["dashboards"].values() for expr in expressions(dashboard)))
    told = json.loads(run(
        sys.executable, str(HERE / "ask.py"), "--rules", str(rules), "--release", given["release"], "--registries",
        given["registry"], "--day", "--hours", str(HOURS), "--step", "60", "--start", str(START), "--points",
        stdin=json.dumps([{"expr": expr} for expr in asked]),
    ))
    errors = ["%s: %s" % (one["expr"], one["error"]) for one in told if "error" in one]
    if errors:
        sys.exit("picture.py: " + "\n".join(errors))
    times = list(range(START + 3600, START + HOURS * 3600 + 1, 60))
    found = {}
    for one in told:
        series = []
        for labels, points in zip(one["labels"], one["points"]):
            by_time = {int(at): rounded(value) for at, value in points}
            series.append({"labels": labels, "values": [by_time.get(at) for at in times]})
        found[one["expr"]] = sorted(series, key=lambda it: sorted(it["labels"].items()))
    return times, found


def page(dashboard, times, found):
    """The page, which needs nothing else."""
    def part(name):
        return (HERE / "picture" / name).read_text(encoding="utf-8")

    own = {expr: found[expr] for expr in expressions(dashboard)}
    data = json.dumps({"dashboard": dashboard, "times": times, "answers": own}, separators=(",", ":"))
    return "\n".join([
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        "<title>%s</title>" % html.escape(dashboard["title"]),
        "<style>", part("console.css" if "rows" in dashboard else "grafana.css"), part("page.css"), "</style>",
        "</head>", "<body>",
        '<script type="application/json" id="given">', data.replace("</", "<\\/"), "</script>",
        "<script>", part("draw.js"), "</script>", "<script>", part("measure.js"), "</script>", "</body>", "</html>",
    ])


def draw(text, folder, png):
    """Draws a page, and returns what has been laid out."""
    file, picture = folder / "page.html", folder / "page.png"
    file.write_text(text, encoding="utf-8")
    browser = [*BROWSER, "--user-data-dir=%s" % (folder / "profile")]
    drawn = run(*browser, "--window-size=%d,1000" % WIDTH, "--dump-dom", file.as_uri(), home=folder)
    note = re.search(r'<script type="application/json" id="measured">(.*?)</script>', drawn, re.DOTALL)
    if not note:
        sys.exit("picture.py: the page draws nothing; what has been laid out ends in\n" + drawn[-2000:])
    measured = json.loads(note.group(1))
    if png:
        size = "--window-size=%d,%d" % (WIDTH, measured["height"])
        run(*browser, size, "--screenshot=%s" % picture, file.as_uri(), home=folder)
        # A third of the size, and no difference that is seen.
        run("pngquant", "--nofs", "--strip", "--speed", "1", "--force", "--output", str(png), "64", str(picture))
    return {"page": hashlib.sha256(text.encode()).hexdigest(), **measured}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=pathlib.Path, help="where to write pictures")
    options = parser.parse_args()
    given = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="quay-picture-") as place:
        folder = pathlib.Path(place)
        times, found = answers(given, folder)
        results = {}
        for name, dashboard in given["dashboards"].items():
            png = options.pictures and options.pictures.resolve() / (name + ".png")
            results[name] = draw(page(dashboard, times, found), folder, png)
    json.dump(results, sys.stdout)
    print()


if __name__ == "__main__":
    main()
