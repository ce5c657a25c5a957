"""The client's own page: what it says, what it hides, and that it cancels for the fee it showed."""

import io
import re
import time
from copy import replace
from typing import Any

import pytest

from functions.serve_visit import handler as visit_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.config import load_config
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.refund_order import REQUESTED, STAFF, RefundOrder
from shared.domain.catalogue.services import Employee
from shared.domain.errors import AwsUnreachable
from shared.domain.link_tokens import derive_client_token, derive_token, token_digest
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.refund_facts import RefundFacts
from tests.domain.activity.test_client_mails import PAID, TERMS
from tests.domain.activity.test_client_mails import booking as online_booking
from tests.fake_aws import FakeAws
from tests.surroundings.demo_location import REACHABLE
from tests.surroundings.fixtures import DEMO
from tests.surroundings.kept import keep

pytestmark = pytest.mark.enable_socket
KEY = "the key of the links"
DAY_S = 86_400
STEPS = {"steps": [{"hours_before": 48, "fee": {"type": "percent", "percent": 50}}]}
MIRA = Client("Mira Lindqvist", "mira@example.com")


def booking(in_days: int = 10, **changed: Any) -> Booking:
    """A colour some days from now; within two of them, cancelling costs half of 120.00."""
    starts_at_s = int(time.time()) + in_days * DAY_S
    online = replace(TERMS, cancellation=STEPS)
    made = {
        "client": MIRA,
        "starts_at_s": starts_at_s,
        "ends_at_s": starts_at_s + 3600,
        "terms": online,
    }
    return online_booking(**made | changed)


class Visit:
    """The page as a browser sees it."""

    def __init__(self, store: BookingStore, context: Any) -> None:
        self._store, self._context = store, context
        self.headers: dict[str, str] = {}

    def keep(self, made: Booking) -> None:
        own = token_digest(derive_client_token(KEY, made.booking_id))
        keep(self._store, made, client_digest=own)

    def read(self) -> Booking:
        stored = self._store.get_booking("demo", "bk_1")
        assert stored
        return stored.booking

    def open(self, booking_id: str = "bk_1", token: str = "", **query: str) -> tuple[int, str]:
        return self._send("GET", booking_id, token, query, None)

    def press(self, body: str | None, token: str = "") -> tuple[int, str]:
        return self._send("POST", "bk_1", token, {}, body)

    def _send(
        self, method: str, booking_id: str, token: str, query: dict[str, str], body: str | None
    ) -> tuple[int, str]:
        token = token or derive_client_token(KEY, "bk_1")
        event = {
            "routeKey": f"{method} /visit/{{booking_id}}/{{token}}",
            "rawPath": f"/visit/{booking_id}/{token}",
            "pathParameters": {"booking_id": booking_id, "token": token},
            "queryStringParameters": query,
            "body": body,
        }
        answer = visit_function.handler(event, self._context)
        self.headers = answer["headers"]
        return answer["statusCode"], re.sub(r"[\u00a0\u202f]", " ", answer["body"])


@pytest.fixture
def visit(aws: FakeAws, store: BookingStore, places: LocationStore, context: Any) -> Visit:
    aws.secrets["bookpay/link-key"] = KEY
    places.save_location(replace(DEMO, locale="en"))
    return Visit(store, context)


def test_it_says_what_was_booked_and_paid_and_what_is_left(visit: Visit) -> None:
    visit.keep(booking())
    status, page = visit.open()
    assert status == 200
    for fact in ("Salon Demo", "Confirmed", "Colour", "€120.00", "€36.00", "€84.00",
                 PAID.receipt_url, TERMS.terms_text, "Cancel this booking", "TEST MODE",
                 f"/pay/{derive_token(KEY, 'demo', 'bk_1', 1)}"):  # fmt: skip
        assert fact in page, fact
    assert "Mira" not in page


def test_it_says_until_when_the_visit_can_be_moved(visit: Visit) -> None:
    starts_at_s = int(time.time()) + 10 * 86_400
    rule = {"client_until_hours": 24, "fee": "none"}
    terms = replace(TERMS, reschedule=rule)
    ahead: dict[str, Any] = {
        "starts_at_s": starts_at_s,
        "ends_at_s": starts_at_s + 3600,
        "employee_id": "anna",
    }
    visit.keep(booking(terms=terms, **ahead))
    assert "You can move it until" in visit.open()[1]


