"""What is kept about a client is in the export, whole, and is gone with the erasure, whole."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.serve_staff_api import clients
from functions.serve_staff_api import handler as staff_function
from shared.adapters import client_index
from shared.adapters.booking_store import BookingStore
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.mailbox import Mailbox
from tests.surroundings.salon import Salon, StripeBeside
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
# Everything that a client, or staff about them, may ever write: none of it stands anywhere else.
NAME, PHONE = "Mirabelle Quist", "+49 30 77001122"
MISTYPED, EMAIL = "mirabelle@wrong.example", "mirabelle@quist.example"
NOTE, METADATA, ADDRESS = "fond of bergamot", "crm-4711-mq", "203.0.113.77"
PERSONAL = {NAME, PHONE, MISTYPED, EMAIL, NOTE, METADATA, ADDRESS}
# First answers to requests end by themselves within a day.
SHORT_LIVED = {"idempotency"}
# What waits to be published is gone within moments.
PUBLISHED = {"outbox"}


@pytest.fixture
def staff(salon: Salon, store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    del salon
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


@pytest.fixture
def booking_id(salon: Salon, staff: StaffCalls, mailbox: Mailbox, at_stripe: StripeBeside) -> str:
    """A booking that had everything happen to it: paid, corrected, mailed, bounced, cancelled."""
    salon.address = ADDRESS
    client = {"name": NAME, "email": MISTYPED, "phone": PHONE}
    made = salon.booked(client=client, headers={"idempotency_key": "once"})
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    mailbox.deliver()
    path = f"{HERE}/bookings/{made['booking_id']}"
    mailbox.came_back("Permanent", MISTYPED, made["booking_id"])
    corrected = {"client": {"email": EMAIL}, "note": NOTE, "metadata": {"crm": METADATA}}
    assert staff("PATCH", path, corrected)[0] == 200
    assert staff("POST", f"{path}/messages/confirmed/resend")[0] == 202
    mailbox.refused.add(EMAIL)
    mailbox.deliver()
    assert staff("POST", f"{path}/payment-link", {})[0] in (201, 409)
    assert staff("POST", f"{path}/cancel", {})[0] == 200
    mailbox.deliver()
    return str(made["booking_id"])


def naming(table: TableInMoto) -> dict[tuple[str, str], set[str]]:
    """Return which items of the table hold what of the client."""
    found = {
        key: {each for each in PERSONAL if each in json.dumps(item, ensure_ascii=False)}
        for key, item in table.items().items()
        if key[1] not in SHORT_LIVED | PUBLISHED
    }
    return {key: each for key, each in found.items() if each}


def test_the_history_writes_all_that_is_personal(table: TableInMoto, booking_id: str) -> None:
    del booking_id
    assert set().union(*naming(table).values()) == PERSONAL


def test_all_that_the_table_holds_about_a_client_is_in_the_export(
    staff: StaffCalls, table: TableInMoto, booking_id: str
) -> None:
    status, answer = staff("GET", f"{HERE}/clients/{EMAIL}/export")
    assert (status, answer["next_cursor"]) == (200, None)
    [item] = answer["items"]
    exported = json.dumps(answer, ensure_ascii=False)
    for key, held in naming(table).items():
        assert all(each in exported for each in held), key
    assert item["stored"] == table.bodies("booking")[f"demo#booking#{booking_id}", "booking"]
    assert item["booking"]["booking_id"] == booking_id
    assert {each["status"] for each in item["messages"]} >= {"bounced", "refused"}
    # Where a client could be named at all, the export looks: a new kind of item fails here.
    kinds = {key[0].split("#")[1] for key in naming(table)}
    assert kinds == {"booking", "audit", "search"}


def test_all_that_the_table_holds_about_a_client_is_gone_after_erasure(
    staff: StaffCalls, table: TableInMoto, booking_id: str
) -> None:
    """Bug: the address that a client booked from, and what they had been called before, stayed."""
    assert staff("DELETE", f"{HERE}/clients/{EMAIL}")[1]["bookings"] == 1
    assert naming(table) == {}
    # What a client is found by is folded: `quist`, and the number's digits from the end.
    kinds = ("#client#", "#mail-stops", "#search")
    assert not [key for key in table.items() if any(kind in key[0] for kind in kinds)]
    shown = staff("GET", f"{HERE}/bookings/{booking_id}")[1]
    assert (shown["client"], shown["note"], shown["metadata"]) == (None, None, {})
    assert not [each for each in shown["needs_action"] if each["kind"] == "mail_undelivered"]
    assert staff("GET", f"{HERE}/clients/{EMAIL}/export")[1]["items"] == []


def test_of_an_address_that_was_a_mistake_only_that_address_is_told_and_erased(
    staff: StaffCalls, table: TableInMoto, booking_id: str
) -> None:
    [item] = staff("GET", f"{HERE}/clients/{MISTYPED}/export")[1]["items"]
    assert [each["email"] for each in item["former_emails"]] == [MISTYPED]
    assert (item["booking"], item["stored"], item["messages"]) == (None, None, [])
    assert staff("DELETE", f"{HERE}/clients/{MISTYPED}")[1]["bookings"] == 1
    assert MISTYPED not in set().union(*naming(table).values())
    assert staff("GET", f"{HERE}/bookings/{booking_id}")[1]["client"]["email"] == EMAIL


def test_an_export_is_in_the_audit(staff: StaffCalls, booking_id: str) -> None:
    del booking_id
    told = staff("GET", f"{HERE}/clients/{EMAIL}/export")[1]
    entries = staff("GET", f"{HERE}/audit")[1]["items"]
    [entry] = [each for each in entries if each["what"] == "client.exported"]
    assert entry["ids"] == {"client": told["client_id"]}


def test_many_bookings_come_page_by_page(
    staff: StaffCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (client_index, clients):
        monkeypatch.setattr(module, "PAGE", 2)
    client = {"name": NAME, "email": EMAIL}
    visit = {"amount": 4500, "currency": "eur", "description": "Haircut", "client": client}
    made = {staff("POST", f"{HERE}/bookings", visit)[1]["booking_id"] for _ in range(5)}
    found, query = list[str](), dict[str, str]()
    for _ in range(3):
        page = staff("GET", f"{HERE}/clients/{EMAIL}/export", **query)[1]
        found += [each["booking_id"] for each in page["items"]]
        query = {"cursor": page["next_cursor"]}
    assert (sorted(found), page["next_cursor"]) == (sorted(made), None)
