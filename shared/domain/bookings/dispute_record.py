"""One dispute as it is listed: its facts, its charge, and its booking if that is known. Pure."""

from collections.abc import Mapping
from typing import Any, Self

from shared.domain.stored_record import StoredRecord, read_record
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts
from shared.domain.stripe_facts.payment_facts import Facts

INQUIRY, CHARGEBACK = "inquiry", "chargeback"


class DisputeRecord(StoredRecord, frozen=True):
    """A dispute by Stripe's id, with what is needed of its charge.

    `booking_id` is `None` if it is not known which booking the charge belongs to: the dispute costs
    as much. `charge_currency` is empty until the charge itself has arrived. `livemode` is the
    charge's, `None` where it is not known.
    """

    dispute_id: str
    charge_id: str
    booking_id: str | None
    charge_currency: str
    charge_captured_minor: int
    facts: DisputeFacts
    livemode: bool | None = None

    @property
    def kind(self) -> str:
        """`inquiry` while the bank only asks, else `chargeback`."""
        return INQUIRY if self.facts.is_inquiry else CHARGEBACK

    @property
    def fee_minor(self) -> int | None:
        """What Stripe charges for it, in `fee_currency`; `None` until money has moved.

        The sum over the dispute's balance transactions, so a fee that was given back is not in it.
        https://docs.stripe.com/api/balance_transactions/object
        """
        if not self.facts.movements:
            return None
        return sum(each.fee_minor for each in self.facts.movements.values())

    @property
    def fee_currency(self) -> str | None:
        """The settlement currency; a dispute has only one."""
        return next((each.currency for _, each in sorted(self.facts.movements.items())), None)

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types, as it is stored."""
        return {
            "dispute_id": self.dispute_id,
            "charge_id": self.charge_id,
            "booking_id": self.booking_id,
            "charge_currency": self.charge_currency,
            "charge_captured_minor": self.charge_captured_minor,
            "facts": self.facts.to_dict(),
            "livemode": self.livemode,
            **self.newer,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return what `to_dict` wrote; raises `InvalidFacts`."""
        return read_record(cls, document, facts=DisputeFacts.from_dict(document["facts"]))


def dispute_records(facts: Facts, booking_id: str | None) -> tuple[DisputeRecord, ...]:
    """Return every dispute of these charges, oldest first."""
    found = [
        record_of(dispute_id, charge_id, charge, booking_id)
        for charge_id, charge in facts.charges.items()
        for dispute_id in charge.disputes
    ]
    return tuple(sorted(found, key=lambda each: (each.facts.created_s, each.dispute_id)))


def record_of(
    dispute_id: str, charge_id: str, charge: ChargeFacts, booking_id: str | None
) -> DisputeRecord:
    """Return one dispute of a charge."""
    return DisputeRecord(
        dispute_id=dispute_id,
        charge_id=charge_id,
        booking_id=booking_id,
        charge_currency=charge.currency,
        charge_captured_minor=charge.amount_captured_minor,
        facts=charge.disputes[dispute_id],
        livemode=charge.livemode,
    )
