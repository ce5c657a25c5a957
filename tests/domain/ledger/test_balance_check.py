"""Stripe's balance beside the ledger's sums."""

from shared.domain.ledger.balance_check import (
    balance_check_from_dict,
    balance_check_to_dict,
    compare_balances,
    read_balance,
)


def test_a_balance_is_what_is_available_and_pending_in_each_currency() -> None:
    balance = read_balance({
        "available": [{"amount": -300, "currency": "eur"}, {"amount": 5, "currency": "usd"}],
        "pending": [{"amount": 1000, "currency": "eur"}],
    })  # fmt: skip
    assert balance == {"eur": 700, "usd": 5}
    check = compare_balances(balance, {"eur": 700, "gbp": 0}, at_s=1, is_stable=True)
    assert [(each.currency, each.difference_minor) for each in check.lines] == [
        ("eur", 0), ("gbp", 0), ("usd", 5),
    ]  # fmt: skip
    assert not check.agrees
    assert balance_check_from_dict(balance_check_to_dict(check)) == check
