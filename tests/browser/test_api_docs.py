"""The page that shows the contract: for eyes (BOOKPAY_PICTURES), for axe, on a narrow phone."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.states import OVERFLOW, PICTURES, SCHEMES


def test_it_fits_every_screen_axe_finds_nothing_and_nothing_foreign_is_asked(
    visit: Visit, site: PagesSite
) -> None:
    visitor = visit()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.goto(f"{site.url}/docs")
    for width in (320, 390, 1366):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        assert visitor.page.evaluate(OVERFLOW) <= 0, width
        for scheme in SCHEMES:
            visitor.page.emulate_media(color_scheme=scheme)
            if PICTURES:
                visitor.page.screenshot(path=Path(PICTURES) / f"docs-{width}-{scheme}.png")
    for scheme in SCHEMES:
        visitor.page.emulate_media(color_scheme=scheme)
        assert visitor.found_by_axe("" if scheme == "light" else "color-contrast") == []
    own = urlsplit(site.url).netloc
    assert {urlsplit(each).netloc for each in asked if not each.startswith("data:")} == {own}


def test_the_contents_lead_to_an_operation_and_its_schemas_to_theirs(
    visit: Visit, site: PagesSite
) -> None:
    visitor = visit()
    visitor.page.goto(f"{site.url}/docs")
    visitor.page.locator("summary", has_text="widget").click()
    visitor.page.get_by_role("link", name="GET /public/bookings/{booking_id}", exact=True).click()
    operation = visitor.page.locator("#get-public-bookings-booking-id")
    expect(operation).to_be_in_viewport()
    operation.get_by_role("link", name="PublicBooking", exact=True).click()
    expect(visitor.page.locator("#schema-PublicBooking")).to_be_in_viewport()
