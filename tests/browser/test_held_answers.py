"""What a browser is answered is held to the contract, as in the tests on the running system."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

from tests.contract.over_http import held_to_the_contract, hold_browser

PAGE = b"<!doctype html><title>x</title><link rel=icon href=data:,>"
ANSWERS = {
    "/console": ("text/html", PAGE),
    "/health": ("application/json", b'{"status": "ok", "version": "1"}'),
    "/public/locations/demo": ("application/json", b'{"name": "Demo Salon"}'),
}


class Api(BaseHTTPRequestHandler):
    """An API that keeps one promise of three."""

    def do_GET(self) -> None:
        kind, body = ANSWERS[self.path]
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_answer_that_is_not_promised_is_told(browser: Browser, api_url: str) -> None:
    context = browser.new_context()
    mistakes = hold_browser(context)
    page = context.new_page()
    with held_to_the_contract(api_url):
        page.goto(f"{api_url}/console")
        page.evaluate("fetch('/health').then(answer => answer.text())")
        assert mistakes == []
        page.evaluate("fetch('/public/locations/demo').then(answer => answer.text())")
        for _ in range(100):
            page.wait_for_timeout(50)
            if mistakes:
                break
    context.close()
    [mistake] = mistakes
    assert "'location_id' is a required property" in mistake
