"""When a second person must agree to money that staff give back, at every door."""

from collections.abc import Callable, Sequence
from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity.client_mails import mails_of
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, REQUESTED, STAFF
from shared.domain.errors import Conflict
from shared.domain.locations.location import FormerLimit
from shared.domain.refunds.approval import (
    DAYS_LIMIT,
    FORMER_LIMIT_S,
    Allowance,
    given_alone_minor,
    given_back_minor,
    limit_of,
    loosened,
)
from shared.domain.refunds.refund_rules import RefundRequest, approve_refund, deny_refund
from shared.domain.refunds.refund_rules import request_refund as request
from shared.domain.visits.end_visit import cancel, mark_no_show
from shared.domain.visits.fee_decisions import waive_fee
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World, booked
from tests.messages import changed

HALF = PRICE_MINOR // 2
TEN = Allowance("desk", limit_minor=1000)
BOSS = Person("boss", "boss@x.de")
ROLES = st.sets(st.sampled_from(["owner", "manager", "finance", "admin"]), min_size=1)


def paid(booking: Booking | None = None) -> World:
    world = World(booking or booked())
    world.pays()
    world.listen()
    return world


def ask(booking: Booking, amount_minor: int | None, allowance: Allowance = TEN) -> Booking:
    name = f"rf_{len(booking.refund_orders) + 1}"
    asked = RefundRequest(
        name, amount_minor, "desk@x.de", NOW_S, STAFF, requester_id=allowance.user_id
    )
    return request(booking, asked, allowance)


def orders(booking: Booking) -> list[tuple[str, int]]:
    return [(each.status, each.amount_minor) for each in booking.refund_orders]


# ------------------------------------------------------------------ whose limit it is


@pytest.mark.parametrize(
    ("limits", "roles", "limit"),
    [
        ({}, ["manager"], 0),
        ({"manager": 0}, ["manager"], 0),
        ({"manager": 5000}, ["manager"], 5000),
        ({"manager": 5000}, ["owner"], 0),
        ({"owner": 9000}, ["admin"], 9000),
        # S6: a further role, which may refund nothing or more, opens nothing.
        ({"owner": 9000}, ["admin", "finance"], 9000),
        ({"manager": 5000}, ["manager", "finance"], 5000),
        ({"manager": 5000}, ["manager", "owner"], 5000),
        ({"manager": 5000, "owner": 9000}, ["manager", "owner"], 5000),
        ({"finance": 1}, ["finance", "owner"], 0),
    ],
)
def test_the_strictest_limit_of_all_roles_binds(
    limits: dict[str, int], roles: list[str], limit: int
) -> None:
    assert limit_of(limits, (), roles, "u1", NOW_S) == limit


@given(st.dictionaries(st.sampled_from(["owner", "manager"]), st.integers(0, 9)), ROLES, ROLES)
def test_a_further_role_never_weakens_a_limit(
    limits: dict[str, int], roles: set[str], more: set[str]
) -> None:
    before = limit_of(limits, (), roles, "u1", NOW_S)
    after = limit_of(limits, (), roles | more, "u1", NOW_S)
    assert not before or 0 < after <= before


def test_who_loosens_a_limit_stays_bound_by_it_for_a_day() -> None:
    was, raised = {"owner": 1000, "manager": 500}, {"owner": 0, "manager": 900}
    former = loosened((), was, raised, "boss", NOW_S)

    assert limit_of(raised, former, ["owner"], "boss", NOW_S + FORMER_LIMIT_S - 1) == 1000
    assert limit_of(raised, former, ["owner"], "boss", NOW_S + FORMER_LIMIT_S) == 0
    # Nobody else is, and nobody in a role that they do not have.
    assert limit_of(raised, former, ["owner"], "another", NOW_S) == 0
    assert limit_of(raised, former, ["manager"], "desk", NOW_S) == 900


