"""The console's routes for refunds, approvals, and visits that end."""

import itertools
import json
import time
from copy import replace
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.errors import WriteConflict
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking, charge, event
from tests.domain.money_world import booked
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import keep

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("aws")]

BOOKINGS = "/v1/locations/demo/bookings"
PAID = read_event(event("charge.succeeded", charge())).facts


class Desk:
    """Calls the staff API as somebody, and answers status and document."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __call__(
        self,
        path: str,
        body: object = None,
        *,
        by: str = "owner",
        key: str = "",
        method: str = "POST",
    ) -> tuple[int, dict[str, Any]]:
        claims = {"sub": by, "token_use": "id", "email": f"{by}@demo.test"}
        request = {
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"idempotency-key": key} if key else {},
            "requestContext": {
                "stage": "$default",
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            },
            "body": json.dumps({} if body is None else body),
            "isBase64Encoded": False,
        }
        answer = staff_function.handler(request, self._context)
        return answer["statusCode"], json.loads(answer["body"])

    def refund(self, body: object = None, **more: Any) -> tuple[int, dict[str, Any]]:
        return self(f"{BOOKINGS}/bk_1/refunds", body, **more)


@pytest.fixture
def desk(context: Any) -> Desk:
    return Desk(context)


@pytest.fixture
def clock_that_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no two entries be of one second, in which their order is nobody's business."""
    ticks = itertools.count(1_795_000_000)
    monkeypatch.setattr(time, "time", lambda: float(next(ticks)))


@pytest.fixture
def paid(store: BookingStore) -> BookingStore:
    """A booking of 49.00 that is paid."""
    keep(store, booking(facts=PAID))
    return store


def stored(store: BookingStore) -> Booking:
    found = store.get_booking("demo", "bk_1")
    assert found
    return found.booking


def kinds(table: TableInMoto) -> list[str]:
    return sorted(body["detail_type"] for body in table.bodies("outbox").values())


def test_a_refund_is_reserved_told_and_ordered_in_one_write(
    desk: Desk, paid: BookingStore, table: TableInMoto
) -> None:
    body = {"amount": 1900, "reason": "duplicate", "note": "twice"}
    status, shown = desk.refund(body, by="manager")
    assert (status, shown["status"], shown["amount"]) == (202, "requested", 1900)
    assert (shown["requested_by"], shown["reason"], shown["note"]) == (
        "manager@demo.test", "duplicate", "twice",
    )  # fmt: skip
    assert stored(paid).payments().amount_refund_pending == 1900
    assert kinds(table) == ["booking.changed", "refund_payment"]
    assert stored(paid).refund_orders[0].refund_id == shown["refund_id"]


@pytest.mark.usefixtures("paid")
def test_a_refund_without_a_reason_has_none_in_its_answer(desk: Desk) -> None:
    """Bug: it was null, and the contract's `reason` is text."""
    _, asked = desk.refund({"amount": 1900})
    [shown] = desk(f"{BOOKINGS}/bk_1", method="GET")[1]["refunds"]
    assert "reason" not in asked
    assert "reason" not in shown


@pytest.mark.usefixtures("paid")
def test_who_asked_for_a_refund_stands_in_the_audit_log(desk: Desk) -> None:
    _, shown = desk.refund({"amount": 1900}, by="manager")
    desk.refund({"amount": 999_999}, by="manager")
    (entry,) = desk("/v1/locations/demo/audit", method="GET")[1]["items"]
    assert (entry["what"], entry["by"]["email"]) == ("refund.requested", "manager@demo.test")
    assert entry["ids"] == {"booking": "bk_1", "refund": shown["refund_id"]}


def test_the_same_key_is_the_same_refund(desk: Desk, paid: BookingStore) -> None:
    first = desk.refund({"amount": 1000}, key="k1")
    assert desk.refund({"amount": 1000}, key="k1") == first
    assert desk.refund({"amount": 1001}, key="k1")[1]["code"] == "idempotency_key_reused"
    assert desk.refund({"amount": 1000}, key="k1", by="manager")[0] == 202
    assert len(stored(paid).refund_orders) == 2


