"""What Quay 3.5 answers to those who ask how it is, behind nginx.

  quay.py PORT CONFIG SERVED...

SERVED are pairs REAL=HERE: where a port of the container is on this machine. /health/instance asks the workers, through
nginx at the address that follows from config.yaml, and the database; /health/endtoend asks the database alone (and Redis
and storage, which are always well here). The rules are those of Quay's health/services.py, in words of our own.
"""

import json
import ssl
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn

import psycopg2
import yaml

PORT, CONFIG, SERVED = int(sys.argv[1]), sys.argv[2], dict(pair.split("=") for pair in sys.argv[3:])
with open(CONFIG) as file:
    CONFIG = yaml.safe_load(file)


def worker(endpoint):
    scheme = CONFIG.get("PREFERRED_URL_SCHEME", "http")
    if CONFIG.get("EXTERNAL_TLS_TERMINATION", False):
        scheme = "http"
    port = SERVED.get("8080" if scheme == "http" else "8443", "9")
    any_certificate = ssl.create_default_context()
    any_certificate.check_hostname, any_certificate.verify_mode = False, ssl.CERT_NONE
    url = "{}://localhost:{}/{}".format(scheme, port, endpoint)
    try:
        # a redirect is followed, to a port 443 that nobody serves in the container
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=any_certificate)
        )
        return opener.open(url, timeout=10).status == 200
    except OSError:
        return False


def database():
    try:
        psycopg2.connect(CONFIG["DB_URI"], connect_timeout=10).close()
        return True
    except psycopg2.Error:
        return False


CHECKS = {
    "/_internal_ping": lambda: {},
    "/v1/_internal_ping": lambda: {},
    "/health/instance": lambda: {
        "registry_gunicorn": worker("v1/_internal_ping"),
        "web_gunicorn": worker("_internal_ping"),
        "database": database(),
    },
    "/health/endtoend": lambda: {"database": database(), "redis": True, "storage": True},
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        services = CHECKS[self.path]() if self.path in CHECKS else {"path": False}
        self.send_response(200 if all(services.values()) else 503)
        self.end_headers()
        self.wfile.write(json.dumps(services).encode())

    def log_message(self, *_):
        pass


class Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True


Server(("127.0.0.1", PORT), Handler).serve_forever()
