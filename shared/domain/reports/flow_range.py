"""The money flow of a range of local days: each day, the whole, and the period before. Pure.

    opening + activity - payouts = closing

holds for each day and for the whole, in each currency; a day's opening is the closing of the day
before. It is made of the flows of days alone, so any range is the sum of its days.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from shared.domain.dates.report_day import ONE_DAY, LocalDay, day_of
from shared.domain.ledger.bank_payout import BankPayout
from shared.domain.ledger.flows import STRIPE_FEES
from shared.domain.ledger.money_flow import CurrencyFlow, MoneyFlow
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, RECONCILED
from shared.domain.locations.console_address import console_address
from shared.domain.locations.location import Location

MAX_RANGE_DAYS = 366
STATUSES = (RECONCILED, DIFFERENCES, PENDING)


class Figures(Struct, frozen=True):
    """What moved in one currency, and the Stripe balance before it; minor units.

    All is signed as in the ledger, money out of the balance negative, but `payouts_minor`: what
    went to the bank is positive there, and what came back from it negative.
    """

    flow: CurrencyFlow
    opening_minor: int

    @property
    def currency(self) -> str:
        """The currency of settlement."""
        return self.flow.currency

    @property
    def activity_minor(self) -> int:
        """What was added to the Stripe balance, payouts aside."""
        return self.flow.net_minor

    @property
    def payouts_minor(self) -> int:
        """What went to the bank."""
        return -self.flow.payouts.amount_minor

    @property
    def closing_minor(self) -> int:
        """The Stripe balance after it."""
        return self.opening_minor + self.activity_minor - self.payouts_minor

    @property
    def fees_minor(self) -> int:
        """Every fee of Stripe's, negative where Stripe took money."""
        return self.flow.flows[STRIPE_FEES].amount_minor

    @property
    def gross_minor(self) -> int:
        """The activity before fees."""
        return self.activity_minor - self.fees_minor

    @property
    def count(self) -> int:
        """How many entries, payouts among them."""
        return sum(sums.count for sums in self.flow.by_category.values())


class RangeDay(Struct, frozen=True):
    """A day of a range: its figures by currency, and how it compares with Stripe (`why` not)."""

    day: LocalDay
    figures: Mapping[str, Figures]
    is_over: bool
    status: str
    why: str | None


class Period(Struct, frozen=True):
    """Days, both ends included, and what they come to by currency."""

    first: date
    last: date
    figures: Mapping[str, Figures]


class FlowRange(Struct, frozen=True):
    """A range as every format shows it.

    `before` is the equally long period that ends where the range begins; where there is none,
    `before_why` says why. `payouts` are those made on its days, up to a limit, and
    `payouts_left_out` counts the rest. `other_balance` is how many entries are in no figure, as
    they moved another of Stripe's balances. `public_url` is where the console is, without a
    slash at the end.
    """

    location: Location
    whole: Period
    days: Sequence[RangeDay]
    before: Period | None
    before_why: str | None
    payouts: Sequence[BankPayout]
    payouts_left_out: int
    other_balance: int
    livemode: bool
    generated_at_s: int
    public_url: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the last day is over."""
        return self.days[-1].is_over

    @property
    def days_by_status(self) -> Mapping[str, int]:
        """How many days compare how with Stripe."""
        counted = Counter(each.status for each in self.days)
        return {status: counted[status] for status in STATUSES}

    @property
    def status(self) -> str:
        """How the range compares with Stripe: as well as the day that does worst."""
        found = self.days_by_status
        return next(each for each in (DIFFERENCES, PENDING, RECONCILED) if found[each])

    def page(self, *parts: str, **query: str) -> str:
        """Return the address of a page of the console, "" where no console is known."""
        if not self.public_url:
            return ""
        return console_address(self.public_url, self.location.location_id, *parts, **query)

    def page_of_range(self, *parts: str, **query: str) -> str:
        """Return the address of a page that shows something of these days."""
        first, last = self.whole.first.isoformat(), self.whole.last.isoformat()
        return self.page(*parts, from_=first, to=last, **query)

    def notes(self) -> list[str]:
        """Return what the figures do not hold, or hold besides, in words."""
        said = []
        if number := self.other_balance:
            entries = "One entry" if number == 1 else f"{number:,} entries"
            said.append(
                f"{entries} of another of Stripe's balances, such as a reserve: not in these "
                "figures."
            )
        unknown = {
            category
            for each in self.whole.figures.values()
            for category in each.flow.unknown_categories
        }
        if unknown:
            names = ", ".join(sorted(unknown))
            said.append(
                f"Stripe used categories that are new to Bookpay, among the adjustments: {names}."
            )
        since_s = self.location.stripe_account_since_s
        if self.days[0].day.start_s < since_s < self.days[-1].day.end_s:
            changed = day_of(since_s, self.location.timezone)
            said.append(
                f"The location changed its Stripe account on {changed}. What was left on the "
                "former account stays in these openings and closings; the reports of the days "
                "after leave it out."
            )
        return said


def sum_up(
    flows: Sequence[MoneyFlow], opening: Mapping[str, int], currencies: Iterable[str]
) -> tuple[list[dict[str, Figures]], dict[str, Figures]]:
    """Return the figures of stretches that follow one another, and those of all of them together.

    `opening` is the balance before the first one; each begins with the closing of the one before.
    """
    each_one: list[dict[str, Figures]] = []
    together: dict[str, Figures] = {}
    for currency in currencies:
        balance_minor = opening.get(currency, 0)
        whole = CurrencyFlow(currency)
        together[currency] = Figures(whole, balance_minor)
        for at, flow in enumerate(flows):
            figures = Figures(
                flow.currencies.get(currency) or CurrencyFlow(currency), balance_minor
            )
            if at == len(each_one):
                each_one.append({})
            each_one[at][currency] = figures
            balance_minor = figures.closing_minor
            whole.merge(figures.flow)
    return each_one or [{} for _ in flows], together


def shown_currencies(flows: Iterable[MoneyFlow], *balances: Mapping[str, int]) -> list[str]:
    """Return the currencies that moved or are held, by code."""
    moved = {currency for flow in flows for currency in flow.currencies}
    held = {currency for each in balances for currency, minor in each.items() if minor}
    return sorted(moved | held)


def period_before(first: date, last: date) -> tuple[date, date]:
    """Return the first and the last day of the equally long period right before."""
    length = last - first + ONE_DAY
    return first - length, first - ONE_DAY


def why_no_before(first_before: date, known_since: date | None) -> str | None:
    """Return why there is nothing to compare a range with, `None` where there is.

    `known_since` is the first day of which the ledger knows everything.
    """
    if known_since is None:
        return "Nothing has moved yet."
    if first_before < known_since:
        return (
            f"The ledger begins on {known_since}: there is no whole period of the same length "
            "before this one."
        )
    return None
