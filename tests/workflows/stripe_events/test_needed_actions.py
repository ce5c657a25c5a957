"""What staff have to look at: from the event that did not fit to the list they see, and gone."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_items import action_write
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.event_store import EventStore
from shared.adapters.location_store import LocationStore
from shared.config import load_config
from shared.domain.activity.needed_action import ADVICE, NeededAction
from shared.workflows.stripe_events.record_event import record
from tests.builders import booking, charge, event, refund
from tests.disputed import dispute
from tests.surroundings.kept import keep

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("aws")]

PATH = "/v1/locations/demo/needs-action"
type Look = Callable[..., tuple[int, Any]]


@pytest.fixture
def look(places: LocationStore, context: Any) -> Look:
    for user_id, place, roles in (
        ("boss", "demo", ["owner"]),
        ("desk", "demo", ["manager"]),
        ("books", "demo", ["finance"]),
        ("root", "*", ["admin"]),
        ("stranger", "other", ["owner"]),
    ):
        places.put_member(user_id, place, roles, "")

    def call(by: str = "desk", path: str = PATH, **query: str) -> tuple[int, Any]:
        answer = staff_function.handler(
            {
                "version": "2.0",
                "routeKey": "ANY /v1/{proxy+}",
                "rawPath": path,
                "rawQueryString": "",
                "headers": {},
                "queryStringParameters": query,
                "requestContext": {
                    "stage": "$default",
                    "http": {"method": "GET", "path": path},
                    "authorizer": {"jwt": {"claims": {"sub": by, "token_use": "id"}}},
                },
                "isBase64Encoded": False,
            },
            context,
        )
        return answer["statusCode"], json.loads(answer["body"])

    return call


def tell(*events: dict[str, Any]) -> list[str]:
    return [record("demo", each, EventStore(load_config())) for each in events]


def actions(look: Look) -> dict[str, list[dict[str, Any]]]:
    status, told = look()
    assert status == 200
    assert told["next_cursor"] is None
    for item in told["items"]:
        assert item["at"].endswith("Z")
        for action in item["actions"]:
            assert action["advice"] == ADVICE[action["kind"]]
    return {
        item["about"]: [
            {name: value for name, value in action.items() if name != "advice"}
            for action in item["actions"]
        ]
        for item in told["items"]
    }


def test_more_than_a_hundred_things_are_all_listed_page_by_page(
    store: BookingStore, look: Look, table: Any
) -> None:
    """Bug: the hundredth was the last, and `next_cursor` said that there are no more."""
    del store, table
    action = NeededAction("overpaid", {})
    items = BookingsTable(load_config())
    for at in range(103):
        items.put([action_write("demo", f"charge#ch_{at:03d}", (action,), 1_795_000_000 + at)])
    status, first = look()
    assert (status, len(first["items"])) == (200, 100)
    status, rest = look(cursor=first["next_cursor"])
    assert (status, rest["next_cursor"]) == (200, None)
    listed = [each["about"] for each in (*first["items"], *rest["items"])]
    assert listed == [f"charge#ch_{at:03d}" for at in reversed(range(103))]
    status, short = look(limit="2")
    assert [each["about"] for each in short["items"]] == listed[:2]
    assert look(limit="101")[0] == look(cursor="?")[0] == 422


def test_nothing_is_asked_of_a_payment_that_fits(store: BookingStore, look: Look) -> None:
    keep(store, booking())
    assert tell(event("charge.succeeded", charge())) == ["applied"]
    assert actions(look) == {}


def test_the_booking_is_named_as_other_routes_name_it_and_null_where_there_is_none(
    store: BookingStore, look: Look
) -> None:
    keep(store, booking())
    gone = charge(3, metadata={"booking_id": "bk_gone", "location_id": "demo"})
    tell(*(event("charge.succeeded", each) for each in (charge(1), charge(2), gone)))
    _, told = look()
    named = {item["about"]: item["booking_id"] for item in told["items"]}
    assert named == {"booking#bk_1": "bk_1", "charge#ch_3": None}


def test_paid_twice_proposes_the_refund_of_the_difference_until_it_is_made(
    store: BookingStore, look: Look
) -> None:
    keep(store, booking())
    tell(event("charge.succeeded", charge(1)), event("charge.succeeded", charge(2)))
    overpaid = {"kind": "overpaid", "amount": 4900, "currency": "eur", "proposed_refund": 4900}
    assert actions(look) == {"booking#bk_1": [overpaid]}
    tell(event("refund.created", refund(2, amount=1000)))
    assert actions(look) == {"booking#bk_1": [overpaid | {"amount": 3900, "proposed_refund": 3900}]}
    tell(event("refund.created", refund(3, charge="ch_2", amount=3900)))
    assert actions(look) == {}


def test_overpaid_and_disputed_proposes_only_what_stripe_would_refund(
    store: BookingStore, look: Look
) -> None:
    keep(store, booking())
    dispute = {
        "id": "dp_1", "object": "dispute", "amount": 4900, "currency": "eur", "charge": "ch_1",
        "status": "needs_response", "balance_transactions": [],
    }  # fmt: skip
    tell(
        event("charge.succeeded", charge(1)),
        event("charge.succeeded", charge(2)),
        event("charge.dispute.created", dispute),
    )
    [disputed, asked] = actions(look)["booking#bk_1"]
    assert disputed["kind"] == "dispute_needs_response"
    assert (asked["amount"], asked["proposed_refund"]) == (4900, 0)


def test_a_refund_that_came_back_is_owed_to_the_client(store: BookingStore, look: Look) -> None:
    keep(store, booking())
    tell(
        event("charge.succeeded", charge()),
        event("refund.created", refund()),
        event("refund.failed", refund(status="failed")),
    )
    owed = {"kind": "refund_failed", "stripe_refund_id": "re_1", "amount": 1900, "currency": "eur"}
    assert actions(look) == {"booking#bk_1": [owed]}


def test_a_refund_that_was_cancelled_at_stripe_is_told_until_it_is_made_again(
    store: BookingStore, look: Look
) -> None:
    keep(store, booking())
    tell(
        event("charge.succeeded", charge()),
        event("refund.created", refund(status="pending")),
        event("refund.updated", refund(status="canceled")),
    )
    [asked] = actions(look)["booking#bk_1"]
    assert asked == {
        "kind": "refund_canceled", "stripe_refund_id": "re_1", "charge": "ch_1",
        "amount": asked["amount"], "currency": "eur",
    }  # fmt: skip
    again = {**refund(), "id": "re_2", "created": refund()["created"] + 60}
    tell(event("refund.created", again))
    assert actions(look) == {}


def test_a_cancelled_refund_is_not_to_be_made_again_where_a_bank_has_the_money(
    store: BookingStore, look: Look
) -> None:
    keep(store, booking())
    tell(
        event("charge.succeeded", charge()),
        event("refund.created", refund(status="pending")),
        event("refund.updated", refund(status="canceled")),
        event("charge.dispute.created", dispute()),
    )
    kinds = [action["kind"] for action in actions(look)["booking#bk_1"]]
    assert kinds == ["dispute_needs_response"]


def test_money_in_another_currency_is_shown_and_not_counted(
    store: BookingStore, look: Look
) -> None:
    keep(store, booking())
    assert tell(event("charge.succeeded", charge(currency="usd"))) == ["currency_differs"]
    assert actions(look) == {
        "booking#bk_1": [
            {"kind": "paid_in_other_currency", "charge": "ch_1", "amount": 4900, "currency": "usd"}
        ]
    }


def test_a_charge_of_an_unknown_booking_is_shown_until_its_booking_takes_it_up(
    store: BookingStore, look: Look
) -> None:
    paid = event("charge.succeeded", charge())
    assert tell(paid) == ["booking_unknown"]
    [unknown] = actions(look)["charge#ch_1"]
    assert unknown == {
        "kind": "booking_unknown",
        "booking_id": "bk_1",
        "charge": "ch_1",
        "event_id": paid["id"],
    }
    keep(store, booking())
    assert tell(event("refund.created", refund())) == ["applied"]
    assert actions(look) == {}
    found = store.get_booking("demo", "bk_1")
    assert found
    assert found.booking.payments().payment_status == "partially_refunded"


def test_a_session_of_an_unknown_booking_is_kept_and_taken_up(
    store: BookingStore, look: Look
) -> None:
    """Named after the bug: its event was marked as recorded, and what it said was nowhere."""
    session = {
        "id": "cs_1", "object": "checkout.session", "mode": "setup", "status": "complete",
        "payment_status": "no_payment_required",
        "metadata": {"booking_id": "bk_1", "location_id": "demo"},
    }  # fmt: skip
    saved = {
        "id": "seti_1", "object": "setup_intent", "status": "succeeded",
        "metadata": {"booking_id": "bk_1", "location_id": "demo"},
    }  # fmt: skip
    tell(event("checkout.session.completed", session))
    tell(event("setup_intent.succeeded", saved))
    assert set(actions(look)) == {"session#cs_1", "setup#seti_1"}
    keep(store, booking())
    tell(event("checkout.session.expired", session | {"status": "complete"}))
    assert set(actions(look)) == {"setup#seti_1"}
    found = store.get_booking("demo", "bk_1")
    assert found
    assert found.booking.payments().payment_status == "card_saved"


@pytest.mark.parametrize("created", [1_795_372_400, 10**18, -5])
def test_an_unreadable_event_is_shown_with_its_reason_and_without_its_values(
    look: Look, created: int
) -> None:
    """Named after the bug: an instant that no calendar has sent its event to the dead letters."""
    wrong = event("charge.succeeded", charge(amount="seventy"), created=created)
    assert tell(wrong, wrong) == ["unreadable", "duplicate"]
    [shown] = actions(look)[f"event#{wrong['id']}"]
    assert (shown["kind"], shown["type"]) == ("event_unreadable", "charge.succeeded")
    assert "seventy" not in shown["reason"]


def test_who_may_look(look: Look) -> None:
    tell(event("charge.succeeded", charge()))
    seen = {by: look(by) for by in ("boss", "desk", "root", "books", "stranger", "nobody")}
    assert {by: status for by, (status, _) in seen.items()} == {
        "boss": 200, "desk": 200, "root": 200, "books": 403, "stranger": 404, "nobody": 404,
    }  # fmt: skip
    assert len(seen["boss"][1]["items"]) == 1
    assert look("stranger", PATH.replace("demo", "other"))[1]["items"] == [], "not another's"
