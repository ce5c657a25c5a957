"""How often a ledger is synced: every hour while something can move, else daily. Pure."""

from msgspec import Struct

from shared.domain.dates.instants import DAY_S, HOUR_S, MINUTE_S

# After an event or a link, a refund, a dispute or a lost webhook may still follow.
MOVES_FOR_S = 72 * HOUR_S
# A mark of it lasts a day longer, so that a busy location is marked once a day.
MARKED_FOR_S = MOVES_FOR_S + DAY_S
# What was synced as shortly before an hourly tick, by a report or a person who asked for one, waits
# for the next. It is more than the minutes that an order waits for its turn.
JUST_SYNCED_S = 30 * MINUTE_S
# The morning's report syncs for itself: the tick is late enough to leave an idle day to it, also
# when the clocks go back.
AFTER_REPORT_S = 2 * HOUR_S
# So long an order counts as under way: longer than any is tried, or a backlog lasted.
ORDER_LASTS_S = 6 * HOUR_S


class SyncTimes(Struct, frozen=True):
    """What is known of a location's syncs; instants are seconds since 1970, `None` for never.

    `synced_until_s` is how far the last sync came that was done, and `is_open` whether something
    could still move by itself at its end: a payout under way, a dispute, a pending refund, a
    movement that Stripe has not listed, a balance that differs. Until `active_until_s` an event or
    an open page of Stripe's may have consequences; without it, nobody knows. The last order was
    sent at `ordered_at_s`.
    """

    synced_until_s: int | None = None
    is_open: bool = True
    active_until_s: int | None = None
    ordered_at_s: int | None = None


def is_sync_due(times: SyncTimes, now_s: int, *, has_report: bool) -> bool:
    """Whether a location's sync is to be ordered at an hourly tick."""
    if _is_ordered(times, now_s):
        return False
    if times.synced_until_s is None:
        return True
    return now_s - times.synced_until_s >= _wait_s(times, now_s, has_report=has_report)


def mark_until_s(active_until_s: int | None, now_s: int, *, is_first: bool = False) -> int | None:
    """Return until when a location is to be marked as active, `None` if its mark is good enough.

    Called where something happens that may have consequences. A location without a mark needs
    none: it was never synced, which is due anyway, and the first sync (`is_first`) writes one.
    """
    if active_until_s is None:
        return now_s + MARKED_FOR_S if is_first else None
    return now_s + MARKED_FOR_S if active_until_s < now_s + MOVES_FOR_S else None


def _is_ordered(times: SyncTimes, now_s: int) -> bool:
    """Whether the last order is under way; a lost one counts no longer after some hours."""
    if times.ordered_at_s is None or now_s - times.ordered_at_s >= ORDER_LASTS_S:
        return False
    return times.synced_until_s is None or times.synced_until_s < times.ordered_at_s


def _wait_s(times: SyncTimes, now_s: int, *, has_report: bool) -> int:
    if times.is_open or times.active_until_s is None or now_s < times.active_until_s:
        return JUST_SYNCED_S
    return DAY_S + AFTER_REPORT_S if has_report else DAY_S - JUST_SYNCED_S
