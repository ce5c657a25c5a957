"""The sync of one location's ledger with Stripe, for the hourly function and before a report.

It orders the steps and decides nothing itself: reading is `read_balance_transactions`, the rules of
an entry are `page_rules`, comparing is `reconciliation`, sums are `balance_check`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from shared.adapters.ledger_store import LedgerStore
from shared.adapters.location_store import LocationStore
from shared.adapters.sync_state import SyncState
from shared.config import Config
from shared.domain.dates.local_day import local_days
from shared.domain.errors import StripeKeyRefused, UnreadableEvent
from shared.domain.ledger.balance_check import BalanceCheck, compare_balances, read_balance
from shared.domain.messages.ledger_orders import Continuation
from shared.workflows.ledger.check_ledger import SyncChecks
from shared.workflows.ledger.follow_payouts import PayoutSync
from shared.workflows.ledger.late_bindings import LateBindings
from shared.workflows.ledger.open_account import StripeAccount, open_account
from shared.workflows.ledger.search_ledger import LedgerSearch
from shared.workflows.ledger.take_page import LedgerPages
from shared.workflows.ledger.taken import Taken
from shared.workflows.stripe_accounts import StripeAccounts

DONE, CONTINUES = "done", "continues"
# Every sync reads again what came shortly before the last one: Stripe's lists follow its balance
# within moments, and a movement that was too young to be healed no longer is.
OVERLAP_S = 3600
# A webhook may take that long; only then is what it would have reported fetched.
GRACE_S = 600
# A hundred pages are 10,000 transactions and need about a minute and a half.
MAX_PAGES = 100
MAX_S = 180
BALANCE_ATTEMPTS = 4
BALANCE_OVERLAP_S = 300
BALANCE_PAGES = 10
MAX_DAYS = 40
# A report may be of a day that ended a day ago, in a time zone that the location has left since.
# From the first zone of the world to the last it is 26 hours.
REPORTED_S = (24 + 26) * 3600


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What came of a sync: `done`, `continues`, or why there is no account to ask."""

    status: str
    taken: Taken = field(default_factory=Taken)
    continuation: Continuation | None = None
    balance: BalanceCheck | None = None
    mismatched_payouts: tuple[str, ...] = ()


