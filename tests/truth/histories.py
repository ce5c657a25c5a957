"""Random histories of a salon's money, each from its seed, and what came of them.

What is drawn: a zone around a change of its clocks, a currency of 0, 2 or 3 decimals and at times a
second one; payments in full, deposits and their rests, part captures; refunds that fail, disputes
of every end, payouts by hand that fail; movements of Stripe's own, odd and unknown ones; dense
seconds; a third of the webhooks lost; syncs broken off at any call, a key refused for days; the
zone and the currency changed; movements that Stripe lists late.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.stripe_simulator import disputing, paying_out, refunding
from infra.local.stripe_simulator.errors import StripeError
from infra.local.stripe_simulator.state import change_metadata
from shared.adapters import stripe_api
from tests.truth.oracle import Visit, bounds, day_begins
from tests.truth.world import EMPLOYEES, SERVICES, World

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_S, HOUR_S, MINUTE_S = 86_400, 3600, 60
# A zone and a day on which its clocks change, or nothing does.
PLACES = (
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("America/Havana", date(2026, 11, 1)),
    ("Pacific/Auckland", date(2026, 9, 27)),
    ("Asia/Kathmandu", date(2026, 6, 3)),
    ("Pacific/Kiritimati", date(2026, 6, 3)),
    ("America/St_Johns", date(2026, 3, 8)),
    ("Asia/Tokyo", date(2026, 12, 31)),
    ("UTC", date(2026, 2, 28)),
)
# A currency and about what a visit costs in its minor unit, and what it has to be a multiple of.
CURRENCIES = {"eur": (5000, 1), "gbp": (4500, 1), "jpy": (8000, 1), "kwd": (15_000, 10)}
CURRENCIES |= {"isk": (700_000, 100), "usd": (5500, 1)}
PENDING_CARD, AT_ONCE_CARD, FAILING_REFUND_CARD = (
    *("4242424242424242", "4000000000000077"),
    "4000000000005126",
)
# Movements that only Stripe makes: type, reporting category.
ODD = (
    *(("stripe_fee", "fee"),) * 4,
    *(("network_cost", "network_cost"), ("adjustment", "other_adjustment")),
    *(("tax_fee", "tax"), ("topup", "topup"), ("advance", "advance"), ("brand_new", "brand_new")),
    *(("payout_minimum_balance_hold",) * 2, ("payout_minimum_balance_release",) * 2),
    *(("payout_fee_of_a_new_kind", "payout"), ("payout_cancel", "payout_reversal")),
)
PURPOSES = ("prepayment", "deposit", "visit_link")


@dataclass(frozen=True)
class Shape:
    """What a history is like; the seed draws the rest."""

    outages: bool = False
    late_lists: bool = False
    moves: bool = False
    dense: bool = False
    days: int = 4
    actions: int = 8
    # The most clients that pay in one second, where it is dense.
    crowd: int = 60


SHAPES = (
    Shape(outages=True),
    Shape(),
    Shape(moves=True, outages=True),
    Shape(dense=True, outages=True, days=3),
    Shape(late_lists=True),
    Shape(moves=True),
)


@dataclass
class Morning:
    """A morning's report that was built: what was known and listed then, and when compared."""

    day: date
    zone: str
    at_s: int
    folder: str
    known: frozenset[str]
    listed: frozenset[str]
    compared_s: int
    is_key_refused: bool
    in_every_format: bool
    mail: EmailMessage
    attributed: frozenset[str]


@dataclass
class Told:
    """A history that has happened."""

    world: World
    shape: Shape
    mornings: list[Morning] = field(default_factory=list)


