"""Opens sealed values as the controller does, with Python's cryptography.

Reads {"key": PEM, "values": [{"label": text, "sealed": base64}]} from standard input. Writes a list with, for each
value, {"session": base64, "value": base64}, or {"fault": "session"} or {"fault": "value"}, whichever part does not open.
"""

import base64
import json
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def opened(key, label, sealed):
    data = base64.b64decode(sealed, validate=True)
    end = 2 + int.from_bytes(data[:2], "big")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label.encode())
    try:
        session = key.decrypt(data[2:end], oaep)
    except ValueError:
        return {"fault": "session"}
    try:
        value = AESGCM(session).decrypt(bytes(12), data[end:], None)
    except InvalidTag:
        return {"fault": "value"}
    return {name: base64.b64encode(part).decode() for name, part in (("session", session), ("value", value))}


request = json.load(sys.stdin)
private = serialization.load_pem_private_key(request["key"].encode(), None)
json.dump([opened(private, **value) for value in request["values"]], sys.stdout)
