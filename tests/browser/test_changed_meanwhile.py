"""Terms and prices that changed while the page was open are shown again, and agreed to anew."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.booking import accept_and_book, go_to_review, open_widget
from tests.browser.canned import CannedApi, problem
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.visitor import Visitor
from tests.browser.world import shown_location

NEW_HASH = "f" * 64


@pytest.fixture
def client(visit: Visit) -> Visitor:
    return visit()


@pytest.fixture
def api(client: Visitor) -> CannedApi:
    return CannedApi(client.page)


def dearer(location: dict[str, Any]) -> dict[str, Any]:
    services = [{**each, "price": each["price"] + 500} for each in location["services"]]
    return {**location, "services": services}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("terms_changed", "The cancellation terms have changed."),
        ("price_changed", "The price was €120.00 and is now €125.00."),
    ],
)
def test_what_changed_is_shown_and_has_to_be_accepted_again(
    client: Visitor, api: CannedApi, site: PagesSite, code: str, told: str
) -> None:
    """Bug: "please try again in a minute", for ever, until the page was loaded anew."""
    client.expected.append("409")
    open_widget(client, site.name("demo", "Salon Aurora"))
    go_to_review(client, "Colour", "Ben", 2)
    first = api.location
    more = {"terms_hash": NEW_HASH, "price": 12_500, "amount_due": 6_250}
    api.book = problem(409, code, **(more if code == "price_changed" else {"terms_hash": NEW_HASH}))
    changed = {**shown_location(), "terms_hash": NEW_HASH}
    api.location = dearer(changed) if code == "price_changed" else changed
    accept_and_book(client)
    expect(client.heading("Check and book")).to_be_visible()
    expect(client.page.locator(".notice.warn")).to_contain_text(told)
    expect(client.page.get_by_label("I accept these terms.")).not_to_be_checked()
    api.book = None
    accept_and_book(client)
    client.page.wait_for_url("https://checkout.example/**")
    [refused, taken] = api.asked
    assert (refused["accepted_terms"], taken["accepted_terms"]) == (first["terms_hash"], NEW_HASH)
    raised = 500 if code == "price_changed" else 0
    assert taken["accepted_price"] - refused["accepted_price"] == raised
