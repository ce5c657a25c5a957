"""A client's data is erased: what was given to them leads nowhere from then on."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.create_checkout import handler as checkout_function
from functions.serve_staff_api import handler as staff_function
from functions.serve_visit import handler as visit_function
from shared.adapters import client_index
from shared.adapters.booking_store import BookingStore
from shared.domain.link_tokens import derive_client_token, derive_return_token, derive_token
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import Salon
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
ERASE = f"{HERE}/clients/mira@example.com"
LINK_KEY = "the key of the links"
VISIT = {
    "amount": 4500,
    "currency": "eur",
    "description": "Haircut",
    "client": {"name": "Mira Lindqvist", "email": "mira@example.com", "phone": "+49 30 1"},
}


@pytest.fixture
def staff(salon: Salon, store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    del salon
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


def visit_page(booking_id: str, token: str, context: Any, method: str = "GET") -> int:
    event = {
        "routeKey": f"{method} /visit/{{booking_id}}/{{token}}",
        "rawPath": f"/visit/{booking_id}/{token}",
        "pathParameters": {"booking_id": booking_id, "token": token},
    }
    return int(visit_function.handler(event, context)["statusCode"])


def pay_page(booking_id: str, number: int, context: Any) -> int:
    token = derive_token(LINK_KEY, "demo", booking_id, number)
    event = {"routeKey": "GET /pay/{token}", "pathParameters": {"token": token}}
    return int(checkout_function.handler(event, context)["statusCode"])


def way_back(booking_id: str, context: Any) -> int:
    event = {
        "routeKey": "GET /pay/{token}",
        "pathParameters": {"token": derive_return_token(LINK_KEY, booking_id)},
        "queryStringParameters": {"booking": booking_id, "returned": "left"},
    }
    return int(checkout_function.handler(event, context)["statusCode"])


def test_after_erasure_no_page_no_token_and_no_link_leads_to_the_booking(
    salon: Salon, staff: StaffCalls, table: TableInMoto, context: Any
) -> None:
    """Bug: the client's page, its view and every link went on for good."""
    made = salon.booked()
    booking_id, token = made["booking_id"], made["token"]
    assert visit_page(booking_id, token, context) == 200
    assert pay_page(booking_id, 1, context) == 303
    assert way_back(booking_id, context) == 200
    assert staff("DELETE", ERASE)[1]["bookings"] == 1
    assert way_back(booking_id, context) == 404
    assert salon.look(booking_id, token)[0] == 404
    assert salon.cancel(made)[0] == 404
    assert visit_page(booking_id, token, context) == 404
    assert visit_page(booking_id, token, context, "POST") == 404
    assert pay_page(booking_id, 1, context) == 404
    kinds = {sort_key for _, sort_key in table.items()}
    assert not kinds & {"link", "pointer"}
    assert staff("GET", f"{HERE}/bookings/{booking_id}")[0] == 200, "staff still have it"


def test_every_link_of_a_booking_ends_however_many_there_are(
    staff: StaffCalls, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_index, "LINKS_AT_ONCE", 2)
    booking_id = staff("POST", f"{HERE}/bookings", VISIT)[1]["booking_id"]
    for _ in range(4):
        assert staff("POST", f"{HERE}/bookings/{booking_id}/payment-link", {})[0] == 201
    assert pay_page(booking_id, 5, context) == 303
    staff("DELETE", ERASE)
    assert {pay_page(booking_id, number, context) for number in range(1, 6)} == {404}


def test_another_clients_links_stay(staff: StaffCalls, context: Any) -> None:
    staff("POST", f"{HERE}/bookings", VISIT)
    noor = {"name": "Noor", "email": "noor@example.com"}
    other = staff("POST", f"{HERE}/bookings", {**VISIT, "client": noor})[1]["booking_id"]
    staff("DELETE", ERASE)
    assert pay_page(other, 1, context) == 303
    assert visit_page(other, derive_client_token(LINK_KEY, other), context) == 200


def test_a_clients_request_that_comes_again_tells_no_token_after_erasure(
    salon: Salon, staff: StaffCalls
) -> None:
    again = {"idempotency_key": "once"}
    made = salon.booked(headers=again)
    assert salon.book(headers=again)[1]["token"] == made["token"]
    staff("DELETE", ERASE)
    status, problem = salon.book(headers=again)
    assert (status, problem["code"]) == (404, "booking_not_found")


def test_staffs_request_that_comes_again_names_no_client_after_erasure(staff: StaffCalls) -> None:
    key = {"idempotency-key": "once"}
    first = staff("POST", f"{HERE}/bookings", VISIT, headers=key)[1]
    assert staff("POST", f"{HERE}/bookings", VISIT, headers=key)[1] == first
    staff("DELETE", ERASE)
    status, replayed = staff("POST", f"{HERE}/bookings", VISIT, headers=key)
    assert (status, replayed["booking_id"]) == (201, first["booking_id"])
    assert (replayed["client"], replayed["pay_url"]) == (None, None)


def test_a_link_that_has_ended_is_neither_drawn_nor_told_and_a_new_one_can_be_made(
    staff: StaffCalls, context: Any
) -> None:
    booking_id = staff("POST", f"{HERE}/bookings", VISIT)[1]["booking_id"]
    path, key = f"{HERE}/bookings/{booking_id}", {"idempotency-key": "once"}
    assert staff("POST", f"{path}/payment-link", {}, headers=key)[0] == 201
    staff("DELETE", ERASE)
    status, problem = staff("GET", f"{path}/qr.svg")
    assert (status, problem["code"]) == (409, "link_ended")
    status, problem = staff("POST", f"{path}/payment-link", {}, headers=key)
    assert (status, problem["code"]) == (409, "link_ended")
    made = staff("POST", f"{path}/payment-link", {})[1]
    assert made["pay_url"].endswith(derive_token(LINK_KEY, "demo", booking_id, 3))
    assert pay_page(booking_id, 3, context) == 303


def test_an_erasure_that_breaks_off_is_finished_by_the_next(
    staff: StaffCalls, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking_id = staff("POST", f"{HERE}/bookings", VISIT)[1]["booking_id"]

    def broken(*_: Any, **__: Any) -> None:
        raise SystemError("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(BookingStore, "write", broken)
        assert staff("DELETE", ERASE)[0] == 500
    assert pay_page(booking_id, 1, context) == 404
    assert staff("DELETE", ERASE)[1]["bookings"] == 1
    assert visit_page(booking_id, derive_client_token(LINK_KEY, booking_id), context) == 404
