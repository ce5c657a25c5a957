"""A request that is sent twice under one Idempotency-Key makes one thing, wherever it is taken."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from tests.contract.contract import Contract
from tests.functions.test_desk_bookings import HERE, WITH_ANNA, Desk
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import Salon, StripeBeside, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
LOCATION = "/v1/locations/{location_id}"
BOOKING = f"{LOCATION}/bookings/{{booking_id}}"
# What makes something, moves money or sends something.
KEYED = {
    "/public/locations/{location_id}/bookings",
    f"{LOCATION}/bookings",
    f"{BOOKING}/payments",
    f"{BOOKING}/refunds",
    f"{BOOKING}/reopen",
    f"{BOOKING}/reschedule",
    f"{BOOKING}/payment-link",
    f"{BOOKING}/messages/{{kind}}/resend",
    f"{LOCATION}/reports/{{date}}/send",
}
# What a repetition finds done, and what changes nothing.
BY_STATE = {
    "/pay/{token}": "one session for each booking",
    "/visit/{booking_id}/{token}": "the booking's status",
    "/webhooks/stripe/{location_id}": "the event's id",
    "/public/bookings/{booking_id}/cancel": "the booking's status",
    "/public/bookings/{booking_id}/confirm": "the booking's status",
    "/public/bookings/{booking_id}/reschedule": "the visit's time",
    "/public/locations/{location_id}/invitation": "reads",
    "/public/locations/{location_id}/invitation/accept": "the invitation's status",
    "/v1/locations": "the location's id",
    f"{LOCATION}/invitation/accept": "the invitation's status",
    f"{LOCATION}/members": "the member's address",
    f"{LOCATION}/members/{{member_id}}/resend": "the newest invitation counts",
    f"{LOCATION}/needs-action/settle": "the action's id",
    f"{LOCATION}/payment-settings/roll-webhook-secret": "the endpoint's secrets",
    f"{LOCATION}/terms/preview": "reads",
    f"{BOOKING}/cancel": "the booking's status",
    f"{BOOKING}/complete": "the booking's status",
    f"{BOOKING}/no-show": "the booking's status",
    f"{BOOKING}/fees/{{fee_id}}/confirm": "the fee's status",
    f"{BOOKING}/fees/{{fee_id}}/waive": "the fee's status",
    f"{BOOKING}/payments/{{payment_id}}/void": "the payment is voided",
    f"{BOOKING}/refunds/{{refund_id}}/approve": "the refund's status",
    f"{BOOKING}/refunds/{{refund_id}}/deny": "the refund's status",
}


def test_every_post_of_the_contract_takes_a_key_or_says_why_not() -> None:
    posts = {each.path: each for each in Contract.load().operations if each.method == "post"}
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    taking = {path for path, each in posts.items() if key in each.described.get("parameters", ())}
    assert taking == KEYED
    assert posts.keys() - taking == BY_STATE.keys()


class Counter:
    """A desk with bookings in the states that the requests need."""

    def __init__(self, desk: Desk, salon: Salon, beside: StripeBeside) -> None:
        self._desk, self._salon, self._beside = desk, salon, beside

    def booked(self) -> str:
        return str(self._desk.booked(moment(10))["booking_id"])

    def paid(self) -> str:
        made = self._desk.booked(moment(10))
        opened = {**made, "checkout_url": self._desk.open(made)[1]}
        self._beside.pay(opened)
        self._salon.hear(opened, self._beside)
        return str(made["booking_id"])

    def cancelled(self) -> str:
        booking_id = self.booked()
        path = f"{HERE}/bookings/{booking_id}/cancel"
        assert self._desk.staff("POST", path, {})[0] == 200
        return booking_id


# By the end of the path: what is there before, the body, and another body, if there is one.
type Row = tuple[Callable[[Counter], str], dict[str, Any], dict[str, Any] | None]
NEW = {**WITH_ANNA, "starts_at": moment(14)}
ROWS: dict[str, Row] = {
    "": (Counter.booked, NEW, {**NEW, "starts_at": moment(16)}),
    "/payments": (
        Counter.booked,
        {"amount": 100, "method": "cash"},
        {"amount": 100, "method": "voucher"},
    ),
    "/refunds": (Counter.paid, {"amount": 100}, {"amount": 200}),
    "/reopen": (Counter.cancelled, {}, None),
    "/reschedule": (Counter.booked, {"starts_at": moment(14)}, {"starts_at": moment(16)}),
    "/payment-link": (Counter.booked, {}, {"email": True}),
}


@pytest.fixture
def counter(
    salon: Salon, store: BookingStore, context: Any, at_stripe: StripeBeside
) -> Iterator[tuple[Counter, StaffCalls]]:
    forget_stores()
    staff = StaffCalls(context, store, staff_function.handler)
    yield Counter(Desk(staff, context), salon, at_stripe), staff
    forget_stores()


@pytest.mark.parametrize("route", ROWS)
def test_the_same_request_again_gets_the_first_answer_and_writes_nothing(
    counter: tuple[Counter, StaffCalls], table: TableInMoto, route: str
) -> None:
    at, staff = counter
    prepare, body, other = ROWS[route]
    booking_id = prepare(at)
    path = f"{HERE}/bookings/{booking_id}{route}" if route else f"{HERE}/bookings"
    key = {"idempotency-key": "k-1"}
    first = staff("POST", path, body, headers=key)
    assert first[0] in (200, 201, 202), first
    assert "idempotent-replayed" not in staff.headers
    written = table.items()
    assert staff("POST", path, body, headers=key) == first
    assert staff.headers["idempotent-replayed"] == "true"
    if other is not None:
        status, problem = staff("POST", path, other, headers=key)
        assert (status, problem["code"]) == (409, "idempotency_key_reused")
    assert table.items() == written


@pytest.mark.parametrize("body", ["{", "NaN", "[]", '{"a":' * 2_000, '{"a": "\ud83d"}'])
def test_a_keyed_request_whose_body_is_no_object_is_refused_where_it_needs_none(
    counter: tuple[Counter, StaffCalls], body: str
) -> None:
    """Bug: nobody read it but for the key, and the answer was 500."""
    at, staff = counter
    path = f"{HERE}/bookings/{at.booked()}/messages/link/resend"
    status, problem = staff("POST", path, body, headers={"idempotency-key": "k-1"})
    assert (status, problem["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("asked", ["invitation", "invitation/accept"])
def test_an_invitation_under_a_location_that_is_no_id_is_answered_as_the_contract_says(
    counter: tuple[Counter, StaffCalls], asked: str
) -> None:
    """Bug: the router knows no such path, and the contract knew no such answer."""
    status, problem = counter[1]("POST", f'/public/locations/a"b/{asked}', {"token": "x"})
    assert (status, problem["code"]) == (404, "not_found")
