"""How many unpaid bookings one client, or one IP address, may have at once. Pure.

Booking needs no login, and nobody else can get a slot that waits for its payment. Unpaid bookings
are counted per location and IP address, and within an IP address per e-mail address. E-mail
addresses can be made up, so what stops a script is its IP address.

A mark counts until its time is up, whatever became of the booking: if cancelling ended it, there
would be no limit at all.

    mark: <booking>|<until when it counts, seconds since 1970>|<client: 16 hex digits>
"""

import hashlib
import ipaddress
from collections.abc import Collection, Iterable

from msgspec import Struct

# Enough for a family, or for one person who plans a month.
HOLDS_PER_CLIENT = 10
# A whole office, hotel or mobile network can be behind one address. What a script could take for
# good is limited per day (`domain.calendar.unproved_time`), and what it could renew, by
# `domain.locations.budgets`.
HOLDS_PER_ADDRESS = 60
# What an owner may set either limit to.
MOST_HOLDS = 10_000
# A booking that is paid at the visit waits for nothing: it counts for an hour.
AT_VISIT_COUNTS_S = 3600
# A household may be given a network of up to this size, and use any address of it
# (https://www.rfc-editor.org/rfc/rfc6177#section-2).
IPV6_PREFIX = 48
_CLIENT_DIGITS = 16


class Mark(Struct, frozen=True):
    """A slot that a client keeps, and until when that counts (seconds since 1970)."""

    booking_id: str
    until_s: int
    client: str

    def to_text(self) -> str:
        """Return it as it is stored."""
        return f"{self.booking_id}|{self.until_s}|{self.client}"

    @classmethod
    def from_text(cls, text: str) -> "Mark":
        """Return the mark that `to_text` wrote."""
        booking_id, until_s, client = text.split("|")
        return cls(booking_id, int(until_s), client)


def client_name(email: str) -> str:
    """Return the name a client is counted under: a digest, so that a mark has no e-mail address."""
    digest = hashlib.sha256(email.strip().casefold().encode()).hexdigest()
    return digest[:_CLIENT_DIGITS]


def address_name(address: str) -> str:
    """Return the name an IP address is counted under: itself, or the network of an IPv6 one.

    Anything that is not an address (hidden by a proxy) gets one shared name.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)


def is_over(marks: Collection[Mark], client: str, per_client: int, per_address: int) -> bool:
    """Whether one more slot of this client's would be too many."""
    own = sum(mark.client == client for mark in marks)
    return len(marks) >= per_address or own >= per_client


def expired_marks(marks: Iterable[Mark], now_s: int) -> set[Mark]:
    """Return the marks that no longer count."""
    return {mark for mark in marks if mark.until_s <= now_s}


def retry_after_s(marks: Iterable[Mark], now_s: int) -> int:
    """Return in how many seconds the first mark stops counting, at least one."""
    return max(1, min((mark.until_s for mark in marks), default=now_s + 1) - now_s)