def test_a_limit_that_is_raised_in_steps_binds_by_its_first_value() -> None:
    former: tuple[FormerLimit, ...] = ()
    for was, now in ((1000, 2000), (2000, 5000), (5000, 0)):
        former = loosened(former, {"owner": was}, {"owner": now}, "boss", NOW_S)
    assert limit_of({}, former, ["owner"], "boss", NOW_S) == 1000
    assert len(former) == 1


def test_a_limit_that_is_taken_away_binds_who_did_it_for_a_day() -> None:
    former = loosened((), {"manager": 500}, {}, "boss", NOW_S)
    assert former == (FormerLimit("manager", 500, "boss", NOW_S),)
    assert limit_of({}, former, ["manager"], "boss", NOW_S) == 500


@pytest.mark.parametrize(("was", "now"), [(0, 0), (0, 500), (500, 500), (500, 100)])
def test_what_makes_a_limit_no_looser_binds_nobody_longer(was: int, now: int) -> None:
    assert loosened((), {"owner": was}, {"owner": now}, "boss", NOW_S) == ()


def test_former_limits_end_with_their_day() -> None:
    old = (FormerLimit("owner", 1000, "boss", NOW_S - FORMER_LIMIT_S),)
    assert loosened(old, {}, {"manager": 1}, "boss", NOW_S) == ()


# ------------------------------------------------------------------ refunds that are asked for


def test_refunds_of_one_booking_are_added_up() -> None:
    """Bug: five refunds of 10.00 each went out under a limit of 10.00."""
    booking = paid().booking
    for _ in range(5):
        booking = ask(booking, 1000)
    assert orders(booking) == [(REQUESTED, 1000)] + [(AWAITING_APPROVAL, 1000)] * 4


def test_another_clerk_goes_on_with_the_same_sum() -> None:
    first = ask(paid().booking, 700)
    assert orders(ask(first, 400, Allowance("other", 1000)))[-1] == (AWAITING_APPROVAL, 400)
    assert orders(ask(first, 300, Allowance("other", 1000)))[-1] == (REQUESTED, 300)


def test_what_was_denied_or_refused_or_sent_back_by_the_bank_counts_no_more() -> None:
    world = paid()
    world.change(ask(world.booking, 900))
    world.carry_out()
    world.listen()
    assert given_back_minor(world.booking) == 900
    [refund] = world.payments[0].refunds
    world.payments[0].update_refund(refund, "failed")
    world.listen()
    assert given_back_minor(world.booking) == 0
    waiting = ask(world.booking, 2000)
    assert given_back_minor(waiting) == 2000
    denied = deny_refund(waiting, waiting.refund_orders[-1].request_id, BOSS, NOW_S)
    assert given_back_minor(denied) == 0


def test_the_refunds_of_ones_day_are_added_up_against_ten_times_the_limit() -> None:
    booking = paid().booking
    most = replace(TEN, given_today_minor=DAYS_LIMIT * 1000 - 400)
    assert orders(ask(booking, 400, most)) == [(REQUESTED, 400)]
    assert orders(ask(booking, 401, most)) == [(AWAITING_APPROVAL, 401)]


def test_only_what_was_given_alone_counts_for_a_day() -> None:
    before = paid().booking
    direct, waiting = ask(before, 1000), ask(before, 1001)
    assert given_alone_minor(before, direct, "desk") == 1000
    assert given_alone_minor(before, direct, "other") == 0
    assert given_alone_minor(before, waiting, "desk") == 0
    approved = approve_refund(waiting, "rf_1", BOSS, NOW_S)
    assert given_alone_minor(waiting, approved, "boss") == 0


# ------------------------------------------------------------------ visits that end


def desk_sale() -> Booking:
    return booked(terms=None)


