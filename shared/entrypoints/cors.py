"""Which other sites' pages may read our answers: those of the location's allowed origins.

A page of any other origin gets the answer without the header, and the browser withholds it from the
page; our own pages need no header. https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from shared.domain.locations.location import Location
from shared.entrypoints.http_api import Event, header

ALLOWED_METHODS = "GET, POST, OPTIONS"
ALLOWED_HEADERS = "content-type, idempotency-key"
PREFLIGHT_S = 600


def cross_origin_headers(location: Location | None, event: Event) -> dict[str, str]:
    """Return the headers that let an allowed origin read the answer; never `*`, no credentials."""
    origin = header(event, "origin")
    # Caches must not serve one origin's answer to another.
    headers = {"vary": "origin"}
    if location and origin in location.allowed_origins:
        headers["access-control-allow-origin"] = origin
    return headers


def preflight_headers(location: Location | None, event: Event) -> dict[str, str]:
    """Return the headers of the answer to `OPTIONS`."""
    headers = cross_origin_headers(location, event)
    if "access-control-allow-origin" in headers:
        headers |= {
            "access-control-allow-methods": ALLOWED_METHODS,
            "access-control-allow-headers": ALLOWED_HEADERS,
            "access-control-max-age": str(PREFLIGHT_S),
        }
    return headers
