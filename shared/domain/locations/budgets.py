"""How much of something an unknown person may use within some time. Pure.

What was used counts until its time is up, whatever became of it: nobody can win it back by
cancelling. A spending has a name, so that repeating the same one is free.
"""

import unicodedata
from collections.abc import Iterable

from msgspec import Struct

from shared.domain.dates.instants import DAY_S, HOUR_S

# Local parts in which these hosts leave dots out (https://support.google.com/mail/answer/7436150).
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


class Budget(Struct, frozen=True):
    """At most `most` within any `within_s` seconds."""

    most: int
    within_s: int


class Spending(Struct, frozen=True):
    """What was used, under which name, and when (seconds since 1970)."""

    name: str
    at_s: int
    amount: int = 1


# Mails to one mailbox that the public form alone can cause, from all locations together: enough for
# a person who books a family's visits, and too few to flood anybody.
MAILS_UNASKED = (Budget(5, HOUR_S), Budget(20, DAY_S))
# Checkout Sessions of one booking. One stays open for a day, however many tabs ask for it; more are
# opened where the sum has changed or the last one could not be used.
SESSIONS_A_BOOKING = (Budget(5, HOUR_S), Budget(10, DAY_S))
# What is kept of an address's sessions fits into one item of the table.
MOST_SESSIONS = 5000


def sessions_an_address(holds_per_address: int) -> Budget:
    """Return how many Checkout Sessions one IP address may open at a location in a day.

    Four times as many as it may have waiting at once, but five thousand at the most: each is a page
    on which stolen cards can be tried, and each that is not paid has kept a slot.
    """
    return Budget(min(4 * holds_per_address, MOST_SESSIONS), DAY_S)


def confirmations_an_address(holds_per_client: int) -> tuple[Budget, ...]:
    """Return how many bookings awaiting confirmation one IP address may have at a location.

    As many in an hour as one client may have waiting, and four times as many in a day: each keeps a
    slot for half an hour and mails somebody.
    """
    return (Budget(holds_per_client, HOUR_S), Budget(4 * holds_per_client, DAY_S))


def wait_s(spent: Iterable[Spending], amount: int, budgets: Iterable[Budget], now_s: int) -> int:
    """Return in how many seconds that much more fits into all budgets; 0 is now."""
    ordered = sorted(spent, key=lambda each: each.at_s)
    return max((_wait_s(ordered, amount, budget, now_s) for budget in budgets), default=0)


def still_counting(
    spent: Iterable[Spending], budgets: Iterable[Budget], now_s: int
) -> tuple[Spending, ...]:
    """Return the spendings that any budget still counts."""
    longest_s = max(budget.within_s for budget in budgets)
    return tuple(each for each in spent if each.at_s + longest_s > now_s)


def mailbox_name(email: str) -> str:
    """Return the name a mailbox is counted under: the same for every way to write its address.

    Most hosts deliver `mira+anything@` to `mira@`, and case makes no difference.
    """
    local, _, host = unicodedata.normalize("NFKC", email.strip()).casefold().rpartition("@")
    host = _ascii_host(host)
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if host in _DOTLESS else local}@{host}"


def _ascii_host(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _wait_s(ordered: list[Spending], amount: int, budget: Budget, now_s: int) -> int:
    counted = [each for each in ordered if each.at_s + budget.within_s > now_s]
    over = sum(each.amount for each in counted) + amount - budget.most
    if over <= 0:
        return 0
    for each in counted:
        over -= each.amount
        if over <= 0:
            return each.at_s + budget.within_s - now_s
    # More than the whole budget: no wait makes room for it.
    return budget.within_s
