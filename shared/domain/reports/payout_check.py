"""Why a payout's entries are not known to add up to its amount, in words for finance. Pure."""

from shared.domain.ledger.bank_payout import CANNOT_BE_ITEMISED, BankPayout
from shared.domain.money.money import Money
from shared.domain.money.written import written

BY_HAND = (
    "This payout was made by hand or was instant: Stripe does not say which entries such a payout "
    "carries."
)
NOT_PAID = "This payout did not reach the bank: Stripe does not say which entries it would carry."
NOT_YET = (
    "Stripe has not said yet which entries this payout carries. It does so once the payout is on "
    "its way, and this is asked for every hour."
)


def why_sum_open(payout: BankPayout) -> str | None:
    """Return why a payout's sum check does not say yes, `None` where it does."""
    if payout.sum_matches:
        return None
    if payout.sum_matches is False:
        items = written(Money(payout.items_net_minor, payout.currency))
        amount = written(Money(payout.amount_minor, payout.currency))
        return f"Its entries add up to {items}, and its amount is {amount}."
    if payout.itemisation == CANNOT_BE_ITEMISED:
        return BY_HAND
    return NOT_PAID if payout.status in {"failed", "canceled"} else NOT_YET
