"""A client moves a visit: a time is chosen as when booking, and the fee is said and agreed to."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.canned import CONFIRMED, CannedApi, problem
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.states import KEPT
from tests.browser.visitor import Visitor

MOVABLE = {
    **CONFIRMED,
    "can_reschedule": True,
    "reschedule_until": CONFIRMED["starts_at"],
    "reschedules_left": 3,
    "reschedule_fee_now": 0,
}


@pytest.fixture
def client(visit: Visit) -> Visitor:
    return visit()


@pytest.fixture
def api(client: Visitor) -> CannedApi:
    return CannedApi(client.page)


def choose_another(client: Visitor, api: CannedApi, site: PagesSite, **changed: Any) -> str:
    """Come to the question whether to move, and return the time that was chosen."""
    api.booking = {**MOVABLE, **changed}
    client.page.add_init_script(KEPT)
    client.page.goto(f"{site.name('demo', 'Salon Aurora')}?bookpay=demo.1")
    client.press("Move to another time")
    expect(client.heading("Choose a new time")).to_be_focused()
    slot = client.page.locator(".slot").nth(2)
    starts_at = slot.get_attribute("data-starts-at")
    assert starts_at
    slot.click()
    expect(client.heading("Move your booking?")).to_be_focused()
    return starts_at


def test_a_visit_is_moved_for_nothing_and_shown_at_its_new_time(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    starts_at = choose_another(client, api, site)
    expect(client.page.get_by_text("Moving is free")).to_be_visible()
    assert client.found_by_axe() == []
    api.move = (200, {**MOVABLE, "starts_at": starts_at, "reschedules_left": 2})
    client.press("Move it")
    expect(client.heading("Your booking has a new time")).to_be_focused()
    [moved] = api.moved
    assert moved == {"starts_at": starts_at, "employee_id": "anna", "accepted_fee": 0}


def test_a_fee_is_shown_and_a_higher_one_is_agreed_to_anew(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    client.expected.append("409")
    choose_another(client, api, site, reschedule_fee_now=2000)
    expect(client.page.get_by_text("Moving now costs a fee of €20.00")).to_be_visible()
    api.move = problem(409, "fee_changed", reschedule_fee_now=3600)
    client.press("Move it")
    expect(client.page.get_by_text("The fee for moving has changed")).to_be_visible()
    expect(client.page.get_by_text("Moving now costs a fee of €36.00")).to_be_visible()
    api.move = (200, MOVABLE)
    client.press("Move it")
    expect(client.heading("Your booking has a new time")).to_be_visible()
    assert [each["accepted_fee"] for each in api.moved] == [2000, 3600]


def test_a_time_that_is_gone_leads_back_to_the_times(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    client.expected.append("409")
    choose_another(client, api, site)
    api.move = problem(409, "slot_taken")
    client.press("Move it")
    expect(client.heading("Choose a new time")).to_be_focused()
    expect(client.page.get_by_role("alert")).to_contain_text("Somebody else has just taken")
    client.press("Keep the present time")
    expect(client.heading("Your booking is confirmed")).to_be_visible()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("visit_started", "has already begun"),
        ("not_reschedulable", "can no longer be moved here"),
        ("too_many_moves", "as often as it can be"),
    ],
)
def test_what_cannot_be_moved_any_more_says_why(
    client: Visitor, api: CannedApi, site: PagesSite, code: str, told: str
) -> None:
    client.expected.append("409")
    choose_another(client, api, site)
    api.move = problem(409, code)
    client.press("Move it")
    expect(client.page.get_by_role("alert")).to_contain_text(told)
    expect(client.button("Move it")).to_be_hidden()


def test_a_move_that_fails_twice_says_so_once(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    """Bug: a box for each failure, one below the other."""
    client.expected.append("503")
    choose_another(client, api, site)
    api.move = problem(503, "unavailable")
    for _ in range(2):
        with client.page.expect_response("**/reschedule?*"):
            client.press("Move it")
        expect(client.button("Move it")).to_be_enabled()
    expect(client.page.get_by_role("alert")).to_have_count(1)


def test_nobody_moves_for_a_fee_that_could_not_be_shown(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    client.expected.append("503")
    api.booking = MOVABLE
    client.page.add_init_script(KEPT)
    client.page.goto(f"{site.name('demo', 'Salon Aurora')}?bookpay=demo.1")
    client.press("Move to another time")
    client.page.locator(".slot").first.wait_for()
    api.booking = problem(503, "unavailable")
    client.page.locator(".slot").first.click()
    expect(client.button("Try again")).to_be_visible()
    expect(client.button("Move it")).to_be_hidden()
    api.booking = MOVABLE
    client.press("Try again")
    expect(client.button("Move it")).to_be_visible()


def test_a_visit_that_the_terms_let_nobody_move_offers_it_to_nobody(
    client: Visitor, api: CannedApi, site: PagesSite
) -> None:
    api.booking = CONFIRMED
    client.page.add_init_script(KEPT)
    client.page.goto(f"{site.name('demo', 'Salon Aurora')}?bookpay=demo.1")
    expect(client.heading("Your booking is confirmed")).to_be_visible()
    expect(client.button("Move to another time")).to_have_count(0)