def test_without_a_word_in_the_terms_it_says_nothing_of_moving(visit: Visit) -> None:
    visit.keep(booking())
    assert "move" not in visit.open()[1]


def test_it_needs_no_script_and_tells_its_address_to_nobody(visit: Visit) -> None:
    visit.keep(booking())
    _, page = visit.open()
    assert "<script" not in page
    assert visit.headers["referrer-policy"] == "no-referrer"
    assert visit.headers["cache-control"] == "no-store"
    policy = visit.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy


@pytest.mark.parametrize(
    ("booking_id", "token"),
    [("bk_1", "A" * 32), ("bk_1", "short"), ("bk_9", ""), ("x" * 3000, ""), ("", "")],
)
def test_a_wrong_token_is_like_no_booking(visit: Visit, booking_id: str, token: str) -> None:
    visit.keep(booking())
    assert visit.open(booking_id, token) == (404, visit.open("bk_unknown")[1])


def test_another_bookings_token_opens_nothing(visit: Visit) -> None:
    visit.keep(booking())
    visit.keep(booking(booking_id="bk_2"))
    assert visit.open("bk_2")[0] == 404


def test_money_is_not_called_refunded_before_it_is(visit: Visit) -> None:
    refunds = {
        "re_1": RefundFacts(amount_minor=1000, currency="eur", status="pending"),
        "re_2": RefundFacts(amount_minor=500, currency="eur", status="succeeded"),
    }
    visit.keep(booking(facts=Facts(charges={"ch_1": replace(PAID, refunds=refunds)})))
    _, page = visit.open()
    shown = dict(re.findall(r"<dt>(.*?)</dt><dd dir=\"auto\">(.*?)</dd>", page))
    assert (shown["Refund to your card"], shown["Refunded"]) == ("€10.00", "€5.00")


def test_who_waits_for_a_payment_is_offered_to_pay_unless_links_are_for_visits(
    visit: Visit, places: LocationStore
) -> None:
    places.save_location(replace(DEMO, locale="en", visit_link_enabled=False))
    visit.keep(booking())
    visit.keep(booking(booking_id="bk_2", status="awaiting_payment", facts=EMPTY))
    assert "/pay/" not in visit.open()[1]
    assert "/pay/" in visit.open("bk_2", derive_client_token(KEY, "bk_2"))[1]


def test_what_is_over_cannot_be_cancelled(visit: Visit) -> None:
    visit.keep(booking(in_days=-1))
    assert "Cancel this booking" not in visit.open()[1]
    assert "Cancel this booking" not in visit.open(cancel="ask")[1]


# ------------------------------------------------------------------ cancelling


def test_early_it_is_free_and_all_goes_back(visit: Visit) -> None:
    visit.keep(booking())
    _, page = visit.open(cancel="ask")
    assert "Cancelling is free: €36.00 will be refunded to your card." in page
    assert 'name="fee" value="0"' in page

    status, _ = visit.press("fee=0")

    assert (status, visit.headers["location"]) == (
        303,
        f"/visit/bk_1/{derive_client_token(KEY, 'bk_1')}",
    )
    found = visit.read()
    assert (found.status, [order.amount_minor for order in found.refund_orders]) == (
        "cancelled",
        [3600],
    )
    assert "Cancelled" in visit.open()[1]


def test_late_the_fee_is_shown_first_with_what_is_still_to_be_paid_of_it(visit: Visit) -> None:
    visit.keep(booking(in_days=1))
    _, page = visit.open(cancel="ask")
    cost = "the cancellation fee is €60.00: the €36.00 you paid is kept, and €24.00 is still due"
    assert cost in page
    assert "Yes, cancel it<" in page, "a button with a sum reads as a second charge"
    assert visit.press("fee=6000")[0] == 303
    fee = visit.read().fee()
    assert fee
    assert fee.amount_minor == 6000
    _, page = visit.open()
    for label, sum_shown in (("Fee", 60), ("Already paid", 36), ("Still due", 24)):
        assert f'<dt>{label}</dt><dd dir="auto">€{sum_shown}.00' in page