def test_a_cancellation_gives_back_no_more_alone_than_a_refund() -> None:
    """Bug: a refund waited for approval, and cancelling sent the whole sum without it."""
    world = paid(desk_sale())
    world.change(ask(world.booking, PRICE_MINOR))
    world.change(cancel(world.booking, "desk@x.de", NOW_S, takes_fee=False, allowance=TEN))
    assert world.booking.status == "cancelled"
    assert world.ordered("refund_payment") == []
    assert orders(world.booking) == [("denied", PRICE_MINOR), (AWAITING_APPROVAL, PRICE_MINOR)]
    [mail] = mails_of(changed({"what": "booking.cancelled"}), world.booking)
    assert "goes_back" not in dict(mail.rows)

    last = world.booking.refund_orders[-1]
    with pytest.raises(Exception, match="Somebody else"):
        approve_refund(world.booking, last.request_id, Person("desk", "desk@x.de"), NOW_S)
    world.change(approve_refund(world.booking, last.request_id, BOSS, NOW_S))
    world.carry_out()
    world.listen()
    assert world.booking.payments().amount_refunded == PRICE_MINOR


def test_what_the_accepted_terms_give_back_by_themselves_waits_for_nobody() -> None:
    early = STARTS_S - 72 * 3600
    world = paid()
    world.change(cancel(world.booking, "desk@x.de", early, takes_fee=False, allowance=TEN))
    assert orders(world.booking) == [(REQUESTED, PRICE_MINOR)]
    assert given_back_minor(world.booking) == 0


def test_of_a_late_cancellation_the_half_that_the_terms_keep_waits() -> None:
    world = paid()
    world.change(cancel(world.booking, "desk@x.de", NOW_S, takes_fee=False, allowance=TEN))
    assert orders(world.booking) == [(REQUESTED, HALF), (AWAITING_APPROVAL, HALF)]


def test_a_client_who_cancels_waits_for_nobody() -> None:
    world = paid()
    world.change(cancel(world.booking, "client", NOW_S, takes_fee=True))
    assert orders(world.booking) == [(REQUESTED, HALF)]


def no_show_without_fee(booking: Booking, allowance: Allowance) -> Booking:
    return mark_no_show(booking, "desk@x.de", STARTS_S, takes_fee=False, allowance=allowance)


def waived_after_no_show(booking: Booking, allowance: Allowance) -> Booking:
    proposed = mark_no_show(booking, "desk@x.de", STARTS_S, takes_fee=True)
    [fee] = proposed.fees
    return waive_fee(proposed, fee.fee_id, "desk@x.de", "ill", STARTS_S, allowance=allowance)


def cancelled_free(booking: Booking, allowance: Allowance) -> Booking:
    return cancel(booking, "desk@x.de", NOW_S, takes_fee=False, allowance=allowance)


@pytest.mark.parametrize(
    ("end", "booking", "own"),
    [
        pytest.param(cancelled_free, desk_sale(), PRICE_MINOR, id="cancelled at the desk"),
        pytest.param(cancelled_free, booked(), HALF, id="cancelled late"),
        pytest.param(no_show_without_fee, booked(), 8000, id="no-show, fee not taken"),
        pytest.param(waived_after_no_show, booked(charge="propose"), 8000, id="fee waived"),
    ],
)
def test_the_sum_decides_at_every_door(
    end: Callable[[Booking, Allowance], Booking], booking: Booking, own: int
) -> None:
    before = paid(booking).booking
    enough = end(before, Allowance("desk", own))
    assert {each.status for each in enough.refund_orders} == {REQUESTED}
    assert given_alone_minor(before, enough, "desk") == own
    short = end(before, Allowance("desk", own - 1))
    assert [each.amount_minor for each in short.refund_orders if each.status == AWAITING_APPROVAL]
    assert given_alone_minor(before, short, "desk") == 0


@given(st.lists(st.integers(1, 3000), max_size=8), st.integers(1, 4000))
def test_no_chain_of_requests_gives_back_more_alone_than_the_limit(
    amounts: Sequence[int], limit_minor: int
) -> None:
    booking = paid().booking
    for amount_minor in amounts:
        try:
            booking = ask(booking, amount_minor, Allowance("desk", limit_minor))
        except Conflict:
            continue
    alone = sum(each.amount_minor for each in booking.refund_orders if each.status == REQUESTED)
    assert alone <= limit_minor
