import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = "whsec_your_secret"
PORT = int(os.environ.get("PORT", "4000"))


def is_genuine(headers, body):
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if (
        not (timestamp.isdecimal() and len(timestamp) < 13)
        or abs(time.time() - int(timestamp)) > 300
    ):
        return False  # seconds: whatever is older may be a recording
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{id}.{timestamp}.".encode() + body
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    theirs = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(b"v1," + digest, one) for one in theirs)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        genuine = is_genuine(self.headers, body)  # by the bytes as they came
        for event in json.loads(body)["events"] if genuine else []:
            print(event["id"], event["type"], json.dumps(event["data"]), flush=True)
        self.send_response(204 if genuine else 401)
        self.end_headers()


print(f"Listening on port {PORT}", flush=True)
HTTPServer(("", PORT), Receiver).serve_forever()
