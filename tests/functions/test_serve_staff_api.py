"""The staff API: who may do what, what is refused and where, and that a request counts once."""

import base64
import io
import itertools
import json
import re
from copy import replace
from datetime import datetime
from typing import Any

import pytest
import segno

from functions.serve_staff_api import bookings as staff_bookings
from functions.serve_staff_api import handler as staff_function
from functions.serve_staff_api import links as staff_links
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.config import load_config
from shared.domain.bookings.journal import JournalEntry
from shared.domain.catalogue.services import Employee, Service
from shared.domain.errors import AwsUnreachable, WriteConflict
from shared.domain.link_tokens import token_digest
from shared.domain.money.money import Money
from shared.entrypoints import idempotency as staff_repeating
from tests.builders import booking, charge, event, from_queue
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import DEMO
from tests.surroundings.kept import before_write, keep

pytestmark = pytest.mark.enable_socket
BOOKINGS = "/v1/locations/demo/bookings"
HAIRCUT = {"amount": 4900, "currency": "eur", "description": "Haircut"}


class Clock:
    """What `time.time` says to the function."""

    def __init__(self) -> None:
        self.now_s = 1_795_372_392.25

    def time(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (staff_bookings, staff_links, staff_repeating):
        monkeypatch.setattr(module, "time", clock)
    return clock


class Staff:
    """The console, as API Gateway hands its requests on."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.headers: dict[str, str] = {}

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str = "owner",
        headers: dict[str, str] | None = None,
        claims: dict[str, str] | None = None,
        is_base64: bool = False,
        **query: str,
    ) -> tuple[int, Any]:
        token = {"sub": by, "email": f"{by}@example.com", "token_use": "id"} | (claims or {})
        request = {
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"content-type": "application/json", **(headers or {})},
            "queryStringParameters": query,
            "requestContext": {
                "stage": "$default",
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": token, "scopes": None}},
            },
            "isBase64Encoded": is_base64,
        }
        if body is not None:
            request["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = staff_function.handler(request, self._context)
        self.headers = answer["headers"]
        kind = "application/problem+json" if answer["statusCode"] >= 400 else "application/json"
        assert answer["headers"]["Content-Type"] == kind
        told = json.loads(answer["body"])
        if answer["statusCode"] >= 400:
            assert {"type", "title", "status", "code"} <= told.keys()
            assert told["status"] == answer["statusCode"]
        return answer["statusCode"], told

    def create(self, body: object = HAIRCUT, **changed: Any) -> tuple[int, Any]:
        return self.call("POST", BOOKINGS, body, **changed)

    def get(self, booking_id: str, **changed: Any) -> tuple[int, Any]:
        return self.call("GET", f"{BOOKINGS}/{booking_id}", **changed)

    def list(self, **changed: Any) -> tuple[int, Any]:
        return self.call("GET", BOOKINGS, **changed)

    def link(self, booking_id: str, body: object = None, **changed: Any) -> tuple[int, Any]:
        return self.call("POST", f"{BOOKINGS}/{booking_id}/payment-link", body, **changed)


@pytest.fixture
def staff(aws: FakeAws, store: BookingStore, clock: Clock, context: Any) -> Staff:
    del clock, store
    aws.secrets["bookpay/link-key"] = "a-key-of-the-test"
    return Staff(context)


def token_of(pay_url: str) -> str:
    assert pay_url.startswith("https://pay.example.com/pay/")
    return pay_url.rpartition("/")[2]


# ------------------------------------------------------------------ create and get


def test_a_booking_that_staff_make_is_confirmed_unpaid_and_has_a_link(
    staff: Staff, store: BookingStore
) -> None:
    catalogue = CatalogueStore(load_config())
    catalogue.put_service("demo", Service("cut", "Haircut", Money(4500, "eur"), 60))
    catalogue.put_employee("demo", Employee("ada", "Ada"))
    asked = {
        **HAIRCUT,
        "external_id": "cal-1",
        "starts_at": "2026-11-30T10:00:00+01:00",
        "service_id": "cut",
        "employee_id": "ada",
        "client": {"name": " Grace Hopper ", "email": "grace@example.com", "phone": "+49 1"},
    }
    status, made = staff.create(asked)
    assert status == 201
    assert staff.headers["cache-control"] == "no-store"
    assert (made["status"], made["payment_status"]) == ("confirmed", "unpaid")
    assert (made["price"], made["amount_due"], made["currency"]) == (4900, 4900, "eur")
    assert made["starts_at"] == "2026-11-30T09:00:00Z"
    assert made["client"]["name"] == "Grace Hopper"
    assert made["created_at"] == "2026-11-22T18:33:12Z"
    assert made["external_id"] == "cal-1"
    assert [(entry["what"], entry["by"]) for entry in made["timeline"]] == [
        ("booking.created", "owner@demo.test")
    ]
    found = store.find_link(token_digest(token_of(made["pay_url"])))
    assert found == ("demo", made["booking_id"])
    status, shown = staff.get(made["booking_id"])
    # No terms were accepted that could cost anything.
    costs = {"cancellation_fee_now": 0, "no_show_fee_now": 0}
    assert (status, shown) == (200, made | costs | {"pay_url": None})


def test_a_token_is_nowhere_in_the_table(staff: Staff, table: Any) -> None:
    _, made = staff.create()
    _, linked = staff.link(made["booking_id"])
    kept = json.dumps([*map(str, table.items()), *table.items().values()])
    for url in (made["pay_url"], linked["pay_url"]):
        assert token_of(url) not in kept
    assert "a-key-of-the-test" not in kept


def test_a_paid_booking_shows_its_payment_and_its_timeline_in_order(
    staff: Staff, context: Any
) -> None:
    from functions.record_stripe_event import handler as record_function  # noqa: PLC0415

    _, made = staff.create()
    paid = event(
        "charge.succeeded",
        charge(metadata={"location_id": "demo", "booking_id": made["booking_id"]}),
        created=1_795_372_500,
    )
    record_function.handler(from_queue(paid), context)
    _, shown = staff.get(made["booking_id"])
    assert (shown["payment_status"], shown["amount_due"]) == ("paid", 0)
    assert [entry["what"] for entry in shown["timeline"]] == ["booking.created", "charge.succeeded"]
    assert shown["payments"][0]["card"] == {"brand": "visa", "last4": "4242"}


def test_the_timeline_is_told_in_time_whoever_did_what(store: BookingStore, staff: Staff) -> None:
    at_s = 1_795_372_393
    journal = (
        JournalEntry("b", at_s, "booking.cancelled"),
        JournalEntry("a", at_s, "booking.created"),
    )
    keep(store, booking(journal=journal))
    _, shown = staff.get("bk_1")
    assert [entry["what"] for entry in shown["timeline"]] == [
        "booking.created",
        "booking.cancelled",
    ]


def test_amounts_follow_the_location_s_currency(staff: Staff, places: LocationStore) -> None:
    places.save_location(replace(DEMO, currency="isk"))
    status, problem = staff.create(HAIRCUT | {"currency": "ISK", "amount": 4950})
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (
        422,
        "amount_too_fine",
        "/amount",
    )
    assert staff.create(HAIRCUT | {"currency": "ISK", "amount": 4900})[0] == 201
    places.save_location(replace(DEMO, currency="jpy"))
    assert staff.create(HAIRCUT | {"currency": "jpy"})[1]["price"] == 4900


@pytest.mark.parametrize("theirs", ["2026/117", "order #12", " 7", "Termin-Ä", "€" * 64])
def test_what_another_system_calls_a_booking_is_its_own_affair(staff: Staff, theirs: str) -> None:
    """Bug: an id with a slash, a blank or a letter beyond ASCII was refused."""
    status, made = staff.create({**HAIRCUT, "external_id": theirs})
    assert (status, made["external_id"]) == (201, theirs)
    status, problem = staff.create({**HAIRCUT, "external_id": theirs})
    assert (status, problem["code"]) == (409, "external_id_in_use")


@pytest.mark.parametrize("phone", ["", "  ", None])
def test_a_telephone_number_that_nobody_filled_in_is_none(staff: Staff, phone: str | None) -> None:
    client = {"name": "Grace Hopper", "email": "grace@example.com", "phone": phone}
    status, made = staff.create({**HAIRCUT, "client": client})
    assert (status, made["client"]["phone"]) == (201, None)


def test_an_external_id_stands_for_one_booking_of_a_location(staff: Staff) -> None:
    assert staff.create({**HAIRCUT, "external_id": "cal-1"})[0] == 201
    status, problem = staff.create({**HAIRCUT, "external_id": "cal-1"})
    assert (status, problem["code"]) == (409, "external_id_in_use")
    elsewhere = "/v1/locations/other/bookings"
    body = {**HAIRCUT, "external_id": "cal-1"}
    assert staff.call("POST", elsewhere, body, by="other-owner")[0] == 201
    assert len(staff.list()[1]["items"]) == 1


def test_with_links_switched_off_a_booking_has_no_pay_url(
    staff: Staff, places: LocationStore
) -> None:
    places.save_location(replace(DEMO, visit_link_enabled=False))
    status, made = staff.create()
    assert (status, made["pay_url"]) == (201, None)
    status, problem = staff.link(made["booking_id"])
    assert (status, problem["code"]) == (409, "visit_link_disabled")


# ------------------------------------------------------------------ Idempotency-Key

KEY = {"idempotency-key": "a-key-of-the-caller"}


def test_the_same_request_under_a_key_is_answered_once_and_repeated(staff: Staff) -> None:
    first = staff.create(headers=KEY)
    assert first[0] == 201
    assert "idempotent-replayed" not in staff.headers
    assert staff.create(headers=KEY) == first, "the address to pay at too"
    assert staff.headers["idempotent-replayed"] == "true"
    reordered = '{"description": "Haircut",  "currency": "eur", "amount": 4900}'
    assert staff.create(reordered, headers={"Idempotency-Key": KEY["idempotency-key"]}) == first
    assert len(staff.list()[1]["items"]) == 1


def test_without_a_key_each_request_makes_a_booking(staff: Staff) -> None:
    assert staff.create()[1]["booking_id"] != staff.create()[1]["booking_id"]


def test_a_key_with_another_body_is_refused(staff: Staff) -> None:
    staff.create(headers=KEY)
    status, problem = staff.create(HAIRCUT | {"amount": 1}, headers=KEY)
    assert (status, problem["code"]) == (409, "idempotency_key_reused")
    assert len(staff.list()[1]["items"]) == 1


def test_a_key_is_the_callers_and_the_locations_own(staff: Staff) -> None:
    made = [
        staff.create(headers=KEY)[1]["booking_id"],
        staff.create(headers=KEY, by="manager")[1]["booking_id"],
        staff.call("POST", "/v1/locations/other/bookings", HAIRCUT, headers=KEY, by="admin")[1][
            "booking_id"
        ],
        staff.create(headers=KEY, by="admin")[1]["booking_id"],
    ]
    assert len(set(made)) == 4


def test_a_key_is_kept_for_a_day(staff: Staff, clock: Clock) -> None:
    _, first = staff.create(headers=KEY)
    clock.now_s += 24 * 3600 - 1
    assert staff.create(headers=KEY)[1]["booking_id"] == first["booking_id"]
    clock.now_s += 1
    status, second = staff.create(HAIRCUT | {"amount": 1}, headers=KEY)
    assert (status, second["price"]) == (201, 1)
    assert staff.create(HAIRCUT | {"amount": 1}, headers=KEY)[1] == second


def test_only_what_succeeded_is_kept_under_a_key(staff: Staff) -> None:
    assert staff.create(HAIRCUT | {"amount": 0}, headers=KEY)[0] == 422
    assert staff.create(headers=KEY)[0] == 201


@pytest.mark.parametrize("key", ["", "k" * 256], ids=["empty", "256 letters"])
def test_a_key_that_is_none_is_refused(staff: Staff, key: str) -> None:
    assert staff.create(headers={"idempotency-key": key})[0] == 422
    assert staff.create(headers={"idempotency-key": "k" * 255})[0] == 201


def test_two_at_once_under_one_key_make_one_booking(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second arrives when the first has looked for an answer and not yet written its own."""
    rival = before_write(monkeypatch, "confirmed", lambda _: staff.create(headers=KEY))
    assert staff.create(headers=KEY) == rival[0]
    assert rival[0][0] == 201
    assert len(staff.list()[1]["items"]) == 1


def test_a_request_whose_twin_is_not_through_yet_is_told_to_wait(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contended(_store: BookingStore, *_wanted: Any, **_named: Any) -> None:
        raise WriteConflict("another transaction is under way")

    monkeypatch.setattr(BookingStore, "create", contended)
    status, problem = staff.create(headers=KEY)
    assert (status, problem["code"]) == (409, "request_in_progress")


# ------------------------------------------------------------------ who may do what

READ, WRITE = "GET", "POST"
ALLOWED = {
    ("owner", READ): 200, ("owner", WRITE): 201,
    ("manager", READ): 200, ("manager", WRITE): 201,
    ("finance", READ): 200, ("finance", WRITE): 403,
    ("admin", READ): 200, ("admin", WRITE): 201,
    ("other-owner", READ): 404, ("other-owner", WRITE): 404,
    ("stranger", READ): 404, ("stranger", WRITE): 404,
    ("former", READ): 404, ("former", WRITE): 404,
}  # fmt: skip


@pytest.mark.parametrize(("who", "method"), ALLOWED, ids=str)
def test_roles(staff: Staff, store: BookingStore, who: str, method: str) -> None:
    keep(store, booking())
    expected = ALLOWED[who, method]
    if method == READ:
        assert staff.list(by=who)[0] == staff.get("bk_1", by=who)[0] == expected
        return
    assert staff.create(by=who)[0] == staff.link("bk_1", by=who)[0] == expected
    assert len(staff.list()[1]["items"]) == (2 if expected == 201 else 1)


def test_a_location_that_is_not_there_and_one_that_is_not_yours_look_the_same(staff: Staff) -> None:
    not_there = staff.call("GET", "/v1/locations/nowhere/bookings", by="other-owner")
    assert staff.list(by="other-owner") == not_there
    assert not_there[1]["code"] == "location_not_found"
    assert staff.call("GET", "/v1/locations/nowhere/bookings", by="admin") == not_there


def test_permission_is_looked_at_before_anything_else(staff: Staff) -> None:
    assert staff.create("no JSON", by="finance")[0] == 403
    assert staff.create("no JSON", by="stranger")[0] == 404
    assert staff.get("bk_of_nobody", by="stranger")[1]["code"] == "location_not_found"


def test_another_locations_booking_is_not_found(staff: Staff, store: BookingStore) -> None:
    keep(store, booking("bk_other", location_id="other"))
    status, problem = staff.get("bk_other", by="admin")
    assert (status, problem["code"]) == (404, "booking_not_found")
    assert staff.link("bk_other", by="admin")[0] == 404


@pytest.mark.parametrize("claims", [{"token_use": "access"}, {"token_use": ""}])
def test_an_access_token_is_not_enough(staff: Staff, claims: dict[str, str]) -> None:
    status, problem = staff.list(claims=claims)
    assert (status, problem["code"]) == (403, "id_token_needed")


# ------------------------------------------------------------------ what is refused, and where

CLIENT = {"name": "Grace Hopper", "email": "grace@example.com"}
REFUSED: dict[str, tuple[object, str]] = {
    "no amount": ({"currency": "eur", "description": "x"}, "/amount"),
    "an amount of 0": (HAIRCUT | {"amount": 0}, "/amount"),
    "a negative amount": (HAIRCUT | {"amount": -1}, "/amount"),
    "an amount that is a float": (HAIRCUT | {"amount": 49.0}, "/amount"),
    "an amount that is text": (HAIRCUT | {"amount": "4900"}, "/amount"),
    "an amount that is a bool": (HAIRCUT | {"amount": True}, "/amount"),
    "an amount that is null": (HAIRCUT | {"amount": None}, "/amount"),
    "an amount of 10^13": (HAIRCUT | {"amount": 10**13}, "/amount"),
    "an amount of 100 digits": (HAIRCUT | {"amount": 10**100}, "/amount"),
    "another currency": (HAIRCUT | {"currency": "usd"}, "/currency"),
    "a currency that is none": (HAIRCUT | {"currency": "euro"}, "/currency"),
    "a currency of other letters": (HAIRCUT | {"currency": "\u20acur"}, "/currency"),
    "a currency with a line end": (HAIRCUT | {"currency": "eur\n"}, "/currency"),
    "no description": ({"amount": 1, "currency": "eur"}, "/description"),
    "an empty description": (HAIRCUT | {"description": ""}, "/description"),
    "a description of blanks": (HAIRCUT | {"description": "   "}, "/description"),
    "a description of 201 letters": (HAIRCUT | {"description": "x" * 201}, "/description"),
    "a description with a NUL": (HAIRCUT | {"description": "a\x00b"}, "/description"),
    "a description with a line end": (HAIRCUT | {"description": "a\r\nb"}, "/description"),
    "a description with half an emoji": (HAIRCUT | {"description": "a\ud83d"}, "/description"),
    "a description that is a list": (HAIRCUT | {"description": ["x"]}, "/description"),
    "an external id of 65 letters": (HAIRCUT | {"external_id": "x" * 65}, "/external_id"),
    "an external id with a line end": (HAIRCUT | {"external_id": "a\nb"}, "/external_id"),
    "an empty external id": (HAIRCUT | {"external_id": ""}, "/external_id"),
    "a visit without a time zone": (HAIRCUT | {"starts_at": "2026-11-30T10:00"}, "/starts_at"),
    "a visit that is only a day": (HAIRCUT | {"starts_at": "2026-11-30"}, "/starts_at"),
    "a visit on 30 February": (HAIRCUT | {"starts_at": "2026-02-30T10:00:00Z"}, "/starts_at"),
    "a visit that is a number": (HAIRCUT | {"starts_at": 1_795_372_392}, "/starts_at"),
    "a visit that is a number as text": (HAIRCUT | {"starts_at": "1795372392"}, "/starts_at"),
    "a visit that is a float": (HAIRCUT | {"starts_at": 1.5}, "/starts_at"),
    "a visit after the year 9999": (
        HAIRCUT | {"starts_at": "9999-12-31T23:59:59-14:00"},
        "/starts_at",
    ),
    "a visit before the year 1": (
        HAIRCUT | {"starts_at": "0001-01-01T00:00:00+14:00"},
        "/starts_at",
    ),
    "a client without a name": (HAIRCUT | {"client": {"email": "a@b.de"}}, "/client/name"),
    "a client with an empty name": (HAIRCUT | {"client": CLIENT | {"name": " "}}, "/client/name"),
    "a name of 121 letters": (HAIRCUT | {"client": CLIENT | {"name": "x" * 121}}, "/client/name"),
    "a name with a line end": (
        HAIRCUT | {"client": CLIENT | {"name": "a\nBcc: b@c.de"}},
        "/client/name",
    ),
    "a client without an e-mail": (HAIRCUT | {"client": {"name": "Ada"}}, "/client/email"),
    "an e-mail without an @": (HAIRCUT | {"client": CLIENT | {"email": "ada"}}, "/client/email"),
    "an e-mail with a blank": (
        HAIRCUT | {"client": CLIENT | {"email": "a b@c.de"}},
        "/client/email",
    ),
    "an e-mail with a line end": (
        HAIRCUT | {"client": CLIENT | {"email": "a@b.de\nBcc: c@d.de"}},
        "/client/email",
    ),
    "an e-mail with a NUL": (
        HAIRCUT | {"client": CLIENT | {"email": "a\x00@b.de"}},
        "/client/email",
    ),
    "an e-mail of 255 letters": (
        HAIRCUT | {"client": CLIENT | {"email": "a" * 248 + "@b.test"}},
        "/client/email",
    ),
    "two e-mails": (HAIRCUT | {"client": CLIENT | {"email": "a@b.de,c@d.de"}}, "/client/email"),
    "a telephone number of 33 digits": (
        HAIRCUT | {"client": CLIENT | {"phone": "1" * 33}},
        "/client/phone",
    ),
    "a client that is text": (HAIRCUT | {"client": "Ada"}, "/client"),
}


@pytest.mark.parametrize(("body", "pointer"), REFUSED.values(), ids=REFUSED)
def test_refused(staff: Staff, body: object, pointer: str) -> None:
    status, problem = staff.create(body)
    assert status == 422
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert all(error["detail"] for error in problem["errors"])
    assert staff.list()[1]["items"] == []


NOT_READABLE: dict[str, str] = {
    "not JSON": "amount=4900",
    "half of it": json.dumps(HAIRCUT)[:-1],
    "a list": json.dumps([HAIRCUT]),
    "null": "null",
    "a number": "5",
    "NaN": '{"amount": NaN, "currency": "eur", "description": "x"}',
    "100,000 nested brackets": "[" * 100_000,
    "65 KiB": json.dumps(HAIRCUT | {"padding": "x" * 65 * 1024}),
    "65 KiB of few letters": json.dumps(
        HAIRCUT | {"padding": "\u20ac" * 23_000}, ensure_ascii=False
    ),
    "half an emoji, unescaped": '{"amount": 1, "currency": "eur", "description": "\ud83d"}',
    "a number of 5,000 digits": '{"amount": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("body", NOT_READABLE.values(), ids=NOT_READABLE)
def test_not_readable(staff: Staff, body: str) -> None:
    for headers in ({}, KEY):
        status, problem = staff.create(body, headers=headers)
        assert (status, problem["code"]) == (422, "invalid_input")
    assert staff.list()[1]["items"] == []


def test_every_mistake_is_named_at_once(staff: Staff) -> None:
    _, problem = staff.create({"amount": 0, "currency": 5, "client": {"name": "", "email": ""}})
    assert {error["pointer"] for error in problem["errors"]} == {
        "/amount", "/currency", "/client/name", "/client/email",
    }  # fmt: skip
    _, problem = staff.create({})
    assert {error["pointer"] for error in problem["errors"]} == {"/amount", "/description"}


LONGEST_ADDRESS = f"{'e' * 64}@{'d' * 63}.{'d' * 63}.{'d' * 56}.test"


def test_the_bounds_themselves_are_taken(staff: Staff) -> None:
    client = {"name": "n" * 120, "email": LONGEST_ADDRESS, "phone": "1" * 32}
    body = {"amount": 10**12 - 1, "currency": "EUR", "description": "d" * 200, "client": client,
            "external_id": "x" * 64, "starts_at": "2026-11-30T10:00:00.5+14:00"}  # fmt: skip
    assert staff.create(body)[0] == 201


def test_a_body_in_base64_is_read(staff: Staff) -> None:
    """API Gateway encodes what has a content type that it does not take for text."""
    encoded = base64.b64encode(json.dumps(HAIRCUT).encode()).decode()
    assert staff.create(encoded, is_base64=True)[0] == 201
    for wrong in ("?", base64.b64encode(b"\xff").decode(), "\u00e9"):
        assert staff.create(wrong, is_base64=True)[0] == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("DELETE", BOOKINGS),
        ("PUT", f"{BOOKINGS}/bk_1"),
        ("GET", f"{BOOKINGS}/bk_1/payment-link"),
        ("GET", "/v1/locations//bookings"),
        ("GET", "/v1/locations/demo#booking/bookings"),
        ("POST", f"{BOOKINGS}/"),
        ("GET", "/"),
    ],
)
def test_an_address_or_a_method_that_is_not_there(staff: Staff, method: str, path: str) -> None:
    assert staff.call(method, path)[0] == 404


@pytest.mark.parametrize("location_id", ["*", "DEMO", "de mo", "d" * 3000, "-demo", "demo\n"])
def test_a_location_that_is_no_id_is_not_found(staff: Staff, location_id: str) -> None:
    assert staff.call("GET", f"/v1/locations/{location_id}/bookings", by="admin")[0] == 404


@pytest.mark.parametrize("booking_id", ["bk_unknown", "b" * 3000, "*", "bk 1"])
def test_a_booking_that_is_not_there_is_not_found(staff: Staff, booking_id: str) -> None:
    for status, problem in (staff.get(booking_id), staff.link(booking_id)):
        assert (status, problem["code"]) == (404, "booking_not_found")


# ------------------------------------------------------------------ when something fails


def test_a_mistake_of_ours_tells_nothing_of_itself(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("the inside of the machine, arn:aws:dynamodb")

    monkeypatch.setattr(BookingStore, "get_booking", fail)
    status, problem = staff.get("bk_1")
    assert (status, problem["code"]) == (500, "internal_error")
    assert "inside" not in json.dumps(problem)
    assert "ZeroDivision" not in json.dumps(problem)
    assert '"error":"ZeroDivisionError"' in log.getvalue()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (AwsUnreachable("x"), (503, "unavailable")),
        (WriteConflict("x"), (409, "request_in_progress")),
    ],
    ids=repr,
)
def test_what_may_work_later_is_to_be_tried_again(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, error: Exception, told: tuple[int, str]
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(BookingStore, "get_booking", fail)
    status, problem = staff.link("bk_1")
    assert (status, problem["code"]) == told


def test_without_the_link_key_nothing_is_made(aws: FakeAws, staff: Staff) -> None:
    aws.down.add("secretsmanager")
    assert staff.create(headers=KEY)[0] == 503
    assert staff.list()[1]["items"] == []
    aws.down.clear()
    assert staff.create(headers=KEY)[0] == 201


def test_no_name_mail_token_or_body_is_logged(
    staff: Staff, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    _, made = staff.create(HAIRCUT | {"client": CLIENT}, headers=KEY)
    staff.create(HAIRCUT | {"client": CLIENT | {"email": "grace"}})
    staff.create(HAIRCUT | {"client": CLIENT, "amount": 1}, headers=KEY)
    staff.link(made["booking_id"])
    written = log.getvalue() + capsys.readouterr().out
    for private in ("Grace", "grace", "Haircut", token_of(made["pay_url"]), "owner@demo.test",
                    "a-key-of-the"):  # fmt: skip
        assert private not in written


# ------------------------------------------------------------------ payment links


def test_each_link_is_a_new_one_and_the_older_stay_valid(staff: Staff, store: BookingStore) -> None:
    _, made = staff.create()
    urls = [made["pay_url"]]
    for _ in range(3):
        status, linked = staff.link(made["booking_id"])
        assert (status, linked["amount_due"], linked["currency"]) == (201, 4900, "eur")
        urls.append(linked["pay_url"])
    assert len(set(urls)) == 4
    for url in urls:
        assert store.find_link(token_digest(token_of(url))) == ("demo", made["booking_id"])
    assert store.find_link(token_digest("x" * 32)) is None


def test_two_links_made_at_once_are_two(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = staff.create()
    rival = before_write(
        monkeypatch, "confirmed", lambda made_id: staff.link(made_id)[1]["pay_url"]
    )
    status, linked = staff.link(made["booking_id"])
    assert status == 201
    assert len({linked["pay_url"], *rival, made["pay_url"]}) == 3


@pytest.mark.parametrize("status", ["cancelled", "no_show", "expired"])
def test_what_is_over_is_not_to_be_paid_any_more(
    staff: Staff, store: BookingStore, status: str
) -> None:
    keep(store, booking(status=status))
    answered, problem = staff.link("bk_1")
    assert (answered, problem["code"]) == (409, "nothing_due")


@pytest.mark.parametrize("body", ["", "{}", '{"email": false}'])
def test_a_link_needs_no_body(staff: Staff, store: BookingStore, body: str) -> None:
    keep(store, booking())
    assert staff.link("bk_1", body)[0] == 201


@pytest.mark.parametrize("body", ['{"email": "yes"}', '{"email": 1}', "[]", "email"])
def test_a_link_with_a_body_that_is_wrong(staff: Staff, store: BookingStore, body: str) -> None:
    keep(store, booking())
    assert staff.link("bk_1", body)[0] == 422


# ------------------------------------------------------------------ lists


def made_at(*instants: str) -> list[Any]:
    return [
        booking(f"bk_{place:03}", created_at_s=int(datetime.fromisoformat(instant).timestamp()))
        for place, instant in enumerate(instants)
    ]


def pages(staff: Staff, **query: str) -> list[list[str]]:
    found = []
    for _ in range(200):
        status, page = staff.list(**query)
        assert status == 200, page
        found.append([item["booking_id"] for item in page["items"]])
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]
    pytest.fail("the list does not end")


@pytest.mark.parametrize("limit", [1, 3, 23, 100])
def test_pages_are_complete_newest_first_and_without_repeats(
    staff: Staff, store: BookingStore, limit: int
) -> None:
    months = [
        f"2026-{month:02}-{day:02}T10:00:00Z" for month in (2, 3, 7, 11) for day in range(1, 6)
    ]
    same_second = ["2026-11-21T10:00:00Z"] * 3
    for each in made_at(*months, *same_second):
        keep(store, each)
    found = pages(staff, limit=str(limit))
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    flat = list(itertools.chain(*found))
    assert sorted(flat) == [f"bk_{number:03}" for number in range(23)]
    listed = [staff.get(booking_id)[1]["created_at"] for booking_id in flat]
    assert listed == sorted(listed, reverse=True)


def test_a_booking_made_between_two_pages_moves_none(staff: Staff, store: BookingStore) -> None:
    for each in made_at(*(f"2026-11-2{day}T10:00:00Z" for day in range(3))):
        keep(store, each)
    _, first = staff.list(limit="2")
    keep(store, booking("bk_new", created_at_s=1_795_372_390))
    _, second = staff.list(limit="2", cursor=first["next_cursor"])
    assert [item["booking_id"] for item in second["items"]] == ["bk_000"]
    assert second["next_cursor"] is None


def test_twenty_are_shown_when_nobody_says_how_many(staff: Staff, store: BookingStore) -> None:
    for each in made_at(*["2026-11-21T10:00:00Z"] * 21):
        keep(store, each)
    assert [len(page) for page in pages(staff)] == [20, 1]


def test_an_empty_list_ends_at_once(staff: Staff) -> None:
    assert staff.list() == (200, {"items": [], "next_cursor": None})


def test_each_location_lists_its_own(staff: Staff, store: BookingStore) -> None:
    keep(store, booking("bk_other", location_id="other"))
    keep(store, booking("bk_demo"))
    assert pages(staff) == [["bk_demo"]]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_only_those_of_a_payment_status(
    staff: Staff, store: BookingStore, context: Any, limit: int
) -> None:
    from functions.record_stripe_event import handler as record_function  # noqa: PLC0415

    for each in made_at(*(f"2026-{month:02}-10T10:00:00Z" for month in range(1, 12))):
        keep(store, each)
    paid = ["bk_001", "bk_004", "bk_010"]
    for number, booking_id in enumerate(paid):
        told = event(
            "charge.succeeded",
            charge(number, metadata={"location_id": "demo", "booking_id": booking_id}),
        )
        record_function.handler(from_queue(told), context)
    found = itertools.chain(*pages(staff, payment_status="paid", limit=str(limit)))
    assert list(found) == paid[::-1]
    assert sum(map(len, pages(staff, payment_status="unpaid", limit=str(limit)))) == 8
    assert sum(map(len, pages(staff, payment_status="disputed"))) == 0


# Berlin is at +1 in winter and at +2 from 29 March to 25 October 2026.
AROUND = [
    "2026-03-28T22:59:59Z",  # 23:59:59 on the 28th
    "2026-03-28T23:00:00Z",  # 00:00:00 on the 29th, which has 23 hours
    "2026-03-29T21:59:59Z",  # 23:59:59 on the 29th
    "2026-03-29T22:00:00Z",  # 00:00:00 on the 30th
    "2026-10-24T21:59:59Z",  # 23:59:59 on the 24th
    "2026-10-24T22:00:00Z",  # 00:00:00 on the 25th, which has 25 hours
    "2026-10-25T22:59:59Z",  # 23:59:59 on the 25th
    "2026-10-25T23:00:00Z",  # 00:00:00 on the 26th
]
DAYS = {
    ("2026-03-29", "2026-03-29"): [2, 1],
    ("2026-10-25", "2026-10-25"): [6, 5],
    ("2026-03-28", "2026-03-29"): [2, 1, 0],
    ("2026-03-30", "2026-10-24"): [4, 3],
    ("2026-10-26", None): [7],
    (None, "2026-03-28"): [0],
    ("2026-03-29", None): [7, 6, 5, 4, 3, 2, 1],
    ("2026-05-01", "2026-05-31"): [],
    ("2026-10-25", "2026-03-29"): [],
    ("2026-11-23", None): [],
    ("2026-11-21", "2026-11-20"): [],
    (None, "1970-01-01"): [],
    ("1970-01-01", "2026-03-28"): [0],
    ("9998-12-30", None): [],
}


@pytest.mark.parametrize(("first", "last"), DAYS, ids=str)
def test_days_are_the_locations_own(
    staff: Staff, store: BookingStore, first: str | None, last: str | None
) -> None:
    for each in made_at(*AROUND):
        keep(store, each)
    query = {"from": first, "to": last}
    found = pages(staff, limit="2", **{name: day for name, day in query.items() if day})
    expected = [f"bk_{number:03}" for number in DAYS[first, last]]
    assert list(itertools.chain(*found)) == expected


@pytest.mark.parametrize("never_asked", [("2026-11-21", "2026-11-20"), ("2026-11-30", None)])
def test_an_empty_span_is_never_asked_of_the_table(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, never_asked: tuple[str, str | None]
) -> None:
    """DynamoDB refuses a BETWEEN whose ends are the wrong way round; moto does not."""

    def ask(
        _table: BookingsTable, _partition: str, low: str, high: str, _limit: int, **_: Any
    ) -> Any:
        assert low <= high
        return []

    monkeypatch.setattr(BookingsTable, "query_between", ask)
    query = dict(zip(("from", "to"), never_asked, strict=True))
    assert staff.list(**{name: day for name, day in query.items() if day})[0] == 200


WRONG_QUERIES: dict[str, dict[str, str]] = {
    "limit": {"limit": "0"},
    "limit of 101": {"limit": "101"},
    "limit of 1001 behind zeros": {"limit": "00001001"},
    "limit of many digits": {"limit": "0" * 10 + "9" * 5000},
    "limit that is negative": {"limit": "-1"},
    "limit that is a fraction": {"limit": "1.5"},
    "limit that is empty": {"limit": ""},
    "limit in other digits": {"limit": "\u0661"},
    "payment_status": {"payment_status": "PAID"},
    "payment_status that is empty": {"payment_status": ""},
    "from": {"from": "yesterday"},
    "from an instant": {"from": "2026-11-22T00:00:00Z"},
    "from a week": {"from": "2026-W47-7"},
    "from 30 February": {"from": "2026-02-30"},
    "from a day without its zeros": {"from": "2026-1-2"},
    "to": {"to": "22.11.2026"},
    "from the year 300": {"from": "0300-01-01"},
    "to the last day of all": {"to": "9999-12-31"},
    "from the first day of all": {"from": "0001-01-01"},
    "cursor": {"cursor": "bm90aGluZw=="},
    "cursor that is no base64": {"cursor": "?"},
    "cursor that is empty": {"cursor": ""},
    "cursor that is not ASCII": {"cursor": "\u00e9"},
}


@pytest.mark.parametrize("query", WRONG_QUERIES.values(), ids=WRONG_QUERIES)
def test_a_query_that_is_wrong_is_named(staff: Staff, query: dict[str, str]) -> None:
    status, problem = staff.list(**query)
    assert status == 422
    assert problem["errors"][0]["pointer"] == f"/query/{next(iter(query))}"


def test_a_cursor_of_another_list_bounds_only_this_one(staff: Staff, store: BookingStore) -> None:
    for each in made_at(*["2026-11-21T10:00:00Z"] * 3):
        keep(store, each)
        keep(store, replace(each, location_id="other", booking_id=f"other_{each.booking_id}"))
    _, elsewhere = staff.call("GET", "/v1/locations/other/bookings", by="admin", limit="1")
    _, page = staff.list(cursor=elsewhere["next_cursor"])
    assert all(item["location_id"] == "demo" for item in page["items"])


# ------------------------------------------------------------------ links by mail, and as a picture


def mail_orders(table: Any) -> list[dict[str, Any]]:
    waiting = table.bodies("outbox").values()
    return [each["detail"] for each in waiting if each["detail_type"] == "send_mail"]


def test_a_link_that_is_asked_for_again_with_its_key_is_made_and_mailed_once(
    staff: Staff, store: BookingStore, table: Any
) -> None:
    keep(store, booking())
    booking_id = "bk_1"
    first = staff.link(booking_id, {"email": True}, headers=KEY)
    assert first[0] == 201
    assert "idempotent-replayed" not in staff.headers
    assert staff.link(booking_id, {"email": True}, headers=KEY) == first
    assert staff.headers["idempotent-replayed"] == "true"
    assert len(mail_orders(table)) == 1
    status, problem = staff.link(booking_id, {"email": False}, headers=KEY)
    assert (status, problem["code"]) == (409, "idempotency_key_reused")
    assert staff.link(booking_id, {"email": True})[1]["pay_url"] != first[1]["pay_url"]
    kept = json.dumps(list(table.bodies().values()))
    assert first[1]["pay_url"].rpartition("/")[2] not in kept, "the link is a secret"


def test_a_link_is_mailed_when_asked_and_in_the_same_transaction(
    staff: Staff, store: BookingStore, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, booking())
    assert staff.link("bk_1", {"email": False})[0] == 201
    assert mail_orders(table) == []

    def lose(*_: object) -> None:
        raise WriteConflict("always")

    put = BookingsTable.put
    monkeypatch.setattr(BookingsTable, "put", lose)
    assert staff.link("bk_1", {"email": True})[0] == 409
    monkeypatch.setattr(BookingsTable, "put", put)
    assert mail_orders(table) == []

    status, _ = staff.link("bk_1", {"email": True})

    assert status == 201
    [order] = mail_orders(table)
    assert (order["kind"], order["booking_id"], order["link_number"]) == ("payment_link", "bk_1", 3)


def test_who_has_no_address_is_sent_no_link(staff: Staff, store: BookingStore) -> None:
    keep(store, booking(client=None))
    status, problem = staff.link("bk_1", {"email": True})
    assert (status, problem["code"]) == (409, "client_has_no_email")
    assert staff.link("bk_1")[0] == 201


class TestQr:
    """`GET .../qr.svg`: the newest link, for the screen at the desk."""

    @staticmethod
    def ask(context: Any, booking_id: str, by: str = "owner") -> dict[str, Any]:
        path = f"/v1/locations/demo/bookings/{booking_id}/qr.svg"
        claims = {"sub": by, "email": f"{by}@example.com", "token_use": "id"}
        request = {
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {},
            "requestContext": {
                "stage": "$default",
                "http": {"method": "GET", "path": path},
                "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            },
            "isBase64Encoded": False,
        }
        return dict(staff_function.handler(request, context))

    def test_it_shows_the_newest_link(self, staff: Staff, context: Any) -> None:
        _, made = staff.create()
        _, linked = staff.link(made["booking_id"])
        answer = self.ask(context, made["booking_id"])
        assert answer["statusCode"] == 200
        assert answer["headers"]["Content-Type"] == "image/svg+xml"
        wanted = io.BytesIO()
        segno.make_qr(linked["pay_url"]).save(wanted, kind="svg", scale=8, border=4, light="#fff")
        assert _lines(answer["body"]) == _lines(wanted.getvalue().decode())
        assert "<script" not in answer["body"]

    def test_what_is_paid_or_over_has_none(
        self, staff: Staff, store: BookingStore, context: Any
    ) -> None:
        del staff
        keep(store, booking(status="cancelled"))
        assert self.ask(context, "bk_1")["statusCode"] == 409

    def test_it_is_for_who_may_make_links(
        self, staff: Staff, store: BookingStore, context: Any
    ) -> None:
        del staff
        keep(store, booking())
        assert self.ask(context, "bk_1", by="finance")["statusCode"] == 403
        assert self.ask(context, "bk_1", by="other-owner")["statusCode"] == 404


def _lines(svg: str) -> list[str]:
    return re.findall(r'd="([^"]+)"', svg)
