"""The money flow of a day or a longer period, added up entry by entry. Pure.

One pass over the ledger, in any order, with memory that does not grow with the number of entries:
sums by currency, category, purpose, service and employee, and up to `MAX_LISTED` of what is listed.
Currencies are never added together.
"""

from msgspec import Struct, field

from shared.domain.dates.instants import HOUR_S
from shared.domain.errors import InvalidFacts
from shared.domain.ledger.entry import KNOWN_CATEGORIES, PAYMENTS_BALANCE, LedgerEntry
from shared.domain.ledger.flows import (
    DISPUTE_REVERSALS,
    DISPUTES,
    NET_FLOWS,
    PAYOUTS,
    REFUND_REVERSALS,
    REFUNDS,
    STRIPE_FEES,
    Flow,
    KindSums,
    Share,
    Sums,
    flow_of,
    flow_of_kind,
    split_fee,
)

# Entries without a booking of ours, a service or an employee: a line of their own in each section.
UNASSIGNED = ""
# Per section. A catalogue has at most 300 of each; anything beyond goes to the unnamed line.
MAX_LINES = 1000
MAX_LISTED = 500
SECTIONS = ("by_purpose", "by_service", "by_employee")
_LISTED = frozenset({REFUNDS, REFUND_REVERSALS, DISPUTES, DISPUTE_REVERSALS, PAYOUTS})

type Shares = dict[str, Share]


class CurrencyFlow(Struct):
    """Everything that moved in one settlement currency; amounts are ints of its minor unit."""

    currency: str
    flows: dict[str, Flow] = field(default_factory=lambda: {n: Flow() for n in NET_FLOWS})
    payouts: Flow = field(default_factory=Flow)
    by_category: dict[str, Sums] = field(default_factory=dict)
    by_purpose: Shares = field(default_factory=dict)
    by_service: Shares = field(default_factory=dict)
    by_employee: Shares = field(default_factory=dict)
    # Signed; fees that belong to no payment: Stripe's own charges to the account, payouts' fees.
    account_fees_minor: int = 0
    # By section, how many entries went to the unnamed line because the section was full.
    folded: dict[str, int] = field(default_factory=dict)

    @property
    def net_minor(self) -> int:
        """What was added to the Stripe balance, payouts aside: the sum of the flows, signed."""
        return sum(flow.amount_minor for flow in self.flows.values())

    @property
    def change_minor(self) -> int:
        """How much the Stripe balance changed: the net and the payouts."""
        return self.net_minor + self.payouts.amount_minor

    @property
    def unknown_categories(self) -> tuple[str, ...]:
        """Reporting categories that Stripe had not documented when this was written."""
        return tuple(sorted(self.by_category.keys() - KNOWN_CATEGORIES))

    def add(self, entry: LedgerEntry) -> None:
        """Add one entry in this currency."""
        sums = KindSums()
        sums.add(entry)
        self.add_kind(entry.type, entry.reporting_category, sums)
        flow = flow_of(entry)
        if flow in {PAYOUTS, STRIPE_FEES}:
            return
        for section, key in (
            ("by_purpose", entry.purpose),
            ("by_service", entry.service_id),
            ("by_employee", entry.employee_id),
        ):
            self._line(section, key or UNASSIGNED, 1).add(entry, flow)

    def add_kind(self, type_: str, category: str, sums: KindSums) -> None:
        """Add the sums of entries of one kind; what they were for is not known of sums."""
        flow = flow_of_kind(type_, category)
        net_minor = sums.gross_minor - sums.fee_minor
        whole = Sums(sums.count, sums.gross_minor, sums.fee_minor, net_minor)
        self.by_category.setdefault(category, Sums()).merge(whole)
        if flow == STRIPE_FEES:
            # Stripe sends a fee of the account as an amount without a fee of its own.
            self.flows[STRIPE_FEES].add(sums.count, net_minor)
            self.account_fees_minor += net_minor
            return
        self.flows[STRIPE_FEES].add(sums.with_fee, -sums.fee_minor)
        if flow == PAYOUTS:
            self.payouts.add(sums.count, sums.gross_minor)
            self.account_fees_minor -= sums.fee_minor
        else:
            self.flows[flow].add(sums.count, sums.gross_minor)

    def merge(self, other: "CurrencyFlow") -> None:
        """Add another stretch of time in the same currency."""
        for name, flow in other.flows.items():
            self.flows[name].merge(flow)
        self.payouts.merge(other.payouts)
        for category, sums in other.by_category.items():
            self.by_category.setdefault(category, Sums()).merge(sums)
        for section in SECTIONS:
            for key, share in getattr(other, section).items():
                self._line(section, key, share.entries).merge(share)
            if folded := other.folded.get(section):
                self.folded[section] = self.folded.get(section, 0) + folded
        self.account_fees_minor += other.account_fees_minor

    def _line(self, section: str, key: str, entries: int) -> Share:
        """Return the line of a key; beyond `MAX_LINES` the unnamed one, which is counted."""
        lines: Shares = getattr(self, section)
        if key not in lines and key != UNASSIGNED and len(lines) >= MAX_LINES:
            self.folded[section] = self.folded.get(section, 0) + entries
            key = UNASSIGNED
        return lines.setdefault(key, Share())

    def shares(self, section: str) -> list[tuple[str, Share]]:
        """Return the lines of `by_purpose`, `by_service` or `by_employee`; their nets are the net.

        The account's fees are split over them pro rata by payments, and the last line takes the
        rounding. The unnamed line comes last; without any payments it takes all of the fees.
        """
        lines: Shares = getattr(self, section)
        if self.account_fees_minor and not any(each.payments_minor > 0 for each in lines.values()):
            lines = {UNASSIGNED: Share(), **lines}
        ordered = sorted(lines.items(), key=lambda item: (item[0] == UNASSIGNED, item[0]))
        weights = [share.payments_minor for _, share in ordered]
        shown = []
        for (key, share), part in zip(
            ordered, split_fee(self.account_fees_minor, weights), strict=True
        ):
            whole = Share(fees_minor=part)
            whole.merge(share)
            shown.append((key, whole))
        return shown


