"""One set of terms, whoever booked: the widget's visits and the desk's end in the same way.

Each cell is a visit of 120.00, booked by the widget or at the desk under the location's terms, for
which is paid, held or a card saved at Stripe as they ask, and which ends. Every part is the real
function, over a table and a Stripe of its own; what must come of it stands here in figures.
"""

from collections.abc import Callable
from copy import replace
from typing import Any

import pytest

from tests.functions.one_visit import SERVICE, Outcome, Visit, visit
from tests.surroundings.salon import moment

__all__ = ["visit"]
pytestmark = pytest.mark.enable_socket
MODES: dict[str, dict[str, Any]] = {
    "full": {"type": "full"},
    "deposit": {"type": "deposit", "percent": 30},
    "hold": {"type": "hold"},
    "card": {"type": "card_on_file"},
    "none": {"type": "none"},
}
HALF = {"hours_before": 48, "fee": {"type": "percent", "percent": 50}}
POLICY = {"steps": [HALF], "no_show_fee": {"type": "percent", "percent": 80}}
FAR, LATER, NEAR = moment(10, days=5), moment(14, days=5), moment(18, days=1)


HELD, DEPOSIT = ("charge", "prepayment", 12_000), ("charge", "deposit", 3600)
TOLD = ("confirmed", "cancelled")
FIRST_OF_DESK = dict.fromkeys(("full", "deposit", "hold"), ("link",)) | {"card": ("card_link",)}
# By what the terms ask for, and the end: fees are a half of 120.00 late and 80 % for a no-show.
EXPECTED = {
    ("full", "done"): Outcome("completed", "paid", 12_000, 0, 0, None, ("confirmed",), (HELD,)),
    ("full", "moved"): Outcome(
        *("completed", "paid", 12_000, 0, 0, None), ("confirmed", "moved"), (HELD,)
    ),
    ("full", "early"): Outcome(
        *("cancelled", "refunded", 12_000, 12_000, 0, None),
        (*TOLD, "refund_succeeded"),
        (HELD, ("refund", "prepayment", -12_000)),
    ),
    ("full", "late"): Outcome(
        *("cancelled", "partially_refunded", 12_000, 6000, 0, (6000, 6000, "taken")),
        (*TOLD, "refund_succeeded"),
        (HELD, ("refund", "prepayment", -6000)),
    ),
    ("full", "missed"): Outcome(
        *("no_show", "partially_refunded", 12_000, 2400, 0, (9600, 9600, "taken")),
        ("confirmed", "fee_kept", "refund_succeeded"),
        (HELD, ("refund", "prepayment", -2400)),
    ),
    ("deposit", "done"): Outcome(
        *("completed", "paid", 3600, 0, 8400, None), ("confirmed",), (DEPOSIT,)
    ),
    ("deposit", "moved"): Outcome(
        *("completed", "paid", 3600, 0, 8400, None), ("confirmed", "moved"), (DEPOSIT,)
    ),
    ("deposit", "early"): Outcome(
        *("cancelled", "refunded", 3600, 3600, 0, None),
        (*TOLD, "refund_succeeded"),
        (DEPOSIT, ("refund", "deposit", -3600)),
    ),
    ("deposit", "late"): Outcome(
        *("cancelled", "paid", 3600, 0, 2400, (6000, 3600, "owed")),
        (*TOLD, "fee_link"),
        (DEPOSIT,),
        ("fee_owed",),
    ),
    ("deposit", "missed"): Outcome(
        *("no_show", "paid", 3600, 0, 6000, (9600, 3600, "owed")),
        ("confirmed", "fee_link"),
        (DEPOSIT,),
        ("fee_owed",),
    ),
    ("hold", "done"): Outcome(
        *("completed", "paid", 12_000, 0, 0, None), ("confirmed", "hold_taken"), (HELD,)
    ),
    ("hold", "moved"): Outcome(
        *("completed", "paid", 12_000, 0, 0, None), ("confirmed", "moved", "hold_taken"), (HELD,)
    ),
    ("hold", "early"): Outcome("cancelled", "unpaid", 0, 0, 0, None, TOLD, ()),
    ("hold", "late"): Outcome(
        *("cancelled", "paid", 6000, 0, 0, (6000, 6000, "taken")),
        (*TOLD, "fee_taken"),
        (("charge", "prepayment", 6000),),
    ),
    ("hold", "missed"): Outcome(
        *("no_show", "paid", 9600, 0, 0, (9600, 9600, "taken")),
        ("confirmed", "fee_taken"),
        (("charge", "prepayment", 9600),),
    ),
    ("card", "done"): Outcome("completed", "card_saved", 0, 0, 12_000, None, ("confirmed",), ()),
    ("card", "moved"): Outcome(
        *("completed", "card_saved", 0, 0, 12_000, None), ("confirmed", "moved"), ()
    ),
    ("card", "early"): Outcome("cancelled", "card_saved", 0, 0, 0, None, TOLD, ()),
    ("card", "late"): Outcome(
        *("cancelled", "paid", 6000, 0, 0, (6000, 6000, "taken")),
        (*TOLD, "fee_taken"),
        (("charge", "cancellation_fee", 6000),),
    ),
    ("card", "missed"): Outcome(
        *("no_show", "paid", 9600, 0, 0, (9600, 9600, "taken")),
        ("confirmed", "fee_taken"),
        (("charge", "no_show_fee", 9600),),
    ),
    ("none", "done"): Outcome("completed", "unpaid", 0, 0, 12_000, None, ("confirmed",), ()),
    ("none", "moved"): Outcome(
        *("completed", "unpaid", 0, 0, 12_000, None), ("confirmed", "moved"), ()
    ),
    ("none", "early"): Outcome("cancelled", "unpaid", 0, 0, 0, None, TOLD, ()),
    ("none", "late"): Outcome(
        *("cancelled", "unpaid", 0, 0, 6000, (6000, 0, "owed")),
        (*TOLD, "fee_link"),
        (),
        ("fee_owed",),
    ),
    ("none", "missed"): Outcome(
        *("no_show", "unpaid", 0, 0, 9600, (9600, 0, "owed")),
        ("confirmed", "fee_link"),
        (),
        ("fee_owed",),
    ),
}


