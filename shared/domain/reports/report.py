"""A money-flow report: what a day's flow, the bookings and Stripe say, put side by side. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from shared.domain.dates.report_day import LocalDay
from shared.domain.ledger.balance_check import BalanceCheck
from shared.domain.ledger.client_money import ClientMoney
from shared.domain.ledger.entry import PAYMENTS_BALANCE, LedgerEntry
from shared.domain.ledger.flows import Sums
from shared.domain.ledger.money_flow import MAX_LISTED, MoneyFlow
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, RECONCILED, Reconciliation
from shared.domain.locations.location import Location
from shared.domain.money.money import Money

REPORT_VERSION = 1
NOT_COMPARED = Reconciliation(PENDING)
# A sync right before a report may be this old when the report is read.
COMPARED_WITHIN_S = 60
# Stripe may take an hour to list what has moved.
# https://docs.stripe.com/payments/payment-intents/asynchronous-capture
LISTED_WITHIN_S = 3600


@dataclass(frozen=True, slots=True)
class Balance:
    """The Stripe balance in one currency as the ledger has it, and what Stripe says of it.

    `opening_minor` is at the day's start, `closing_minor` at its end, or now for an open day.
    `difference_minor` is Stripe's balance less ours at `checked_at_s`, 0 where all is well, `None`
    where that is not known: Stripe was not asked since, or money moved while it was.
    """

    currency: str
    opening_minor: int
    closing_minor: int
    difference_minor: int | None
    checked_at_s: int


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A refund of the day: what, why, and who asked for it."""

    refund: str
    booking_id: str
    at_s: int
    money: Money
    reason: str
    requested_by: str
    status: str


@dataclass(frozen=True, slots=True)
class HoldLine:
    """Money that is authorised and not captured, and when Stripe lets it go (0: not known)."""

    booking_id: str
    charge: str
    money: Money
    lapses_at_s: int


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute or a mere inquiry, and until when the bank takes evidence (0: not known)."""

    dispute: str
    booking_id: str
    charge: str
    money: Money
    reason: str
    status: str
    is_inquiry: bool
    due_by_s: int


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """A payout to the bank; `sum_matches` is `None` where Stripe cannot itemise it."""

    payout: str
    money: Money
    arrival_date_s: int
    status: str
    automatic: bool
    trace_id: str
    items: int
    sum_matches: bool | None


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One thing that staff have to look at."""

    about: str
    kind: str
    advice: str
    at_s: int


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry of a day whose report was sent without it."""

    reported_day: date
    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report said an entry was for, as in its lines: names of service and employee."""

    booking_id: str
    service: str
    employee: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Reattribution:
    """An entry of which it was learned after its day's report what it was for."""

    reported_day: date
    entry: LedgerEntry
    before: Reported


