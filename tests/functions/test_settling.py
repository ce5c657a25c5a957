"""What no fact ends is settled by a person with a reason, and ends by itself where facts agree."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.event_store import EventStore
from shared.domain.bookings.erasure import client_id, without_client
from shared.workflows.stripe_events.record_event import record
from tests.builders import booking, charge, event, refund
from tests.disputed import OPENED_S, dispute
from tests.fake_aws import FakeAws
from tests.surroundings.kept import keep
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket
NEEDED = "/v1/locations/demo/needs-action"
NAMES_A = {"location_id": "demo", "booking_id": "bk_1"}
NAMES_B = {"location_id": "demo", "booking_id": "bk_b"}
AT_S = 1_795_372_400
WHY = "Called the client: it was for this visit."
type Tell = Callable[..., None]


@pytest.fixture
def staff(store: BookingStore, context: Any, aws: FakeAws) -> Iterator[StaffCalls]:
    del aws
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


@pytest.fixture
def tell(events: EventStore) -> Tell:
    def send(*told: dict[str, Any]) -> None:
        for each in told:
            record("demo", each, events)

    return send


def paid(named: dict[str, str] = NAMES_A, at_s: int = AT_S) -> dict[str, Any]:
    event_type = "charge.succeeded" if at_s == AT_S else "charge.updated"
    return event(event_type, charge(metadata=named), created=at_s)


def asked(staff: StaffCalls) -> list[tuple[str, dict[str, Any]]]:
    status, told = staff("GET", NEEDED)
    assert status == 200
    return [(item["about"], action) for item in told["items"] for action in item["actions"]]


def settle(staff: StaffCalls, about: str, action: dict[str, Any], **changed: Any) -> int:
    body = {"about": about, "action_id": action["action_id"], "reason": WHY, **changed}
    return staff("POST", f"{NEEDED}/settle", body)[0]


def test_a_contradiction_ends_when_the_metadata_is_edited_back(
    store: BookingStore, staff: StaffCalls, tell: Tell
) -> None:
    """Bug: whatever a payment's metadata had once named was asked about for ever."""
    keep(store, booking())
    tell(paid(), paid(NAMES_B, AT_S + 60))
    assert [action["kind"] for _, action in asked(staff)] == ["booking_contradicted"]
    tell(paid(NAMES_A, AT_S + 120), paid(NAMES_B, AT_S + 60))
    assert asked(staff) == []


def test_a_contradiction_is_settled_with_a_reason_that_stays_with_the_booking(
    store: BookingStore, staff: StaffCalls, tell: Tell
) -> None:
    keep(store, booking())
    tell(paid(), paid(NAMES_B, AT_S + 60))
    [(about, action)] = asked(staff)
    assert (about, action["kind"]) == ("booking#bk_1", "booking_contradicted")
    assert settle(staff, about, action) == 204
    assert asked(staff) == []
    _, shown = staff("GET", "/v1/locations/demo/bookings/bk_1")
    [settled] = shown["settled_actions"]
    assert (settled["kind"], settled["reason"]) == ("booking_contradicted", WHY)
    assert "action.settled" in [each["what"] for each in shown["timeline"]]
    [entry] = staff("GET", "/v1/locations/demo/audit")[1]["items"]
    assert (entry["what"], entry["ids"]["kind"]) == ("action.settled", "booking_contradicted")
    assert WHY not in str(entry)
    assert settle(staff, about, action) == 404, "it is over"


def test_what_is_settled_stays_so_until_something_of_it_changes(
    store: BookingStore, staff: StaffCalls, tell: Tell
) -> None:
    keep(store, booking())
    tell(paid(), paid(NAMES_B, AT_S + 60))
    assert settle(staff, *asked(staff)[0]) == 204
    tell(paid(NAMES_B, AT_S + 90))
    assert asked(staff) == []
    tell(event("refund.created", refund(metadata=NAMES_B), created=AT_S + 120))
    [(_, action)] = asked(staff)
    assert action["objects"] == ["ch_1", "re_1"]


def lost_after_won(stripe_charge: str = "ch_1") -> list[dict[str, Any]]:
    won = dispute(charge=stripe_charge, status="won")
    lost = dispute(charge=stripe_charge, status="lost")
    return [
        event("charge.dispute.closed", won, created=OPENED_S + 60),
        event("charge.dispute.closed", lost, created=OPENED_S + 120),
    ]


def test_a_dispute_that_was_lost_after_all_is_settled_once_it_was_looked_at(
    store: BookingStore, staff: StaffCalls, tell: Tell
) -> None:
    """Bug: it stood among what needs action for ever."""
    keep(store, booking())
    tell(paid(), *lost_after_won())
    [(about, action)] = asked(staff)
    assert action["kind"] == "dispute_lost_after_won"
    assert settle(staff, about, action) == 204
    assert asked(staff) == []


def test_a_dispute_that_is_won_again_asks_for_nothing(
    store: BookingStore, staff: StaffCalls, tell: Tell
) -> None:
    keep(store, booking())
    again = event("charge.dispute.closed", dispute(status="won"), created=OPENED_S + 180)
    tell(paid(), *lost_after_won(), again)
    assert "dispute_lost_after_won" not in [action["kind"] for _, action in asked(staff)]


def test_what_is_about_no_booking_is_settled_too(staff: StaffCalls, tell: Tell) -> None:
    tell(*lost_after_won("ch_9"))
    found = [each for each in asked(staff) if each[1]["kind"] == "dispute_lost_after_won"]
    [(about, action)] = found
    assert about == "charge#ch_9"
    assert settle(staff, about, action) == 204
    assert found[0] not in asked(staff)
    assert settle(staff, about, action) == 404


def test_only_what_ends_by_no_fact_is_settled_and_only_with_a_reason(
    store: BookingStore, staff: StaffCalls, tell: Tell
) -> None:
    keep(store, booking())
    tell(paid(), event("refund.failed", refund(status="failed")))
    [(about, action)] = asked(staff)
    assert "action_id" not in action
    body = {"about": about, "action_id": "x", "reason": WHY}
    assert staff("POST", f"{NEEDED}/settle", body)[1]["code"] == "action_not_found"
    unknown = {**body, "about": "booking#bk_9"}
    assert staff("POST", f"{NEEDED}/settle", unknown)[0] == 404
    status, problem = staff("POST", f"{NEEDED}/settle", {**body, "reason": "  "})
    assert (status, pointers(problem)) == (422, ["/reason"])


def test_the_reason_goes_with_the_client(
    store: BookingStore, staff: StaffCalls, tell: Tell
) -> None:
    keep(store, booking())
    tell(paid(), paid(NAMES_B, AT_S + 60))
    assert settle(staff, *asked(staff)[0]) == 204
    stored = store.get_booking("demo", "bk_1")
    assert stored
    own_id = client_id("demo", "ada@example.com")
    erased = without_client(stored.booking, own_id, AT_S, "boss@x.de")
    assert [each.reason for each in erased.settled] == [""]
