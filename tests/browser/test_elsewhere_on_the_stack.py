"""The widget in frames, on other devices and behind a mail's link, on the running system."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from infra.local.mails import list_new_mails
from tests.browser.booking import GOOD, accept_and_book, pay
from tests.browser.conftest import Visit
from tests.browser.faults import NO_STORAGE
from tests.browser.framed import Sites, allowed, book_in, put_frame, serve_sites, widget_page
from tests.browser.states import PICTURES, SCHEMES
from tests.browser.visitor import Visitor
from tests.stack.money_calls import stripe_of
from tests.stack.running_stack import Stack
from tests.stack.salon_clients import free_slots
from tests.stack.started import ROOT
from tests.stack.stripe_sender import fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack
SCRIPTS = "allow-scripts allow-same-origin"
CONFIRMED = "Your booking is confirmed"


@pytest.fixture(scope="module")
def sites(stack: Stack) -> Iterator[Sites]:
    """Serve a builder's page, whose frame the location allows."""
    with serve_sites() as served, allowed(stack.client("demo:owner"), [served.salon]):
        yield served


def pay_in(page: Page) -> None:
    pay(Visitor(page), GOOD)


@pytest.mark.parametrize("is_storing", [True, False])
def test_a_frame_pays_in_a_window_and_follows_it(
    stack: Stack, visit: Visit, sites: Sites, is_storing: bool
) -> None:
    client = visit(width=800)
    page = client.page
    if not is_storing:
        page.add_init_script(NO_STORAGE)
    address = put_frame(sites, widget_page(stack.api_url))
    page.goto(address)
    frame = page.frame_locator("iframe")
    with page.context.expect_page() as opened:
        book_in(frame)
    expect(frame.get_by_role("heading", name="Please pay in the other window")).to_be_visible()
    assert client.found_by_axe() == []
    if not is_storing:
        frame.locator("body").evaluate("() => location.reload()")
        expect(frame.get_by_role("button", name="Pay €36.00 now")).to_be_visible()
    pay_in(opened.value)
    # The window says that all is done, or will be if Stripe has not told yet; the frame the rest.
    waits = opened.value.get_by_text("You do not need to pay again")
    expect(waits.or_(opened.value.get_by_role("heading", name="Paid")).first).to_be_visible()
    expect(frame.get_by_role("heading", name=CONFIRMED)).to_be_visible()
    assert page.url == address


def test_a_frame_that_may_open_nothing_shows_a_link_that_pays(
    stack: Stack, visit: Visit, sites: Sites
) -> None:
    client = visit(width=800)
    client.expected += ["allow-popups", "allow-top-navigation"]
    page = client.page
    page.goto(put_frame(sites, widget_page(stack.api_url), sandbox=SCRIPTS))
    frame = page.frame_locator("iframe")
    book_in(frame)
    link = frame.get_by_label("Link").input_value()
    tab = page.context.new_page()
    tab.goto(link)
    pay_in(tab)
    page.bring_to_front()
    expect(frame.get_by_role("heading", name=CONFIRMED)).to_be_visible()


