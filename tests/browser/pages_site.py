"""Our pages on a port of this machine, without a stack: the real function, locations of paper."""

import base64
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

from functions.serve_pages import asset_files
from functions.serve_pages import handler as pages_function
from infra import bundle
from shared import environment
from shared.adapters.location_store import LocationStore, StoredLocation
from shared.config import AwsAccess, Config
from shared.domain.locations.location import Location
from shared.entrypoints import edge

LOCATION = Location(
    location_id="demo",
    name="Salon Aurora",
    timezone="Europe/Berlin",
    currency="eur",
    country="DE",
    mode="test",
    created_at_s=1_767_225_600,
)

CONFIG = Config(
    aws=AwsAccess("eu-central-1", "", "", "", ""),
    user_pool_id="eu-central-1_pool",
    user_pool_client_id="client",
)


class PaperLocations:
    """Stands in for the table: tests put their locations here."""

    def __init__(self) -> None:
        self.kept = {LOCATION.location_id: LOCATION}

    def get_location(self, location_id: str) -> StoredLocation | None:
        found = self.kept.get(location_id)
        return StoredLocation(found, 1) if found else None


@dataclass(frozen=True)
class PagesSite:
    """Where our pages are served."""

    url: str
    locations: PaperLocations

    def name(self, location_id: str, name: str, **changed: Any) -> str:
        """Make a location and return its page's address."""
        made = replace(LOCATION, location_id=location_id, name=name, **changed)
        self.locations.kept[location_id] = made
        return f"{self.url}/book/{location_id}"


class _Context:
    function_name = invoked_function_arn = aws_request_id = "serve-pages"
    memory_limit_in_mb = 512


def _event(path: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return a request as API Gateway hands it on."""
    first, _, rest = path.partition("?")[0].lstrip("/").partition("/")
    keys: dict[str, tuple[str, dict[str, str]]] = {
        "book": ("GET /book/{location_id}", {"location_id": rest}),
        "assets": ("GET /assets/{proxy+}", {"proxy": rest}),
    }
    route, parameters = keys.get(first, (f"GET /{first}", {}))
    return {"routeKey": route, "headers": headers, "pathParameters": parameters}


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health":
            # Another function's, and all that is asked of it here is whether anybody answers.
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = pages_function.handler(_event(self.path, headers), _Context())
        body = answer["body"].encode()
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body)
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve_pages() -> Iterator[PagesSite]:
    """Run the function behind a port."""
    locations = PaperLocations()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    with (
        tempfile.TemporaryDirectory() as made,
        patch.object(asset_files, "MADE", Path(made)),
        patch.dict(environment._made, {LocationStore: locations}),
        patch.object(pages_function, "load_config", lambda: CONFIG),
        patch.object(edge, "load_config", lambda: CONFIG),
    ):
        bundle.build(Path(made))
        thread.start()
        try:
            yield PagesSite(f"http://127.0.0.1:{server.server_port}", locations)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
