"""What the recorder orders about disputes, in the transaction of the event, and what waits."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from shared.adapters.booking_store import BookingStore
from shared.domain.dates.instants import DAY_S
from tests.builders import booking, charge, event, from_queue
from tests.disputed import dispute, inquiry
from tests.surroundings.kept import keep

pytestmark = pytest.mark.enable_socket
# Later than any clock that runs these tests.
DUE_S = 4_000_000_000
LATER_S = DUE_S + 9 * DAY_S
type Deliver = Callable[..., None]


def due(at_s: int = DUE_S) -> dict[str, Any]:
    return {"evidence_details": {"due_by": at_s}}


@pytest.fixture
def deliver(store: BookingStore, context: Any) -> Deliver:
    keep(store, booking())

    def send(*told: dict[str, Any]) -> None:
        assert record_function.handler(from_queue(*told), context) == {"batchItemFailures": []}

    return send


def ordered(table: Any) -> dict[str, str]:
    """The orders of mails at once, by message: what their kind is."""
    bodies = table.bodies("outbox").values()
    return {
        body["message_id"]: body["detail"]["kind"]
        for body in bodies
        if body["detail_type"] == "send_mail"
    }


def waiting(table: Any) -> dict[str, int]:
    """The delayed messages, by message: when each is due."""
    return {
        body["message_id"]: body["due_s"]
        for (_, sk), body in table.bodies().items()
        if sk.startswith("delayed#")
    }


def test_a_dispute_asks_for_its_mails_and_reminders_where_its_booking_is_told(
    deliver: Deliver, table: Any
) -> None:
    deliver(event("charge.succeeded", charge()), event("charge.dispute.created", dispute(**due())))
    assert ordered(table) == {"dp_1-opened-chargeback": "dispute_opened"}
    assert waiting(table) == {
        f"dp_1-deadline-{DUE_S}-4": DUE_S - 4 * DAY_S,
        f"dp_1-deadline-{DUE_S}-1": DUE_S - DAY_S,
    }
    happened = [
        each["what"]
        for body in table.bodies("outbox").values()
        for each in body["detail"].get("happened", [])
    ]
    assert happened.count("dispute.opened") == 1


def test_a_changed_deadline_moves_the_reminders(deliver: Deliver, table: Any) -> None:
    deliver(
        event("charge.dispute.created", inquiry(**due())),
        event("charge.dispute.updated", dispute(**due(LATER_S))),
    )
    assert waiting(table) == {
        f"dp_1-deadline-{LATER_S}-4": LATER_S - 4 * DAY_S,
        f"dp_1-deadline-{LATER_S}-1": LATER_S - DAY_S,
    }
    assert set(ordered(table)) == {"dp_1-opened-inquiry", "dp_1-opened-chargeback"}


def test_an_end_calls_the_reminders_off(deliver: Deliver, table: Any) -> None:
    deliver(
        event("charge.dispute.created", dispute(**due())),
        event("charge.dispute.closed", dispute(status="lost", **due())),
    )
    assert waiting(table) == {}
    assert set(ordered(table)) == {"dp_1-opened-chargeback", "dp_1-closed-lost"}


def test_a_dispute_without_a_booking_asks_for_the_same_mails(deliver: Deliver, table: Any) -> None:
    deliver(event("charge.dispute.created", dispute(7, charge="ch_7", **due())))
    assert ordered(table) == {"dp_7-opened-chargeback": "dispute_opened"}
    assert len(waiting(table)) == 2
    assert {body["detail"].get("booking_id") for body in table.bodies("outbox").values()} == {None}


def test_the_same_event_again_asks_for_nothing(deliver: Deliver, table: Any) -> None:
    told = event("charge.dispute.created", dispute(**due()))
    deliver(told)
    before = json.dumps(sorted(map(str, table.items())))
    deliver(told, told)
    assert json.dumps(sorted(map(str, table.items()))) == before
