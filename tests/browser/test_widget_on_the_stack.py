"""Clients book and pay in a real browser, on the running system."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.booking import (
    DECLINED,
    GOOD,
    accept_and_book,
    choose_time,
    enter_contact,
    go_to_review,
    open_widget,
    pay,
)
from tests.browser.conftest import Visit
from tests.browser.framed import allowed
from tests.browser.visitor import Visitor
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import agreed

pytestmark = pytest.mark.stack
CONFIRMED = "Your booking is confirmed"
CLIENT = {"name": "Somebody Faster", "email": "faster@example.com"}
# A page that does its worst to what is embedded in it.
HOST_PAGE = """<!doctype html><html lang="en"><title>Our salon</title>
<link rel="stylesheet" href="/site.css"><link rel="icon" href="data:,">
<script type="module" src="{api}/widget.js"></script>
<main><h1>Our salon</h1><bookpay-widget location="demo" theme="light"></bookpay-widget></main>"""
HOST_CSS = """html { font-size: 10px; color: #fff; background: #fff }
* { letter-spacing: .5em; text-transform: uppercase } button { display: none !important }"""


@pytest.fixture(scope="module")
def page_url(stack: Stack) -> str:
    return f"{stack.api_url}/book/demo"


def book_by_api(stack: Stack, service: str, employee: str, starts_at: str) -> None:
    """Be faster than whoever is looking at the page."""
    body = {"service_id": service, "employee_id": employee, "starts_at": starts_at}
    path, public = "/public/locations/demo/bookings", stack.client()
    answer = public.post(path, json={**body, "client": CLIENT, **agreed(public, service)})
    assert answer.status_code == 201, answer.text


def bookings_of(stack: Stack) -> list[dict[str, Any]]:
    answer = stack.client("demo:manager").get("/v1/locations/demo/bookings", params={"limit": 100})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_deposit_is_booked_and_paid_and_axe_finds_nothing_on_the_way(
    stack: Stack, visit: Visit, page_url: str
) -> None:
    client = visit()
    open_widget(client, page_url)
    seen = [client.found_by_axe()]
    client.press("Colour")
    seen.append(client.found_by_axe())
    client.press("Anna")
    client.page.locator(".slot").first.wait_for()
    seen.append(client.found_by_axe())
    starts_at = choose_time(client)
    seen.append(client.found_by_axe())
    enter_contact(client)
    expect(client.page.get_by_text("€84.00")).to_be_visible()
    seen.append(client.found_by_axe())
    accept_and_book(client)
    pay(client, GOOD)

    expect(client.heading(CONFIRMED)).to_be_visible()
    expect(client.page.get_by_text("€36.00")).to_be_visible()
    seen.append(client.found_by_axe())
    assert seen == [[]] * 6
    assert "returned" not in client.page.url
    made = next(each for each in bookings_of(stack) if each["starts_at"] == starts_at)
    assert (made["status"], made["amount_captured"]) == ("confirmed", 3600)


def test_nothing_secret_is_in_an_address_and_a_reload_shows_the_booking(
    visit: Visit, page_url: str
) -> None:
    client = visit()
    addresses: list[str] = []
    client.page.on("framenavigated", lambda frame: addresses.append(frame.url))
    open_widget(client, page_url)
    go_to_review(client, "Haircut", "Ben")
    accept_and_book(client)
    pay(client, GOOD)
    expect(client.heading(CONFIRMED)).to_be_visible()
    kept = client.page.evaluate("Object.values(localStorage)[0]")
    token = client.page.evaluate("kept => JSON.parse(kept).token", kept)
    assert len(token) == 32
    assert not [address for address in addresses if token in address]
    assert client.page.evaluate("document.cookie") == ""

    client.page.reload()
    expect(client.heading(CONFIRMED)).to_be_visible()
    client.press("Book another visit")
    expect(client.heading("What would you like to book?")).to_be_focused()
    assert client.page.url == page_url


def test_a_declined_card_is_told_and_the_next_one_pays(visit: Visit, page_url: str) -> None:
    client = visit()
    client.expected.append("402")  # the payment page's own answer
    open_widget(client, page_url)
    go_to_review(client, "Haircut", "Anna")
    accept_and_book(client)
    pay(client, DECLINED)
    client.page.get_by_role("link", name="Leave without paying").click()

    expect(client.heading("Your card was declined")).to_be_visible()
    expect(client.page.get_by_text("Your slot is reserved for you until")).to_be_visible()
    assert client.found_by_axe() == []
    client.press("Pay €45.00 now")
    pay(client, GOOD)
    expect(client.heading(CONFIRMED)).to_be_visible()


def test_who_comes_back_by_the_browsers_own_button_can_still_pay(
    visit: Visit, page_url: str
) -> None:
    client = visit()
    open_widget(client, page_url)
    go_to_review(client, "Haircut", "Ben", 2)
    accept_and_book(client)
    client.page.wait_for_url("**/c/pay/**")
    client.page.go_back()

    expect(client.heading("Your booking is not paid yet")).to_be_visible()
    client.press("Pay €45.00 now")
    pay(client, GOOD)
    expect(client.heading(CONFIRMED)).to_be_visible()


def test_who_loses_the_slot_is_told_and_chooses_another(
    stack: Stack, visit: Visit, page_url: str
) -> None:
    client = visit()
    client.expected.append("409")
    open_widget(client, page_url)
    starts_at = go_to_review(client, "Haircut", "Anna")
    book_by_api(stack, "haircut", "anna", starts_at)
    accept_and_book(client)

    expect(client.heading("When?")).to_be_focused()
    expect(client.page.get_by_role("alert")).to_contain_text("Nothing was booked")
    client.page.locator(".slot").first.wait_for()
    assert client.page.locator(f'[data-starts-at="{starts_at}"]').count() == 0
    assert client.found_by_axe() == []
    choose_time(client)
    # What was entered before is still there.
    expect(client.heading("Check and book")).to_be_visible()
    accept_and_book(client)
    pay(client, GOOD)
    expect(client.heading(CONFIRMED)).to_be_visible()


def test_who_takes_anyone_gets_the_other_person_where_the_first_is_gone(
    stack: Stack, visit: Visit, page_url: str
) -> None:
    client = visit()
    client.expected.append("409")
    open_widget(client, page_url)
    client.press("Haircut")
    client.press("Anyone")
    client.button("Later days").click()
    starts_at = choose_time(client)
    enter_contact(client)
    book_by_api(stack, "haircut", "anna", starts_at)
    accept_and_book(client)
    pay(client, GOOD)

    expect(client.heading(CONFIRMED)).to_be_visible()
    expect(client.page.locator(".facts")).to_contain_text("Ben")


def test_everything_can_be_done_with_the_keyboard(visit: Visit, page_url: str) -> None:
    client = visit(width=1280, height=800)
    open_widget(client, page_url)
    for name in ("Haircut", "Ben"):
        tab_to(client, name)
        client.page.keyboard.press("Enter")
        assert focused(client)["tag"] == "H2"
    client.page.locator(".slot").first.wait_for()
    tab_to(client, r"^\d\d:\d\d$")
    client.page.keyboard.press("Enter")
    tab_to(client, "Name")
    client.page.keyboard.type("Mira Lindqvist")
    tab_to(client, "Email")
    client.page.keyboard.type("not a mail")
    client.page.keyboard.press("Enter")
    assert "Email" in focused(client)["name"]
    expect(client.page.get_by_text("Please check the email address")).to_be_visible()
    client.page.keyboard.press("Control+A")
    client.page.keyboard.type("mira@example.com")
    client.page.keyboard.press("Enter")
    assert focused(client)["tag"] == "H2"
    tab_to(client, "I accept")
    client.page.keyboard.press("Space")
    tab_to(client, "Book and pay")
    client.page.keyboard.press("Enter")
    pay(client, GOOD)
    expect(client.heading(CONFIRMED)).to_be_focused()


def focused(visitor: Visitor) -> dict[str, str]:
    """Return the element that has the focus, and whether that can be seen."""
    found: dict[str, str] = visitor.page.evaluate(
        """() => {
          let at = document.activeElement;
          while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
          const label = at.labels?.[0]?.textContent;
          const { outlineStyle } = getComputedStyle(at);
          return { tag: at.tagName, name: label || at.ariaLabel || at.textContent, outlineStyle };
        }"""
    )
    return found


def tab_to(visitor: Visitor, pattern: str) -> None:
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        at = focused(visitor)
        if at["tag"] != "BODY":
            assert at["outlineStyle"] != "none", at
        if re.search(pattern, at["name"]) and at["tag"] in {"BUTTON", "INPUT"}:
            return
    raise AssertionError(f"{pattern} is not reached by the keyboard")


# ------------------------------------------------------------------ on somebody else's page


@contextmanager
def host_site(api_url: str) -> Iterator[str]:
    """Serve a page of another origin that embeds the widget, under a strict policy of its own."""
    policy = (
        f"default-src 'none'; script-src {api_url}; connect-src {api_url}; style-src 'self'; "
        "img-src data:"
    )

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_css = self.path == "/site.css"
            body = HOST_CSS if is_css else HOST_PAGE.format(api=api_url)
            self.send_response(200)
            self.send_header("content-type", "text/css" if is_css else "text/html; charset=utf-8")
            self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_on_another_sites_page_it_books_and_comes_back_there(stack: Stack, visit: Visit) -> None:
    client = visit()
    with host_site(stack.api_url) as host, allowed(stack.client("demo:owner"), [host]):
        open_widget(client, f"{host}/book-us?campaign=spring")
        assert client.found_by_axe() == []
        choice = client.button("Haircut")
        assert choice.evaluate("at => getComputedStyle(at).textTransform") == "none"
        box = choice.bounding_box()
        assert box
        assert box["height"] >= 60
        go_to_review(client, "Haircut", "Anna", 1)
        accept_and_book(client)
        pay(client, GOOD)
        expect(client.heading(CONFIRMED)).to_be_visible()
        assert client.page.url.startswith(f"{host}/book-us?campaign=spring&bookpay=demo.")


def test_on_a_page_that_is_not_allowed_nothing_can_be_read(stack: Stack, visit: Visit) -> None:
    client = visit()
    client.expected += ["CORS", "net::ERR_FAILED"]
    with host_site(stack.api_url) as host:
        client.page.goto(host)
        expect(client.page.get_by_role("alert")).to_be_visible()
        assert client.button("Haircut").count() == 0


# ------------------------------------------------------------------ what the API adds to a page


def test_a_page_and_its_files_come_packed_from_the_system(stack: Stack) -> None:
    public = stack.client()
    page = public.get("/book/demo")
    assert (page.status_code, "Salon Aurora" in page.text) == (200, True)
    assert page.headers["cache-control"] == "no-cache"
    script = public.get("/widget.js")
    last = 'customElements.define("bookpay-widget",BookpayWidget)'
    assert script.text.rstrip().rstrip(";").endswith(last)
    again = public.get("/widget.js", headers={"if-none-match": script.headers["etag"]})
    assert again.status_code == 304
    assert public.get("/book/nowhere").status_code == 404
    assert public.get("/assets/nothing.js").status_code == 404
