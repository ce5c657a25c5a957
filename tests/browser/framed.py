"""The widget in a frame of a page builder's: pages of two sites on one machine, on paper."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from playwright.sync_api import FrameLocator, Route

from tests.browser.canned import CannedApi
from tests.browser.pages_site import PagesSite
from tests.browser.visitor import Visitor

HEAD = "<!doctype html><html lang=en><title>Site</title><link rel=icon href=data:,>"


@contextmanager
def allowed(owner: httpx.Client, origins: list[str]) -> Iterator[None]:
    """Let pages of these origins show the widget, for a while."""
    path = "/v1/locations/demo"
    before = owner.get(path).json()["allowed_origins"]
    owner.patch(path, json={"allowed_origins": origins}).raise_for_status()
    try:
        yield
    finally:
        owner.patch(path, json={"allowed_origins": before}).raise_for_status()


class Sites:
    """A builder's site and a salon's, as browsers tell sites apart; both show what is put here."""

    def __init__(self, port: int) -> None:
        self.builder, self.salon = f"http://localhost:{port}", f"http://127.0.0.1:{port}"
        self.pages: dict[str, str] = {}


@contextmanager
def serve_sites() -> Iterator[Sites]:
    """Run them behind one port of this machine."""

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = sites.pages.get(self.path.partition("?")[0], HEAD).encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    sites = Sites(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield sites
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def widget_page(script_url: str, location: str = "demo") -> str:
    """Return a page with the widget on it."""
    return (
        f'{HEAD}<script type=module src="{script_url}/widget.js"></script>'
        f"<h1>Book</h1><bookpay-widget location={location}></bookpay-widget>"
    )


def put_frame(
    sites: Sites, widget: str, *, sandbox: str | None = None, origin: str = "", inline: bool = False
) -> str:
    """Put the builder's page with a frame on its site, and return its address.

    The frame's page is the salon's, or at `origin`, or `inline`.
    """
    origin = origin or sites.salon
    source = f'srcdoc="{escape(widget)}"' if inline else f'src="{origin}/widget"'
    box = "" if sandbox is None else f'sandbox="{sandbox}"'
    frame = f"<iframe title=Booking {source} {box} width=390 height=900></iframe>"
    page = f"{HEAD}<main><h1>Our salon</h1>{frame}</main>"
    sites.pages = {"/site": page, "/widget": widget}
    return f"{sites.builder}/site"


def book_in(frame: FrameLocator, service: str = "Colour") -> None:
    """Go through all steps, and press the button that books."""
    frame.get_by_role("button", name=service).click()
    frame.get_by_role("button", name="Anna").click()
    frame.locator(".slot").first.click()
    frame.get_by_label("Name").fill("Mira Lindqvist")
    frame.get_by_label("Email").fill("mira@example.com")
    frame.get_by_role("button", name="Continue").click()
    frame.get_by_label("I accept these terms.").check()
    frame.get_by_role("button", name="Book and pay").click()


class Framed:
    """A visitor at a builder's page, which has the widget in a frame."""

    def __init__(self, visitor: Visitor, site: PagesSite, sites: Sites) -> None:
        self.visitor, self.sites = visitor, sites
        self.context = visitor.page.context
        self.api = CannedApi(visitor.page)
        self._widget = widget_page(site.url)
        # A window that the frame opens is of the same context.
        self.context.route("https://checkout.example/**", self._checkout)

    def open(self, *, sandbox: str | None = None, origin: str = "", inline: bool = False) -> None:
        """Come to the builder's page; the frame's is the salon's, or at `origin`, or `inline`."""
        self.api.allowed_origin = origin or self.sites.salon
        address = put_frame(self.sites, self._widget, sandbox=sandbox, origin=origin, inline=inline)
        self.visitor.page.goto(address)

    @property
    def frame(self) -> FrameLocator:
        return self.visitor.page.frame_locator("iframe")

    def book(self) -> None:
        """Go through all steps, and press the button that books."""
        book_in(self.frame)

    def _checkout(self, route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body=f"{HEAD}Stripe")