class MoneyFlow(Struct):
    """The flow of `[start_s, end_s)` at one location, test and live mode never mixed.

    `listed` keeps the refunds, disputes and payouts that are shown line by line, up to
    `MAX_LISTED` of each flow; `unlisted` counts those beyond by flow. `by_hour` is payments,
    refunds, fees and net by hour since the start, for a picture.
    """

    start_s: int
    end_s: int
    livemode: bool
    currencies: dict[str, CurrencyFlow] = field(default_factory=dict)
    entries: int = 0
    other_mode: int = 0
    other_balance: int = 0
    listed: dict[str, list[LedgerEntry]] = field(default_factory=dict)
    unlisted: dict[str, int] = field(default_factory=dict)
    by_hour: dict[str, dict[int, Share]] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        """How many lines the period has: its entries, and those that are left out of the sums."""
        return self.entries + self.other_mode + self.other_balance

    def add(self, entry: LedgerEntry) -> None:
        """Add one entry. Raises `InvalidFacts` for one outside the period.

        One of the other mode (a location that went live), or of another of Stripe's balances, is
        left out and counted.
        """
        if not self.start_s <= entry.created_s < self.end_s:
            raise InvalidFacts(f"{entry.balance_transaction}: not of this period")
        if entry.livemode != self.livemode:
            self.other_mode += 1
            return
        if entry.balance_type != PAYMENTS_BALANCE:
            self.other_balance += 1
            return
        self.entries += 1
        self.flow_in(entry.currency).add(entry)
        flow = flow_of(entry)
        if flow in _LISTED:
            listed = self.listed.setdefault(flow, [])
            if len(listed) < MAX_LISTED:
                listed.append(entry)
            else:
                self.unlisted[flow] = self.unlisted.get(flow, 0) + 1
        if flow != PAYOUTS:
            hours = self.by_hour.setdefault(entry.currency, {})
            hour = (entry.created_s - self.start_s) // HOUR_S
            line = hours.setdefault(hour, Share())
            if flow == STRIPE_FEES:
                line.fees_minor += entry.net_minor
            else:
                line.add(entry, flow)

    def flow_in(self, currency: str) -> CurrencyFlow:
        """Return the flow in a currency, empty when nothing has moved in it."""
        return self.currencies.setdefault(currency, CurrencyFlow(currency))

    def merge(self, other: "MoneyFlow") -> None:
        """Add another stretch of the same location, for a week or a month; sums only."""
        for currency, flow in other.currencies.items():
            self.flow_in(currency).merge(flow)
        self.entries += other.entries
        self.other_mode += other.other_mode
        self.other_balance += other.other_balance

    def in_order(self) -> list[CurrencyFlow]:
        """Return the currencies by code."""
        return [self.currencies[currency] for currency in sorted(self.currencies)]


def entries_of(flow: MoneyFlow, *names: str) -> list[LedgerEntry]:
    """Return the listed entries of some flows, oldest first."""
    found = [entry for name in names for entry in flow.listed.get(name, ())]
    return sorted(found, key=lambda entry: (entry.created_s, entry.balance_transaction))
