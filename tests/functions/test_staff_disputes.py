"""The list of disputes: newest first, inquiries apart, whether their booking is known or not."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from shared.adapters.booking_store import BookingStore
from tests.builders import booking, charge, event, from_queue
from tests.disputed import DUE_S, OPENED_S, dispute, inquiry, reinstated
from tests.surroundings.kept import keep
from tests.surroundings.staff_calls import StaffCalls, pointers

pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("aws")]
type Deliver = Callable[..., None]
PATH = "/v1/locations/demo/disputes"


@pytest.fixture
def staff(context: Any, store: BookingStore) -> StaffCalls:
    return StaffCalls(context, store)


@pytest.fixture
def deliver(store: BookingStore, context: Any) -> Deliver:
    keep(store, booking())

    def send(*told: dict[str, Any]) -> None:
        assert record_function.handler(from_queue(*told), context) == {"batchItemFailures": []}

    return send


def shown(staff: StaffCalls, **query: str) -> list[str]:
    status, page = staff("GET", PATH, **query)
    assert status == 200
    return [each["stripe_dispute_id"] for each in page["items"]]


def paid() -> dict[str, Any]:
    return event("charge.succeeded", charge())


def test_a_chargeback_is_listed_with_its_amount_fee_deadline_and_booking(
    staff: StaffCalls, deliver: Deliver
) -> None:
    deliver(paid(), event("charge.dispute.created", dispute()))
    status, page = staff("GET", PATH)
    assert (status, page["next_cursor"]) == (200, None)
    assert page["items"] == [
        {
            "stripe_dispute_id": "dp_1",
            "kind": "chargeback",
            "charge": "ch_1",
            "booking_id": "bk_1",
            "status": "needs_response",
            "is_open": True,
            "amount": 4900,
            "currency": "eur",
            "reason": "product_not_received",
            "fee": 2000,
            "fee_currency": "eur",
            "evidence_due_by": "2026-12-02T08:26:40Z",
            "funds": "withdrawn",
            "created": "2026-11-22T20:40:00Z",
        }
    ]


def test_an_inquiry_is_no_chargeback_and_has_no_fee(staff: StaffCalls, deliver: Deliver) -> None:
    deliver(paid(), event("charge.dispute.created", inquiry()))
    _, page = staff("GET", PATH)
    [item] = page["items"]
    assert (item["kind"], item["funds"], item["fee"], item["fee_currency"]) == (
        "inquiry",
        "none",
        None,
        None,
    )
    deliver(event("charge.dispute.updated", dispute()))
    _, page = staff("GET", PATH)
    [item] = page["items"]
    assert (item["kind"], item["funds"], item["fee"]) == ("chargeback", "withdrawn", 2000)


def test_a_fee_that_was_given_back_is_none(staff: StaffCalls, deliver: Deliver) -> None:
    moved = [*dispute()["balance_transactions"], reinstated(fee=-2000)]
    won = dispute(status="won", balance_transactions=moved)
    deliver(paid(), event("charge.dispute.closed", won))
    _, page = staff("GET", PATH)
    [item] = page["items"]
    assert (item["status"], item["is_open"], item["fee"], item["funds"]) == (
        "won",
        False,
        0,
        "reinstated",
    )


@pytest.mark.parametrize("amount", [4000, 6000])
def test_a_dispute_may_be_over_less_or_more_than_the_charge(
    staff: StaffCalls, deliver: Deliver, amount: int
) -> None:
    deliver(paid(), event("charge.dispute.created", dispute(amount=amount)))
    _, page = staff("GET", PATH)
    assert [each["amount"] for each in page["items"]] == [amount]


def test_several_disputes_of_one_charge_are_as_many_items_the_newest_first(
    staff: StaffCalls, deliver: Deliver
) -> None:
    deliver(
        paid(),
        event("charge.dispute.created", dispute(1, amount=2000)),
        event("charge.dispute.created", dispute(2, amount=2900, created=OPENED_S + 60)),
    )
    assert shown(staff) == ["dp_2", "dp_1"]


def test_only_open_ones_or_only_closed_ones(staff: StaffCalls, deliver: Deliver) -> None:
    deliver(
        paid(),
        event("charge.dispute.created", dispute(1)),
        event("charge.dispute.closed", dispute(2, status="lost", created=OPENED_S + 60)),
        event("charge.dispute.closed", inquiry(3, status="warning_closed", created=OPENED_S + 90)),
    )
    assert shown(staff) == ["dp_3", "dp_2", "dp_1"]
    assert shown(staff, open="true") == ["dp_1"]
    assert shown(staff, open="false") == ["dp_3", "dp_2"]
    deliver(event("charge.dispute.closed", dispute(1, status="won")))
    assert shown(staff, open="true") == []
    assert shown(staff) == ["dp_3", "dp_2", "dp_1"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whatever_comes_first_the_dispute_is_listed_with_its_booking_and_closed(
    staff: StaffCalls, deliver: Deliver, order: tuple[int, ...]
) -> None:
    told = [
        paid(),
        event("charge.dispute.created", dispute()),
        event("charge.dispute.closed", dispute(status="lost")),
    ]
    for place in order:
        deliver(told[place])
    _, page = staff("GET", PATH)
    [item] = page["items"]
    assert (item["status"], item["booking_id"], item["funds"]) == ("lost", "bk_1", "withdrawn")
    assert shown(staff, open="true") == []


def test_a_dispute_whose_booking_nobody_knows_is_listed_and_asked_about(
    staff: StaffCalls, deliver: Deliver
) -> None:
    foreign = charge(7, metadata={})
    deliver(
        event("charge.succeeded", foreign),
        event("charge.dispute.created", dispute(7, charge="ch_7")),
        event("charge.dispute.created", dispute(8, charge="ch_8", created=OPENED_S + 1)),
    )
    _, page = staff("GET", PATH)
    assert [(each["stripe_dispute_id"], each["booking_id"]) for each in page["items"]] == [
        ("dp_8", None),
        ("dp_7", None),
    ]
    _, needed = staff("GET", "/v1/locations/demo/needs-action")
    assert {
        each["about"]: [one["kind"] for one in each["actions"]] for each in needed["items"]
    } == {
        "charge#ch_7": ["dispute_needs_response"],
        "charge#ch_8": ["dispute_needs_response"],
    }
    assert all(one["evidence"] is None for each in needed["items"] for one in each["actions"])
    deliver(event("charge.dispute.closed", dispute(7, charge="ch_7", status="lost")))
    _, needed = staff("GET", "/v1/locations/demo/needs-action")
    assert [each["about"] for each in needed["items"]] == ["charge#ch_8"]


def test_a_dispute_of_a_booking_that_is_not_here_is_listed_under_the_id_it_names(
    staff: StaffCalls, deliver: Deliver
) -> None:
    named = {"location_id": "demo", "booking_id": "bk_gone"}
    deliver(
        event("charge.succeeded", charge(9, metadata=named)),
        event("charge.dispute.created", dispute(9, charge="ch_9")),
    )
    _, page = staff("GET", PATH)
    assert [each["booking_id"] for each in page["items"]] == ["bk_gone"]


def test_the_booking_shows_what_each_asks_and_where_its_evidence_is(
    staff: StaffCalls, deliver: Deliver
) -> None:
    deliver(
        paid(),
        event("charge.dispute.created", inquiry(1)),
        event("charge.dispute.created", dispute(2, evidence_details={"due_by": DUE_S - 60})),
        event("charge.dispute.created", dispute(3, status="under_review")),
    )
    _, seen = staff("GET", "/v1/locations/demo/bookings/bk_1")
    assert [
        (each["kind"], each["deadline"], each["evidence"]) for each in seen["needs_action"]
    ] == [
        (
            "dispute_needs_response",
            "2026-12-02T08:25:40Z",
            "/v1/locations/demo/disputes/dp_2/evidence",
        ),
        (
            "inquiry_needs_response",
            "2026-12-02T08:26:40Z",
            "/v1/locations/demo/disputes/dp_1/evidence",
        ),
    ]
    assert "full refund ends" in seen["needs_action"][1]["advice"]
    assert [each["kind"] for each in seen["disputes"]] == ["inquiry", "chargeback", "chargeback"]


def test_pages_follow_one_another_over_open_and_closed_ones(
    staff: StaffCalls, deliver: Deliver
) -> None:
    states = ["needs_response", "lost", "under_review", "won", "warning_closed"]
    deliver(
        *(
            event(
                "charge.dispute.created",
                dispute(place, charge=f"ch_{place}", status=status, created=OPENED_S + place),
            )
            for place, status in enumerate(states)
        )
    )
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        _, page = staff("GET", PATH, **query)
        seen += [each["stripe_dispute_id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["dp_4", "dp_3", "dp_2", "dp_1", "dp_0"]
    assert cursor is None


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"open": "yes"}, "/query/open"),
        ({"limit": "0"}, "/query/limit"),
        ({"cursor": "?"}, "/query/cursor"),
    ],
)
def test_a_query_that_is_none_is_refused(
    staff: StaffCalls, query: dict[str, str], pointer: str
) -> None:
    status, problem = staff("GET", PATH, **query)
    assert (status, pointers(problem)) == (422, [pointer])


@pytest.mark.parametrize("cursor", ["IQ==", ""])
def test_a_cursor_before_everything_shows_nothing(staff: StaffCalls, cursor: str) -> None:
    status, page = staff("GET", PATH, cursor=cursor)
    assert (status, page["items"]) == (200, [])


@pytest.mark.parametrize(
    ("by", "status"),
    [("owner", 200), ("manager", 200), ("finance", 200), ("admin", 200), ("other-owner", 404)],
)
def test_owner_manager_and_finance_may_see_them(staff: StaffCalls, by: str, status: int) -> None:
    assert staff("GET", PATH, by=by)[0] == status


def test_a_location_sees_its_own_disputes_only(staff: StaffCalls, deliver: Deliver) -> None:
    deliver(event("charge.dispute.created", dispute()))
    status, page = staff("GET", "/v1/locations/other/disputes", by="other-owner")
    assert (status, page["items"]) == (200, [])
