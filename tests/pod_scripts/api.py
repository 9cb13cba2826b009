"""The part of the cluster's API that the migration asks: pods, from a file that is read anew for each request.

  api.py CERTIFICATE KEY PODS TOKEN

It prints its port. Another token than TOKEN is answered with 403.
"""

import http.server
import ssl
import sys

certificate, key, pods, token = sys.argv[1:]


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = "/api/v1/namespaces/quay/pods?labelSelector=quay-operator%2Fquayregistry%3Dregistry%2Cquay-component+in"
        is_allowed = self.headers["Authorization"] == "Bearer " + token
        self.send_response(403 if not is_allowed else 200 if self.path.startswith(wanted) else 404)
        self.end_headers()
        with open(pods, "rb") as file:
            self.wfile.write(file.read() if is_allowed else b"{}")

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Api)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("port {}.".format(server.server_port), flush=True)
server.serve_forever()
