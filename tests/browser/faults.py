"""What goes wrong between a page and the API: nothing is answered in its place but failures."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Page, Route

from tests.browser.answering import answer
from tests.browser.canned import problem

type Fault = Literal["fault", "unavailable", "busy", "offline", "silent"]
FAULTS: tuple[Fault, ...] = ("fault", "unavailable", "busy", "offline", "silent")
PROBLEMS = {
    "fault": problem(500, "service_fault"),
    "unavailable": problem(503, "unavailable"),
    # The gateway's own, as it comes before any function.
    "busy": (429, {"message": "Too Many Requests"}),
}
SAID = {
    "fault": "There is a fault on our side",
    "unavailable": "This does not work at the moment",
    "busy": "Many people are booking right now",
    "offline": "You seem to be offline",
    "silent": "There was no answer in time",
}
# What a browser's console says of them.
LOGGED = ("status of 500", "status of 503", "status of 429", "ERR_INTERNET_DISCONNECTED")
# A page that tries again and looks again in a tenth of the time, and gives a request up as soon as
# the test says that no answer comes: a real answer has all the time that the page gives.
IMPATIENT = """{ const asked = new Map(), waiting = new Map(), send = fetch, later = setTimeout;
const { timeout } = AbortSignal;
AbortSignal.timeout = (ms) => {
  const here = new AbortController();
  const both = AbortSignal.any([timeout.call(AbortSignal, ms), here.signal]);
  waiting.set(both, here);
  return both;
};
window.fetch = (address, options) => {
  asked.set(String(new URL(address, location)), waiting.get(options?.signal));
  return send(address, options);
};
window.giveUp = (address) => asked.get(address)?.abort(new DOMException("late", "TimeoutError"));
window.setTimeout = (act, ms, ...more) => later(act, ms / 10, ...more); }"""
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("no"); } });
}"""


@contextmanager
def failing(page: Page, path: str, fault: Fault, *, is_done: bool = False) -> Iterator[None]:
    """Let requests to a path fail; with `is_done` only their answer is lost, and the API has acted.

    `path` is a pattern of the whole path, without the query.
    """
    known = re.compile(rf"^https?://[^/]+{path}(\?.*)?$")

    def fail(route: Route) -> None:
        if is_done:
            route.fetch()
        if fault == "offline":
            route.abort("internetdisconnected")
        elif fault == "silent":
            route.request.frame.evaluate("address => window.giveUp?.(address)", route.request.url)
        else:
            answer(route, *PROBLEMS[fault])

    page.route(known, fail)
    yield
    page.unroute(known, fail)


@contextmanager
def slow(page: Page, path: str, wait_ms: int) -> Iterator[None]:
    """Let the API's answers to a path take longer."""
    known = re.compile(rf"^https?://[^/]+{path}(\?.*)?$")

    def wait(route: Route) -> None:
        page.wait_for_timeout(wait_ms)
        route.continue_()

    page.route(known, wait)
    yield
    page.unroute(known, wait)