@pytest.mark.parametrize("until_hours", [None, 24])
def test_a_visit_that_can_be_moved_leads_to_the_booking_page(
    visit: Visit, until_hours: int | None
) -> None:
    reschedule = {"client_until_hours": until_hours, "fee": "none"}
    movable = replace(TERMS, cancellation=STEPS, reschedule=reschedule)
    visit.keep(booking(terms=movable, employee_id="anna"))
    _, page = visit.open()
    link = f'href="/book/demo#bookpay=bk_1.{derive_client_token(KEY, "bk_1")}"'
    assert (link in page) == (until_hours is not None)


@pytest.mark.parametrize("body", [None, "", "fee=0", "fee=5999", "fee=-1", "fee=x", "fee=%00",
                                  "&".join(["a=1"] * 50), "fee=" + "9" * 40])  # fmt: skip
def test_nothing_is_cancelled_for_a_fee_that_was_not_shown(visit: Visit, body: str | None) -> None:
    visit.keep(booking(in_days=1))
    status, page = visit.press(body)
    assert status == 200
    assert "The cancellation fee has changed" in page
    assert visit.read().status == "confirmed"


def test_to_cancel_twice_is_to_cancel_once(visit: Visit) -> None:
    visit.keep(booking())
    assert visit.press("fee=0")[0] == 303
    once = visit.read()
    assert visit.press("fee=0")[0] == 303
    assert visit.read() == once


def test_who_cancels_while_a_refund_is_half_told_is_asked_to_come_again(visit: Visit) -> None:
    """What goes back is not known for a moment: better a minute later than too little."""
    asked = RefundOrder("rf_1", "ch_1", 1000, 1, "ada@x", STAFF, REQUESTED, tried_at_s=1)
    told = replace(PAID, reported_refunded_minor=1000)
    visit.keep(booking(refund_orders=(asked,), facts=Facts(charges={"ch_1": told})))

    for status, page in (visit.open(cancel="ask"), visit.press("fee=0")):
        assert (status, "Please try again in a minute" in page) == (503, True)
    assert visit.read().status == "confirmed"
    assert visit.open()[0] == 200


def test_a_visit_that_has_begun_stays_as_it_is(visit: Visit) -> None:
    visit.keep(booking(in_days=-1))
    assert visit.press("fee=12000")[0] == 303
    assert visit.read().status == "confirmed"


def test_nobody_cancels_with_a_wrong_token(visit: Visit) -> None:
    visit.keep(booking())
    assert visit.press("fee=0", token="A" * 32)[0] == 404
    assert visit.read().status == "confirmed"


# ------------------------------------------------------------------ hostile, and down


def test_no_text_of_a_persons_is_markup(visit: Visit, places: LocationStore) -> None:
    markup = '"><script>alert(1)</script>\u202e'
    places.save_location(replace(DEMO, locale="de", name=markup))
    visit.keep(booking(description=markup))
    for _, page in (visit.open(), visit.open(cancel="ask")):
        assert "<script" not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;" in page


