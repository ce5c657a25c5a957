"""Whose a payment is: our own record says it, and no metadata at Stripe moves or doubles it."""

import itertools
from collections.abc import Callable
from copy import replace
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.connection_store import ConnectionStore
from shared.adapters.event_store import EventStore
from shared.config import load_config
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.locations.stripe_account import AccountFacts
from shared.domain.stripe_facts.fetched_objects import session_facts
from shared.domain.stripe_facts.payment_facts import Facts
from tests.builders import booking, charge, event, from_queue, refund
from tests.disputed import dispute
from tests.surroundings.kept import keep

NAMES_A = {"location_id": "demo", "booking_id": "bk_a"}
NAMES_B = {"location_id": "demo", "booking_id": "bk_b"}
type Deliver = Callable[..., None]


@pytest.fixture
def deliver(store: BookingStore, context: Any) -> Deliver:
    for booking_id in ("bk_a", "bk_b"):
        keep(store, booking(booking_id))

    def send(*events: dict[str, Any]) -> None:
        for each in events:
            assert record_function.handler(from_queue(each), context) == {"batchItemFailures": []}

    return send


def view(store: BookingStore, booking_id: str) -> dict[str, Any]:
    found = store.get_booking("demo", booking_id)
    assert found
    return staff_view(found.booking)


def figures(store: BookingStore, booking_id: str) -> tuple[Any, ...]:
    seen = view(store, booking_id)
    names = ("payment_status", "amount_captured", "amount_refunded", "amount_disputed")
    return tuple(seen[name] for name in names)


def contradictions(store: BookingStore, booking_id: str) -> list[tuple[str, str]]:
    return [
        (each["booking_id"], each["named_booking_id"])
        for each in view(store, booking_id)["needs_action"]
        if each["kind"] == "booking_contradicted"
    ]


def kinds(table: Any) -> list[str]:
    found = table.bodies("action").values()
    return sorted(action["kind"] for body in found for action in body["actions"])


def intent(**changed: Any) -> dict[str, Any]:
    return {
        "id": "pi_1", "object": "payment_intent", "amount": 4900, "currency": "eur",
        "status": "succeeded", "livemode": False, "latest_charge": "ch_1", "metadata": NAMES_A,
    } | changed  # fmt: skip


def session(**changed: Any) -> dict[str, Any]:
    return {
        "id": "cs_1", "object": "checkout.session", "amount_total": 4900, "currency": "eur",
        "livemode": False, "mode": "payment", "payment_intent": "pi_1", "payment_status": "paid",
        "status": "complete", "metadata": NAMES_A,
    } | changed  # fmt: skip


def edited(about: dict[str, Any], event_type: str) -> dict[str, Any]:
    """What Stripe sends when somebody edits the metadata in the Dashboard."""
    told = event(event_type, about)
    told["data"]["previous_attributes"] = {"metadata": {"booking_id": "bk_a"}}
    return told


PAID = event("charge.succeeded", charge(metadata=NAMES_A))


def test_edited_metadata_moves_no_charge_and_its_refund_follows_the_charge(
    store: BookingStore, deliver: Deliver
) -> None:
    """Bug: A stayed paid and refundable, and B, never paid, was captured and refunded."""
    moved = event("charge.updated", charge(metadata=NAMES_B))
    deliver(PAID, moved, event("refund.created", refund(amount=4900)))
    assert figures(store, "bk_a") == ("refunded", 4900, 4900, 0)
    assert figures(store, "bk_b") == ("unpaid", 0, 0, 0)
    assert contradictions(store, "bk_a") == [("bk_a", "bk_b")]
    assert view(store, "bk_b")["needs_action"] == []


def test_an_unpaid_online_booking_is_not_confirmed_by_anothers_payment(
    store: BookingStore, deliver: Deliver
) -> None:
    waiting = booking("bk_w", status="awaiting_payment")
    keep(store, waiting)
    named = {"location_id": "demo", "booking_id": "bk_w"}
    deliver(PAID, event("charge.updated", charge(metadata=named)))
    assert view(store, "bk_w")["status"] == "awaiting_payment"
    assert figures(store, "bk_w")[1] == 0


FOREIGN: dict[str, list[dict[str, Any]]] = {
    "a refund's own": [
        PAID,
        event("refund.created", refund(metadata=NAMES_B)),
        event("charge.updated", charge(metadata=NAMES_A, balance_transaction="txn_1")),
    ],
    "a dispute's own": [
        PAID,
        event("charge.dispute.created", dispute(metadata=NAMES_B)),
        event("charge.dispute.updated", dispute(status="under_review", metadata=NAMES_B)),
    ],
    "an edit that tells what it was": [
        PAID,
        edited(charge(metadata=NAMES_B), "charge.updated"),
        event("refund.created", refund()),
    ],
    "an edit of everything, its session opened by us": [
        event("checkout.session.completed", session()),
        edited(charge(metadata=NAMES_B), "charge.updated"),
        event("payment_intent.succeeded", intent()),
        event("refund.created", refund(metadata=NAMES_B)),
    ],
}


