"""When a call to Stripe is retried, and under which idempotency key. Pure.

Stripe keeps a key's first answer for at least 24 hours and may forget it after
(https://docs.stripe.com/api/idempotent_requests): well before that, with time to spare for
clocks and queues, nothing is sent again until Stripe's own list has been checked.
"""

KEY_AGE_S = 20 * 3600
# For this long before that, nothing is sent under the key any more, so that no request under it is
# still on its way when Stripe is checked after `KEY_AGE_S`. Longer than any function runs.
KEY_REST_S = 900
# People wait for the first three; after those Stripe is down, and retries are further apart.
FIRST_DELAYS_S = (5, 10, 20)
LONGEST_DELAY_S = 3600
# About ten minutes without an answer: from here on staff see that something is stuck.
STUCK_FROM = 8


def delay_s(attempt: int, jitter: float) -> int:
    """Return how long to wait after the `attempt`th unanswered try (from 1).

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
    """Whether the key is nearly old: no longer used, and Stripe is not checked yet either."""
    age_s = now_s - tried_at_s
    return tried_at_s > 0 and KEY_AGE_S - KEY_REST_S <= age_s < KEY_AGE_S
