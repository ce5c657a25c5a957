"""Clients' money that is not yet earned: paid for a visit that has not begun. Pure.

What counts: the gross of every entry of the ledger whose booking has a visit in the future at that
instant, in the currency of settlement, fees aside. Money is *received* when its payment enters the
ledger before the visit begins, *refunded* when a refund or a dispute takes it back before then, and
*used* when the visit's time comes, whether the client came, or did not and a fee was kept. What is
paid during or after a visit, a sale at the desk and a booking that is not ours are earned at once.

    opening + received - used - refunded = closing

The opening is what the ledger says now. A payment or a refund of a reported day may have come after
that report: `came late` is how much of the opening that report did not have.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import replace

from msgspec import Struct, field

from shared.domain.errors import InvalidFacts
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import ADJUSTMENTS, PAYMENTS, PAYOUTS, STRIPE_FEES, flow_of
from shared.domain.stored_record import StoredRecord


class Prepaid(StoredRecord, frozen=True):
    """What is held for one booking in one currency until its visit begins."""

    booking_id: str
    currency: str
    visit_s: int
    amount_minor: int


class ClientMoney(Struct):
    """A day's change in one currency, in minor units.

    `came_late_minor` is the opening less what the report before closed with, signed. Opening and
    closing are negative where more went back than the ledger knows to have been paid.
    """

    currency: str
    opening_minor: int = 0
    received_minor: int = 0
    used_minor: int = 0
    refunded_minor: int = 0
    came_late_minor: int = 0

    @property
    def is_negative(self) -> bool:
        """Whether less than nothing is held, at the start or at the end."""
        return self.opening_minor < 0 or self.closing_minor < 0

    @property
    def closing_minor(self) -> int:
        """What is held at the end."""
        return self.opening_minor + self.received_minor - self.used_minor - self.refunded_minor


class ClientMoneyRoll(Struct):
    """Goes from what was held at `start_s` to what is held at `end_s`, entry by entry.

    Memory grows with the bookings that have prepaid visits ahead, not with the entries.
    """

    start_s: int
    end_s: int
    held: dict[tuple[str, str], Prepaid] = field(default_factory=dict)
    by_currency: dict[str, ClientMoney] = field(default_factory=dict)

    @classmethod
    def begin(cls, start_s: int, end_s: int, opening: Iterable[Prepaid]) -> "ClientMoneyRoll":
        """Start from what was held."""
        roll = cls(start_s, end_s)
        for prepaid in opening:
            if prepaid.visit_s < start_s:
                raise InvalidFacts("a visit has begun, and its money is still held")
            roll.held[prepaid.booking_id, prepaid.currency] = prepaid
            roll._of(prepaid.currency).opening_minor += prepaid.amount_minor
        return roll

    def add(self, entry: LedgerEntry, visit_s: int | None) -> None:
        """Add an entry, with the start of its booking's visit, `None` if there is none."""
        flow = flow_of(entry)
        if visit_s is None or entry.booking_id is None or entry.created_s >= visit_s:
            return
        if flow in {PAYOUTS, STRIPE_FEES, ADJUSTMENTS}:
            return
        key = (entry.booking_id, entry.currency)
        held = self.held.get(key)
        before_minor = held.amount_minor if held else 0
        self.held[key] = Prepaid(*key, visit_s, before_minor + entry.amount_minor)
        money = self._of(entry.currency)
        if flow == PAYMENTS:
            money.received_minor += entry.amount_minor
        else:
            money.refunded_minor -= entry.amount_minor

    def finish(self) -> list[Prepaid]:
        """Count as used the money for visits begun before the end; return what is still held."""
        closing = []
        for prepaid in self.held.values():
            if prepaid.visit_s < self.end_s:
                self._of(prepaid.currency).used_minor += prepaid.amount_minor
            elif prepaid.amount_minor:
                closing.append(prepaid)
        return sorted(closing, key=lambda each: (each.visit_s, each.booking_id, each.currency))

    def _of(self, currency: str) -> ClientMoney:
        return self.by_currency.setdefault(currency, ClientMoney(currency))


def with_late(
    by_currency: Mapping[str, ClientMoney], late: Mapping[str, int]
) -> dict[str, ClientMoney]:
    """Return a day's change with how much of each opening came late."""
    return {
        currency: replace(
            by_currency.get(currency, ClientMoney(currency)),
            came_late_minor=late.get(currency, 0),
        )
        for currency in sorted(by_currency.keys() | late.keys())
    }


def roll(
    opening: Iterable[Prepaid],
    entries: Iterable[LedgerEntry],
    visits: Callable[[str], int | None],
    bounds: tuple[int, int],
) -> tuple[Mapping[str, ClientMoney], list[Prepaid]]:
    """Return a stretch's change by currency and what is held at its end.

    `visits` tells when a booking's visit begins; `bounds` are the start and the end in seconds.
    """
    rolling = ClientMoneyRoll.begin(*bounds, opening)
    for entry in entries:
        rolling.add(entry, visits(entry.booking_id) if entry.booking_id else None)
    closing = rolling.finish()
    return rolling.by_currency, closing
