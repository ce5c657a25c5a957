"""What each subject has spent of its budgets: one item a subject, written on a condition.

The item's key is an HMAC of the subject, such as an IP or a mail address: nobody learns either from
the table. Of two spendings at the same moment one has to be read again, so that no number of
concurrent requests exceeds a budget.
"""

import hmac
from collections.abc import Collection, Iterable

from shared.adapters.bookings_table import BookingsTable, Key, Put, Stored
from shared.adapters.mark_store import MarkStore
from shared.adapters.retry_write import retry_write
from shared.config import Config
from shared.domain.errors import WriteConflict
from shared.domain.locations.budgets import Budget, Spending, still_counting, wait_s


class BudgetStore:
    """The spendings of all subjects; `secret` is what a subject is hidden with."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)
        self._marks = MarkStore(config)

    def spend(
        self,
        subject: str,
        spending: Spending,
        budgets: Collection[Budget],
        secret: str,
        *,
        without: Collection[str] = (),
    ) -> int:
        """Spend if it fits into all of the budgets, and return 0; else in how many seconds it does.

        A spending that is there already is not spent again. `without` names spendings that count no
        more. Raises `AwsUnreachable`, and `WriteConflict` as `retry_write`.
        """
        key = _key(subject, secret)

        def spend_now() -> int:
            stored = self._table.get(key).get(key)
            known = [each for each in _spent(stored) if each.name not in without]
            if any(each.name == spending.name for each in known):
                return 0
            counting = still_counting(known, budgets, spending.at_s)
            if wait := wait_s(counting, spending.amount, budgets, spending.at_s):
                return wait
            self._write(key, (*counting, spending), stored, budgets)
            return 0

        return retry_write(spend_now)

    def spend_one(self, subject: str, name: str, budget: Budget, secret: str, now_s: int) -> int:
        """Spend one where the budget has room, and return 0; else in how many seconds it has.

        For what many request at the same moment: a mark in a set, which needs no retries.
        Raises `AwsUnreachable`.
        """
        key = _key(subject, secret)
        marks = {mark: int(mark.rpartition("|")[2]) for mark in self._marks.get_marks(key)}
        if any(mark.rpartition("|")[0] == name for mark in marks):
            return 0
        lapsed = [mark for mark, at_s in marks.items() if at_s + budget.within_s <= now_s]
        if len(marks) >= budget.most:
            self._marks.remove_marks(key, lapsed)
        until_s = now_s + budget.within_s
        if len(marks) - len(lapsed) < budget.most and self._marks.add_mark(
            key, f"{name}|{now_s}", budget.most, until_s
        ):
            return 0
        oldest_s = min((marks[mark] for mark in marks.keys() - set(lapsed)), default=now_s)
        return max(1, oldest_s + budget.within_s - now_s)

    def names(self, subject: str, secret: str) -> list[str]:
        """Return under which names something was spent."""
        key = _key(subject, secret)
        return [each.name for each in _spent(self._table.get(key).get(key))]

    def give_back(self, subject: str, name: str, budgets: Collection[Budget], secret: str) -> None:
        """Take back a spending that nothing came of; one that cannot be, for others, stays."""
        key = _key(subject, secret)
        stored = self._table.get(key).get(key)
        known = _spent(stored)
        left = tuple(each for each in known if each.name != name)
        if len(left) == len(known):
            return
        try:
            self._write(key, left, stored, budgets)
        except WriteConflict:
            return

    def _write(
        self,
        key: Key,
        spent: Iterable[Spending],
        stored: Stored | None,
        budgets: Collection[Budget],
    ) -> None:
        known = tuple(spent)
        # Lists, not objects: there may be two thousand of them in an item.
        kept = [[each.name, each.at_s, each.amount] for each in known]
        newest_s = max((each.at_s for each in known), default=0)
        # DynamoDB deletes the item some time after its last spending counts.
        expires_at_s = newest_s + max(budget.within_s for budget in budgets)
        version = stored.version if stored else 0
        self._table.put([Put(key, {"spent": kept}, version, expires_at_s=expires_at_s)])


def _spent(stored: Stored | None) -> list[Spending]:
    return [Spending(*each) for each in stored.body["spent"]] if stored else []


def _key(subject: str, secret: str) -> Key:
    digest = hmac.digest(secret.encode(), f"budget/{subject}".encode(), "sha256").hex()
    return Key(f"budget#{digest}", "budget")