@pytest.mark.parametrize("events", FOREIGN.values(), ids=FOREIGN)
def test_foreign_metadata_comes_to_the_same_in_every_order(
    store: BookingStore, deliver: Deliver, table: Any, events: list[dict[str, Any]]
) -> None:
    saved = table.save()
    ends = []
    for order in itertools.permutations(events):
        table.restore(saved)
        deliver(*order, order[0])
        assert figures(store, "bk_b") == ("unpaid", 0, 0, 0)
        assert contradictions(store, "bk_a") == [("bk_a", "bk_b")]
        ends.append((figures(store, "bk_a"), table.bodies("booking", "subject", "action")))
    # When something is asked of staff is the time of the event that asked for it first.
    # How many changes were reported follows from the order too.
    stable = [
        (seen, {key: body | {"sequence": 0} for key, body in items.items() if key[1] != "action"})
        for seen, items in ends
    ]
    assert all(end == stable[0] for end in stable)
    assert stable[0][0][1] == 4900


def test_a_refund_that_comes_first_waits_for_its_charge_whatever_it_names(
    store: BookingStore, deliver: Deliver
) -> None:
    deliver(event("refund.created", refund(metadata=NAMES_B)))
    assert figures(store, "bk_b") == ("unpaid", 0, 0, 0)
    deliver(PAID)
    assert figures(store, "bk_a") == ("partially_refunded", 4900, 1900, 0)
    assert figures(store, "bk_b") == ("unpaid", 0, 0, 0)


def with_session(store: BookingStore, booking_id: str) -> Booking:
    found = store.get_booking("demo", booking_id)
    assert found
    attempt = CheckoutAttempt(1, 4900, 0, 9_999_999_999, "cs_1", "https://checkout.example/1")
    changed = found.booking.with_checkout(attempt)
    return store.write(found, changed).booking


def test_a_session_is_the_bookings_that_opened_it_whatever_it_says(
    store: BookingStore, deliver: Deliver
) -> None:
    """Its metadata and client_reference_id can be written by whoever has a key of the account."""
    with_session(store, "bk_a")
    claims = session(metadata=NAMES_B, client_reference_id="bk_b")
    deliver(event("checkout.session.completed", claims))
    # What is paid through it is bound with it: even a charge whose metadata was edited at once.
    deliver(event("charge.succeeded", charge(metadata=NAMES_B)))
    assert figures(store, "bk_a") == ("paid", 4900, 0, 0)
    assert figures(store, "bk_b") == ("unpaid", 0, 0, 0)
    assert contradictions(store, "bk_a") == [("bk_a", "bk_b")]


def test_a_second_try_through_the_same_intent_stays_with_the_first_ones_booking(
    store: BookingStore, deliver: Deliver
) -> None:
    failed = charge(status="failed", paid=False, amount_captured=0, metadata=NAMES_A)
    second = charge(2, payment_intent="pi_1", metadata=NAMES_B)
    deliver(
        event("charge.failed", failed), event("payment_intent.succeeded", intent(metadata=NAMES_B))
    )
    deliver(event("charge.succeeded", second))
    assert figures(store, "bk_a") == ("paid", 4900, 0, 0)
    assert figures(store, "bk_b") == ("unpaid", 0, 0, 0)


def test_a_saved_card_counts_for_one_booking(store: BookingStore, deliver: Deliver) -> None:
    saved = {"id": "seti_1", "object": "setup_intent", "status": "succeeded", "livemode": False,
             "metadata": NAMES_A}  # fmt: skip
    deliver(event("setup_intent.succeeded", saved))
    deliver(event("setup_intent.succeeded", saved | {"metadata": NAMES_B}))
    assert (figures(store, "bk_a")[0], figures(store, "bk_b")[0]) == ("card_saved", "unpaid")


def asked_session() -> Facts:
    """A session with what is expanded in it, as Stripe answers when it is asked."""
    paid = intent(latest_charge=charge(metadata=NAMES_B))
    return session_facts(session(payment_intent=paid))


def test_what_was_asked_for_is_not_taken_from_the_booking_that_has_it(
    deliver: Deliver,
) -> None:
    deliver(PAID)
    store = BookingStore(load_config())
    told = store.ours(booking("bk_b"), asked_session())
    assert (told.charges, told.intents) == ({}, {})
    assert store.ours(booking("bk_a"), asked_session()) == asked_session()


def test_what_was_asked_for_is_bound_before_any_webhook_tells_of_it(
    store: BookingStore, deliver: Deliver
) -> None:
    found = store.get_booking("demo", "bk_a")
    assert found
    told = store.ours(found.booking, asked_session())
    store.write(found, replace(found.booking, facts=told), caused_by="asked", is_from_stripe=True)
    second = charge(2, payment_intent="pi_1", status="failed", metadata=NAMES_B)
    deliver(event("charge.failed", second), event("charge.updated", charge(metadata=NAMES_B)))
    assert figures(store, "bk_a") == ("paid", 4900, 0, 0)
    assert (figures(store, "bk_b"), view(store, "bk_b")["payments"]) == (("unpaid", 0, 0, 0), [])


