"""Who changed or fetched what, and when: entries that are only ever added. Pure."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from shared.domain.dates.instants import rfc3339

# The kinds of entries; one that is not here is a bug.
KINDS = frozenset(
    {
        "location.created",
        "location.changed",
        "payment_settings.saved",
        "payment_settings.secret_rolled",
        "terms.saved",
        "service.saved",
        "service.deleted",
        "employee.saved",
        "employee.deleted",
        "absence.saved",
        "absence.deleted",
        "closure.saved",
        "closure.deleted",
        "member.invited",
        "member.joined",
        "member.saved",
        "member.removed",
        "booking.corrected",
        "message.sent_again",
        "client.erased",
        "client.exported",
        "booking.moved",
        "booking.cancelled",
        "booking.no_show",
        "booking.completed",
        "booking.reopened",
        "action.settled",
        "payment.recorded",
        "payment.voided",
        "refund.requested",
        "refund.approved",
        "refund.denied",
        "fee.charged",
        "fee.confirmed",
        "fee.waived",
        "payment_link.created",
        "evidence.downloaded",
        "report.downloaded",
        "money_flow.downloaded",
        "report.sent",
    }
)
# The longest is an e-mail address.
MAX_VALUE_CHARS = 254


class AuditEntry(Struct, frozen=True):
    """One thing that somebody did: `user_id` and `email` say who, `ids` to what.

    `ids` holds ids and the names of changed fields, never a secret or a value, except the address
    that a booking's client had before (`former_email`), until it is erased.
    """

    entry_id: str
    at_s: int
    user_id: str
    email: str
    what: str
    ids: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an unknown kind, and values too long to be ids."""
        if self.what not in KINDS:
            raise ValueError("an audit entry is of no known kind")
        if any(len(value) > MAX_VALUE_CHARS for value in self.ids.values()):
            raise ValueError("an audit entry holds more than ids")


def audit_to_dict(entry: AuditEntry) -> dict[str, Any]:
    """Return the entry in plain JSON types."""
    return {
        "entry_id": entry.entry_id,
        "at_s": entry.at_s,
        "user_id": entry.user_id,
        "email": entry.email,
        "what": entry.what,
        "ids": dict(entry.ids),
    }


def audit_view(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as the API shows it."""
    return {
        "entry_id": document["entry_id"],
        "at": rfc3339(document["at_s"]),
        "by": {"user_id": document["user_id"], "email": document["email"]},
        "what": document["what"],
        "ids": document["ids"],
    }
