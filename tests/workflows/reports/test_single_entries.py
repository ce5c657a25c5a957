"""Single entries, by days, booking and payout: every one is found, and leads on."""

from copy import replace
from typing import Any

import pytest

from shared.adapters.booking_places import BookingPlaces
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.ledger_attributions import Attributions
from shared.domain.bookings.booking import Booking
from shared.domain.ledger.bank_payout import BankPayout, with_items
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts
from tests.builders import booking
from tests.surroundings.kept import keep
from tests.surroundings.morning import NOON_S, Morning
from tests.workflows.reports.test_money_flow_range import DAY_S, Range, day, moved

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def ask(morning: Morning) -> Range:
    return Range(morning)


def all_pages(ask: Range, path: str, name: str = "items", **query: str) -> list[Any]:
    """Return everything that a list leads to, and hold each page to its limit."""
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        status, told = ask(path, **query, **cursor)
        assert status == 200, told
        assert len(told[name]) <= int(query.get("limit", 20))
        found += told[name]
        if told["next_cursor"] is None:
            return found
        cursor = {"cursor": told["next_cursor"]}


def made(number: int = 1, **changed: Any) -> Booking:
    facts = {"booking_id": f"bk_{number}", "external_id": f"A-{number}"}
    return replace(booking(**facts), created_at_s=NOON_S - 9 * DAY_S, **changed)


def carried(*entries: LedgerEntry, **changed: Any) -> BankPayout:
    """A payout of the day after `DAY` that carried some entries."""
    payout = BankPayout(
        **{
            "payout": "po_1",
            "amount_minor": sum(each.net_minor for each in entries),
            "currency": "eur",
            "created_s": NOON_S,
            "arrival_date_s": NOON_S + 2 * DAY_S,
            "status": "paid",
            "automatic": True,
            "livemode": False,
            **changed,
        }
    )
    return with_items(payout, list(entries), last="", has_more=False) if entries else payout


def pay_out(morning: Morning, payout: BankPayout, *entries: LedgerEntry) -> None:
    morning.payouts.stamp_payout("demo", payout.payout, entries)
    morning.payouts.put_payout("demo", payout, None)


def test_every_entry_of_some_days_is_listed_once_with_its_booking(
    morning: Morning, ask: Range
) -> None:
    keep(morning.store, made(1, service_id="cut"))
    entries = [
        moved(at, "charge", 1_000 + at, 50, -3 + at % 4, booking_id="bk_1" if at % 2 else None)
        for at in range(50)
    ]
    morning.enter(*entries, moved(90, "charge", 700, 0, -4), moved(91, "fee", -9, charge=None))
    found = all_pages(ask, "/entries", from_=day(-3), to=day(0), limit="7")
    assert len(found) == 51
    assert [each["at"] for each in found] == sorted(each["at"] for each in found)
    assert sum(each["net"] for each in found) == sum(each.net_minor for each in entries) - 9
    assert {each["external_id"] for each in found if each["booking_id"]} == {"A-1"}
    assert {each["external_id"] for each in found if not each["booking_id"]} == {None}
    assert sum(each["booking_id"] == "bk_1" for each in found) == 25


def test_the_entries_behind_one_figure_come_to_it(morning: Morning, ask: Range) -> None:
    morning.enter(
        *(moved(at, "charge", 1_000, 50) for at in range(9)),
        moved(20, "refund", -300),
        moved(21, "payout", -5_000, charge=None, payout="po_1"),
    )
    query = {"from_": day(0), "to": day(0), "limit": "2"}
    (total,) = ask.flow(0, 0)["totals"]
    for flow in ("payments", "refunds", "disputes"):
        found = all_pages(ask, "/entries", flow=flow, **query)
        assert sum(each["amount"] for each in found) == total[flow]["amount"]
        assert len(found) == total[flow]["count"]
        assert {each["flow"] for each in found} <= {flow}
    (paid_out,) = all_pages(ask, "/entries", flow="payouts", **query)
    assert -paid_out["amount"] == total["payouts"]
    status, told = ask("/entries", flow="gifts", **query)
    assert (status, told["errors"][0]["pointer"]) == (422, "/query/flow")


