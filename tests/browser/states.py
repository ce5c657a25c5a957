"""Every state that the widget's page can be in, for tests and for pictures."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from shared.domain.catalogue.services import Employee
from tests.browser.booking import choose_time, enter_contact, go_to_review
from tests.browser.canned import (
    CONFIRMED,
    CannedApi,
    booking,
    costing,
    problem,
)
from tests.browser.visitor import Visitor
from tests.browser.world import ALL_DAY, EVERYTHING_PAID, PEOPLE, SERVICES, service

type Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# Where a person wants to look: a folder in which each state is put as pictures, or nothing.
PICTURES = os.environ.get("BOOKPAY_PICTURES")
SCREENS: list[tuple[int, Scheme]] = [(320, "light"), (768, "light"), (1366, "dark")]
NARROWEST: tuple[int, Scheme] = (320, "light")
CLIENT_SCREENS: list[tuple[int, Scheme]] = [
    NARROWEST,
    *((width, scheme) for width in (390, 1366) for scheme in SCHEMES),
]
if PICTURES:
    SCREENS = [(width, scheme) for width in (390, 768, 1366) for scheme in SCHEMES]
    CLIENT_SCREENS = [NARROWEST, *SCREENS]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LONG = (
    "Balayage with gloss, olaplex treatment for very long and thick hair "
    "Donaudampfschifffahrtsgesellschaftskapitänsfrisur"
)
RTL_NAMES = {
    "services": [
        service("cut", "תספורת וצביעה (Colour)", 12_000),
        service("beard", "قص اللحية", 4500, 30),
    ],
    "employees": [
        Employee("anna", "מירה לינדקוויסט", ALL_DAY),
        Employee("ben", "أحمد الهاشمي", ALL_DAY),
    ],
    "terms": EVERYTHING_PAID,
}
MANY = {
    "services": [service(f"s{number}", f"Service {number}", 1000 + number) for number in range(60)],
    "employees": [Employee(f"e{n}", f"Person {n}", ALL_DAY) for n in range(25)],
    "terms": EVERYTHING_PAID,
}
LONG_NAMES = {
    "services": [service("long", LONG, 123_456_789, 755), *SERVICES],
    "employees": [Employee("anna", LONG, ALL_DAY), *PEOPLE[1:]],
    "terms": EVERYTHING_PAID,
}
KEPT = """localStorage.setItem("bookpay:demo:demo.1", JSON.stringify({
  id: "bk_1", token: "t".repeat(32), employeeId: "anna", serviceId: "colour", wanted: "anna",
  keptAt: Date.now() }))"""


@dataclass(frozen=True)
class State:
    """How to come to a state: what the location is, the booking, and what the client does."""

    name: str
    shows: str
    location: dict[str, Any] = field(default_factory=dict)
    page_name: str = "Salon Aurora"
    locale: str = "en"
    booking: Any = None
    returned: str = ""
    prepare: Callable[[CannedApi], None] = lambda _: None
    act: Callable[[Visitor], object] = lambda _: None
    expected: tuple[str, ...] = ()


def priced_in(currency: str) -> dict[str, Any]:
    cut = service("cut", "Cut", 4500, currency=currency)
    return {"services": [cut], "currency": currency, "terms": EVERYTHING_PAID}


def no_slots(api: CannedApi) -> None:
    api.has_slots = False


def failing(status: int, code: str) -> Callable[[CannedApi], None]:
    def prepare(api: CannedApi) -> None:
        api.location = problem(status, code)

    return prepare


def to_be_confirmed(api: CannedApi) -> None:
    kept = booking(status="awaiting_confirmation", checkout_url=None, amount_due=0)
    api.book = (201, {**kept, "token": None})


def refusing(status: int, code: str, **more: Any) -> Callable[[CannedApi], None]:
    def prepare(api: CannedApi) -> None:
        api.book = problem(status, code, **more)

    return prepare


def to_times(visitor: Visitor) -> None:
    visitor.press("Colour")
    visitor.press("Anyone")
    visitor.page.locator(".times:not([aria-busy])").wait_for()


def to_contact(visitor: Visitor) -> None:
    to_times(visitor)
    choose_time(visitor, 3)


def to_refused_contact(visitor: Visitor) -> None:
    to_contact(visitor)
    visitor.press("Continue")


def to_review(visitor: Visitor) -> None:
    go_to_review(visitor, "Colour", "Anna", 3)


def to_no_day(visitor: Visitor) -> None:
    to_times(visitor)
    visitor.press("Show the next free day")


def to_refusal(visitor: Visitor) -> None:
    to_review(visitor)
    visitor.page.get_by_label("I accept these terms.").check()
    visitor.press("Book and pay")


def to_cancelling(visitor: Visitor) -> None:
    visitor.press("Cancel this booking")


def to_pay_choice(visitor: Visitor) -> None:
    go_to_review(visitor, "Blow-dry", "Anna", 3)
    visitor.page.get_by_label("At the visit").check()


def to_long_review(visitor: Visitor) -> None:
    visitor.page.locator(".choice").first.click()
    visitor.page.locator(".choice").nth(1).click()
    choose_time(visitor)
    enter_contact(visitor)


def to_german_review(visitor: Visitor) -> None:
    visitor.press("Colour")
    visitor.press("Anna")
    choose_time(visitor, 3)
    visitor.page.get_by_label("Name").fill("Mira Lindqvist")
    visitor.page.get_by_label("E-Mail").fill("mira@example.com")
    visitor.press("Weiter")


PAID = CONFIRMED
REFUSED_EMAIL = [{"pointer": "/client/email", "detail": "must be an email address"}]
FREED = {"expires_at": None, "checkout_url": None, "amount_due": 0}
STATES = [
    State("services", "Colour"),
    State("nothing offered", "Nothing can be booked online", {"services": [], "employees": []}),
    State("many services", "Service 59", MANY),
    State("long names", LONG, LONG_NAMES, page_name=LONG),
    State("long review", "€1,234,567.89", LONG_NAMES, page_name=LONG, act=to_long_review),
    State("rtl names", "أحمد الهاشمي", RTL_NAMES, page_name="סלון אורורה",
          act=lambda visitor: visitor.page.locator(".choice").first.click()),
    State("people", "Anyone who is free", act=lambda visitor: visitor.press("Haircut")),
    State("times", "Morning", act=to_times),
    State("times elsewhere", "All times are", {"timezone": "America/New_York"}, act=to_times),
    State("no times", "No free times on this day", prepare=no_slots, act=to_times),
    State("no day", "There are no free times", prepare=no_slots, act=to_no_day),
    State("contact", "Your details", act=to_contact),
    State("contact refused", "Please enter your name.", act=to_refused_contact),
    State("review", "You pay now", act=to_review),
    State("review hold", "Book and confirm your card",
          act=lambda visitor: go_to_review(visitor, "Perm", "Anna", 3)),
    State("review card", "Book and save your card",
          act=lambda visitor: go_to_review(visitor, "Beard trim", "Anna", 3)),
    State("review at the visit", "€20.00",
          act=lambda visitor: go_to_review(visitor, "Advice", "Anna", 3)),
    State("pay later", "When would you like to pay?", act=to_pay_choice),
    State("german", "Sie zahlen auf der sicheren Seite", {"locale": "de"}, locale="de",
          act=to_german_review),
    State("yen", "¥4,500", priced_in("jpy")),
    State("dinar", "KWD 4.500", priced_in("kwd")),
    State("slot taken", "Somebody else has just taken this time",
          prepare=refusing(409, "slot_taken"), act=to_refusal, expected=("409",)),
    State("payment unavailable", "The payment page cannot be opened",
          prepare=refusing(502, "payment_unavailable"), act=to_refusal, expected=("502",)),
    State("busy", "Many people are booking right now",
          prepare=refusing(429, "too_many_requests"), act=to_refusal, expected=("429",)),
    State("contact refused by the API", "Please check this field.",
          prepare=refusing(422, "invalid_input", errors=REFUSED_EMAIL),
          act=to_refusal, expected=("422",)),
    State("location unavailable", "This does not work at the moment",
          prepare=failing(503, "unavailable"), expected=("503",)),
    State("unpaid", "Your booking is not paid yet", booking=booking(), returned="left"),
    State("declined", "Your card was declined", booking=booking(payment_status="failed"),
          returned="left"),
    State("processing", "Confirming your payment", booking=booking(), returned="paid"),
    State("late", "The time to pay has passed",
          booking=booking(expires_at="2026-01-01T00:00:00Z"), returned="left"),
    State("confirmed", "Your booking is confirmed", booking=PAID, returned="paid"),
    State("held", "The amount is only held",
          booking={**PAID, "payment_status": "authorized", "amount_paid": 0}, returned="paid"),
    State("card saved", "Your card is saved",
          booking={**PAID, "payment_status": "card_saved", "amount_paid": 0}, returned="paid"),
    State("cancelling", "€20.00 of what you paid is kept as the cancellation fee",
          booking=costing(2000), returned="paid", act=to_cancelling),
    State("cancelling for more", "€84.00 is still due, by a link that we email you",
          booking=costing(12_000), returned="paid", act=to_cancelling),
    State("cancelled", "€16.00 will be refunded",
          booking={**PAID, "status": "cancelled", "amount_refunded": 1600}, returned="paid"),
    State("expired", "The time to pay has run out", booking=booking(status="expired", **FREED),
          returned="left"),
    State("expired and paid", "€36.00 will be refunded automatically",
          booking=booking(status="expired", **{**FREED, "amount_paid": 3600}), returned="paid"),
    State("to confirm", "We have sent you an email", prepare=to_be_confirmed, act=to_refusal),
    State("no show", "This visit did not take place", booking={**PAID, "status": "no_show"}),
    State("another tab's", "Your booking cannot be shown here",
          booking=problem(404, "booking_not_found"), expected=("404",)),
]  # fmt: skip


def come_to(visitor: Visitor, state: State, address: str) -> CannedApi:
    """Bring a visitor into a state, on a page of the site."""
    visitor.expected += state.expected
    api = CannedApi(visitor.page, **{"locale": state.locale, **state.location})
    state.prepare(api)
    if state.booking is None:
        visitor.page.goto(address)
    else:
        api.booking = state.booking
        visitor.page.add_init_script(KEPT)
        returned = f"&returned={state.returned}" if state.returned else ""
        visitor.page.goto(f"{address}?bookpay=demo.1{returned}")
    visitor.page.locator("bookpay-widget .widget:not(:has(.waiting))").wait_for()
    state.act(visitor)
    visitor.page.get_by_text(state.shows).first.wait_for()
    return api


def look_over(visitor: Visitor, name: str) -> None:
    """Whether what a client sees fits each screen, and axe finds nothing in either scheme."""
    for width, scheme in CLIENT_SCREENS:
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.page.emulate_media(color_scheme=scheme)
        assert visitor.page.evaluate(OVERFLOW) <= 0, width
        if (width, scheme) == NARROWEST:
            continue
        if PICTURES:
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            picture = f"{name.replace(' ', '-')}-{width}-{scheme}.png"
            visitor.page.screenshot(path=folder / picture, full_page=True)
        # Where only the colours have changed, the contrasts are all that is new.
        only = "color-contrast" if scheme == "dark" else ""
        assert visitor.found_by_axe(only) == [], (width, scheme)
