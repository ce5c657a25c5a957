"""Who left Stripe's page unpaid can pay, or take another time: the one that waited is let go."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.canned import CONFIRMED, CannedApi, booking, problem
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.states import KEPT
from tests.browser.visitor import Visitor

ANOTHER = "Choose another time"


@pytest.fixture
def client(visit: Visit) -> Visitor:
    return visit()


@pytest.fixture
def api(client: Visitor) -> CannedApi:
    return CannedApi(client.page)


def come_back(client: Visitor, site: PagesSite) -> list[str]:
    """Open the page as Stripe's "back" does; the paths that are cancelled are gathered."""
    cancelled: list[str] = []
    client.page.on(
        "request",
        lambda sent: cancelled.append(sent.url) if "/cancel" in sent.url else None,
    )
    client.page.add_init_script(KEPT)
    client.page.goto(f"{site.name('demo', 'Salon Aurora')}?bookpay=demo.1&returned=left")
    expect(client.heading("Your booking is not paid yet")).to_be_visible()
    return cancelled


def test_another_time_lets_the_one_that_waited_go(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    """Bug: paying was all that was offered, and the own time was taken for half an hour."""
    api.cancel = (200, booking(status="cancelled"))
    cancelled = come_back(client, site)
    client.press(ANOTHER)
    # What, with whom and on which day is chosen already.
    expect(client.heading("When?")).to_be_focused()
    expect(client.button("Change: Colour")).to_be_visible()
    expect(client.button("Change: Anna")).to_be_visible()
    expect(client.page.get_by_label("Another date")).to_have_value(str(booking()["starts_at"])[:10])
    assert len(cancelled) == 1


def test_a_time_is_given_up_without_another_one(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    """Bug: whoever wanted neither to pay nor another time had to wait until it ran out."""
    given_up = booking(status="cancelled", checkout_url=None, amount_due=0)
    api.cancel = (200, given_up)
    come_back(client, site)
    api.booking = given_up
    client.press("Give up the slot")
    expect(client.heading("Your booking is cancelled")).to_be_focused()
    # The payment page may have been paid in another tab: nothing is denied before it is closed.
    expect(client.page.get_by_text("You were not charged.")).to_have_count(0)
    api.booking = {**given_up, "payment_pending": False}
    expect(client.page.get_by_text("You were not charged.")).to_be_visible()


def test_an_answer_that_was_asked_for_before_an_act_does_not_undo_what_it_showed(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    given_up = booking(status="cancelled", checkout_url=None, amount_due=0)
    api.cancel = (200, given_up)
    come_back(client, site)
    looks: list[Route] = []
    with client.page.expect_request("**/public/bookings/*"):
        # Playwright notes something on the function it is given, which a list's own does not take.
        client.page.route("**/public/bookings/*", lambda route: looks.append(route))  # noqa: PLW0108
    # Whether it was paid in another tab is asked before it is given up.
    with client.page.expect_request("**/public/bookings/*"):
        client.press("Give up the slot")
    before, asked = looks
    api._answer(asked)
    expect(client.heading("Your booking is cancelled")).to_be_focused()
    # Of the looks that follow none is answered: what is shown now stays.
    with client.page.expect_request("**/public/bookings/*"):
        api._answer(before)
    expect(client.heading("Your booking is cancelled")).to_be_visible()
    assert api.booking["status"] == "awaiting_payment"


def test_who_paid_at_the_desk_is_not_told_that_nothing_was_charged(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    """Bug: only what was paid through Stripe was looked at."""
    given_up = booking(status="cancelled", checkout_url=None, amount_due=0, payment_pending=False)
    api.cancel = (200, {**given_up, "amount_paid_elsewhere": 3600})
    come_back(client, site)
    client.press("Give up the slot")
    expect(client.heading("Your booking is cancelled")).to_be_focused()
    expect(client.page.get_by_text("You were not charged.")).to_have_count(0)


def test_what_was_paid_in_another_tab_meanwhile_is_shown_and_not_cancelled(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    cancelled = come_back(client, site)
    api.booking = CONFIRMED
    client.press(ANOTHER)
    expect(client.heading("Your booking is confirmed")).to_be_visible()
    assert cancelled == []


def test_a_time_that_cannot_be_let_go_is_told_and_can_still_be_paid(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    client.expected.append("503")
    api.cancel = problem(503, "unavailable")
    come_back(client, site)
    client.press(ANOTHER)
    expect(client.page.get_by_role("alert")).to_be_visible()
    expect(client.page.get_by_role("button", name="Pay €36.00 now")).to_be_enabled()
