"""How many slots one client, or one address, may keep waiting at once. Pure.

Whoever books has no login, and a slot that waits for its payment is one that nobody else gets. What
waits is counted per location and IP address; within an address, per e-mail address. An e-mail is as
easily made up as a new one: what stops a script is its address.

A mark counts until its time, whatever became of the booking: who could end it by cancelling would
have no limit at all.

    mark: <booking>|<until when it counts, seconds since 1970>|<client: 16 hex digits>
"""

import hashlib
import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass

# A family, or one person who plans a month: nobody needs more that is not yet paid.
HOLDS_PER_CLIENT = 10
# A whole office, hotel or mobile network behind one address. What a script could take with it for
# good is bounded by the day (`domain.catalogue.unproved_time`), and what it renews by
# `domain.locations.budgets`.
HOLDS_PER_ADDRESS = 60
# What an owner may set either limit to.
MOST_HOLDS = 10_000
# What is paid at the visit waits for nothing, and is taken for good: it counts for an hour.
AT_VISIT_COUNTS_S = 3600
# Up to such a network is given to one household, which may use any address of it
# (https://www.rfc-editor.org/rfc/rfc6177#section-2).
IPV6_PREFIX = 48
_CLIENT_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Mark:
    """A slot that a client keeps, and until when that counts (seconds since 1970)."""

    booking_id: str
    until_s: int
    client: str

    def to_text(self) -> str:
        """Return it as it is kept."""
        return f"{self.booking_id}|{self.until_s}|{self.client}"

    @classmethod
    def from_text(cls, text: str) -> "Mark":
        """Return the mark that `to_text` wrote."""
        booking_id, until_s, client = text.split("|")
        return cls(booking_id, int(until_s), client)


def client_name(email: str) -> str:
    """Return what a client is counted by: a digest, so that the mark holds no e-mail address."""
    digest = hashlib.sha256(email.strip().casefold().encode()).hexdigest()
    return digest[:_CLIENT_DIGITS]


def address_name(address: str) -> str:
    """Return what an address is counted by: itself, or the network of an IPv6 address.

    What is no address (a proxy that hides it) is one and the same name.
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


def lapsed(marks: Iterable[Mark], now_s: int) -> set[Mark]:
    """Return the marks that count no more."""
    return {mark for mark in marks if mark.until_s <= now_s}


def retry_after_s(marks: Iterable[Mark], now_s: int) -> int:
    """Return in how many seconds the first of the marks counts no more, at least one."""
    return max(1, min((mark.until_s for mark in marks), default=now_s + 1) - now_s)