def test_a_booking_that_is_not_here_binds_nothing(store: BookingStore, deliver: Deliver) -> None:
    lost = {"location_id": "demo", "booking_id": "bk_lost"}
    deliver(event("charge.succeeded", charge(metadata=lost)))
    deliver(event("charge.updated", charge(metadata=NAMES_B)))
    assert figures(store, "bk_b") == ("paid", 4900, 0, 0)


def test_metadata_that_was_taken_away_changes_nothing(
    store: BookingStore, deliver: Deliver
) -> None:
    deliver(PAID, event("charge.updated", charge(metadata={})), event("refund.created", refund()))
    assert figures(store, "bk_a") == ("partially_refunded", 4900, 1900, 0)
    assert contradictions(store, "bk_a") == []


# ------------------------------------------------------------------ another program's, F4


OTHERS = {
    "names another location": {"location_id": "other-salon", "booking_id": "bk_a"},
    "names no location": {"booking_id": "bk_a"},
    "names a booking that is not here": {"location_id": "other-salon", "booking_id": "bk_x"},
    "names nothing of ours": {"order_id": "7"},
}


@pytest.mark.parametrize("metadata", OTHERS.values(), ids=OTHERS)
def test_another_programs_payment_asks_nothing_and_wakes_nobody(
    store: BookingStore, deliver: Deliver, table: Any, capsys: Any, metadata: dict[str, str]
) -> None:
    """Bug: each payment of a second installation on the account raised an alarm, twice."""
    deliver(
        event("checkout.session.completed", session(metadata=metadata)),
        event("payment_intent.succeeded", intent(metadata=metadata)),
        event("charge.succeeded", charge(metadata=metadata)),
        event("refund.created", refund(metadata=metadata)),
    )
    outcomes = {body["outcome"] for body in table.bodies("event").values()}
    assert outcomes == {"other"}
    assert table.bodies("action") == {}
    assert "EventNeedsAction" not in capsys.readouterr().out
    assert figures(store, "bk_a") == ("unpaid", 0, 0, 0)


@pytest.mark.parametrize("is_charge_first", [True, False])
def test_a_dispute_of_another_locations_charge_asks_nothing_here(
    deliver: Deliver, table: Any, is_charge_first: bool
) -> None:
    theirs = event("charge.succeeded", charge(metadata=OTHERS["names another location"]))
    disputed = event("charge.dispute.created", dispute())
    deliver(*((theirs, disputed) if is_charge_first else (disputed, theirs)))
    assert kinds(table) == []
    # It is the account's money all the same, and listed.
    assert len(table.bodies("dispute")) == 1


# ------------------------------------------------------------------ another account's, F3


def connect(events: EventStore) -> None:
    account = AccountFacts("acct_1", "DE", "eur", charges_enabled=True, payouts_enabled=True)
    connections = ConnectionStore(load_config())
    assert events.get_account_id("demo") == ""
    begun = connections.begin("demo", connections.get("demo"), "acct_1", 0)
    connections.put_account_seen(
        "demo", replace(begun, connection=replace(begun.connection, account=account))
    )


@pytest.mark.parametrize(
    "told",
    [
        event("charge.succeeded", charge(metadata=NAMES_A), account="acct_other"),
        event("charge.dispute.created", dispute(), account="acct_other"),
        event("charge.succeeded", charge(amount="x"), account="acct_other"),
        event("charge.succeeded", charge(metadata=NAMES_A), account=["acct_1"]),
        event(
            "payout.failed",
            {"id": "po_1", "object": "payout", "amount": 1, "currency": "eur", "livemode": False,
             "status": "failed"},
            account="acct_other",
        ),
    ],
    ids=["charge", "dispute", "unreadable", "account that is none", "payout"],
)  # fmt: skip
def test_an_event_of_another_account_is_kept_shown_and_applied_to_nothing(
    store: BookingStore,
    events: EventStore,
    deliver: Deliver,
    table: Any,
    capsys: Any,
    told: dict[str, Any],
) -> None:
    """Bug: it paid a booking, and the salon was mailed about somebody else's dispute."""
    connect(events)
    deliver(told, told)
    assert figures(store, "bk_a") == ("unpaid", 0, 0, 0)
    assert table.bodies("subject") == table.bodies("dispute") == table.bodies("outbox") == {}
    [kept] = table.bodies("event").values()
    assert (kept["outcome"], kept["event"]["id"]) == ("quarantined", told["id"])
    assert kinds(table) == ["event_of_another_account"]
    counted = capsys.readouterr().out
    assert counted.count('"EventQuarantined":[1.0]') == 1
    assert "EventNeedsAction" not in counted


def test_a_thousand_of_them_are_one_thing_to_look_at(deliver: Deliver, table: Any) -> None:
    for number in range(3):
        deliver(event("charge.succeeded", charge(number), account="acct_other"))
    assert kinds(table) == ["event_of_another_account"]


def test_an_event_that_names_the_locations_own_account_is_applied(
    store: BookingStore, events: EventStore, deliver: Deliver
) -> None:
    connect(events)
    deliver({**PAID, "account": "acct_1"})
    assert figures(store, "bk_a") == ("paid", 4900, 0, 0)
