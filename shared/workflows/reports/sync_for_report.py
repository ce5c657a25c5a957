"""The sync right before a report: where it fails, the report says why and is not withheld."""

from shared.domain.errors import (
    StripeRefused,
    StripeUnavailable,
    UnreadableEvent,
    WriteConflict,
)
from shared.domain.messages.ledger_orders import Continuation
from shared.domain.reports.not_compared import (
    ANSWER_REFUSED,
    ANSWER_UNREADABLE,
    MODE_DIFFERS,
    NO_ANSWER,
    NOT_CONNECTED,
    WRITTEN_ELSEWHERE,
)
from shared.observability import count, logger
from shared.workflows.ledger.open_account import MODE_DIFFERS as OF_THE_OTHER_MODE
from shared.workflows.ledger.open_account import NOT_CONNECTED as WITHOUT_KEY
from shared.workflows.ledger.sync_ledger import LedgerSync, SyncOutcome

_WHY_NO_ACCOUNT = {WITHOUT_KEY: NOT_CONNECTED, OF_THE_OTHER_MODE: MODE_DIFFERS}
_WHY_FAILED = (
    (StripeUnavailable, NO_ANSWER),
    (StripeRefused, ANSWER_REFUSED),
    (UnreadableEvent, ANSWER_UNREADABLE),
    (WriteConflict, WRITTEN_ELSEWHERE),
)


def sync_for_report(
    syncs: LedgerSync,
    location_id: str,
    now_s: int,
    continuation: Continuation | None = None,
    *,
    max_pages: int | None = None,
    ask_until_s: float | None = None,
) -> SyncOutcome | str:
    """Sync, and return the outcome, or why there is none (a code of `not_compared`).

    Stripe may not answer, or answer something unreadable, and the hourly sync may write the same at
    the same moment. Raises `AwsRefused` and `AwsUnreachable`.
    """
    try:
        outcome = syncs.sync(
            location_id, now_s, continuation, max_pages=max_pages, ask_until_s=ask_until_s
        )
    except tuple(kind for kind, _ in _WHY_FAILED) as error:
        logger.warning("report not synced", location_id=location_id, error=type(error).__name__)
        count("ReportNotSynced")
        return next(why for kind, why in _WHY_FAILED if isinstance(error, kind))
    return _WHY_NO_ACCOUNT.get(outcome.status, outcome)
