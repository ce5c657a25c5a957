"""When Stripe is asked again, and under which key. Pure.

Stripe keeps a key's first answer for at least 24 hours and may forget it after
(https://docs.stripe.com/api/idempotent_requests): an hour before that could be, with time to spare
for clocks and queues, nothing is sent again before Stripe's own list was looked at.
"""

KEY_AGE_S = 20 * 3600
# So long before, nothing is sent under the key any more: who looks at Stripe after `KEY_AGE_S`
# meets no request under the old key that is still on its way. Longer than any function lives.
KEY_REST_S = 900
# People wait for the first three; after them Stripe is down, and is left alone for longer.
FIRST_DELAYS_S = (5, 10, 20)
LONGEST_DELAY_S = 3600
# About ten minutes without an answer: from here on staff are shown that something does not move.
STUCK_FROM = 8


def delay_s(attempt: int, jitter: float) -> int:
    """Return how long to wait after the `attempt`th try (from 1) that brought no answer.

    `jitter`, from 0 to 1 and another each time, spreads it from half to one and a half: two copies
    of a message that came together do not stay together.
    """
    if attempt <= len(FIRST_DELAYS_S):
        wait_s = FIRST_DELAYS_S[max(0, attempt - 1)]
    else:
        doubled = FIRST_DELAYS_S[-1] << min(attempt - len(FIRST_DELAYS_S), 16)
        wait_s = min(doubled, LONGEST_DELAY_S)
    return round(wait_s * (0.5 + jitter))


def is_key_old(tried_at_s: int, now_s: int) -> bool:
    """Whether Stripe may soon forget the key that was first used at `tried_at_s`."""
    return tried_at_s > 0 and now_s - tried_at_s >= KEY_AGE_S


def is_key_resting(tried_at_s: int, now_s: int) -> bool:
    """Whether the key is about to be old: neither sent under any more, nor looked for yet."""
    age_s = now_s - tried_at_s
    return tried_at_s > 0 and KEY_AGE_S - KEY_REST_S <= age_s < KEY_AGE_S
