"""A stand-in for a service: answers /health/ready on HAWK_HTTP_PORT, and tells its environment on
/environment.

`python -m tests.support.standin NAME` only differs from another one by its name; see `supervised`.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({key: value for key, value in os.environ.items() if key.startswith("HAWK_")}).encode()
        self.send_response(200 if self.path in ("/health/ready", "/environment") else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def main() -> int:
    if os.environ.get("STANDIN_DIES"):
        sys.stderr.write("the stand-in was told to die\n")
        return 1
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["HAWK_HTTP_PORT"])), Answers).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