def ends_done(visit: Visit) -> None:
    visit.by_staff("complete")


def ends_missed(visit: Visit) -> None:
    visit.by_staff("no-show")


def ends_cancelled(visit: Visit) -> None:
    status, shown = visit.salon.cancel(visit.made)
    assert status == 200, shown


def ends_moved(visit: Visit) -> None:
    visit.move(LATER)
    visit.settle()
    visit.by_staff("complete")


# How far ahead the visit is when it is booked, and what happens then.
ENDS: dict[str, tuple[str, Callable[[Visit], None]]] = {
    "done": (FAR, ends_done),
    "moved": (FAR, ends_moved),
    "early": (FAR, ends_cancelled),
    "late": (NEAR, ends_cancelled),
    "missed": (FAR, ends_missed),
}


@pytest.mark.parametrize(("mode", "end"), EXPECTED)
@pytest.mark.parametrize("who", ["widget", "desk"])
def test_the_same_visit_ends_the_same_way_whoever_booked_it(
    visit: Visit, who: str, mode: str, end: str
) -> None:
    visit.salon.set_terms(
        services=[SERVICE], overrides=[], prepayment=MODES[mode], cancellation=POLICY
    )
    starts_at, come_to = ENDS[end]
    visit.book(who, starts_at)
    come_to(visit)
    visit.settle()
    expected = EXPECTED[mode, end]
    if who == "desk":
        # Its client was not there: they are told what to do first.
        expected = replace(expected, mails=(*FIRST_OF_DESK.get(mode, ()), *expected.mails))
    assert visit.outcome() == expected
    # What was accepted stays as it was shown, though the visit was moved.
    assert visit.evidence() == visit.policy(starts_at)


def test_the_table_has_every_cell() -> None:
    assert set(EXPECTED) == {(mode, end) for mode in MODES for end in ENDS}
