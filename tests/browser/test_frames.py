"""In a frame the payment leaves it, or opens a window that the frame follows, or is a link."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.canned import CONFIRMED
from tests.browser.conftest import Visit
from tests.browser.faults import NO_STORAGE
from tests.browser.framed import Framed, Sites, serve_sites
from tests.browser.pages_site import PagesSite

PAGE = "https://checkout.example/c/pay/cs_test_1"
SCRIPTS = "allow-scripts allow-same-origin"


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    with serve_sites() as served:
        yield served


@pytest.fixture
def framed(visit: Visit, site: PagesSite, sites: Sites) -> Framed:
    return Framed(visit(width=800), site, sites)


@pytest.mark.parametrize("sandbox", [None, f"{SCRIPTS} allow-popups"])
def test_the_payment_opens_in_a_window_and_the_frame_follows_it(
    framed: Framed, sandbox: str | None
) -> None:
    """Bug: Stripe's page runs in no frame; the frame was dead, and the time held."""
    framed.open(sandbox=sandbox)
    with framed.context.expect_page() as opened:
        framed.book()
    expect(opened.value).to_have_url(PAGE)
    expect(
        framed.frame.get_by_role("heading", name="Please pay in the other window")
    ).to_be_visible()
    [asked] = framed.api.asked
    assert "return_url" not in asked, "the frame's address is nothing to come back to"
    # The window may have been closed: it can be opened again.
    with framed.context.expect_page() as again:
        framed.frame.get_by_role("button", name="Open the payment page again").click()
    expect(again.value).to_have_url(PAGE)
    framed.api.booking = CONFIRMED
    expect(framed.frame.get_by_role("heading", name="Your booking is confirmed")).to_be_visible()
    assert framed.visitor.page.url == f"{framed.sites.builder}/site"


def test_a_frame_without_storage_finds_its_booking_after_a_reload(framed: Framed) -> None:
    """Bug: it began anew, and the own time was taken."""
    framed.visitor.page.add_init_script(NO_STORAGE)
    framed.open()
    with framed.context.expect_page():
        framed.book()
    expect(framed.frame.get_by_role("heading", name="Please pay in the other")).to_be_visible()
    framed.frame.locator("body").evaluate("() => location.reload()")
    expect(framed.frame.get_by_role("button", name="Pay €36.00 now")).to_be_visible()
    framed.frame.get_by_role("button", name="Choose another time").click()
    expect(framed.frame.get_by_role("heading", name="When?")).to_be_visible()
    framed.frame.locator("body").evaluate("() => location.reload()")
    expect(framed.frame.get_by_role("heading", name="When?")).to_be_visible()


def test_a_window_that_is_blocked_leaves_with_the_whole_page(framed: Framed) -> None:
    framed.visitor.expected.append("allow-popups")
    framed.open(sandbox=f"{SCRIPTS} allow-top-navigation")
    framed.book()
    expect(framed.visitor.page).to_have_url(PAGE)


def test_a_frame_that_may_do_neither_shows_the_link(framed: Framed) -> None:
    framed.visitor.expected += ["allow-popups", "allow-top-navigation"]
    framed.open(sandbox=SCRIPTS)
    framed.book()
    frame = framed.frame
    expect(frame.get_by_text("Copy this link and open it in a new tab")).to_be_visible()
    expect(frame.get_by_label("Link")).to_have_value(PAGE)
    frame.get_by_role("button", name="Copy the link").click()
    expect(frame.get_by_role("button", name="Copied")).to_be_visible()
    framed.api.booking = CONFIRMED
    expect(frame.get_by_role("heading", name="Your booking is confirmed")).to_be_visible()


@pytest.mark.parametrize("inline", [False, True])
def test_from_a_frame_of_the_pages_own_site_the_page_leaves_and_comes_back(
    framed: Framed, inline: bool
) -> None:
    framed.open(origin=framed.sites.builder, inline=inline)
    framed.book()
    expect(framed.visitor.page).to_have_url(PAGE)
    [asked] = framed.api.asked
    assert asked["return_url"].startswith(f"{framed.sites.builder}/site?bookpay=demo.")
    framed.api.booking = CONFIRMED
    framed.visitor.page.goto(f"{asked['return_url']}&returned=paid")
    expect(framed.frame.get_by_role("heading", name="Your booking is confirmed")).to_be_visible()


def test_a_frame_without_an_origin_leads_to_the_booking_page(
    framed: Framed, site: PagesSite
) -> None:
    """Bug: "You seem to be offline", where the frame alone was in the way."""
    framed.visitor.expected += ["CORS", "net::ERR_FAILED", "404"]
    framed.open(sandbox="allow-scripts")
    expect(framed.frame.get_by_text("Bookings cannot be made on this page.")).to_be_visible()
    expect(framed.frame.get_by_label("Link")).to_have_value(f"{site.url}/book/demo")
