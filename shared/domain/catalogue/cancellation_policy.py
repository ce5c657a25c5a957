"""What a late cancellation or a no-show costs: steps of fees before the visit. Pure."""

from typing import Literal, get_args

from msgspec import Struct

from shared.domain.dates.instants import HOUR_S
from shared.domain.errors import InvalidFacts
from shared.domain.money.money import MAX_PERCENT, Money, granularity_minor

FeeType = Literal["none", "percent", "fixed", "full"]
Charge = Literal["automatic", "propose"]
MAX_HOURS_BEFORE = 720


def check_percent_and_amount(percent: int | None, amount_minor: int | None) -> None:
    """Raise `InvalidFacts` if a percent is not 1 to 100, or an amount is not above 0."""
    # bool is an int in Python, but true is not a number.
    if percent is not None and (type(percent) is not int or not 1 <= percent <= MAX_PERCENT):
        raise InvalidFacts("/percent: no int from 1 to 100")
    if amount_minor is not None and (type(amount_minor) is not int or amount_minor < 1):
        raise InvalidFacts("/amount: no int above 0")


class FeeRule(Struct, frozen=True):
    """A share of the price (`percent`, 1 to 100), a fixed amount, all of it, or none.

    Raises `InvalidFacts` for anything else.
    """

    type: FeeType
    percent: int | None = None
    amount_minor: int | None = None

    def __post_init__(self) -> None:
        if self.type not in get_args(FeeType):
            raise InvalidFacts("/type: no type of a fee")
        check_percent_and_amount(self.percent, self.amount_minor)


NO_FEE = FeeRule("none")


class CancellationStep(Struct, frozen=True):
    """The fee for cancelling with less than `hours_before` the visit left, 0 to 720."""

    hours_before: int
    fee: FeeRule

    def __post_init__(self) -> None:
        if type(self.hours_before) is not int or not 0 <= self.hours_before <= MAX_HOURS_BEFORE:
            raise InvalidFacts("/hours_before: no number of hours from 0 to 720")


class Cancellation(Struct, frozen=True):
    """A location's policy; with `propose`, staff confirm or waive each fee."""

    steps: tuple[CancellationStep, ...] = ()
    no_show_fee: FeeRule = NO_FEE
    charge: Charge = "automatic"

    def __post_init__(self) -> None:
        if self.charge not in get_args(Charge):
            raise InvalidFacts("/charge: neither automatic nor propose")


def share_of(price: Money, percent: int) -> Money:
    """Return that many percent (0 to 100) of a price, a half rounded up to a chargeable amount.

    It is rounded once: to minor units first and to the currency's step then could round up twice.
    """
    step_minor = granularity_minor(price.currency)
    steps = (2 * price.amount_minor * percent + 100 * step_minor) // (200 * step_minor)
    return Money(min(steps * step_minor, price.amount_minor), price.currency)


def fee_minor(fee: FeeRule, price: Money) -> int:
    """Return a fee in minor units of the price's currency: never more than the price."""
    if fee.type == "full":
        return price.amount_minor
    if fee.type == "percent":
        return share_of(price, fee.percent or 0).amount_minor
    if fee.type == "fixed":
        return min(fee.amount_minor or 0, price.amount_minor)
    return 0


def step_at(cancellation: Cancellation, time_left_s: int) -> CancellationStep | None:
    """Return the step that applies with so many seconds left, or `None`: free.

    Of the steps with less time left than their hours, the one with the fewest hours; exactly 48 h
    before is not yet inside a step of 48. After the start the time left is negative.
    """
    reached = [step for step in cancellation.steps if time_left_s < step.hours_before * HOUR_S]
    return min(reached, key=lambda step: step.hours_before, default=None)


def cancellation_fee(
    cancellation: Cancellation, price: Money, starts_at_s: int, now_s: int
) -> Money:
    """Return what cancelling at `now_s` costs; both instants are in seconds since 1970.

    Hours are hours, not times of day: on a day of 25 hours the fee begins an hour later by the
    clock on the wall, and `policy_text` says so.
    """
    step = step_at(cancellation, starts_at_s - now_s)
    return Money(fee_minor(step.fee, price) if step else 0, price.currency)


def step_of(cancellation: Cancellation, hours_before: int) -> CancellationStep | None:
    """Return the step of so many hours, or `None`."""
    return next((each for each in cancellation.steps if each.hours_before == hours_before), None)


def no_show_fee(cancellation: Cancellation, price: Money) -> Money:
    """Return what a no-show costs."""
    return Money(fee_minor(cancellation.no_show_fee, price), price.currency)