@dataclass(slots=True)
class LateEntries:
    """What came after the reports of its days: all counted and summed up, the first ones listed.

    `sums` are by day and currency what the reports lacked: like their figures, of the payments
    balance alone, so that openings go on from them. `reattributed` are entries that these reports
    had, under another booking or under none, and `reattributed_sums` all of them: no sum of their
    days changes, only how it is broken down. `since` is the oldest reported day that was looked at
    again, `None` where none was; of `unread` days the reported lines could not be read, so that
    nothing is known.
    """

    listed: list[Correction] = field(default_factory=list)
    sums: dict[tuple[date, str], Sums] = field(default_factory=dict)
    count: int = 0
    reattributed: list[Reattribution] = field(default_factory=list)
    reattributed_sums: dict[tuple[date, str], Sums] = field(default_factory=dict)
    since: date | None = None
    unread: list[date] = field(default_factory=list)

    def add(self, day: date, entry: LedgerEntry) -> None:
        """Count an entry in; up to `MAX_LISTED` are listed."""
        self.count += 1
        if entry.balance_type == PAYMENTS_BALANCE:
            self.sums.setdefault((day, entry.currency), Sums()).add(entry)
        if len(self.listed) < MAX_LISTED:
            self.listed.append(Correction(day, entry))

    def reattribute(self, day: date, entry: LedgerEntry, before: Reported) -> None:
        """Count in an entry whose report said that it was for something else."""
        self.reattributed_sums.setdefault((day, entry.currency), Sums()).add(entry)
        if len(self.reattributed) < MAX_LISTED:
            self.reattributed.append(Reattribution(day, entry, before))

    @property
    def reattributions(self) -> int:
        """Of how many entries it was learned later what they were for."""
        return sum(each.count for each in self.reattributed_sums.values())

    @property
    def reattributed_left_out(self) -> int:
        """How many of these are in the sums and not listed."""
        return self.reattributions - len(self.reattributed)

    @property
    def left_out(self) -> int:
        """How many came late and are not listed."""
        return self.count - len(self.listed)

    def in_order(self) -> list[Correction]:
        """Return the listed ones, the first first."""
        return sorted(self.listed, key=_place)

    def reattributed_in_order(self) -> list[Reattribution]:
        """Return those listed of which it was learned later what they were for, the first first."""
        return sorted(self.reattributed, key=_place)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many lines each list of a report leaves out, for the lists are bounded."""

    refunds: int = 0
    disputes: int = 0
    payouts: int = 0
    actions: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report shows, in whichever format.

    `final` is false until the day is over; `names` are services and employees by id. With
    `balances` absent the opening is not known and nothing is claimed. `corrections` is `None` where
    days that were reported before were not looked at again. `previous_end_s` is where the newest
    morning's report before this one ended, `None` where none is known or this one closes no day.
    `is_carried_anew` says that what the report before held of clients' money could not be read.
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
    holds_complete: bool = True
    disputes: tuple[DisputeLine, ...] = ()
    payouts: tuple[PayoutLine, ...] = ()
    actions: tuple[ActionLine, ...] = ()
    left_out: LeftOut = LeftOut()
    corrections: LateEntries | None = None
    previous_end_s: int | None = None
    is_carried_anew: bool = False
    reconciliation: Reconciliation = NOT_COMPARED

    @property
    def is_test(self) -> bool:
        """Whether this is play money: said on everything."""
        return not self.flow.livemode

    @property
    def has_differences(self) -> bool:
        """Whether something is not explained, in the balance or between the two sides."""
        return self.reconciliation.status == DIFFERENCES or any(
            balance.difference_minor for balance in self.balances
        )

    @property
    def status(self) -> str:
        """How the report compares with Stripe as a whole, movements and balances together."""
        if self.has_differences:
            return DIFFERENCES
        is_known = all(balance.difference_minor is not None for balance in self.balances)
        return self.reconciliation.status if is_known else PENDING

    @property
    def is_clean(self) -> bool:
        """Whether the report equals Stripe: reconciled, and no balance differs."""
        return self.status == RECONCILED

    @property
    def has_movement(self) -> bool:
        """Whether any money moved that day."""
        return self.flow.entries > 0


def compared_since_s(day: LocalDay, now_s: int) -> int:
    """Return from when on a comparison with Stripe holds for a day's report that is made now.

    It has to be one of right now, or of so long after the day's end that Stripe's list has all of
    it: what was listed after a comparison may be missing here without anybody knowing.
    """
    return min(day.end_s + LISTED_WITHIN_S, now_s - COMPARED_WITHIN_S)


def as_compared(found: Reconciliation | None, since_s: int) -> Reconciliation:
    """Return a day's reconciliation; one of before `since_s` that found nothing is pending."""
    if found is None:
        return NOT_COMPARED
    if found.status == RECONCILED and found.checked_at_s < since_s:
        return replace(found, status=PENDING)
    return found


def balances_of(
    flow: MoneyFlow, opening: Mapping[str, int], check: BalanceCheck | None, since_s: int = 0
) -> tuple[Balance, ...]:
    """Return each currency's balance at the start and the end of a flow.

    `opening` is the ledger's sum of everything before the flow's start. The difference is that of
    the newest check, which covers the whole ledger; it is not known where that was before
    `since_s`, or where Stripe's balance changed meanwhile. A currency without money is left out.
    """
    if check and check.at_s < since_s:
        check = None
    lines = {line.currency: line for line in check.lines} if check else {}
    found = []
    for currency in sorted(opening.keys() | flow.currencies.keys() | lines.keys()):
        opening_minor = opening.get(currency, 0)
        moved = flow.currencies.get(currency)
        closing_minor = opening_minor + (moved.change_minor if moved else 0)
        # A check that has no line of a currency saw none at Stripe and none here.
        difference = None if check is None else 0
        if line := lines.get(currency):
            is_known = check is not None and (check.is_stable or not line.difference_minor)
            difference = line.difference_minor if is_known else None
        if opening_minor or closing_minor or difference or moved:
            at_s = check.at_s if check else 0
            found.append(Balance(currency, opening_minor, closing_minor, difference, at_s))
    return tuple(found)


def _place(each: Correction | Reattribution) -> tuple[date, int, str]:
    return each.reported_day, each.entry.created_s, each.entry.balance_transaction
