"""How long a card's authorisation lasts, and whether it outlives a visit. Pure.

When a client books there is no charge yet whose `capture_before` could be read, so what Stripe
documents for all brands has to do. If a charge then says otherwise, staff see it
(`needed_actions`).
"""

from shared.domain.dates.instants import DAY_S

# For payments that clients make online; merchant-initiated ones and terminals have less. Nothing is
# documented for other brands (JCB, UnionPay...): for those, only `capture_before` tells.
# https://docs.stripe.com/payments/place-a-hold-on-a-payment-method, read 2026-11-22.
ONLINE_WINDOW_DAYS = {"visa": 7, "mastercard": 7, "amex": 7, "discover": 7}
# Staff close a day, and take a no-show's fee, until the day after.
GRACE_DAYS = 1
# A visit that ends within so many days of its booking can be held.
HOLD_DAYS = min(ONLINE_WINDOW_DAYS.values()) - GRACE_DAYS


def hold_outlives(capture_before_s: int, made_at_s: int, ends_at_s: int) -> bool:
    """Whether a hold that was made lasts a day beyond a visit's end.

    `capture_before_s` is what Stripe says, 0 where it does not; all are in seconds since 1970.
    """
    lasts_until_s = capture_before_s or made_at_s + min(ONLINE_WINDOW_DAYS.values()) * DAY_S
    return ends_at_s + GRACE_DAYS * DAY_S <= lasts_until_s


def outlives_visit(ends_at_s: int, now_s: int) -> bool:
    """Whether a hold of any listed brand lasts a day beyond a visit's end, if made now or later.

    Both are in seconds since 1970; a client who pays a little later has a window that ends later.
    """
    return ends_at_s <= now_s + HOLD_DAYS * DAY_S
