"""Histories of a till, drawn step by step: a failing one shrinks to the few steps that matter."""

import random
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any

import stripe
from hypothesis import strategies as st

from tests.surroundings.salon import GOOD_CARD
from tests.surroundings.till import AVAILABLE_AT_ONCE, Till

DAY_S = 86_400
PURPOSES = ("prepayment", "deposit", "visit_link")
# A payment's money is available at once but for `pay_pending`'s; `pay_elsewhere` is none of ours.
PAYMENTS = ("pay", "pay_pending", "pay_in_dollars", "pay_elsewhere")
KINDS = (
    *PAYMENTS,
    *("refund", "fail_refund", "dispute", "win", "lose", "pay_out", "fail_payout"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens `after_s` later: of `minor` units, to the newest but `which`."""

    kind: str
    minor: int = 0
    which: int = 0
    after_s: int = 5


@dataclass(frozen=True, slots=True)
class Day:
    """A day's steps; which of its webhooks are `lost`, over and over; and whether a sync ran."""

    steps: tuple[Step, ...] = ()
    lost: tuple[bool, ...] = (False,)
    synced: bool = False


class Life:
    """Lets a history happen; a step for which there is nothing, or which Stripe refuses, is none.

    What is refused may well be drawn: the report has to be right whatever came of it.
    """

    def __init__(self, till: Till) -> None:
        self._till = till
        self._numbers = count()
        self._charges: list[str] = []
        self._refunds: list[str] = []
        self._disputes: list[str] = []
        self._payouts: list[str] = []

    def live(self, history: tuple[Day, ...]) -> None:
        """Live through all days; Stripe pays out by itself each day, and the last sync ends it."""
        till = self._till
        for day in history:
            ends_s = till.now_s() + DAY_S
            for step in day.steps:
                till.advance(step.after_s)
                self._happen(step)
            self._deliver(day)
            till.advance(max(60, ends_s - till.now_s()))
            if day.synced:
                till.sync()
        till.sync()

    def _deliver(self, day: Day) -> None:
        lost = cycle(day.lost)
        self._till.deliver(lambda _event: not next(lost))

    def _happen(self, step: Step) -> None:
        if step.kind in PAYMENTS:
            self._pay(step)
        elif step.kind == "refund" and self._charges:
            self._refund(_chosen(self._charges, step), step.minor)
        elif step.kind == "fail_refund" and self._refunds:
            self._order(f"refunds/{_chosen(self._refunds, step)}/fail")
        elif step.kind == "dispute" and self._charges:
            made = self._order(f"charges/{_chosen(self._charges, step)}/dispute")
            self._disputes += [made["id"]] if made else []
        elif step.kind in {"win", "lose"} and self._disputes:
            status = "won" if step.kind == "win" else "lost"
            self._order(f"disputes/{_chosen(self._disputes, step)}/close", status=status)
        elif step.kind == "pay_out":
            made = self._order("payouts", instant=True)
            self._payouts += [made["id"]] if made else []
        elif step.kind == "fail_payout" and self._payouts:
            self._order(f"payouts/{_chosen(self._payouts, step)}/fail")

    def _pay(self, step: Step) -> None:
        number = next(self._numbers)
        currency = "usd" if step.kind == "pay_in_dollars" else "eur"
        card = GOOD_CARD if step.kind == "pay_pending" else AVAILABLE_AT_ONCE
        booking_id = None if step.kind == "pay_elsewhere" else f"bk_{number}"
        if booking_id:
            self._till.book(booking_id, step.minor, currency)
        purpose = PURPOSES[number % len(PURPOSES)]
        paid = self._till.pay(booking_id, step.minor, currency, card=card, purpose=purpose)
        self._charges.append(paid)

    def _refund(self, charge: str, minor: int) -> None:
        try:
            self._refunds.append(self._till.refund(charge, minor))
        except stripe.InvalidRequestError:
            return

    def _order(self, call: str, **sent: Any) -> dict[str, Any] | None:
        answer = self._till.beside.control.post(f"/_sim/{call}", json=sent)
        assert answer.status_code in {200, 400}, answer.text
        return dict(answer.json()) if answer.status_code == 200 else None


def _chosen(ids: list[str], step: Step) -> str:
    return ids[-1 - step.which % len(ids)]


def histories() -> st.SearchStrategy[tuple[Day, ...]]:
    """Draw up to four days of up to four steps; of webhooks all, some or none are lost."""
    steps = st.builds(
        Step,
        # Payments come as often as all else, for without them nothing can happen.
        st.sampled_from(PAYMENTS) | st.sampled_from(KINDS),
        st.integers(100, 20_000),
        st.integers(0, 3),
        st.sampled_from([5, 3600, 20_000, 50_000]),
    )
    lost = st.lists(st.sampled_from([False, False, True]), min_size=1, max_size=5).map(tuple)
    days = st.builds(Day, st.lists(steps, max_size=4).map(tuple), lost, st.booleans())
    return st.lists(days, min_size=1, max_size=4).map(tuple)


def random_history(chance: random.Random, *, days: int) -> tuple[Day, ...]:
    """Draw many days, of which two thirds of the webhooks come, and two or three syncs a month."""
    made = []
    for day in range(days):
        steps = []
        for _ in range(chance.randint(0, 3)):
            kind = chance.choice(chance.choice([PAYMENTS, KINDS]))
            steps.append(
                Step(
                    kind, chance.randint(500, 20_000), chance.randint(0, 3), chance.randint(5, 9000)
                )
            )
        lost = tuple(chance.random() < 1 / 3 for _ in range(40))
        made.append(Day(tuple(steps), lost, synced=day % 15 == 14))
    return tuple(made)
