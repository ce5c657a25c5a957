"""The movements of money that webhooks report, and the names that match them to ledger entries."""

from collections.abc import Iterator

from msgspec import Struct

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.stripe_facts.payment_facts import Facts


class Movement(Struct, frozen=True):
    """What webhooks reported of one movement; `name` is what its ledger entry is matched by.

    `amount_minor` is signed as in the balance and in `currency`, the charge's.
    """

    name: str
    object_id: str
    balance_transaction: str
    amount_minor: int
    currency: str


def movements(facts: Facts) -> Iterator[Movement]:
    """Yield the movements in a charge's facts: captured, refunded, disputed money."""
    for charge_id, charge in facts.charges.items():
        if charge.amount_captured_minor:
            yield Movement(
                f"charge#{charge_id}",
                charge_id,
                charge.balance_transaction,
                charge.amount_captured_minor,
                charge.currency,
            )
        for refund_id, refund in charge.refunds.items():
            if refund.balance_transaction:
                yield Movement(
                    f"refund#{refund_id}",
                    refund_id,
                    refund.balance_transaction,
                    -refund.amount_minor,
                    refund.currency,
                )
        for dispute_id, dispute in charge.disputes.items():
            for transaction, moved in dispute.movements.items():
                name = f"movement#{transaction}"
                yield Movement(name, dispute_id, transaction, moved.amount_minor, moved.currency)


def movement_names(entry: LedgerEntry) -> tuple[str, ...]:
    """Return the name by which webhooks may have reported an entry; none for other categories."""
    if entry.refund is not None:
        return (f"refund#{entry.refund}",)
    if entry.dispute is not None:
        return (f"movement#{entry.balance_transaction}",)
    if entry.charge is not None and entry.reporting_category == "charge":
        return (f"charge#{entry.charge}",)
    return ()
