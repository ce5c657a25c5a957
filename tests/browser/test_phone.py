"""A phone number is taken as people write it and as browsers fill it in."""

import pytest
from playwright.sync_api import expect

from tests.browser.booking import choose_time, open_widget
from tests.browser.canned import CannedApi
from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite

TAKEN = (
    *("(555) 123-4567", "(030) 123456", "030 123456 \u2013 12", "+49 30 1234 ext. 5"),
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
)


@pytest.mark.parametrize(
    ("number", "is_taken"), [*((each, True) for each in TAKEN), ("n/a", False)]
)
def test_a_phone_number_needs_digits_and_nothing_else(
    visit: Visit, site: PagesSite, number: str, is_taken: bool
) -> None:
    """Bug: a bracket at its beginning, a dash of another kind or an extension was refused."""
    client = visit()
    CannedApi(client.page)
    open_widget(client, site.name("demo", "Salon Aurora"))
    client.press("Colour")
    client.press("Ben")
    choose_time(client)
    client.page.get_by_label("Name").fill("Mira Lindqvist")
    client.page.get_by_label("Email").fill("mira@example.com")
    client.page.get_by_label("Phone").fill(number)
    client.press("Continue")
    if is_taken:
        expect(client.heading("Check and book")).to_be_visible()
    else:
        expect(client.page.locator("#phone-wrong")).to_contain_text("at least four digits")
