"""The sync of one location's ledger with Stripe, for the hourly function and before a report.

It orders the steps and decides nothing itself: reading is `read_balance_transactions`, the rules of
an entry are `page_rules`, comparing is `reconciliation`, sums are `balance_check`.
"""

import time
from collections.abc import Callable, Iterator
from copy import replace
from typing import Any

from msgspec import Struct, field

from shared.adapters.ledger_store import LedgerStore
from shared.adapters.location_store import LocationStore
from shared.adapters.location_troubles import stripe_trouble_key
from shared.adapters.sync_state import SyncPosition, SyncState
from shared.config import Config
from shared.domain.dates.local_day import local_days
from shared.domain.errors import StripeKeyRefused, UnreadableEvent
from shared.domain.ledger.balance_check import BalanceCheck, compare_balances, read_balance
from shared.domain.ledger.sync_times import mark_until_s
from shared.domain.messages.ledger_orders import Continuation
from shared.workflows.ledger.check_ledger import RECHECKED_S, Expectation, SyncChecks
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


class SyncOutcome(Struct, frozen=True):
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
        ask_until_s: float | None = None,
    ) -> SyncOutcome:
        """Bring a ledger up to `until_s` (seconds since 1970), heal, stamp payouts, and compare.

        It begins where the last one ended, the first one at the account's first transaction. After
        `max_pages` (100), or three minutes, it returns `continues` with a continuation for the next
        call. After `ask_until_s`, of the monotonic clock, Stripe is asked no more, as if it did not
        answer. Staff see that Stripe refuses the key for as long as it does. Raises
        `StripeUnavailable`, `StripeRefused`, `AwsUnreachable`, `AwsRefused` and `WriteConflict`:
        what was written stays, and a repetition does the rest.
        """
        account = open_account(location_id, self._locations, self._accounts, ask_until_s)
        if isinstance(account, str):
            return SyncOutcome(account)
        trouble = stripe_trouble_key(location_id)
        begun = self._state.read_position(account.ledger, trouble)
        if continuation:
            # The parts before it listed something.
            begun = replace(begun, has_notes=True)
        at = continuation or _beginning(begun.cursor, until_s)
        try:
            outcome = self._sync(
                account, at, begun, grace_s=grace_s, max_pages=max_pages or MAX_PAGES
            )
        except StripeKeyRefused as refused:
            self._accounts.troubles.note_refused_key(location_id, refused)
            raise
        if outcome.status == DONE and begun.is_key_refused:
            self._accounts.troubles.forget_refused_key(location_id)
        return outcome

    def _sync(
        self,
        account: StripeAccount,
        at: Continuation,
        begun: SyncPosition,
        *,
        grace_s: int,
        max_pages: int,
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
        return self._finish(account, at, begun, taken, grace_s=grace_s, max_pages=max_pages)

    def _take(
        self, account: StripeAccount, transactions: list[dict[str, Any]], grace_s: int
    ) -> Taken:
        now_s = int(self._clock())
        return self._pages.take(account, transactions, now_s=now_s, grace_s=grace_s)

    def _finish(
        self,
        account: StripeAccount,
        at: Continuation,
        begun: SyncPosition,
        taken: Taken,
        *,
        grace_s: int,
        max_pages: int,
    ) -> SyncOutcome:
        now_s = int(self._clock())
        is_whole = max_pages >= MAX_PAGES
        taken += self._payouts.take_new(account, since_s=at.from_s, now_s=now_s, grace_s=grace_s)
        mismatched: tuple[str, ...] = ()
        if _is_eventful(begun, taken):
            followers = self._payouts.follow_up(
                account, now_s=now_s, grace_s=grace_s, max_pages=max_pages
            )
            taken, mismatched = taken + followers.taken, followers.mismatched
        balance, newest = self._check_balance(account, at.until_s, grace_s)
        taken += newest
        is_equal = balance.is_stable and balance.agrees
        days: set[str] = set()
        if is_equal and begun.search:
            self._search.end(account)
        elif balance.is_stable and not is_equal and is_whole:
            # A person who turns pages does not wait for it: the hourly sync searches.
            found = self._search.go_on(account, begun.search, now_s=now_s, grace_s=grace_s)
            days |= found.days
            taken += found.taken
            if found.taken.new:
                balance, newest = self._check_balance(account, at.until_s, grace_s)
                taken += newest
        zone = account.location.timezone
        since_s = max(at.from_s, account.since_s) - REPORTED_S
        days.update(local_days(since_s, at.until_s, zone, MAX_DAYS))
        checked = self._check(
            account, begun, taken, now_s=now_s, grace_s=grace_s, is_whole=is_whole
        )
        taken += checked.taken
        awaited = [*at.awaited_s, *taken.awaited_s, *checked.awaited_s]
        self._checks.keep_days(account, days | checked.settled_days, awaited, now_s)
        self._mark(account, begun, taken, now_s)
        # Last: where anything of it fails, the next sync begins where this one did.
        is_equal = balance.is_stable and balance.agrees
        is_open = not is_equal or bool(awaited) or _is_eventful(begun, taken)
        self._state.move_cursor(account.ledger, begun, at.until_s, is_open=is_open)
        return SyncOutcome(DONE, taken, balance=balance, mismatched_payouts=mismatched)

    def _check(
        self,
        account: StripeAccount,
        begun: SyncPosition,
        taken: Taken,
        *,
        now_s: int,
        grace_s: int,
        is_whole: bool,
    ) -> Expectation:
        """Look at what was found, expected and bound late before; where there is any of it.

        What a webhook notes meanwhile marks the location as active, and waits for the next sync.
        """
        is_eventful = _is_eventful(begun, taken)
        has_findings = is_eventful or self._checks.has_findings(account, now_s - RECHECKED_S, now_s)
        more, days, awaited = Taken(), set[str](), list[int]()
        if has_findings and is_whole:
            more += self._search.list_unreadable(account, now_s=now_s, grace_s=grace_s)
        if is_eventful:
            expected = self._checks.check_expected(account, now_s=now_s, grace_s=grace_s)
            more += expected.taken
            days, awaited = expected.settled_days, expected.awaited_s
            more += self._late_bindings.follow_up(account, now_s=now_s, grace_s=grace_s)
        if has_findings:
            days |= self._checks.recheck(account, now_s=now_s)
        return Expectation(awaited, days, more)

    def _mark(self, account: StripeAccount, begun: SyncPosition, taken: Taken, now_s: int) -> None:
        """Mark the location as active: at its first sync, and where something has moved."""
        is_first = begun.active_until_s is None
        if not is_first and not (taken.new or taken.healed):
            return
        until_s = mark_until_s(begun.active_until_s, now_s, is_first=is_first)
        if until_s:
            self._state.put_activity(account.location_id, until_s)

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
                ledger = self._store.get_balances(account.ledger)
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
        self._state.put_balance_check(account.ledger, check)
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


def _beginning(cursor: int | None, until_s: int) -> Continuation:
    from_s = 0 if cursor is None else max(0, min(cursor, until_s) - OVERLAP_S)
    return Continuation(from_s=from_s, until_s=until_s)


def _is_eventful(begun: SyncPosition, taken: Taken) -> bool:
    """Whether Stripe listed anything, or the last sync or a webhook left a note."""
    return begun.has_notes or taken.read > 0 or taken.followed > 0
