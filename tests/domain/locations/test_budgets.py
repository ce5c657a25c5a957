"""What somebody unknown may have, and that no chain of acts gets beyond it."""

from copy import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
    CONFIRMED,
    EXPIRED,
)
from shared.domain.bookings.online_booking import expire
from shared.domain.bookings.proved_address import (
    await_confirmation,
    confirm_address,
    is_address_proved,
)
from shared.domain.calendar.unproved_time import unproved_time
from shared.domain.catalogue.services import Employee, OpeningHours
from shared.domain.errors import Conflict
from shared.domain.locations.budgets import (
    MAILS_UNASKED,
    MOST_SESSIONS,
    SESSIONS_A_BOOKING,
    Budget,
    Spending,
    confirmations_an_address,
    mailbox_name,
    sessions_an_address,
    still_counting,
    wait_s,
)
from shared.domain.locations.unpaid_booking_limits import Mark, client_name, expired_marks, is_over
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.visits.end_visit import cancel
from tests.domain.activity.test_client_mails import PAID, TERMS
from tests.domain.activity.test_client_mails import booking as online_booking

NOW_S = 1_795_000_000
FEW = (Budget(2, 3600), Budget(3, 86_400))


def spent(*ages_s: int, amount: int = 1) -> list[Spending]:
    return [Spending(f"s{place}", NOW_S - age_s, amount) for place, age_s in enumerate(ages_s)]


@pytest.mark.parametrize(
    ("known", "amount", "wait"),
    [
        pytest.param(spent(), 1, 0, id="nothing was spent"),
        pytest.param(spent(10), 1, 0, id="one fits"),
        pytest.param(spent(10, 20), 1, 3600 - 20, id="the hour is full until its oldest ends"),
        pytest.param(spent(3600, 10), 1, 0, id="an hour ago counts no more for the hour"),
        pytest.param(spent(5000, 6000, 7000), 1, 86_400 - 7000, id="the day is full"),
        pytest.param(spent(10), 2, 3600 - 10, id="two at once wait for room for both"),
        pytest.param(spent(), 3, 3600, id="more than the whole never fits"),
        pytest.param(spent(10, amount=2), 1, 3600 - 10, id="amounts are added up"),
    ],
)
def test_how_long_to_wait(known: list[Spending], amount: int, wait: int) -> None:
    assert wait_s(known, amount, FEW, NOW_S) == wait


@given(st.lists(st.integers(0, 200_000), max_size=12), st.integers(1, 2))
def test_who_waits_as_told_comes_to_a_time_when_it_fits(ages: list[int], amount: int) -> None:
    known, later_s = spent(*ages), NOW_S
    for _ in range(len(ages)):
        later_s += wait_s(known, amount, FEW, later_s)
    assert wait_s(known, amount, FEW, later_s) == 0


def test_what_the_longest_budget_counts_no_more_is_forgotten() -> None:
    assert still_counting(spent(10, 86_399, 86_400), FEW, NOW_S) == tuple(spent(10, 86_399))


def test_the_bounds() -> None:
    assert (Budget(5, 3600), Budget(20, 86_400)) == MAILS_UNASKED
    assert sessions_an_address(60) == Budget(240, 86_400)
    assert sessions_an_address(10_000) == Budget(MOST_SESSIONS, 86_400)
    assert confirmations_an_address(10) == (Budget(10, 3600), Budget(40, 86_400))
    assert [each.most for each in SESSIONS_A_BOOKING] == [5, 10]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("mira@example.com", "mira@example.com"),
        (" Mira@EXAMPLE.com ", "mira@example.com"),
        ("mira+x+y@example.com", "mira@example.com"),
        ("+mira@example.com", "+mira@example.com"),
        ("m.i.r.a@example.com", "m.i.r.a@example.com"),
        ("m.i.r.a+x@gmail.com", "mira@gmail.com"),
        ("mira@b\u00fccher.example", "mira@xn--bcher-kva.example"),
        ("mira@XN--BCHER-KVA.example", "mira@xn--bcher-kva.example"),
        ("mira@a..example", "mira@a..example"),
    ],
)
def test_a_mailbox_has_one_name(written: str, name: str) -> None:
    assert mailbox_name(written) == name


# ------------------------------------------------------------------ a fifth of a day

MONDAY = date(2026, 11, 30)


def employee(*hours: tuple[int, int], weekday: int = 0) -> Employee:
    openings = tuple(OpeningHours(weekday, start * 60, end * 60) for start, end in hours)
    return Employee("anna", "Anna", openings)


@pytest.mark.parametrize(
    ("employees", "minutes"),
    [
        pytest.param([], 0, id="nobody"),
        pytest.param([employee((9, 18))], 108, id="one of nine hours"),
        pytest.param([employee((9, 18)), employee((9, 18))], 216, id="two of nine hours"),
        pytest.param([employee((9, 12), (13, 18))], 96, id="a break is no time"),
        pytest.param([employee((9, 18), weekday=1)], 0, id="another weekday"),
    ],
)
def test_a_fifth_of_the_days_hours(employees: list[Employee], minutes: int) -> None:
    [budget] = unproved_time(employees, MONDAY, "Europe/Berlin")
    assert budget.most == minutes
    assert budget.within_s > 366 * 86_400


def test_a_day_on_which_the_clocks_change_has_its_own_length() -> None:
    night = [employee((0, 24), weekday=6)]
    assert unproved_time(night, date(2026, 10, 25), "Europe/Berlin")[0].most == 25 * 60 // 5
    assert unproved_time(night, date(2026, 3, 29), "Europe/Berlin")[0].most == 23 * 60 // 5