@pytest.mark.usefixtures("paid")
def test_a_key_whose_answer_was_no_success_may_be_used_again(desk: Desk) -> None:
    assert desk.refund({"amount": 5000}, key="k1")[1]["code"] == "amount_exceeds_refundable"
    assert desk.refund({"amount": 4900}, key="k1")[0] == 202
    assert desk.refund({}, key="k2")[1]["code"] == "nothing_refundable"


@pytest.mark.parametrize(
    "body", [{"amount": 0}, {"amount": 1.5}, {"amout": 1}, {"reason": "bored"}, {"note": "x" * 501}]
)
def test_a_wrong_request_is_refused_and_nothing_is_reserved(
    desk: Desk, paid: BookingStore, body: object
) -> None:
    assert desk.refund(body)[0] == 422
    assert stored(paid).refund_orders == ()


def test_who_may_not_refund_is_told_so(desk: Desk, paid: BookingStore) -> None:
    answers = [desk.refund(by=by)[0] for by in ("finance", "other-owner", "former", "nobody")]
    assert answers == [403, 404, 404, 404]
    assert desk(f"{BOOKINGS}/{'b' * 3000}/refunds")[1]["code"] == "booking_not_found"
    assert stored(paid).refund_orders == ()


@pytest.mark.usefixtures("paid")
def test_who_loses_a_race_looks_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    change = BookingStore.write

    def loses_once(self: BookingStore, *arguments: Any, **more: Any) -> None:
        monkeypatch.setattr(BookingStore, "write", change)
        assert desk.refund({"amount": 3000}, by="manager")[0] == 202
        change(self, *arguments, **more)

    monkeypatch.setattr(BookingStore, "write", loses_once)
    assert desk.refund({"amount": 3000})[1]["code"] == "amount_exceeds_refundable"

    def loses(*_: Any, **__: Any) -> None:
        raise WriteConflict("somebody was faster")

    monkeypatch.setattr(BookingStore, "write", loses)
    assert desk.refund({"amount": 100})[1]["code"] == "request_in_progress"


@pytest.mark.usefixtures("paid")
def test_four_eyes(desk: Desk, config: Config, table: TableInMoto) -> None:
    limits = {"refund_approval_above": {"manager": 1000}}
    status, location = desk("/v1/locations/demo", limits, method="PATCH")
    assert (status, location["refund_approval_above"]) == (200, {"owner": 0, "manager": 1000})
    known = LocationStore(config).get_location("demo")
    assert known
    assert known.location.refund_approval_above == {"owner": 0, "manager": 1000}
    status, shown = desk.refund({"amount": 1001}, by="manager")
    assert (status, shown["approval"]) == (202, "awaiting_approval")
    assert "refund_payment" not in kinds(table)
    path = f"{BOOKINGS}/bk_1/refunds/{shown['refund_id']}"
    assert desk(f"{path}/approve", by="manager")[1]["code"] == "own_refund"
    assert desk(f"{path}/approve", by="finance")[0] == 403
    status, seen = desk(f"{path}/approve", by="owner")
    assert (status, seen["refunds"][0]["approved_by"]) == (200, "owner@demo.test")
    assert "refund_payment" in kinds(table)
    assert desk(f"{path}/deny")[1]["code"] == "not_awaiting_approval"
    assert desk(f"{BOOKINGS}/bk_1/refunds/rf_none/deny")[1]["code"] == "refund_not_found"
    _, other = desk.refund({"amount": 1001}, by="manager")
    status, seen = desk(f"{BOOKINGS}/bk_1/refunds/{other['refund_id']}/deny", by="manager")
    assert (status, seen["refundable"]) == (200, 4900 - 1001)


def audited(desk: Desk) -> list[tuple[str, str, dict[str, str]]]:
    """Return what, who and to what, the oldest first."""
    items = desk("/v1/locations/demo/audit", method="GET")[1]["items"]
    return [(each["what"], each["by"]["user_id"], each["ids"]) for each in reversed(items)]


