"""The policy that a client accepted, as evidence of it is kept with the booking. Pure."""

from msgspec import Struct

from shared.domain.bookings.booking import Booking

MOVED_SINCE = (
    "The appointment was moved since: the same rules count, by the hours before its present time."
)


class AcceptedPolicy(Struct, frozen=True):
    """The policy that the client accepted, as it was shown, when, and the hash of it."""

    text: str
    at_s: int
    sha256: str


def accepted_policy_of(booking: Booking) -> AcceptedPolicy | None:
    """Return the policy that the client accepted, `None` where they accepted none.

    Older bookings kept no moment of their own for it: it was accepted with the booking.
    """
    terms = booking.terms
    if terms is None or not terms.is_accepted:
        return None
    at_s = terms.accepted_at_s or booking.created_at_s
    text = terms.accepted_text or terms.terms_text
    return AcceptedPolicy(text, at_s, terms.terms_hash)