class LedgerSync:
    """Syncs ledgers; safe to repeat and to run twice at once."""

    def __init__(
        self,
        config: Config,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._config = config
        self._clock = clock
        self._sleep = sleep
        self._locations = LocationStore(config)
        self._accounts = StripeAccounts(config)
        self._store = LedgerStore(config)
        self._state = SyncState(config)
        self._pages = LedgerPages(config)
        self._payouts = PayoutSync(config, self._pages)
        self._checks = SyncChecks(config, self._pages)
        self._search = LedgerSearch(config, self._pages)
        self._late_bindings = LateBindings(config, self._pages)

    def sync(
        self,
        location_id: str,
        until_s: int,
        continuation: Continuation | None = None,
        *,
        grace_s: int = GRACE_S,
        max_pages: int | None = None,
    ) -> SyncOutcome:
        """Bring a ledger up to `until_s` (seconds since 1970), heal, stamp payouts, and compare.

        It begins where the last one ended, the first one at the account's first transaction. After
        `max_pages` (100), or three minutes, it returns `continues` with a continuation for the next
        call. Staff see that Stripe refuses the key for as long as it does. Raises
        `StripeUnavailable`, `StripeRefused`, `AwsUnreachable`, `AwsRefused` and `WriteConflict`:
        what was written stays, and a repetition does the rest.
        """
        account = open_account(location_id, self._locations, self._accounts)
        if isinstance(account, str):
            return SyncOutcome(account)
        at = continuation or self._beginning(location_id, until_s)
        try:
            outcome = self._sync(account, at, grace_s=grace_s, max_pages=max_pages or MAX_PAGES)
        except StripeKeyRefused as refused:
            self._accounts.troubles.note_refused_key(location_id, refused)
            raise
        if outcome.status == DONE:
            self._accounts.troubles.forget_refused_key(location_id)
        return outcome

    def _sync(
        self, account: StripeAccount, at: Continuation, *, grace_s: int, max_pages: int
    ) -> SyncOutcome:
        taken = Taken()
        started_s = self._clock()
        for page in range(1, max_pages + 1):
            transactions, has_more = account.stripe.list_balance_transactions(
                created_from_s=at.from_s,
                created_until_s=at.until_s,
                starting_after=at.starting_after,
            )
            taken += self._take(account, transactions, grace_s)
            if not has_more or not transactions:
                break
            at = replace(at, starting_after=str(transactions[-1]["id"]))
            if page == max_pages or self._clock() - started_s > MAX_S:
                oldest = (min(taken.awaited_s),) if taken.awaited_s else ()
                at = replace(at, awaited_s=at.awaited_s + oldest)
                return SyncOutcome(CONTINUES, taken, at)
        return self._finish(account, at, taken, grace_s=grace_s, max_pages=max_pages)

    def _beginning(self, location_id: str, until_s: int) -> Continuation:
        cursor = self._state.get_cursor(location_id)
        from_s = 0 if cursor is None else max(0, min(cursor, until_s) - OVERLAP_S)
        return Continuation(from_s=from_s, until_s=until_s)

    def _take(
        self, account: StripeAccount, transactions: list[dict[str, Any]], grace_s: int
    ) -> Taken:
        now_s = int(self._clock())
        return self._pages.take(account, transactions, now_s=now_s, grace_s=grace_s)

    def _finish(
        self,
        account: StripeAccount,
        at: Continuation,
        taken: Taken,
        *,
        grace_s: int,
        max_pages: int,
    ) -> SyncOutcome:
        now_s = int(self._clock())
        taken += self._payouts.take_new(account, since_s=at.from_s, now_s=now_s, grace_s=grace_s)
        followers = self._payouts.follow_up(
            account, now_s=now_s, grace_s=grace_s, max_pages=max_pages
        )
        balance, newest = self._check_balance(account, at.until_s, grace_s)
        taken += followers.taken + newest
        searched: frozenset[str] = frozenset()
        if balance.is_stable and balance.agrees:
            self._search.end(account.location_id)
        elif balance.is_stable and max_pages >= MAX_PAGES:
            # A person who turns pages does not wait for it: the hourly sync searches.
            found = self._search.go_on(account, now_s=now_s, grace_s=grace_s)
            searched = found.days
            taken += found.taken
            if found.taken.new:
                balance, newest = self._check_balance(account, at.until_s, grace_s)
                taken += newest
        if max_pages >= MAX_PAGES:
            taken += self._search.list_unreadable(account, now_s=now_s, grace_s=grace_s)
        expected = self._checks.check_expected(account, now_s=now_s, grace_s=grace_s)
        taken += expected.taken
        taken += self._late_bindings.follow_up(account, now_s=now_s, grace_s=grace_s)
        settled_days = self._checks.recheck(account, now_s=now_s)
        zone = account.location.timezone
        since_s = max(at.from_s, account.since_s) - REPORTED_S
        touched = set(local_days(since_s, at.until_s, zone, MAX_DAYS))
        touched |= settled_days | expected.settled_days | searched
        awaited = [*at.awaited_s, *taken.awaited_s, *expected.awaited_s]
        self._checks.keep_days(account, touched, awaited, now_s)
        # Last: where anything of it fails, the next sync begins where this one did.
        self._state.put_cursor(account.location_id, at.until_s)
        return SyncOutcome(DONE, taken, balance=balance, mismatched_payouts=followers.mismatched)

    def _check_balance(
        self, account: StripeAccount, until_s: int, grace_s: int
    ) -> tuple[BalanceCheck, Taken]:
        """Compare Stripe's balance with the ledger's while neither moves, and keep the result.

        The balance is taken before and after the newest transactions are listed: if it is the same,
        no transaction came between, and the sum of all that are in the ledger must be it.
        """
        taken = Taken()
        for attempt in range(1, BALANCE_ATTEMPTS + 1):
            try:
                before = read_balance(account.stripe.get_balance())
                at_s = int(self._clock())
                for page in self._take_newest(account, until_s - BALANCE_OVERLAP_S, grace_s):
                    taken += page
                ledger = self._store.get_balances(account.location_id)
                is_stable = before == read_balance(account.stripe.get_balance())
            except UnreadableEvent:
                # Not compared, as the report then says; the rest of the sync goes on.
                check = BalanceCheck(int(self._clock()), is_stable=False, lines=())
                break
            check = compare_balances(before, ledger, at_s=at_s, is_stable=is_stable)
            if is_stable and check.agrees:
                break
            if attempt < BALANCE_ATTEMPTS:
                # Money is moving right now, or Stripe's list is a moment behind its balance.
                self._sleep(attempt)
        self._state.put_balance_check(account.location_id, check)
        return check, taken

    def _take_newest(self, account: StripeAccount, from_s: int, grace_s: int) -> Iterator[Taken]:
        starting_after = ""
        for _ in range(BALANCE_PAGES):
            transactions, has_more = account.stripe.list_balance_transactions(
                created_from_s=max(0, from_s), starting_after=starting_after
            )
            yield self._take(account, transactions, grace_s)
            if not has_more or not transactions:
                break
            starting_after = str(transactions[-1]["id"])
