"""What is known of a dispute.

https://docs.stripe.com/api/disputes/object
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.lattice import EITHER, LARGEST, SIGNED, TEXT, Ladder, Record, UnionById, joined

_INQUIRY = "warning_"
# An inquiry may become a chargeback, a chargeback never an inquiry again. A lost one may still be
# won, late. https://docs.stripe.com/disputes/how-disputes-work
DISPUTE_STATUSES = Ladder(
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "prevented",
    "lost",
    "won",
    unknown_above="warning_closed",
)
_CLOSED = frozenset({"prevented", "lost", "won"})
_WANTS_RESPONSE = frozenset({"warning_needs_response", "needs_response"})


@dataclass(frozen=True, slots=True)
class DisputeMovement(Record):
    """One balance transaction of a dispute, by its id: negative is withdrawn, positive reinstated.

    `amount_minor` is without the fee and in `currency`, the settlement currency, which need not be
    the charge's; `fee_minor` is positive where Stripe took it and negative where it gave it back.
    https://docs.stripe.com/api/balance_transactions/object
    """

    amount_minor: int = joined(SIGNED)
    fee_minor: int = joined(SIGNED)
    currency: str = joined(TEXT)


@dataclass(frozen=True, slots=True)
class DisputeFacts(Record):
    """One dispute of a charge, by Stripe's dispute id.

    `amount_minor` is not negative, in `currency`; `movements` are its balance transactions by id,
    so that one which stands in dispute.created and again in funds_withdrawn counts once;
    `funds_withdrawn` and `funds_reinstated` say that an event of that name came.
    """

    amount_minor: int = joined(LARGEST)
    currency: str = joined(TEXT)
    status: str = joined(DISPUTE_STATUSES)
    reason: str = joined(TEXT)
    evidence_due_by_s: int = joined(LARGEST)
    created_s: int = joined(LARGEST)
    movements: Mapping[str, DisputeMovement] = joined(UnionById(DisputeMovement))
    funds_withdrawn: bool = joined(EITHER)
    funds_reinstated: bool = joined(EITHER)

    @property
    def is_inquiry(self) -> bool:
        """Whether the bank only asks: no money moves, and a refund is still possible."""
        return self.status.startswith(_INQUIRY)

    @property
    def is_open_chargeback(self) -> bool:
        """Whether the bank reversed the charge and has not decided; an unknown status is open."""
        return not self.is_inquiry and self.status not in _CLOSED

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet; an inquiry that ended asks for nothing any more."""
        return self.status != "warning_closed" if self.is_inquiry else self.is_open_chargeback

    @property
    def wants_response(self) -> bool:
        """Whether the bank waits for the business: evidence that was sent in ends that."""
        return self.status in _WANTS_RESPONSE

    @property
    def is_lost(self) -> bool:
        """Whether the bank decided for the client, as far as is known today."""
        return self.status == "lost"

    @property
    def withdrawals(self) -> dict[str, DisputeMovement]:
        """The balance transactions that took money away, by id; one of zero may carry a fee."""
        return {key: each for key, each in self.movements.items() if each.amount_minor <= 0}

    @property
    def reinstatements(self) -> dict[str, DisputeMovement]:
        """The balance transactions that gave money back, by id."""
        return {key: each for key, each in self.movements.items() if each.amount_minor > 0}

    def funds(self, charge_currency: str, charge_captured_minor: int) -> str:
        """Return where the money is, in the contract's words: `withdrawn`, `reinstated`, `none`."""
        if self.outstanding_minor(charge_currency, charge_captured_minor):
            return "withdrawn"
        has_moved = self.funds_withdrawn or self.funds_reinstated or bool(self.movements)
        return "reinstated" if has_moved and not self.is_inquiry else "none"

    def outstanding_minor(self, charge_currency: str, charge_captured_minor: int) -> int:
        """Return what is withdrawn and not reinstated, in the charge's currency, fees apart.

        An inquiry moves no money. Where the money moved in another currency than the charge's, a
        partial reinstatement cannot be told from a whole one at another rate: a dispute then counts
        in full until there are as many reinstatements as withdrawals. A dispute that is not in the
        charge's currency either counts as all that the charge took, the most it can cost.
        """
        if self.is_inquiry or not (self.funds_withdrawn or self.withdrawals):
            return 0
        whole_minor = charge_captured_minor
        # Before its charge has come, the dispute's own currency is the best that is known.
        if self.currency == (charge_currency or self.currency):
            whole_minor = self.amount_minor
        moved_in = {each.currency for each in self.movements.values()}
        if moved_in <= {charge_currency or self.currency}:
            return min(whole_minor, self._outstanding_same_currency(whole_minor))
        taken = max(1, len(self.withdrawals))
        returned = len(self.reinstatements) or int(self.funds_reinstated)
        return whole_minor if taken > returned else 0

    def _outstanding_same_currency(self, whole_minor: int) -> int:
        taken_minor = [-each.amount_minor for each in self.withdrawals.values()] or [whole_minor]
        returned_minor = sum(each.amount_minor for each in self.reinstatements.values())
        if self.funds_reinstated and not self.reinstatements:
            # Old API versions name the event without its transaction: one withdrawal came back.
            returned_minor = max(taken_minor)
        return max(0, sum(taken_minor) - returned_minor)
