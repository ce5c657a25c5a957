"""A browser for the tests, and our pages as people meet them; skipped where no Chromium is."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.answering import broken
from tests.browser.pages_site import PagesSite, serve_pages
from tests.browser.visitor import Visitor
from tests.contract.over_http import hold_browser

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
]  # fmt: skip

# Long enough for a message that was put off, or whose function was ended, to come again.
WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)

type Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium once for all tests."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: install Debian's package `chromium`")
    with sync_playwright() as playwright:
        # Without a proxy: everything is on this machine.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Return what opens a page as a new visitor.

    At the end no console has an error, and what the running API, or a test in its place, answered
    is as the contract says.
    """
    broken.clear()
    visitors: list[Visitor] = []
    mistakes: list[list[str]] = []

    def arrive(width: int = 390, height: int = 844, **options: Any) -> Visitor:
        options = {"locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(WAIT_MS)
        mistakes.append(hold_browser(context))
        visitors.append(Visitor(context.new_page()))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.page.context.close()
    said = [error for visitor in visitors for error in visitor.errors]
    assert not said
    broken.extend(mistake for found in mistakes for mistake in found)
    assert not broken


@pytest.fixture(scope="module")
def site() -> Iterator[PagesSite]:
    """Serve our pages without a stack; tests give the API's answers.

    Only while a module's tests run: the function must not keep its locations of paper.
    """
    with serve_pages() as served:
        yield served
