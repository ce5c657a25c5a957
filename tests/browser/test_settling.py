"""What no fact ends is settled from the console, with a reason."""

import pytest
from playwright.sync_api import expect

from tests.browser.canned_console import (
    ABOUT_A_BOOKING,
    CONTRADICTED,
    TO_BE_SETTLED,
    CannedStaffApi,
    listed,
)
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.visitor import Visitor


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    return visit(width=1280, height=900)


def test_an_action_is_settled_and_gone(visitor: Visitor, site: PagesSite) -> None:
    api = CannedStaffApi(visitor.page)
    api.answers["needs-action"] = listed([TO_BE_SETTLED, ABOUT_A_BOOKING])
    api.answers["POST needs-action/settle"] = (204, "")
    visitor.page.goto(f"{site.url}/console#/demo/needs-action")
    # Only what a fact does not end has the button.
    visitor.press("Settle")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_label("What was done").fill("It was for this visit.")
    api.answers["needs-action"] = listed([ABOUT_A_BOOKING])
    dialog.get_by_role("button", name="Settle").click()
    expect(visitor.page.get_by_text("Settled.", exact=True)).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Settle")).to_have_count(0)
    [(method, path, body)] = api.asked
    assert (method, path) == ("POST", "needs-action/settle")
    assert body == {
        "about": TO_BE_SETTLED["about"],
        "action_id": CONTRADICTED.action_id,
        "reason": "It was for this visit.",
    }
