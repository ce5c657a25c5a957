"""Payments whose booking became known only after their ledger entries were written.

The transaction that records a late binding notes it. Here the movements of such a payment are
taken once more: those of its charge and of all its refunds and disputes, whether or not webhooks
reported them.
"""

from collections import defaultdict
from collections.abc import Iterator

from shared.adapters.ledger_keys import instant_key
from shared.adapters.stripe_api import NO_SUCH_OBJECT
from shared.adapters.sync_notes import BoundLate, SyncNotes
from shared.config import Config
from shared.domain.errors import StripeRefused
from shared.workflows.ledger.open_account import StripeAccount
from shared.workflows.ledger.take_page import LedgerPages, learned_late
from shared.workflows.ledger.taken import Taken

# In one sync; where there are more, they take turns.
MAX_ASKED = 25


class LateBindings:
    """Attributes the entries of payments that were bound late to their bookings."""

    def __init__(self, config: Config, pages: LedgerPages) -> None:
        self._pages = pages
        self._notes = SyncNotes(config)

    def follow_up(self, account: StripeAccount, *, now_s: int, grace_s: int) -> Taken:
        """Take the movements of noted payments, in turn.

        Raises what `LedgerPages.take` does; the note stays then, and the next sync takes them.
        """
        where, taken = (account.location_id, account.livemode), Taken()
        notes: defaultdict[str, list[BoundLate]] = defaultdict(list)
        for note in self._notes.list_bound_late(*where):
            notes[note.payment].append(note)
        waiting = {
            instant_key(min(note.at_s for note in of_it), payment): of_it
            for payment, of_it in notes.items()
        }
        for of_it in self._notes.take_turn(*where, "bound", waiting, MAX_ASKED):
            sources = list(self._sources(account, of_it[0]))
            for source in sources:
                found, _ = account.stripe.list_balance_transactions(source=source)
                taken += self._pages.take(account, found, now_s=now_s, grace_s=grace_s)
            # What was learned just now was noted too: all movements of the payment were taken.
            same = [learned_late(charge_id, now_s) for charge_id in sources[:1]]
            self._notes.forget_bound_late(*where, [*of_it, *same])
        return taken

    def _sources(self, account: StripeAccount, each: BoundLate) -> Iterator[str]:
        """Yield the ids of a payment's charge, refunds and disputes, if Stripe has them."""
        try:
            charge_id = each.charge_id or _charge_of(account, each.intent_id)
            if not charge_id:
                return
            refunds = account.stripe.list_refunds(charge_id)
            disputes = account.stripe.list_disputes(charge_id)
        except StripeRefused as refused:
            if refused.code != NO_SUCH_OBJECT:
                raise
            return
        yield charge_id
        yield from (str(found["id"]) for found in (*refunds, *disputes))


def _charge_of(account: StripeAccount, intent_id: str) -> str:
    charge = account.stripe.get_intent(intent_id).get("latest_charge")
    return str(charge["id"]) if charge else ""