def test_a_page_that_leaves_out_many_ends_and_leads_on(
    morning: Morning, ask: Range, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.workflows.reports.list_entries.MAX_LOOKED_AT", 4)
    morning.enter(*(moved(at, "charge", 1_000) for at in range(10)), moved(30, "refund", -1))
    query = {"from_": day(0), "to": day(0), "flow": "refunds"}
    status, told = ask("/entries", **query)
    assert (status, told["items"]) == (200, [])
    assert told["next_cursor"]
    assert len(all_pages(ask, "/entries", **query)) == 1


def test_a_bookings_entries_are_found_without_their_days(morning: Morning, ask: Range) -> None:
    keep(morning.store, made(1))
    mine = [moved(1, "charge", 900, 40, -3, booking_id="bk_1"), moved(2, "refund", -900, 0, -1)]
    mine[1] = replace(mine[1], booking_id="bk_1")
    morning.enter(*mine, *(moved(at, "charge", 10, booking_id="bk_2") for at in range(10, 30)))
    found = all_pages(ask, "/entries", booking_id="bk_1")
    assert [each["amount"] for each in found] == [900, -900]
    assert len(all_pages(ask, "/entries", booking_id="bk_1", limit="1")) == 2
    (refund,) = all_pages(ask, "/entries", booking_id="bk_1", from_=day(-1), to=day(0))
    assert refund["flow"] == "refunds"
    assert all_pages(ask, "/entries", booking_id="bk_unknown") == []
    status, told = ask("/entries", booking_id="bk_1", from_=day(0))
    assert (status, told["errors"][0]["pointer"]) == (422, "/query/to")


def test_a_booking_has_what_was_learned_to_be_its_own_and_not_what_was_anothers(
    morning: Morning, ask: Range
) -> None:
    for number in (1, 2):
        keep(morning.store, made(number))
    first = moved(1, "charge", 900, 40, -3, booking_id="bk_1")
    unknown = moved(2, "charge", 800, 40, -3)
    morning.enter(first, unknown)
    learned = [replace(first, booking_id="bk_2"), replace(unknown, booking_id="bk_2")]
    assert Attributions(morning.config).put("demo", learned) == 2
    assert all_pages(ask, "/entries", booking_id="bk_1") == []
    assert len(all_pages(ask, "/entries", booking_id="bk_2")) == 2


def test_entries_of_an_earlier_release_are_found_and_get_their_places(
    morning: Morning, ask: Range
) -> None:
    charge = ChargeFacts(
        succeeded=True, reported_captured_minor=900, balance_transaction="txn_001", currency="eur"
    )
    keep(morning.store, made(1, facts=Facts(charges={"ch_001": charge})))
    mine = moved(1, "charge", 900, 40, -3, booking_id="bk_1")
    morning.enter(mine, moved(2, "charge", 800, 40, -3, booking_id="bk_2"))
    model = BookingsTable(morning.config)._model
    (place,) = BookingPlaces(morning.config).find("demo", "bk_1", 10).places
    model("demo#booking-entries#test#bk_1", place).delete()
    (found,) = all_pages(ask, "/entries", booking_id="bk_1")
    assert found["entry_id"] == "txn_001"
    again = BookingPlaces(morning.config).find("demo", "bk_1", 10)
    assert (list(again.places), again.is_completed) == ([place], True)
    assert len(all_pages(ask, "/entries", booking_id="bk_1")) == 1


def test_a_cursor_goes_on_with_its_own_question_alone(morning: Morning, ask: Range) -> None:
    morning.enter(*(moved(at, "charge", 1_000) for at in range(5)))
    _, told = ask("/entries", from_=day(0), to=day(0), limit="2")
    for query in ({"from_": day(-1)}, {"from_": day(0), "flow": "payments"}):
        status, refused = ask("/entries", to=day(0), cursor=told["next_cursor"], **query)
        assert (status, refused["errors"][0]["pointer"]) == (422, "/query/cursor")
    for cursor in ("x", "YWJj", ""):
        status, _ = ask("/entries", from_=day(0), to=day(0), cursor=cursor)
        assert status == 422


def test_a_payout_has_its_entries_and_they_add_up_to_it(morning: Morning, ask: Range) -> None:
    keep(morning.store, made(1))
    entries = [moved(at, "charge", 1_000, 50, -4, booking_id="bk_1") for at in range(30)]
    beside = moved(40, "charge", 7_000, 50, -4)
    morning.enter(*entries, beside)
    pay_out(morning, carried(*entries), *entries)
    (listed,) = all_pages(ask, "/payouts", from_=day(0), to=day(0))
    assert (listed["amount"], listed["items_net"], listed["items"]) == (28_500, 28_500, 30)
    assert (listed["sum_matches"], listed["sum_why"]) == (True, None)
    assert listed["arrival_date"] == day(2)
    found = all_pages(ask, "/payouts/po_1", "entries", limit="8")
    assert len(found) == 30
    assert sum(each["net"] for each in found) == listed["amount"]
    assert {each["payout"] for each in found} == {"po_1"}
    assert {(each["booking_id"], each["external_id"]) for each in found} == {("bk_1", "A-1")}
    assert ask.flow(0, 0)["payouts"] == [listed]
    assert all_pages(ask, "/payouts", from_=day(-3), to=day(-1)) == []


def test_a_payout_that_an_earlier_release_followed_has_its_entries_too(
    morning: Morning, ask: Range
) -> None:
    entries = [moved(at, "charge", 1_000, 50, -40) for at in range(3)]
    morning.enter(*entries)
    unnoted = replace(carried(*entries), items_first_s=0, items_last_s=0)
    pay_out(morning, unnoted, *entries)
    assert len(all_pages(ask, "/payouts/po_1", "entries")) == 3


@pytest.mark.parametrize(
    ("payout", "matches", "says"),
    [
        (carried(moved(1, "charge", 1_000), amount_minor=900), False, "add up to €10.00"),
        (carried(amount_minor=900), None, "has not said yet"),
        (carried(amount_minor=900, status="failed"), None, "did not reach the bank"),
        (
            carried(amount_minor=900, automatic=False, itemisation="cannot be itemised"),
            None,
            "by hand",
        ),
    ],
)
def test_a_payout_whose_sum_is_not_known_says_why(
    morning: Morning, ask: Range, payout: BankPayout, matches: bool | None, says: str
) -> None:
    pay_out(morning, payout)
    status, told = ask("/payouts/po_1")
    assert status == 200
    assert told["sum_matches"] is matches
    assert says in told["sum_why"]


def test_payouts_come_in_pages(morning: Morning, ask: Range) -> None:
    for number in range(5):
        payout = carried(amount_minor=number, payout=f"po_{number}", created_s=NOON_S - number)
        pay_out(morning, payout)
    found = all_pages(ask, "/payouts", from_=day(0), to=day(0), limit="2")
    assert [each["payout"] for each in found] == [f"po_{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("payout_id", ["po_9", "x", "po_" + "9" * 300, "po_ä"])
def test_an_unknown_payout_is_not_found(ask: Range, payout_id: str) -> None:
    status, told = ask(f"/payouts/{payout_id}")
    assert (status, told["code"]) == (404, "payout_not_found")
