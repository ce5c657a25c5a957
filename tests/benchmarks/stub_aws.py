"""An AWS that answers at once: what is left is what a handler itself costs."""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "whsec_bench"
PARAMETER = json.dumps({"mode": "test", "secrets": [SECRET]})
ANSWERS = {
    "AmazonSSM.GetParameter": {"Parameter": {"Value": PARAMETER}},
    "AWSEvents.PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
}


class StubAws(BaseHTTPRequestHandler):
    """Answers the calls of the webhook function, over kept connections."""

    protocol_version = "HTTP/1.1"
    # Head and body leave together: two small writes would wait 40 ms for each other's receipt.
    wbufsize = -1

    def do_POST(self) -> None:
        """Answer by the operation's name."""
        self.rfile.read(int(self.headers.get("content-length", "0")))
        body = json.dumps(ANSWERS[self.headers["x-amz-target"]]).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def main() -> None:
    """Serve on a free port, and print it."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), StubAws)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
