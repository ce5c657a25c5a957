"""A report's balances: what the ledger holds in each currency, and what Stripe says. Pure."""

from collections.abc import Mapping

from msgspec import Struct

from shared.domain.ledger.balance_check import BalanceCheck
from shared.domain.ledger.money_flow import MoneyFlow


class Balance(Struct, frozen=True):
    """The Stripe balance in one currency as the ledger has it, and what Stripe says of it.

    `opening_minor` is at the day's start, `closing_minor` at its end, or now for an open day.
    `difference_minor` is Stripe's balance less ours at `checked_at_s`, 0 where all is well, `None`
    where it is not known: Stripe has not been asked since, or money moved while it was being asked.
    """

    currency: str
    opening_minor: int
    closing_minor: int
    difference_minor: int | None
    checked_at_s: int


def own_opening(opening: Mapping[str, int], left: Mapping[str, int]) -> dict[str, int]:
    """Return an opening without what is `left` on Stripe accounts that the location had before."""
    return {
        currency: opening.get(currency, 0) - left.get(currency, 0)
        for currency in opening.keys() | left.keys()
    }


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
        # No line for a currency means that the check found none of it, neither at Stripe nor here.
        difference = None if check is None else 0
        if line := lines.get(currency):
            is_known = check is not None and (check.is_stable or not line.difference_minor)
            difference = line.difference_minor if is_known else None
        if opening_minor or closing_minor or difference or moved:
            at_s = check.at_s if check else 0
            found.append(Balance(currency, opening_minor, closing_minor, difference, at_s))
    return tuple(found)