@pytest.mark.usefixtures("paid", "clock_that_ticks")
def test_approving_and_denying_stand_in_the_audit_log(desk: Desk) -> None:
    desk("/v1/locations/demo", {"refund_approval_above": {"manager": 1}}, method="PATCH")
    ids = []
    for act in ("approve", "deny"):
        _, shown = desk.refund({"amount": 1001}, by="manager")
        ids.append({"booking": "bk_1", "refund": shown["refund_id"]})
        path = f"{BOOKINGS}/bk_1/refunds/{shown['refund_id']}"
        status, seen = desk(f"{path}/{act}", by="owner")
        assert status == 200
        mine = [each for each in seen["refunds"] if each["refund_id"] == shown["refund_id"]]
        assert mine[0]["requested_by_user_id"] == "manager"
        assert mine[0]["approved_by_user_id"] == "owner"
        # What was refused, or was so already, is no act.
        assert desk(f"{path}/{act}", by="owner")[0] == 409
        assert desk(f"{path}{'x' * 300}/{act}", by="owner")[0] == 404
    assert audited(desk)[1:] == [
        ("refund.requested", "manager", ids[0]),
        ("refund.approved", "owner", ids[0]),
        ("refund.requested", "manager", ids[1]),
        ("refund.denied", "owner", ids[1]),
    ]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("cancel", "booking.cancelled"),
        ("no-show", "booking.no_show"),
        ("complete", "booking.completed"),
    ],
)
@pytest.mark.usefixtures("paid")
def test_who_ended_a_visit_stands_in_the_audit_log_once(desk: Desk, path: str, what: str) -> None:
    for _ in range(2):
        assert desk(f"{BOOKINGS}/bk_1/{path}", by="manager")[0] == 200
    assert audited(desk) == [(what, "manager", {"booking": "bk_1"})]


@pytest.mark.usefixtures("paid")
def test_who_made_a_payment_link_stands_in_the_audit_log(
    desk: Desk, store: BookingStore, aws: FakeAws
) -> None:
    aws.secrets["bookpay/link-key"] = "the key of the links"
    keep(store, booking(booking_id="bk_2"))
    assert desk(f"{BOOKINGS}/bk_2/payment-link", by="manager")[0] == 201
    assert desk(f"{BOOKINGS}/bk_1/payment-link", by="manager")[0] == 409
    assert audited(desk) == [("payment_link.created", "manager", {"booking": "bk_2"})]


def test_a_payment_link_that_is_asked_for_again_by_its_key_is_one_act(
    desk: Desk, store: BookingStore, aws: FakeAws
) -> None:
    aws.secrets["bookpay/link-key"] = "the key of the links"
    keep(store, booking(booking_id="bk_2"))
    answers = [desk(f"{BOOKINGS}/bk_2/payment-link", {}, key="k1") for _ in range(2)]
    assert [status for status, _ in answers] == [201, 201]
    assert answers[0] == answers[1]
    assert audited(desk) == [("payment_link.created", "owner", {"booking": "bk_2"})]


# ------------------------------------------------------------------ visits that end


@pytest.mark.usefixtures("paid")
def test_cancelling_again_gives_the_same_and_makes_no_second_refund(
    desk: Desk, table: TableInMoto
) -> None:
    first = desk(f"{BOOKINGS}/bk_1/cancel")
    told = kinds(table)
    assert desk(f"{BOOKINGS}/bk_1/cancel") == first
    assert (first[0], first[1]["status"], first[1]["amount_refund_pending"]) == (
        200, "cancelled", 4900,
    )  # fmt: skip
    assert kinds(table) == told
    assert desk(f"{BOOKINGS}/bk_1/no-show")[1]["code"] == "already_cancelled"
    assert desk(f"{BOOKINGS}/bk_1/complete")[1]["code"] == "already_cancelled"


