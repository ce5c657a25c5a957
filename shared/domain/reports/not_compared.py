"""Why a report could not be compared with Stripe, in words for finance. Pure."""

from collections.abc import Callable

from msgspec import Struct

from shared.domain.activity.needed_action import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.ledger.reconciliation import PENDING
from shared.domain.reports.report import Report, compared_since_s

# Why the sync before a report came to no end: a report is told one of these as `unsynced`.
NOT_CONNECTED, MODE_DIFFERS = "not_connected", "mode_differs"
NO_ANSWER, ANSWER_REFUSED = "stripe_unavailable", "stripe_refused"
ANSWER_UNREADABLE, WRITTEN_ELSEWHERE = "answer_unreadable", "written_elsewhere"
SYNC_UNFINISHED = "sync_unfinished"


class Reason(Struct, frozen=True):
    """One reason, by its code in the contract, and in a sentence."""

    why: str
    says: str


def reasons_not_compared(report: Report) -> tuple[Reason, ...]:
    """Return why a report is not compared, what has to be done first; nothing where it is."""
    if report.status != PENDING:
        return ()
    return tuple(Reason(why, says) for why, holds, says in _REASONS if holds(report))


def _has_action(kind: str) -> Callable[[Report], bool]:
    return lambda report: any(each.kind == kind for each in report.actions)


def _is_unsynced(why: str) -> Callable[[Report], bool]:
    return lambda report: report.unsynced == why


def _is_settled(report: Report) -> bool:
    return report.reconciliation.status != PENDING


def _is_never_compared(report: Report) -> bool:
    return not report.reconciliation.checked_at_s and not report.is_zone_moved


def _is_compared_too_early(report: Report) -> bool:
    since_s = compared_since_s(report.day, report.generated_at_s)
    return not _is_settled(report) and 0 < report.reconciliation.checked_at_s < since_s


def _is_awaiting_events(report: Report) -> bool:
    since_s = compared_since_s(report.day, report.generated_at_s)
    return not _is_settled(report) and report.reconciliation.checked_at_s >= max(1, since_s)


def _has_balance(*, was_asked: bool) -> Callable[[Report], bool]:
    return lambda report: (
        not report.is_of_former_account
        and any(
            each.difference_minor is None and bool(each.checked_at_s) == was_asked
            for each in report.balances
        )
    )


# By what has to be done first. Each sentence says what stands in the way, and what ends it.
_REASONS: tuple[tuple[str, Callable[[Report], bool], str], ...] = (
    (
        KEY_REFUSED,
        _has_action(KEY_REFUSED),
        (
            "Stripe no longer accepts this location's key. An owner has to save a new one in "
            "the payment settings."
        ),
    ),
    (
        PERMISSION_MISSING,
        _has_action(PERMISSION_MISSING),
        (
            "This location's key may not read all that the comparison needs. The check of the "
            "payment settings names the permission that an owner has to give it in Stripe's "
            "Dashboard."
        ),
    ),
    (
        NOT_CONNECTED,
        _is_unsynced(NOT_CONNECTED),
        "This location is not connected to Stripe. An owner connects it in the payment settings.",
    ),
    (
        MODE_DIFFERS,
        _is_unsynced(MODE_DIFFERS),
        (
            "The location's key is of the other mode, test or live. An owner has to save one of"
            " this mode in the payment settings."
        ),
    ),
    (
        NO_ANSWER,
        _is_unsynced(NO_ANSWER),
        "Stripe did not answer when it was asked for this report. The next hourly sync asks again.",
    ),
    (
        ANSWER_REFUSED,
        _is_unsynced(ANSWER_REFUSED),
        (
            "Stripe refused what it was asked for this report. The next hourly sync asks again;"
            " if it is refused again, whoever runs this deployment finds the reason in the log."
        ),
    ),
    (
        ANSWER_UNREADABLE,
        _is_unsynced(ANSWER_UNREADABLE),
        "Stripe's answer could not be read. Whoever runs this deployment finds it in the log.",
    ),
    (
        WRITTEN_ELSEWHERE,
        _is_unsynced(WRITTEN_ELSEWHERE),
        "Another sync was writing the same entries at that moment. The next one compares them.",
    ),
    (
        SYNC_UNFINISHED,
        _is_unsynced(SYNC_UNFINISHED),
        "Stripe has more entries than could be read in time. The next syncs read the rest.",
    ),
    (
        "day_open",
        lambda report: not report.final,
        "The day is not over: its figures equal Stripe's only at the moment of a sync.",
    ),
    (
        "zone_moved",
        lambda report: report.is_zone_moved,
        (
            "The location's time zone was changed, and this day was compared in parts alone. "
            "Syncs compare the last two days anew; an older one stays as it is."
        ),
    ),
    (
        "former_account",
        lambda report: report.is_of_former_account,
        (
            "The location has had another Stripe account since this day: the balance of the "
            "former one cannot be asked for any more."
        ),
    ),
    (
        "never_compared",
        _is_never_compared,
        "No sync has compared this day with Stripe yet.",
    ),
    (
        "compared_too_early",
        _is_compared_too_early,
        (
            "The last comparison was before the day was complete at Stripe, which may list a "
            "movement an hour late. The next sync compares it again."
        ),
    ),
    (
        "events_awaited",
        _is_awaiting_events,
        (
            "A movement was so new that Stripe's message of it may still be on its way. The "
            "next sync compares it again."
        ),
    ),
    (
        "balance_moved",
        _has_balance(was_asked=True),
        (
            "Money moved while Stripe was asked for its balance, so that the two could not be "
            "put side by side. The next sync asks again."
        ),
    ),
    (
        "balance_not_asked",
        _has_balance(was_asked=False),
        "Stripe's balance is not known yet. The next sync asks for it.",
    ),
)
