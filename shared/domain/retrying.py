"""When Stripe is asked again, and under which key. Pure.

Stripe keeps a key's first answer for at least 24 hours and may forget it after
(https://docs.stripe.com/api/idempotent_requests): an hour before that could be, with time to spare
for clocks and queues, nothing is sent again before Stripe's own list was looked at.
"""

KEY_AGE_S = 20 * 3600
# People wait for the first three; after them Stripe is down, and is left alone for longer.
FIRST_DELAYS_S = (5, 10, 20)
LONGEST_DELAY_S = 3600
# About ten minutes without an answer: from here on staff are shown that something does not move.
STUCK_FROM = 8


def delay_s(attempt: int) -> int:
    """Return how long to wait after the `attempt`th try (from 1) that brought no answer."""
    if attempt <= len(FIRST_DELAYS_S):
        return FIRST_DELAYS_S[max(0, attempt - 1)]
    doubled = FIRST_DELAYS_S[-1] << min(attempt - len(FIRST_DELAYS_S), 16)
    return min(doubled, LONGEST_DELAY_S)


def is_key_old(tried_at_s: int, now_s: int) -> bool:
    """Whether Stripe may soon forget the key that was first used at `tried_at_s`."""
    return tried_at_s > 0 and now_s - tried_at_s >= KEY_AGE_S