def test_a_fee_is_waived_or_applied_and_not_both(desk: Desk, paid: BookingStore) -> None:
    both = {"waive_fee": True, "apply_fee": True}
    assert desk(f"{BOOKINGS}/bk_1/cancel", both)[0] == 422
    assert desk(f"{BOOKINGS}/bk_1/cancel", {"waive_fees": True})[0] == 422
    assert stored(paid).status == "confirmed"


def test_a_no_show_and_a_proposed_fee(desk: Desk, store: BookingStore) -> None:
    keep(store, booked(charge="propose"))
    status, shown = desk(f"{BOOKINGS}/bk_1/no-show", by="manager")
    [fee] = shown["fees"]
    assert (status, fee["status"], fee["amount"]) == (200, "proposed", 8000)
    path = f"{BOOKINGS}/bk_1/fees/{fee['fee_id']}"
    assert desk(f"{path}/confirm", by="finance")[0] == 403
    assert desk(f"{path}/waive")[0] == 422
    status, shown = desk(f"{path}/confirm", by="manager")
    assert (status, shown["fees"][0]["status"], shown["amount_due"]) == (200, "owed", 8000)
    status, shown = desk(f"{path}/waive", {"reason": "was ill"})
    assert (status, shown["fees"][0]["status"], shown["amount_due"]) == (200, "waived", 0)
    assert desk(f"{BOOKINGS}/bk_1/fees/fee_none/confirm")[1]["code"] == "fee_not_found"
    said = {(what, by): ids for what, by, ids in audited(desk)}
    fee = {"booking": "bk_1", "fee": path.rpartition("/")[2]}
    assert said["fee.confirmed", "manager"] == said["fee.waived", "owner"] == fee


@pytest.mark.usefixtures("paid")
def test_completing_is_idempotent_and_unknown_bookings_are_404(desk: Desk) -> None:
    first = desk(f"{BOOKINGS}/bk_1/complete")
    assert (first[0], first[1]["status"]) == (200, "completed")
    assert desk(f"{BOOKINGS}/bk_1/complete") == first
    for end in ("cancel", "no-show", "complete"):
        assert desk(f"{BOOKINGS}/bk_2/{end}")[1]["code"] == "booking_not_found"
        assert desk(f"{BOOKINGS}/{'b' * 3000}/{end}")[0] == 404
        assert desk(f"{BOOKINGS}/bk_1/{end}", by="finance")[0] == 403


def test_a_disputed_payment_is_not_refunded(desk: Desk, store: BookingStore) -> None:
    about = {
        "id": "dp_1", "object": "dispute", "amount": 4900, "balance_transactions": [],
        "charge": "ch_1", "created": 1, "currency": "eur", "reason": "fraudulent",
        "evidence_details": {}, "status": "needs_response", "livemode": False, "metadata": {},
    }  # fmt: skip
    facts = PAID.merge(read_event(event("charge.dispute.created", about)).facts)
    keep(store, replace(booking(), facts=facts))
    assert desk.refund({"amount": 1})[1]["code"] == "charge_disputed"


# ------------------------------------------------------------------ a second person, at every door


def limit(desk: Desk, **above: int) -> None:
    body = {"refund_approval_above": above}
    assert desk("/v1/locations/demo", body, method="PATCH")[0] == 200


@pytest.mark.usefixtures("paid")
def test_a_split_refund_needs_the_second_person_all_the_same(desk: Desk) -> None:
    """Bug: five times the limit went out in five requests."""
    limit(desk, manager=1000)
    answers = [desk.refund({"amount": 1000}, by="manager")[1] for _ in range(4)]
    assert [each["approval"] for each in answers] == ["requested", *["awaiting_approval"] * 3]


