"""Staff correct a booking: another address is another reader, and the former one's access ends."""

import json
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from functions.create_checkout import handler as checkout_function
from functions.serve_staff_api import handler as staff_function
from functions.serve_visit import handler as visit_function
from shared.adapters.booking_store import BookingStore
from shared.domain.disputes.evidence import sections_of
from shared.domain.link_tokens import derive_client_token, derive_return_token, derive_token
from shared.domain.visits.corrections import MAX_FORMER_EMAILS
from tests.cases import case as disputed_case
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.mailbox import Mailbox
from tests.surroundings.salon import Salon, StripeBeside
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
LINK_KEY = "the key of the links"
RIGHT = "mira@right.example"
MIRA = {"name": "Mira", "email": "mira@example.com"}


@pytest.fixture
def staff(salon: Salon, store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    del salon
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


@pytest.fixture
def made(salon: Salon, staff: StaffCalls) -> dict[str, Any]:
    """A booking of Mira's that waits for its payment at Stripe."""
    del staff
    return salon.booked()


def patch(staff: StaffCalls, booking: dict[str, Any], **body: Any) -> tuple[int, Any]:
    return staff("PATCH", f"{HERE}/bookings/{booking['booking_id']}", body)


def visit_page(booking_id: str, number: int, context: Any) -> int:
    token = derive_client_token(LINK_KEY, booking_id, number)
    event = {
        "routeKey": "GET /visit/{booking_id}/{token}",
        "rawPath": f"/visit/{booking_id}/{token}",
        "pathParameters": {"booking_id": booking_id, "token": token},
    }
    return int(visit_function.handler(event, context)["statusCode"])


def pay_page(booking_id: str, number: int, context: Any) -> int:
    token = derive_token(LINK_KEY, "demo", booking_id, number)
    event = {"routeKey": "GET /pay/{token}", "pathParameters": {"token": token}}
    return int(checkout_function.handler(event, context)["statusCode"])


def way_back(booking_id: str, number: int, context: Any) -> int:
    event = {
        "routeKey": "GET /pay/{token}",
        "pathParameters": {"token": derive_return_token(LINK_KEY, booking_id, number)},
        "queryStringParameters": {"booking": booking_id, "returned": "left"},
    }
    return int(checkout_function.handler(event, context)["statusCode"])


def test_a_new_address_ends_the_former_ones_page_links_and_session(
    salon: Salon, staff: StaffCalls, made: dict[str, Any], context: Any, at_stripe: StripeBeside
) -> None:
    booking_id = made["booking_id"]
    assert visit_page(booking_id, 1, context) == 200
    assert way_back(booking_id, 1, context) == 200
    assert at_stripe.session(made)["status"] == "open"
    status, changed = patch(staff, made, client={"email": RIGHT})
    assert (status, changed["client"]["email"]) == (200, RIGHT)
    assert changed["client"]["name"] == "Mira Lindqvist"
    assert visit_page(booking_id, 1, context) == 404
    assert salon.look(booking_id, made["token"])[0] == 404
    assert pay_page(booking_id, 1, context) == 404
    assert way_back(booking_id, 1, context) == 404, "it would show the new reader's session"
    [order] = salon.stored(made).charge_orders
    assert salon.process_batch(made, order_id=order.order_id)
    assert at_stripe.session(made)["status"] == "expired"
    assert visit_page(booking_id, 2, context) == 200
    assert pay_page(booking_id, 2, context) == 303
    assert way_back(booking_id, 2, context) == 200


def test_a_repetition_after_the_address_was_corrected_gives_out_no_dead_link(
    staff: StaffCalls, context: Any
) -> None:
    """Bug: the first answer's link came again, which had ended."""
    sale = {"amount": 900, "currency": "eur", "description": "Shampoo", "client": MIRA}
    key = {"idempotency-key": "once"}
    first = staff("POST", f"{HERE}/bookings", sale, headers=key)[1]
    patch(staff, first, client={"email": RIGHT})
    status, again = staff("POST", f"{HERE}/bookings", sale, headers=key)
    assert (status, again["booking_id"]) == (201, first["booking_id"])
    assert again["pay_url"] != first["pay_url"]
    assert again["pay_url"].endswith(derive_token(LINK_KEY, "demo", first["booking_id"], 2))
    assert pay_page(first["booking_id"], 2, context) == 303


def test_who_booked_under_a_wrong_address_gets_nothing_by_asking_again(
    salon: Salon, staff: StaffCalls
) -> None:
    """Bug: the form's repetition opened a session that the new reader's page leads to."""
    made = salon.booked(headers={"idempotency_key": "once"})
    patch(staff, made, client={"email": RIGHT})
    status, problem = salon.book(headers={"idempotency_key": "once"})
    assert (status, problem["code"]) == (404, "booking_not_found")


def test_a_booking_is_made_with_metadata_and_without_what_is_not_known(staff: StaffCalls) -> None:
    """Bug: a field that the API does not know was left out without a word."""
    sale = {"amount": 900, "currency": "eur", "description": "Shampoo", "client": MIRA}
    status, made = staff("POST", f"{HERE}/bookings", {**sale, "metadata": {"till": "9"}})
    assert (status, made["metadata"]) == (201, {"till": "9"})
    for wrong, pointer in (
        ({"term": "apply"}, "/term"),
        ({"client": {**MIRA, "mail": "x"}}, "/client/mail"),
        ({"metadata": {"k": 1}}, "/metadata/k"),
    ):
        status, problem = staff("POST", f"{HERE}/bookings", {**sale, **wrong})
        assert (status, problem["code"], pointers(problem)) == (422, "invalid_input", [pointer])
    link = f"{HERE}/bookings/{made['booking_id']}/payment-link"
    assert pointers(staff("POST", link, {"mail": True})[1]) == ["/mail"]


def test_what_is_mailed_from_then_on_leads_to_the_new_readers_page(
    staff: StaffCalls, made: dict[str, Any], mailbox: Mailbox
) -> None:
    patch(staff, made, client={"email": RIGHT})
    staff("POST", f"{HERE}/bookings/{made['booking_id']}/cancel", {})
    mailbox.deliver()
    [mail] = mailbox.sent()
    assert mail["To"] == RIGHT
    body = mail.get_body(("plain",))
    assert body
    assert derive_client_token(LINK_KEY, made["booking_id"], 2) in body.get_content()


def test_the_former_address_stays_in_the_audit_and_in_evidence(
    staff: StaffCalls, made: dict[str, Any], store: BookingStore
) -> None:
    patch(staff, made, client={"email": RIGHT})
    [entry] = staff("GET", f"{HERE}/audit")[1]["items"]
    assert entry["what"] == "booking.corrected"
    assert entry["ids"] == {
        "booking": made["booking_id"],
        "fields": "client",
        "former_email": "mira@example.com",
    }
    stored = store.get_booking("demo", made["booking_id"])
    assert stored
    case = replace(disputed_case(), booking=stored.booking)
    [row] = [row for row in sections_of(case)[0].rows if row[0] == "Client's earlier address"]
    assert row[1].startswith("mira@example.com, until ")


def test_a_name_or_a_number_alone_ends_nothing(
    salon: Salon, staff: StaffCalls, made: dict[str, Any], context: Any
) -> None:
    status, changed = patch(staff, made, client={"name": "Mira L.", "phone": "+49 30 1"})
    assert (status, changed["client"]) == (
        200,
        {"name": "Mira L.", "email": "mira@example.com", "phone": "+49 30 1"},
    )
    assert "client.changed" in [each["what"] for each in changed["timeline"]]
    assert salon.look(made["booking_id"], made["token"])[0] == 200
    assert patch(staff, made, client={"phone": None})[1]["client"]["phone"] is None
    assert pay_page(made["booking_id"], 1, context) == 303


def test_a_note_and_metadata_are_staffs_alone(
    salon: Salon,
    staff: StaffCalls,
    made: dict[str, Any],
    at_stripe: StripeBeside,
    context: Any,
) -> None:
    kept = {"note": "Allergic to henna", "metadata": {"room": "4", "till": "till-9"}}
    status, changed = patch(staff, made, **kept)
    assert (status, {name: changed[name] for name in kept}) == (200, kept)
    assert patch(staff, made)[1]["metadata"] == kept["metadata"], "what is left out stays"
    looked = json.dumps(salon.looked(made))
    assert "henna" not in looked
    assert "till-9" not in looked
    pay_page(made["booking_id"], 1, context)
    assert "till-9" not in str(at_stripe.sent)
    emptied = patch(staff, made, note="", metadata={})[1]
    assert (emptied["note"], emptied["metadata"]) == (None, {})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"client": {"email": "mira@example.com,"}}, "/client/email"),
        ({"client": {"name": ""}}, "/client/name"),
        ({"client": {"token": "x"}}, "/client/token"),
        ({"note": "x" * 2001}, "/note"),
        ({"metadata": {"k" * 41: "v"}}, "/metadata"),
        ({"metadata": {"k": "v" * 201}}, "/metadata/k"),
        ({"metadata": {str(n): "v" for n in range(21)}}, "/metadata"),
        ({"metadata": {"k": 1}}, "/metadata/k"),
        ({"price": 1}, "/price"),
    ],
)
def test_what_cannot_be_corrected_is_named(
    staff: StaffCalls, made: dict[str, Any], body: dict[str, Any], pointer: str
) -> None:
    status, problem = patch(staff, made, **body)
    assert status == 422
    assert any(each.startswith(pointer) for each in pointers(problem)), problem


