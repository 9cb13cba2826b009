"""Clair's port with TLS, and Quay as it calls it.

  clair.py serve CONFIG PORT        serves as Clair's configuration says
  clair.py call FOLDER HOST PORT    calls SECURITY_SCANNER_V4_ENDPOINT of FOLDER/config.yaml, which HOST and PORT stand for

Clair reads its pair once, at its start, and speaks of HTTP/2 alone (cmd/clair: cfg.NextProtos). Quay's start appends each file
whose name begins with extra_ca, and those in extra_ca_certs, to what requests trusts; its client verifies the host name and asks
for HTTP/1.1 (conf/init/certs_install.sh, util/secscan/v4/api.py, urllib3).
"""

import http.client
import pathlib
import socket
import ssl
import sys
from urllib.parse import urljoin, urlsplit

import yaml

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nClair"


def serve(config, port):
    with open(config, "rb") as file:
        told = yaml.safe_load(file)["tls"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(told["cert"], told["key"])
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", int(port)))
    print("serving", flush=True)
    while True:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(ANSWER)
        except OSError as error:
            print(error, flush=True)


def trusted(folder):
    """What Quay's start adds to the CAs of its image."""
    found = [path for path in sorted(folder.glob("extra_ca*")) if path.is_file()]
    found += [path for path in sorted((folder / "extra_ca_certs").glob("*")) if path.is_file()]
    return b"\n".join(path.read_bytes() for path in found)


def call(folder, host, port):
    folder = pathlib.Path(folder)
    with open(folder / "config.yaml", "rb") as file:
        endpoint = yaml.safe_load(file)["SECURITY_SCANNER_V4_ENDPOINT"]
    url = urlsplit(urljoin(endpoint, "/indexer/api/v1/index_state"))
    if url.scheme != "https" or (url.hostname, url.port or 443) != (host, 443):
        sys.exit("not the address of Clair's Service: {}".format(endpoint))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    (folder / "bundle.pem").write_bytes(trusted(folder))
    context.load_verify_locations(str(folder / "bundle.pem"))
    context.set_alpn_protocols(["http/1.1"])
    connection = http.client.HTTPConnection(url.hostname)
    plain = socket.create_connection(("127.0.0.1", int(port)), timeout=5)
    connection.sock = context.wrap_socket(plain, server_hostname=url.hostname)
    connection.request("GET", url.path)
    print(connection.getresponse().read().decode())


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]](*sys.argv[2:])
