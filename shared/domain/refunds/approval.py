"""When a second person must approve a refund by staff. Pure.

    on one booking    what staff refunded so far, and this amount        above the limit
    in one day        what this person refunded alone, and this amount   above ten times the limit

The rule is the same wherever staff give money back: a refund that they request, a visit that they
cancel, a fee that they waive. What goes back by the accepted terms is no decision of anybody's, and
does not count.
"""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import DENIED, REFUND_ORDER_REFUSED, REQUESTED
from shared.domain.dates.instants import DAY_S
from shared.domain.locations.location import FormerLimit
from shared.domain.locations.permissions import ADMIN, MANAGER, OWNER

# The roles that may refund; limits of other roles have no effect.
REFUNDING_ROLES = (OWNER, MANAGER)
DAYS_LIMIT = 10
# Somebody who raises a limit stays bound by the old one for this long.
FORMER_LIMIT_S = DAY_S


class Allowance(Struct, frozen=True):
    """What somebody of the staff may refund without a second person.

    `limit_minor` is in the currency's minor units, 0 for no limit; `given_today_minor` is what this
    person has refunded alone today (the location's day), in the booking's currency.
    """

    user_id: str
    limit_minor: int = 0
    given_today_minor: int = 0

    def must_wait(self, booking: Booking, amount_minor: int) -> bool:
        """Whether somebody else has to approve before `amount_minor` more is refunded."""
        if not self.limit_minor or amount_minor <= 0:
            return False
        on_booking_minor = given_back_minor(booking) + amount_minor
        today_minor = self.given_today_minor + amount_minor
        return on_booking_minor > self.limit_minor or today_minor > DAYS_LIMIT * self.limit_minor


# For clients and Bookpay itself, whose refunds follow from the terms alone.
UNLIMITED = Allowance("")


def limit_of(
    limits: Mapping[str, int],
    former: Iterable[FormerLimit],
    roles: Collection[str],
    user_id: str,
    now_s: int,
) -> int:
    """Return the limit for somebody with these roles, in minor units; 0 for none.

    It is the strictest of all that apply: another role never loosens it. An admin counts as owner.
    """
    held = {OWNER if role == ADMIN else role for role in roles} & {*REFUNDING_ROLES}
    binding = [limits.get(role, 0) for role in held]
    binding += [
        each.above_minor
        for each in former
        if each.user_id == user_id
        and each.role in held
        and now_s < each.changed_at_s + FORMER_LIMIT_S
    ]
    return min((limit for limit in binding if limit > 0), default=0)


def loosened(
    former: Iterable[FormerLimit],
    before: Mapping[str, int],
    after: Mapping[str, int],
    user_id: str,
    now_s: int,
) -> tuple[FormerLimit, ...]:
    """Return the former limits that still apply after somebody has changed the limits.

    There is one for each role and person: the strictest, counted from the newest change.
    """
    kept = {
        (each.role, each.user_id): each
        for each in former
        if now_s < each.changed_at_s + FORMER_LIMIT_S
    }
    for role in REFUNDING_ROLES:
        was_minor, is_minor = before.get(role, 0), after.get(role, 0)
        if not was_minor or 0 < is_minor <= was_minor:
            continue
        known = kept.get((role, user_id))
        above_minor = min(was_minor, known.above_minor) if known else was_minor
        kept[role, user_id] = FormerLimit(role, above_minor, user_id, now_s)
    return tuple(kept.values())


def given_back_minor(booking: Booking) -> int:
    """Return what staff have refunded of a booking, or requested, in its minor units.

    Requests that were denied, or refused by Stripe, and refunds that failed do not count.
    """
    failed = {
        refund.refund_id
        for charge in booking.facts.charges.values()
        for refund in charge.refunds.values()
        if refund.status in ("failed", "canceled")
    }
    return sum(
        order.amount_minor
        for order in booking.refund_orders
        if order.requester_id
        and order.status not in (DENIED, REFUND_ORDER_REFUSED)
        and order.refund_id not in failed
    )


def given_alone_minor(before: Booking, after: Booking, user_id: str) -> int:
    """Return what a change refunded on one person's decision, in the booking's minor units."""
    known = {order.refund_id for order in before.refund_orders}
    return sum(
        order.amount_minor
        for order in after.refund_orders
        if order.refund_id not in known
        and order.requester_id == user_id
        and order.status == REQUESTED
    )