def test_a_booking_is_reached_from_another_device_by_its_mails_link(
    stack: Stack, visit: Visit
) -> None:
    client, email = visit(), f"{fresh_id('mira')}@example.com".lower()
    client.page.goto(f"{stack.api_url}/book/demo?service=haircut&employee=anna")
    client.press("Later days")
    client.page.locator(".slot").last.click()
    client.page.get_by_label("Name").fill("Mira Lindqvist")
    client.page.get_by_label("Email").fill(email)
    client.press("Continue")
    accept_and_book(client)
    pay(client, GOOD)
    client.heading(CONFIRMED).wait_for()

    other = visit(width=1366, height=900)
    other.page.goto(client.page.url)
    expect(other.heading("Your booking cannot be shown here")).to_be_visible()
    expect(other.page.get_by_text("The link in your confirmation email opens it")).to_be_visible()
    folder = Path(ROOT) / stack.described["mail_dir"]
    mail = wait_until(
        lambda: next((each for each in list_new_mails(folder) if each.to == email), None),
        "the confirmation came",
    )
    [link, *_] = re.findall(r"http\S+/visit/\S+", mail.text)
    other.page.goto(link)
    expect(other.heading("Your booking")).to_be_visible()
    expect(other.page.get_by_text("Anna").first).to_be_visible()
    expect(other.page.get_by_role("link", name="Receipt")).to_be_visible()
    expect(other.page.get_by_role("link", name="Add to your calendar")).to_be_visible()
    assert seen_by_axe(other, "visit") == []
    other.press("Cancel this booking")
    expect(other.heading("Cancel this booking?")).to_be_visible()
    expect(other.page.get_by_text("€45.00 will be refunded to your card")).to_be_visible()
    assert seen_by_axe(other, "visit-cancel") == []
    other.press("Yes, cancel it")
    expect(other.page.get_by_text("Cancelled").first).to_be_visible()
    client.press("Cancel this booking")
    expect(client.heading("Your booking is cancelled")).to_be_visible()


def seen_by_axe(client: Visitor, picture: str) -> list[str]:
    """Return what axe finds on a phone and a desktop, light and dark; the last is as it was."""
    found = []
    for width in (1366, 390):
        client.page.set_viewport_size({"width": width, "height": 844})
        for scheme in SCHEMES:
            client.page.emulate_media(color_scheme=scheme)
            found += client.found_by_axe()
            if PICTURES:
                name = f"{picture}-{width}-{scheme}.png"
                client.page.screenshot(path=Path(PICTURES) / name, full_page=True)
    return found


def test_a_payment_link_shows_what_is_agreed_to_and_leads_back_whatever_happens(
    stack: Stack, visit: Visit
) -> None:
    staff, client = stack.client("demo:manager"), visit()
    day = (datetime.now(UTC) + timedelta(days=25)).date().isoformat()
    starts_at = free_slots(stack.client(), day, "colour", "ben")[-1]
    body = {
        "service_id": "colour",
        "employee_id": "ben",
        "starts_at": starts_at,
        "client": {"name": "Mira Lindqvist", "email": "mira@example.com"},
        "terms": "apply",
    }
    made = staff.post("/v1/locations/demo/bookings", json=body)
    assert made.status_code == 201, made.text
    path = f"/v1/locations/demo/bookings/{made.json()['booking_id']}/payment-link"
    link = staff.post(path, json={}).json()["pay_url"]
    page = client.page
    page.goto(link)
    expect(client.heading("Please confirm your booking")).to_be_visible()
    for fact in ("Colour", "Ben", "€120.00", "€36.00", "€84.00", "50% of the price"):
        expect(page.get_by_text(fact).first).to_be_visible()
    assert seen_by_axe(client, "consent") == []
    client.press("Accept and pay €36.00")
    page.wait_for_url("**/c/pay/**")
    page.get_by_role("link", name="Leave without paying").click()
    expect(client.heading("Not paid yet")).to_be_visible()
    assert seen_by_axe(client, "link-not-paid") == []
    page.get_by_role("link", name="Pay now").click()
    stripe = stripe_of(stack)
    stripe.told("deliveries", mode="hold")
    try:
        pay(client, GOOD)
        expect(client.heading("Confirming your payment")).to_be_visible()
        expect(page.get_by_text("you do not need to pay again")).to_be_visible()
        waiting = page.content()
    finally:
        stripe.told("deliveries", release=True)
    # That it reloads is a decision; everything else of it is looked at where it stays.
    still = Visitor(page.context.new_page())
    still.page.set_content(re.sub(r'<meta http-equiv="refresh"[^>]*>', "", waiting))
    assert seen_by_axe(still, "link-confirming") == []
    page.bring_to_front()
    expect(client.heading("Paid")).to_be_visible()
    expect(page.get_by_text("€84.00").first).to_be_visible()
    assert seen_by_axe(client, "link-paid") == []