def test_when_the_table_is_down_it_says_so(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def down(*_: object) -> None:
        raise AwsUnreachable("the table gave no answer")

    monkeypatch.setattr(BookingStore, "find_client_access", down)
    status, page = visit.open()
    assert status == 503
    assert "Nothing was changed." in page
    assert derive_client_token(KEY, "bk_1") not in log.getvalue()


def test_nothing_of_a_person_is_logged(visit: Visit, log: io.StringIO) -> None:
    visit.keep(booking())
    visit.open()
    visit.press("fee=0")
    for private in ("Mira", "Colour", derive_client_token(KEY, "bk_1")):
        assert private not in log.getvalue()


def test_a_desk_bookings_client_has_a_page_too(visit: Visit) -> None:
    visit.keep(booking(terms=None, facts=EMPTY))
    status, page = visit.open()
    assert status == 200
    assert "Cancellation:" not in page


# ------------------------------------------------------------------ where, with whom, and when


FOOT = (
    "Torstraße 1, 10119 Berlin",
    'href="tel:+4930123456"',
    'href="mailto:salon@example.com"',
    'href="https://salon.example/imprint"',
    'href="https://salon.example/privacy"',
    "https://www.google.com/maps/search/?api=1&amp;query=Torstra%C3%9Fe",
)


def reachable(places: LocationStore) -> None:
    catalogue = CatalogueStore(load_config())
    places.save_location(replace(REACHABLE.location, locale="en"))
    catalogue.put_employee("demo", Employee("anna", "Anna Berg"))


def test_every_page_says_where_to_go_whom_to_call_and_who_it_is_with(
    visit: Visit, places: LocationStore
) -> None:
    """Findings F7 and F12: no place, no phone and no name on any page."""
    reachable(places)
    visit.keep(booking(employee_id="anna"))
    for page in (visit.open()[1], visit.open(cancel="ask")[1]):
        assert '<dt>With</dt><dd dir="auto">Anna Berg</dd>' in page
        for fact in FOOT:
            assert fact in page, fact


def test_a_page_of_a_place_that_has_said_nothing_has_no_foot(visit: Visit) -> None:
    visit.keep(booking())
    assert "<footer>" not in visit.open()[1]


class Calendar(Visit):
    """The file, as a browser fetches it."""

    def fetch(self, booking_id: str = "bk_1", token: str = "", **query: str) -> tuple[int, str]:
        token = token or derive_client_token(KEY, "bk_1")
        event = {
            "routeKey": "GET /public/bookings/{booking_id}/calendar.ics",
            "rawPath": f"/public/bookings/{booking_id}/calendar.ics",
            "pathParameters": {"booking_id": booking_id},
            "queryStringParameters": {"token": token, **query},
        }
        answer = visit_function.handler(event, self._context)
        self.headers = answer["headers"]
        return answer["statusCode"], answer["body"].replace("\r\n ", "")


@pytest.fixture
def calendar(visit: Visit, store: BookingStore, context: Any) -> Calendar:
    assert visit
    return Calendar(store, context)


def test_the_page_leads_to_a_file_for_the_calendar(
    calendar: Calendar, places: LocationStore
) -> None:
    reachable(places)
    calendar.keep(booking(employee_id="anna"))
    token = derive_client_token(KEY, "bk_1")
    assert f'href="/public/bookings/bk_1/calendar.ics?token={token}"' in calendar.open()[1]

    status, text = calendar.fetch()

    assert status == 200
    assert calendar.headers["content-type"] == "text/calendar; charset=utf-8"
    assert calendar.headers["cache-control"] == "no-store"
    lines = text.split("\r\n")
    assert "UID:bk_1@bookpay" in lines
    assert "SUMMARY:Colour at Salon Demo" in lines
    assert r"LOCATION:Salon Demo\, Torstraße 1\, 10119 Berlin" in lines
    assert r"DESCRIPTION:With Anna Berg\n+49 30 1234-56\nsalon@example.com" in lines
    assert r"CONTACT:Salon Demo\, +49 30 1234-56\, salon@example.com" in lines
    assert "URL:https://salon.example/" in lines
    assert "METHOD" not in text
    assert token not in text, "whoever sees the calendar could cancel"


def test_a_cancelled_visits_entry_says_so_and_one_that_waits_has_none(calendar: Calendar) -> None:
    calendar.keep(booking(status="cancelled"))
    assert "STATUS:CANCELLED" in calendar.fetch()[1]
    for number, (status, starts_at_s) in enumerate((("awaiting_payment", 1), ("confirmed", None))):
        name = f"bk_{number + 2}"
        calendar.keep(booking(booking_id=name, status=status, starts_at_s=starts_at_s))
        answer = calendar.fetch(name, derive_client_token(KEY, name))
        assert answer[0] == 409
        assert "no_calendar_entry" in answer[1]


def test_a_calendar_entry_is_its_clients_alone(calendar: Calendar) -> None:
    calendar.keep(booking())
    for booking_id, token in (("bk_1", "A" * 32), ("bk_9", ""), ("bk_1", "short")):
        status, problem = calendar.fetch(booking_id, token)
        assert (status, "booking_not_found" in problem) == (404, True)
    status, problem = calendar.fetch(utm_source="mail")
    assert (status, "unknown_parameter" in problem) == (422, True)


def test_a_calendar_entry_that_cannot_be_read_now_says_so(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar.keep(booking())

    def unreachable(*_: object) -> object:
        raise AwsUnreachable("the table is away")

    monkeypatch.setattr(BookingStore, "find_client_access", unreachable)
    assert calendar.fetch()[0] == 503
