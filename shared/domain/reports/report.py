"""A money-flow report: what a day's flow, the bookings and Stripe say, put side by side. Pure."""

from collections.abc import Iterable, Mapping
from copy import replace

from msgspec import Struct, field

from shared.domain.dates.report_day import LocalDay
from shared.domain.ledger.client_money import ClientMoney
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, RECONCILED, Reconciliation
from shared.domain.locations.console_address import console_address
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.reports.balances import Balance
from shared.domain.reports.late_entries import LateEntries
from shared.domain.reports.section import Linked, Plain, Visit

REPORT_VERSION = 1
NOT_COMPARED = Reconciliation(PENDING)
# How old the sync that precedes a report may be when the report is read.
COMPARED_WITHIN_S = 60
# Stripe may take an hour to list what has moved.
# https://docs.stripe.com/payments/payment-intents/asynchronous-capture
LISTED_WITHIN_S = 3600


class RefundLine(Struct, frozen=True):
    """A refund of the day: what, why, and who asked for it."""

    refund: str
    booking_id: str
    at_s: int
    money: Money
    reason: str
    requested_by: str
    status: str


class HoldLine(Struct, frozen=True):
    """Money that is authorised and not captured, and when Stripe releases it (0: not known)."""

    booking_id: str
    charge: str
    money: Money
    lapses_at_s: int


class DisputeLine(Struct, frozen=True):
    """A dispute or an inquiry, and until when the bank accepts evidence (0: not known)."""

    dispute: str
    booking_id: str
    charge: str
    money: Money
    reason: str
    status: str
    is_inquiry: bool
    due_by_s: int


class PayoutLine(Struct, frozen=True):
    """A payout to the bank; `sum_matches` is `None` where Stripe cannot itemise it."""

    payout: str
    money: Money
    arrival_date_s: int
    status: str
    automatic: bool
    trace_id: str
    items: int
    sum_matches: bool | None


class ActionLine(Struct, frozen=True):
    """One thing that staff have to look at."""

    about: str
    kind: str
    advice: str
    at_s: int


class LeftOut(Struct, frozen=True):
    """How many lines each of a report's lists leaves out: lists are bounded."""

    refunds: int = 0
    disputes: int = 0
    payouts: int = 0
    actions: int = 0


class Report(Struct, frozen=True):
    """Everything that a report shows, in whichever format.

    `final` is false until the day is over; `names` are services and employees by id. Without
    `balances` the opening is unknown and nothing is claimed about it. `corrections` is `None` if
    earlier reported days were not checked again. `previous_end_s` is where the last morning report
    before this one ended, `None` if none is known or if this one closes no day. `is_carried_anew`
    means that the last report's record of clients' money could not be read. `bindings_awaited`
    counts payments whose booking is known while their entries may not say so yet. Holds of bookings
    made before `holds_since_s` are not listed (0: all bookings were read).

    `visits` are the listed bookings that were read, by id. `public_url` is where the console is,
    without a slash at the end: bookings, payouts and figures lead to their pages there. `unsynced`
    says why the sync before the report came to no end (a code of `not_compared`). `is_zone_moved`:
    the day's parts were compared in another time zone. `is_of_former_account`: the day began before
    the location had its present Stripe account.
    """

    location: Location
    day: LocalDay
    flow: MoneyFlow
    generated_at_s: int
    final: bool
    names: Mapping[str, str] = field(default_factory=dict)
    balances: tuple[Balance, ...] = ()
    client_money: Mapping[str, ClientMoney] | None = None
    refunds: tuple[RefundLine, ...] = ()
    holds: tuple[HoldLine, ...] = ()
    holds_since_s: int = 0
    disputes: tuple[DisputeLine, ...] = ()
    payouts: tuple[PayoutLine, ...] = ()
    actions: tuple[ActionLine, ...] = ()
    left_out: LeftOut = LeftOut()
    corrections: LateEntries | None = None
    previous_end_s: int | None = None
    is_carried_anew: bool = False
    bindings_awaited: int = 0
    reconciliation: Reconciliation = NOT_COMPARED
    visits: Mapping[str, Visit] = field(default_factory=dict)
    public_url: str = ""
    unsynced: str = ""
    is_zone_moved: bool = False
    is_of_former_account: bool = False

    @property
    def is_test(self) -> bool:
        """Whether this is test-mode money; every format says so."""
        return not self.flow.livemode

    @property
    def has_differences(self) -> bool:
        """Whether anything is unexplained, in a balance or between ledger and facts."""
        return self.status == DIFFERENCES

    @property
    def status(self) -> str:
        """How the report compares with Stripe as a whole, movements and balances together."""
        return compared_status(self.reconciliation, self.balances)

    def page(self, *parts: str, **query: str) -> str:
        """Return the address of a page of the console, "" where no console is known."""
        if not self.public_url:
            return ""
        return console_address(self.public_url, self.location.location_id, *parts, **query)

    @property
    def day_page(self) -> str:
        """The day's page in the console."""
        return self.page("money-flow", self.day.day.isoformat())

    def entries_page(self, **query: str) -> str:
        """Return the page of the day's entries, or of those behind one figure (`flow`)."""
        day = self.day.day.isoformat()
        return self.page("entries", from_=day, to=day, **query)

    def visit(self, booking_id: str | None, shown: Plain = None) -> Linked | None:
        """Return the cell of a booking, which leads to its page; `shown` replaces what it says."""
        if not booking_id:
            return None
        cell = shown or self.visits.get(booking_id) or Visit(booking_id)
        return Linked(cell, self.page("bookings", booking_id))

    @property
    def has_movement(self) -> bool:
        """Whether any money moved that day."""
        return self.flow.entries > 0


def compared_status(found: Reconciliation, balances: Iterable[Balance]) -> str:
    """Return how a day compares with Stripe as a whole, movements and balances together."""
    differences = [balance.difference_minor for balance in balances]
    if found.status == DIFFERENCES or any(differences):
        return DIFFERENCES
    return PENDING if None in differences else found.status


def compared_since_s(day: LocalDay, now_s: int) -> int:
    """Return from when on a comparison with Stripe holds for a day's report that is made now.

    It has to be a fresh one, or one so long after the day's end that Stripe's list is complete:
    what Stripe lists after a comparison could be missing here unnoticed.
    """
    return min(day.end_s + LISTED_WITHIN_S, now_s - COMPARED_WITHIN_S)


def as_compared(found: Reconciliation | None, since_s: int) -> Reconciliation:
    """Return a day's reconciliation; one of before `since_s` that found nothing is pending."""
    if found is None:
        return NOT_COMPARED
    if found.status == RECONCILED and found.checked_at_s < since_s:
        return replace(found, status=PENDING)
    return found
