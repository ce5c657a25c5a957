"""When a second person must agree to money that staff give back. Pure.

    on one booking    what staff gave back so far, and this sum     above the limit
    in one day        what this person gave back alone, and this    above ten times the limit

The rule is the same at every door: a refund that is asked for, a visit that the business cancels, a
fee that is waived. What the terms that the client accepted give back by themselves is nobody's
decision, and counts for nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import DENIED, REFUSED, REQUESTED
from shared.domain.locations.location import FormerLimit
from shared.domain.locations.permissions import ADMIN, MANAGER, OWNER

# The roles that may give money back; a limit of another role binds nobody.
REFUNDING_ROLES = (OWNER, MANAGER)
DAYS_LIMIT = 10
# Who loosens a limit stays bound by the old one for this long.
FORMER_LIMIT_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody of the staff may give back without a second person.

    `limit_minor` is in the currency's minor units, 0 for no limit; `given_today_minor` what this
    person has given back alone on this day of the location's, in the booking's currency.
    """

    user_id: str
    limit_minor: int = 0
    given_today_minor: int = 0

    def must_wait(self, booking: Booking, amount_minor: int) -> bool:
        """Whether somebody else has to agree before `amount_minor` more goes back."""
        if not self.limit_minor or amount_minor <= 0:
            return False
        on_booking_minor = given_back_minor(booking) + amount_minor
        today_minor = self.given_today_minor + amount_minor
        return on_booking_minor > self.limit_minor or today_minor > DAYS_LIMIT * self.limit_minor


# Of a client, and of Bookpay itself, who follow the terms alone.
UNLIMITED = Allowance("")


def limit_of(
    limits: Mapping[str, int],
    former: Iterable[FormerLimit],
    roles: Collection[str],
    user_id: str,
    now_s: int,
) -> int:
    """Return the limit that binds somebody with these roles, in minor units; 0 for none.

    The strictest of all that apply: a further role never weakens one. An admin acts as owner.
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
    """Return the former limits that bind after somebody has changed the limits.

    There is one for each role and person: the strictest, from the newest change on.
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
    """Return what staff have given back of a booking, or asked for, in its currency.

    What was denied, what Stripe refused and what a bank sent back are not given.
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
        and order.status not in (DENIED, REFUSED)
        and order.refund_id not in failed
    )


def given_alone_minor(before: Booking, after: Booking, user_id: str) -> int:
    """Return what a change gave back on the word of one person, in the booking's currency."""
    known = {order.refund_id for order in before.refund_orders}
    return sum(
        order.amount_minor
        for order in after.refund_orders
        if order.refund_id not in known
        and order.requester_id == user_id
        and order.status == REQUESTED
    )
