"""What webhooks told of the charge or the payout that a ledger entry belongs to. Pure."""

from msgspec import Struct

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts


class Subject(Struct, frozen=True):
    """The facts of a charge or payout and the booking that owns it; empty if no webhook came."""

    facts: Facts = EMPTY
    booking_id: str | None = None


UNKNOWN = Subject()


def subject_name(entry: LedgerEntry) -> str | None:
    """Return `charge#ch_1` or `payout#po_1`; `None` for fees and the like, which have neither."""
    if entry.payout is not None:
        return f"payout#{entry.payout}"
    return f"charge#{entry.charge}" if entry.charge else None