def test_a_booking_without_a_client_is_given_one_whole(staff: StaffCalls) -> None:
    sale = {"amount": 900, "currency": "eur", "description": "Shampoo"}
    made = staff("POST", f"{HERE}/bookings", sale)[1]
    status, problem = patch(staff, made, client={"email": RIGHT})
    assert (status, pointers(problem)) == (422, ["/client/name"])
    status, changed = patch(staff, made, client={"email": RIGHT, "name": "Mira"})
    assert (status, changed["client"]["email"]) == (200, RIGHT)
    assert staff("DELETE", f"{HERE}/clients/{RIGHT}")[1]["bookings"] == 1
    status, problem = patch(staff, made, client={"email": RIGHT, "name": "Mira"})
    assert (status, problem["code"]) == (409, "client_erased")
    status, problem = patch(staff, made, note="Mira called again")
    assert (status, problem["code"]) == (409, "client_erased")


def test_an_address_is_changed_twenty_times_at_most(
    staff: StaffCalls, made: dict[str, Any]
) -> None:
    for number in range(MAX_FORMER_EMAILS):
        assert patch(staff, made, client={"email": f"m{number}@right.example"})[0] == 200
    status, problem = patch(staff, made, client={"email": RIGHT})
    assert (status, problem["code"]) == (409, "too_many_changes")


def test_a_race_for_the_booking_is_run_again(
    staff: StaffCalls, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch, table: TableInMoto
) -> None:
    change, lost = BookingStore.write, [True]

    def overtaken(store: BookingStore, stored: Any, changed: Any, **more: Any) -> None:
        if lost:
            lost.pop()
            store.change("demo", stored.booking.booking_id, _with_note)
        change(store, stored, changed, **more)

    monkeypatch.setattr(BookingStore, "write", overtaken)
    status, changed = patch(staff, made, client={"email": RIGHT})
    assert (status, changed["client"]["email"], changed["note"]) == (200, RIGHT, "overtaken")
    links = [key for key in table.items() if key[1] == "link"]
    assert len(links) == 1


def _with_note(booking: Any) -> Any:
    return replace(booking, note="overtaken")