class History:
    """Lets a history happen in a world."""

    def __init__(self, patched: pytest.MonkeyPatch, seed: int, shape: Shape) -> None:
        self.chance = random.Random(seed)
        self.shape = shape
        self.zone, changing = self.chance.choice(PLACES)
        first = changing - timedelta(days=self.chance.randint(0, shape.days - 1))
        self.days = [first + timedelta(days=at) for at in range(shape.days)]
        currency = self.chance.choice([*CURRENCIES, "eur"])
        begins_s = day_begins(first, self.zone)
        self.world = World(patched, seed=seed, begins_s=begins_s, zone=self.zone, currency=currency)
        self.currencies = [currency]
        if self.chance.random() < 0.4:
            self.currencies.append(self.chance.choice(sorted(CURRENCIES)))
            if self.chance.random() < 0.5:
                self.world.stripe.kept.add(self.currencies[-1])
        # Of what a list of Stripe's has at once, one page may have all, or a charge without its
        # refund.
        patched.setattr(stripe_api, "PAGE", self.chance.choice([100, 10]))
        self.told = Told(self.world, shape)
        self.charges: list[dict[str, Any]] = []
        self.hour = self.chance.choice([6, 6, 0, 3])
        self.bookings = 0
        self.formats_of = set(self.days[-1:])
        self.refused_until_s = 0

    def happen(self) -> Told:
        """Live through all days, and let a last sync find all that there is."""
        for day in self.days:
            self._live(day)
        self.world.stripe.is_key_refused = False
        ends_s = self.world.now_s() + DAY_S
        if self.world.stripe.listed_from_s:
            ends_s = max(ends_s, max(self.world.stripe.listed_from_s.values()) + HOUR_S)
        # A movement that came late is searched for as long as the balances differ.
        for _ in range(3):
            self.world.advance_to(ends_s)
            self._deliver()
            assert self.world.sync()
            ends_s += HOUR_S
        return self.told

    def _live(self, day: date) -> None:
        """Let a local day happen, and the morning after it."""
        chance = self.chance
        start_s, end_s = bounds(day, self.zone)
        plan: list[tuple[float, Callable[[], None]]] = []
        for _ in range(chance.randint(1, self.shape.actions)):
            at_s = chance.choice([chance.uniform(start_s, end_s), end_s - chance.randint(0, 3)])
            plan.append((at_s, self._act))
        if self.shape.dense and chance.random() < 0.6:
            plan.append((chance.uniform(start_s, end_s), self._crowd))
        at_s = start_s + chance.randint(0, 6 * HOUR_S)
        while at_s < end_s:
            plan.append((at_s, self._sync))
            at_s += chance.randint(1, 10) * HOUR_S
        if self.shape.outages and chance.random() < 0.4:
            until_s = end_s + chance.randint(-10, 30) * HOUR_S
            plan.append((chance.uniform(start_s, end_s), lambda: self._refuse_key(until_s)))
        for at_s, act in sorted(plan, key=lambda each: each[0]):
            self._go_to(at_s)
            act()
        ordered_in = self.zone
        if self.shape.moves and chance.random() < 0.4:
            self._move()
        self._morning(day, chance.choice([ordered_in, self.zone]))

    def _go_to(self, at_s: float) -> None:
        self.world.advance_to(at_s)
        if self.world.now_s() >= self.refused_until_s:
            self.world.stripe.is_key_refused = False
        self._deliver()

    def _deliver(self) -> None:
        self.world.deliver(lambda _event: self.chance.random() < 2 / 3)

    def _morning(self, day: date, zone: str) -> None:
        """Let the report of a day be built, of the zone in which its order was made."""
        world = self.world
        _, end_s = bounds(day, zone)
        self._go_to(max(end_s + self.hour * HOUR_S + 5, world.now_s()))
        broken = self.shape.outages and self.chance.random() < 0.2
        if broken:
            world.stripe.answers_left = self.chance.randint(0, 8)
        world.in_every_format = day in self.formats_of
        folder = world.order(day, zone)
        world.stripe.answers_left = None
        self.told.mornings.append(
            Morning(
                *(day, zone, world.now_s(), folder, world.known(), world.stripe.listed()),
                compared_s=world.compared_s,
                is_key_refused=world.is_key_known_refused,
                in_every_format=world.in_every_format,
                mail=world.mails[-1],
                attributed=world.attributed(),
            )
        )

    # ------------------------------------------------------------------ what happens

    def _sync(self) -> None:
        world = self.world
        if self.shape.outages and self.chance.random() < 0.3:
            world.stripe.answers_left = self.chance.randint(0, 12)
        if self.shape.outages and self.chance.random() < 0.2:
            world.table.writes_left = self.chance.randint(0, 12)
        world.sync()
        world.stripe.answers_left = world.table.writes_left = None

    def _refuse_key(self, until_s: int) -> None:
        self.world.stripe.is_key_refused = True
        self.refused_until_s = until_s

    def _move(self) -> None:
        """Move the location, or change what it charges in; both, at times."""
        if self.chance.random() < 0.7:
            self.zone, _ = self.chance.choice(PLACES)
            self.world.change(timezone=self.zone)
        if self.chance.random() < 0.5:
            self.currencies.reverse()
            self.world.change(currency=self.currencies[0])

    def _crowd(self) -> None:
        for _ in range(self.chance.randint(self.shape.crowd // 3, self.shape.crowd)):
            self._pay()

    def _act(self) -> None:
        acts = [self._pay] * 8 + [self._refund] * 5 + [self._fail_refund] * 2 + [self._dispute] * 2
        acts += [self._close_dispute] * 2 + [self._pay_out, self._fail_payout, self._odd, self._odd]
        acts += [self._reserve, self._claim]
        known = len(self.world.stripe.objects("balance_transaction"))
        try:
            self.chance.choice(acts if self.charges else [self._pay])()
        except StripeError:
            # Stripe refuses what may well be drawn; the report is right whatever came of it.
            return
        finally:
            self._list_late(known)

    def _list_late(self, known: int) -> None:
        if not self.shape.late_lists or self.chance.random() > 0.15:
            return
        # A capture's movement comes a second after it.
        self.world.advance_to(self.world.now_s() + 2)
        for each in self.world.stripe.objects("balance_transaction")[known:]:
            # No payout takes what is not there yet.
            self.world.stripe.account.hidden.setdefault(each["id"], {}).setdefault("payout", "none")
            late_s = self.chance.choice([20 * MINUTE_S, 2 * HOUR_S, 9 * HOUR_S, 30 * HOUR_S])
            self.world.stripe.listed_from_s[each["id"]] = self.world.now_s() + late_s

    def _pay(self) -> None:
        chance, world = self.chance, self.world
        currency = chance.choice(self.currencies)
        about, step = CURRENCIES[currency]
        amount = chance.randint(about // 10, about * 3) // step * step
        card = chance.choice([PENDING_CARD, AT_ONCE_CARD, AT_ONCE_CARD, FAILING_REFUND_CARD])
        name, purpose = self._booking(amount, currency)
        metadata = {"location_id": "demo", "booking_id": name, "purpose": purpose} if name else {}
        captured = amount * chance.randint(3, 9) // 10 // step * step
        is_part = chance.random() < 0.15
        charge = world.stripe.pay(amount, currency, card, metadata, captured if is_part else 0)
        self.charges.append(charge)
        if name:
            world.register.payments[charge["id"]] = (name, purpose)

    def _claim(self) -> None:
        """Say of a payment that was none of ours what it was for."""
        world = self.world
        ours = world.register.payments.keys() | world.register.claimed.keys()
        others = [each for each in self.charges if each["id"] not in ours]
        if not others:
            return
        charge = self.chance.choice(others)
        self._make_booking(name := self._new_name(), charge["amount"], charge["currency"])
        told = {"location_id": "demo", "booking_id": name, "purpose": "prepayment"}
        world.register.claimed[charge["id"]] = (name, "prepayment")
        previous = change_metadata(charge, told)
        world.stripe.account.record_event("charge.updated", charge, previous)

    def _new_name(self) -> str:
        self.bookings += 1
        return f"bk_{self.bookings}"

    def _booking(self, amount: int, currency: str) -> tuple[str, str]:
        """Make a booking, take an older one for its rest, or none for what is not ours."""
        chance, world = self.chance, self.world
        kind = chance.random()
        if kind < 0.15:
            return "", ""
        older = [
            name for name, visit in world.register.visits.items() if visit.currency == currency
        ]
        if older and kind < 0.3:
            return chance.choice(older), "balance"
        self._make_booking(name := self._new_name(), amount, currency)
        return name, chance.choice(PURPOSES)

    def _make_booking(self, name: str, amount: int, currency: str) -> None:
        chance = self.chance
        begins_s = self.world.now_s() + chance.choice([-2, 5, 20, 40, 70, 400]) * HOUR_S
        visit = Visit(
            service=chance.choice(sorted(SERVICES)),
            employee=chance.choice(sorted(EMPLOYEES)),
            begins_s=None if chance.random() < 0.1 else begins_s,
            price=max(amount, 1),
            currency=currency,
        )
        self.world.book(name, visit)

    def _refund(self) -> None:
        charge = self._some_charge()
        left = charge["amount_captured"] - charge["amount_refunded"]
        _, step = CURRENCIES[charge["currency"]]
        part = self.chance.choice([left, left * self.chance.randint(1, 9) // 10])
        if part // step > 0:
            self.world.stripe.refund(charge, part // step * step)

    def _fail_refund(self) -> None:
        refunds = self.world.stripe.objects("refund")
        if refunds:
            refunding.fail(self.world.stripe.account, self.chance.choice(refunds), "unknown")

    def _dispute(self) -> None:
        self.world.stripe.dispute(self._some_charge(), None, inquiry=self.chance.random() < 0.2)

    def _close_dispute(self) -> None:
        disputes = self.world.stripe.objects("dispute")
        if disputes:
            account, chosen = self.world.stripe.account, self.chance.choice(disputes)
            ends = self.chance.choice(["won", "lost", "warning_closed", "escalated"])
            if ends != "escalated":
                disputing.close(account, chosen, ends)
            elif chosen["status"] in disputing.INQUIRIES:
                disputing._escalate(account, chosen)

    def _pay_out(self) -> None:
        account = self.world.stripe.account
        currency = account.settings.currency
        _, step = CURRENCIES[currency]
        amount = self.chance.randint(step, CURRENCIES[currency][0]) // step * step
        paying_out.create(account, amount=amount, currency=currency)

    def _fail_payout(self) -> None:
        payouts = self.world.stripe.objects("payout")
        if payouts:
            chosen = self.chance.choice(payouts)
            paying_out.fail(self.world.stripe.account, chosen, "account_closed")

    def _odd(self) -> None:
        chance = self.chance
        if self.charges and chance.random() < 0.3:
            self._take_back()
            return
        kind, category = chance.choice(ODD)
        currency = chance.choice([self.world.stripe.account.settings.currency] * 4 + ["chf"])
        about = chance.randint(1, 9) * 100
        self.world.stripe.move(
            *(kind, category, chance.choice([-1, -1, 1]) * about),
            fee=chance.choice([0, 0, 10]),
            currency=currency,
        )

    def _take_back(self) -> None:
        """Take a part of a charge back, without a refund."""
        charge = self._some_charge()
        _, step = CURRENCIES[charge["currency"]]
        kind = self.chance.choice(
            [("refund", "partial_capture_reversal"), ("payment_failure_refund", "charge_failure")]
        )
        amount = max(step, charge["amount_captured"] // 5 // step * step)
        moved = self.world.stripe.settle(self.world.stripe.account, -amount, charge["currency"])
        self.world.stripe.move(*kind, moved.amount, currency=moved.currency, source=charge)

    def _reserve(self) -> None:
        amount = self.chance.randint(1, 9) * 100
        for sign, balance in ((-1, "payments"), (1, "risk_reserved")):
            self.world.stripe.move(
                "reserve_hold", "risk_reserved_funds", sign * amount, balance=balance
            )

    def _some_charge(self) -> dict[str, Any]:
        return self.chance.choice(self.charges[-12:])


def shape_of(seed: int, *, is_small: bool = False) -> Shape:
    """Return what a seed's history is like."""
    shape = SHAPES[seed % len(SHAPES)]
    return replace(shape, days=3, actions=6, crowd=20) if is_small else shape


def draw(
    patched: pytest.MonkeyPatch,
    seed: int,
    *,
    is_small: bool = False,
    in_every_format: bool = False,
) -> Told:
    """Let the history of a seed happen.

    The last day's report is written in every format, or with `in_every_format` each day's.
    """
    history = History(patched, seed, shape_of(seed, is_small=is_small))
    if in_every_format:
        history.formats_of = set(history.days)
    return history.happen()