def test_a_cancellation_needs_the_second_person_all_the_same(
    desk: Desk, paid: BookingStore, table: TableInMoto
) -> None:
    """Bug: the refund waited, and cancelling sent it."""
    limit(desk, manager=1000)
    assert desk.refund({"amount": 4900}, by="manager")[1]["approval"] == "awaiting_approval"
    status, shown = desk(f"{BOOKINGS}/bk_1/cancel", by="manager")
    assert (status, shown["status"]) == (200, "cancelled")
    assert "refund_payment" not in kinds(table)
    waiting = stored(paid).refund_orders[-1]
    path = f"{BOOKINGS}/bk_1/refunds/{waiting.refund_id}/approve"
    assert desk(path, by="manager")[1]["code"] == "own_refund"
    assert desk(path, by="owner")[0] == 200
    assert "refund_payment" in kinds(table)


@pytest.mark.usefixtures("paid")
def test_a_further_role_opens_nothing(desk: Desk, places: LocationStore) -> None:
    """Bug: whoever was made finance besides needed nobody any more."""
    limit(desk, owner=1000, manager=1000)
    places.put_member("admin", "demo", ["finance"], "admin@demo.test")
    assert desk.refund({"amount": 1001}, by="admin")[1]["approval"] == "awaiting_approval"
    places.put_member("manager", "demo", ["manager", "finance", "owner"], "manager@demo.test")
    assert desk.refund({"amount": 1001}, by="manager")[1]["approval"] == "awaiting_approval"


@pytest.mark.usefixtures("paid")
def test_who_lifts_the_own_limit_is_bound_by_it_for_a_day(
    desk: Desk, places: LocationStore
) -> None:
    limit(desk, owner=1000)
    limit(desk, owner=0)
    assert desk.refund({"amount": 1001})[1]["approval"] == "awaiting_approval"
    places.put_member("second", "demo", ["owner"], "second@demo.test")
    assert desk.refund({"amount": 1001}, by="second")[1]["approval"] == "requested"


def test_the_refunds_of_ones_day_are_counted_over_all_bookings(
    desk: Desk, store: BookingStore, table: TableInMoto
) -> None:
    for number in range(12):
        keep(store, booking(booking_id=f"bk_{number}", facts=PAID))
    limit(desk, manager=1000)
    answers = [
        desk(f"{BOOKINGS}/bk_{number}/refunds", {"amount": 950}, by="manager")[1]["approval"]
        for number in range(12)
    ]
    assert answers == [*["requested"] * 10, *["awaiting_approval"] * 2]
    [counted] = [body for (pk, _), body in table.bodies().items() if pk == "demo#given#manager"]
    assert counted == {"eur": 9500}
    # A cancellation is a door to the same sum.
    desk(f"{BOOKINGS}/bk_11/cancel", by="manager")
    waiting = store.get_booking("demo", "bk_11")
    assert waiting
    assert waiting.booking.refund_orders[-1].status == "awaiting_approval"


@pytest.mark.usefixtures("paid")
def test_what_a_cancellation_gives_back_is_counted_and_stands_in_the_audit_log(
    desk: Desk, places: LocationStore, table: TableInMoto
) -> None:
    places.put_member("manager", "demo", ["manager"], "anna@salon.example")
    limit(desk, manager=5000)
    status, seen = desk(f"{BOOKINGS}/bk_1/cancel", by="manager")
    assert status == 200
    [counted] = [body for (pk, _), body in table.bodies().items() if pk == "demo#given#manager"]
    assert counted == {"eur": 4900}
    assert ("booking.cancelled", "manager", {"booking": "bk_1"}) in audited(desk)
    [refund] = seen["refunds"]
    assert (refund["requested_by"], refund["approval"]) == ("anna@salon.example", "requested")
    by = {(each["by"], each["by_user_id"]) for each in seen["timeline"] if "by_user_id" in each}
    assert by == {("anna@salon.example", "manager")}


@pytest.mark.usefixtures("paid")
def test_without_a_limit_nothing_is_counted(desk: Desk, table: TableInMoto) -> None:
    assert desk.refund({"amount": 4900}, by="manager")[1]["approval"] == "requested"
    assert not [pk for pk, _ in table.items() if "#given#" in pk]
