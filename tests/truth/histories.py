"""Random histories of a salon's money, each from its seed, and what came of them.

What is drawn: a zone around a change of its clocks, a currency of 0, 2 or 3 decimals and at times a
second one, converted or with a balance and payouts of its own; payments in full, deposits and their
rests, part captures, holds that are taken or released; refunds that fail, disputes of every end,
payouts by hand that fail; movements of Stripe's own, odd and unknown ones; dense seconds; a third
of the webhooks lost; syncs broken off at any call, a key refused for days; the zone and the
currency changed; movements that Stripe lists late.
"""

import random
from copy import deepcopy, replace
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from shared.adapters import stripe_api
from tests.truth.acts import CURRENCIES, HOUR_S, Acts
from tests.truth.oracle import bounds, day_begins
from tests.truth.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_S = 86_400
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
    # How many refunds each day begins with.
    refunds: int = 0


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
    # Of how many payments whose they are waits to be taken.
    bound_late: int
    # Stripe's payouts and disputes as they were, and of which objects webhooks had told.
    payouts: list[dict[str, Any]]
    disputes: list[dict[str, Any]]
    heard: frozenset[str]


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
                self.world.stripe.keep(self.currencies[-1])
        # Of what a list of Stripe's has at once, one page may have all, or a charge without its
        # refund.
        patched.setattr(stripe_api, "PAGE", self.chance.choice([100, 10]))
        self.told = Told(self.world, shape)
        self.acts = Acts(self.world, self.chance, self.currencies, are_lists_late=shape.late_lists)
        self.hour = self.chance.choice([6, 6, 0, 3])
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
            plan.append((at_s, self.acts.act))
        if self.shape.refunds:
            plan.append((start_s, lambda: self.acts.take_many_back(self.shape.refunds)))
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
                bound_late=world.bound_late(),
                payouts=deepcopy(world.stripe.objects("payout")),
                disputes=deepcopy(world.stripe.objects("dispute")),
                heard=frozenset(world.heard),
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
            self.acts.pay()


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
    shape: Shape | None = None,
) -> Told:
    """Let the history of a seed happen, in the seed's shape or another one.

    The last day's report is written in every format, or with `in_every_format` each day's.
    """
    history = History(patched, seed, shape or shape_of(seed, is_small=is_small))
    if in_every_format:
        history.formats_of = set(history.days)
    return history.happen()
