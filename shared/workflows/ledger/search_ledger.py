"""The search for missing entries while Stripe's balance shows that the ledger lacks some.

Stripe may list a movement long after it was made, and one that could not be read is not written: a
sync looks back an hour, and never sees it again. So as long as the balances differ, each sync lists
another stretch of earlier transactions, back to the account's first one, and then starts over.

What could not be read need not show in the balance: it may add up to nothing, or be of another of
Stripe's balances. It is a finding with its instant, and each sync lists some of these again.
"""

from msgspec import Struct

from shared.adapters.ledger_keys import instant_key
from shared.adapters.sync_notes import SyncNotes
from shared.adapters.sync_state import SyncState
from shared.config import Config
from shared.domain.dates.local_day import local_days
from shared.domain.ledger.findings import is_unreadable
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.workflows.ledger.open_account import StripeAccount
from shared.workflows.ledger.take_page import LedgerPages
from shared.workflows.ledger.taken import Taken

# In one sync: 5,000 transactions, within a minute.
MAX_PAGES = 50
MAX_DAYS = 400
# Instants of what could not be read that one sync lists again, in turns, and for how long. One
# instant may have many transactions.
MAX_AGAIN, AGAIN_S, AGAIN_PAGES = 20, 60 * 86_400, 10


class Searched(Struct, frozen=True):
    """What was taken, and the local days of the pages on which entries were new."""

    taken: Taken
    days: frozenset[str]


class LedgerSearch:
    """Continues a location's search, or ends it."""

    def __init__(self, config: Config, pages: LedgerPages) -> None:
        self._pages = pages
        self._store = SyncState(config)
        self._notes = SyncNotes(config)

    def go_on(self, account: StripeAccount, after: str, *, now_s: int, grace_s: int) -> Searched:
        """List transactions from where the last sync stopped, further into the past.

        It stopped after the transaction `after`, "" for nowhere. Raises what `LedgerPages.take`
        does; the next sync lists the same again.
        """
        taken = Taken()
        days: set[str] = set()
        for _ in range(MAX_PAGES):
            transactions, has_more = account.stripe.list_balance_transactions(starting_after=after)
            page = self._pages.take(account, transactions, now_s=now_s, grace_s=grace_s)
            taken += page
            if page.new:
                created = [StripeJson(each).instant("created") for each in transactions]
                zone = account.location.timezone
                days.update(local_days(min(created), max(created), zone, MAX_DAYS))
            after = str(transactions[-1]["id"]) if transactions and has_more else ""
            if not after:
                break
        self._store.put_search(account.ledger, after)
        return Searched(taken, frozenset(days))

    def list_unreadable(self, account: StripeAccount, *, now_s: int, grace_s: int) -> Taken:
        """List again what could not be read when it came; raises what `LedgerPages.take` does."""
        taken = Taken()
        where = (account.location_id, account.livemode)
        found = self._notes.iterate_findings(*where, now_s - AGAIN_S, now_s, healed=False)
        instants = {
            instant_key(each.created_s): each.created_s for each in found if is_unreadable(each)
        }
        for at_s in self._notes.take_turn(*where, "unreadable", instants, MAX_AGAIN):
            after = ""
            for _ in range(AGAIN_PAGES):
                transactions, has_more = account.stripe.list_balance_transactions(
                    created_from_s=at_s, created_until_s=at_s, starting_after=after
                )
                taken += self._pages.take(account, transactions, now_s=now_s, grace_s=grace_s)
                if not has_more or not transactions:
                    break
                after = str(transactions[-1]["id"])
        return taken

    def end(self, account: StripeAccount) -> None:
        """Let the next search begin with the newest transaction."""
        self._store.put_search(account.ledger, "")