# ------------------------------------------------------------------ no chain of acts gets beyond

HOUR = Budget(4, 3600)
SHARE = Budget(60, 10**9)
PER_CLIENT, PER_ADDRESS, HOLD_S = 2, 5, 1800
AT_VISIT = replace(TERMS, mode="at_visit", due_minor=0, hold_until_s=0)


def new_booking(number: int, now_s: int, *, is_paid: bool) -> Booking:
    booking_id = f"bk_{number}"
    made = JournalEntry(f"{booking_id}-created", now_s, "booking.created", CLIENT)
    online = replace(TERMS, hold_until_s=now_s + HOLD_S) if is_paid else AT_VISIT
    return online_booking(
        booking_id=booking_id,
        status="awaiting_payment" if is_paid else CONFIRMED,
        terms=online,
        facts=EMPTY,
        journal=(made,),
        created_at_s=now_s,
        starts_at_s=NOW_S + 400_000,
    )


class Stranger(RuleBasedStateMachine):
    """One address: it books, cancels, lets expire, confirms and pays in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = NOW_S
        self.bookings: dict[str, Booking] = {}
        self.marks: frozenset[Mark] = frozenset()
        self.sessions: tuple[Spending, ...] = ()
        self.minutes: tuple[Spending, ...] = ()
        self.opened: list[int] = []

    @rule(seconds=st.sampled_from([0, 60, 900, 1801, 3601]))
    def wait(self, seconds: int) -> None:
        self.now_s += seconds

    @rule(client=st.sampled_from(["mira@x.test", "noor@x.test", "ada@x.test"]))
    def book_to_be_paid(self, client: str) -> None:
        booking = new_booking(len(self.bookings), self.now_s, is_paid=True)
        kept = self.marks - expired_marks(self.marks, self.now_s)
        if is_over(kept, client_name(client), PER_CLIENT, PER_ADDRESS):
            return
        if wait_s(self.sessions, 1, (HOUR,), self.now_s):
            return
        mark = Mark(booking.booking_id, self.now_s + HOLD_S, client_name(client))
        self.marks = kept | {mark}
        self.sessions = (*self.sessions, Spending(booking.booking_id, self.now_s))
        self.opened.append(self.now_s)
        self.bookings[booking.booking_id] = booking

    @rule(minutes=st.sampled_from([15, 30, 45, 90]))
    def book_to_be_paid_at_the_visit(self, minutes: int) -> None:
        booking = new_booking(len(self.bookings), self.now_s, is_paid=False)
        counting = [each for each in self.minutes if not self._is_proved(each.name)]
        if wait_s(counting, minutes, (SHARE,), self.now_s):
            booking = await_confirmation(booking, self.now_s)
        else:
            spending = Spending(booking.booking_id, self.now_s, minutes)
            self.minutes = (*self.minutes, spending)
        made = replace(booking, ends_at_s=NOW_S + 400_000 + minutes * 60)
        self.bookings[booking.booking_id] = made

    def _is_proved(self, booking_id: str) -> bool:
        return is_address_proved(self.bookings[booking_id])

    @precondition(lambda self: self.bookings)
    @rule(data=st.data(), act=st.sampled_from(["cancel", "lapse", "confirm", "pay"]))
    def end(self, data: st.DataObject, act: str) -> None:
        booking_id = data.draw(st.sampled_from(sorted(self.bookings)))
        booking = self.bookings[booking_id]
        self.bookings[booking_id] = _after(booking, act, self.now_s)

    @invariant()
    def no_more_pages_at_stripe_than_may_be(self) -> None:
        for at_s in self.opened:
            within = [each for each in self.opened if at_s <= each < at_s + 3600]
            assert len(within) <= HOUR.most

    @invariant()
    def no_more_slots_in_the_time_of_one_than_may_wait(self) -> None:
        for at_s in self.opened:
            within = [each for each in self.opened if at_s <= each < at_s + HOLD_S]
            assert len(within) <= PER_ADDRESS

    @invariant()
    def no_more_than_the_share_is_taken_for_good_with_nothing_proved(self) -> None:
        taken = [
            each
            for each in self.bookings.values()
            if each.status == CONFIRMED and not is_address_proved(each)
        ]
        free = [each for each in taken if each.terms and each.terms.mode == "at_visit"]
        minutes = [((each.ends_at_s or 0) - NOW_S - 400_000) // 60 for each in free]
        assert sum(minutes) <= SHARE.most

    @invariant()
    def what_lapses_was_kept(self) -> None:
        for each in self.bookings.values():
            if each.status == AWAITING_CONFIRMATION:
                assert each.terms
                assert each.terms.hold_until_s


def _after(booking: Booking, act: str, now_s: int) -> Booking:
    """Return a booking after an act, or as it was where that is refused."""
    try:
        if act == "cancel":
            return cancel(booking, CLIENT, now_s, takes_fee=True)
        if act == "confirm":
            return confirm_address(booking, now_s)
    except Conflict:
        return booking
    if act == "pay" and booking.status == "awaiting_payment":
        return replace(booking, facts=Facts(charges={"ch_1": PAID})).advanced()
    if act == "lapse" and booking.status in ("awaiting_payment", AWAITING_CONFIRMATION):
        lapsed_booking = expire(booking, now_s)
        assert lapsed_booking.status == EXPIRED
        return lapsed_booking
    return booking


TestStranger: Any = Stranger.TestCase
TestStranger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
