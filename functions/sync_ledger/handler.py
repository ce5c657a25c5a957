"""An order from the queue: one location's ledger is synced with Stripe, in parts."""

import time
from copy import replace
from typing import Any

from shared import environment
from shared.adapters.message_queue import MessageQueue
from shared.adapters.sync_queue import ledger_syncs
from shared.adapters.sync_schedule import SyncSchedule
from shared.domain.errors import StripeKeyRefused, StripeTooSlow, StripeUnavailable
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.ledger_orders import SyncLedger
from shared.entrypoints.queue_batch import process_batch
from shared.observability import count, fault, logger, metrics
from shared.workflows.ledger.open_account import MODE_DIFFERS
from shared.workflows.ledger.sync_ledger import (
    CONTINUES,
    GRACE_S,
    LedgerSync,
    SyncOutcome,
)

# Some ten minutes, by `retry_schedule.delay_s`; an outage of Stripe's makes no dead letters.
MAX_ATTEMPTS = 8


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Sync each ordered location and return the orders to be retried."""
    return process_batch(
        event, _handle_order, environment.get(MessageQueue), failure="ledger not synced"
    )


def _handle_order(envelope: dict[str, Any], attempt: int) -> None:
    order = read_envelope(envelope, SyncLedger)
    logger.append_keys(location_id=order.location_id)
    try:
        outcome = _sync(order)
    except StripeUnavailable as error:
        # One that took all of the time would take as long again, from those who wait.
        if attempt < MAX_ATTEMPTS and not isinstance(error, StripeTooSlow):
            raise
        # The next hour's order takes up where the last good sync ended: nothing is given up.
        logger.warning("ledger left to the next hour", **fault(error))
        count("LedgerLeft")
        environment.get(SyncSchedule).forget_sync(order.location_id)
        return
    except StripeKeyRefused as refused:
        # The location's own trouble, which its staff are shown: no alarm, and the next hour's
        # order tries again.
        logger.warning("ledger not synced", error=type(refused).__name__)
        count("LedgerKeyRefused")
        environment.get(SyncSchedule).forget_sync(order.location_id)
        return
    if outcome.status == CONTINUES:
        environment.get(ledger_syncs).send([replace(order, continuation=outcome.continuation)])
    _tell(order.location_id, outcome)


def _sync(order: SyncLedger) -> SyncOutcome:
    return environment.get(LedgerSync).sync(
        order.location_id,
        int(time.time()),
        order.continuation,
        grace_s=GRACE_S if order.grace_s is None else order.grace_s,
    )


def _tell(location_id: str, outcome: SyncOutcome) -> None:
    taken, balance = outcome.taken, outcome.balance
    is_unequal = balance is not None and balance.is_stable and not balance.agrees
    logger.info(
        "ledger synced",
        location_id=location_id,
        status=outcome.status,
        read=taken.read,
        new=taken.new,
        healed=taken.healed,
        attributed=taken.attributed,
        balance_differs=is_unequal,
    )
    for name, number in (
        ("LedgerEntryWritten", taken.new),
        ("LedgerHealed", taken.healed),
        ("LedgerDiffers", len(taken.differing | taken.missing_here | taken.unreadable)),
        ("LedgerCategoryUnknown", len(taken.unknown_categories)),
        ("LedgerBalanceDiffers", int(is_unequal)),
        ("LedgerPayoutDiffers", len(outcome.mismatched_payouts)),
        ("LedgerModeDiffers", int(outcome.status == MODE_DIFFERS)),
    ):
        if number:
            count(name, number)
    for category in sorted(taken.unknown_categories):
        logger.warning("unknown reporting category", location_id=location_id, category=category)
