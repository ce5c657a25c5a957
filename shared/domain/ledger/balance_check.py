"""Stripe's balance beside the sum of the ledger, at an instant when both stood still. Pure.

https://docs.stripe.com/api/balance/balance_object
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.stored_record import StoredRecord, read_record, record_to_dict
from shared.domain.stripe_facts.json_reader import StripeJson


class BalanceLine(StoredRecord, frozen=True):
    """One settlement currency: what Stripe says, and the sum of every entry's net; minor units."""

    currency: str
    stripe_minor: int
    ledger_minor: int

    @property
    def difference_minor(self) -> int:
        """Stripe's balance less the ledger's sum; it must be 0."""
        return self.stripe_minor - self.ledger_minor


class BalanceCheck(StoredRecord, frozen=True):
    """A pair of balances that were taken together at `at_s` (seconds since 1970).

    `is_stable`: Stripe's balance was the same before and after all of its transactions were listed,
    so a difference is real, and not a payment that came in between.
    """

    at_s: int
    is_stable: bool
    lines: tuple[BalanceLine, ...]

    @property
    def agrees(self) -> bool:
        """Whether the difference is zero in every currency."""
        return all(line.difference_minor == 0 for line in self.lines)


def read_balance(balance: Mapping[str, Any]) -> dict[str, int]:
    """Return by currency what is available and pending together, in minor units of either sign.

    Raises `UnreadableEvent`.
    """
    read = StripeJson(balance)
    sums: dict[str, int] = {}
    for part in ("available", "pending"):
        for fund in read.objects(part):
            currency = fund.required_currency()
            sums[currency] = sums.get(currency, 0) + fund.required_signed_amount("amount")
    return sums


def compare_balances(
    stripe: Mapping[str, int], ledger: Mapping[str, int], *, at_s: int, is_stable: bool
) -> BalanceCheck:
    """Put both sides beside each other; a currency that one side lacks is 0 there."""
    currencies = sorted(stripe.keys() | ledger.keys())
    lines = (BalanceLine(each, stripe.get(each, 0), ledger.get(each, 0)) for each in currencies)
    return BalanceCheck(at_s, is_stable, tuple(lines))


def balance_check_to_dict(check: BalanceCheck) -> dict[str, Any]:
    """Return a check in plain JSON types."""
    return record_to_dict(check)


def balance_check_from_dict(document: Mapping[str, Any]) -> BalanceCheck:
    """Return the check that `balance_check_to_dict` wrote."""
    lines = tuple(read_record(BalanceLine, line) for line in document["lines"])
    return read_record(BalanceCheck, document, lines=lines)
