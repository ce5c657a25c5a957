"""The checks at the end of a sync: what Stripe lacks, what still differs, how each day compares."""

from bisect import bisect
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from shared.adapters.known_payments import KnownPayments
from shared.adapters.ledger_keys import instant_key
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.stripe_api import NO_SUCH_OBJECT
from shared.adapters.sync_notes import Expected, SyncNotes
from shared.adapters.sync_state import SyncState
from shared.config import Config
from shared.domain.dates.local_day import day_bounds, local_day
from shared.domain.errors import StripeRefused
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.findings import (
    MISSING_AT_STRIPE,
    Finding,
    difference,
    is_known,
    missing_at_stripe,
)
from shared.domain.ledger.movements import Movement, movements
from shared.domain.ledger.reconciliation import reconcile
from shared.domain.ledger.subject import UNKNOWN, subject_name
from shared.workflows.ledger.open_account import StripeAccount
from shared.workflows.ledger.take_page import LedgerPages
from shared.workflows.ledger.taken import Taken

# In one sync; where there are more, they take turns.
MAX_ASKED = 50
# Stripe may take an hour to enter an asynchronous capture.
# https://docs.stripe.com/payments/payment-intents/asynchronous-capture
MISSING_AFTER_S = 2 * 3600
RECHECKED_S = 60 * 86_400
MAX_RECHECKED = 100


class Expectation(Struct, frozen=True):
    """What came of movements that webhooks reported and the ledger lacked.

    `awaited_s` are the instants of those that may still come; on each of `settled_days`, local
    dates, one is no longer awaited. `taken` is what was read for it.
    """

    awaited_s: list[int]
    settled_days: set[str]
    taken: Taken


class SyncChecks:
    """Keeps findings and reconciliations up to date, within limits."""

    def __init__(self, config: Config, pages: LedgerPages) -> None:
        self._pages = pages
        self._store = LedgerStore(config)
        self._state = SyncState(config)
        self._notes = SyncNotes(config)
        self._payments = KnownPayments(config)

    def check_expected(self, account: StripeAccount, *, now_s: int, grace_s: int) -> Expectation:
        """Ask Stripe for movements that webhooks reported and the ledger lacks.

        One that is missing for longer than Stripe may take is a finding.
        """
        expected = self._expected(account)
        due = {
            instant_key(each.at_s, each.name): each
            for each in expected
            if now_s - each.at_s >= grace_s
        }
        asked = self._notes.take_turn(
            account.location_id, account.livemode, "expected", due, MAX_ASKED
        )
        subjects = self._payments.get_subjects(
            account.location_id, {f"charge#{each.charge_id}" for each in asked}
        )
        awaited = [each.at_s for each in set(expected).difference(asked)]
        settled_days, taken = set(), Taken()
        for each in asked:
            subject = subjects.get(f"charge#{each.charge_id}", UNKNOWN)
            movement = {one.name: one for one in movements(subject.facts)}.get(each.name)
            found = self._find_at_stripe(account, movement) if movement else []
            if found:
                taken += self._pages.take(account, found, now_s=now_s, grace_s=grace_s)
            if movement is None or _is_among(movement, found):
                self._notes.forget_expected(account.location_id, account.livemode, [each.name])
                settled_days.add(local_day(each.at_s, account.location.timezone))
            elif now_s - each.at_s < MISSING_AFTER_S:
                awaited.append(each.at_s)
            else:
                finding = missing_at_stripe(movement, subject.booking_id, each.at_s)
                self._notes.put_findings(account.location_id, account.livemode, [finding])
        return Expectation(awaited, settled_days, taken)

    def _expected(self, account: StripeAccount) -> list[Expected]:
        """Return what the present account should have, and forget what a former one never listed.

        The former account cannot be asked any more, and this one does not have it.
        """
        noted = self._notes.list_expected(account.location_id, account.livemode)
        since_s = account.location.stripe_account_since_s
        former = [each.name for each in noted if each.at_s < since_s]
        self._notes.forget_expected(account.location_id, account.livemode, former)
        return [each for each in noted if each.at_s >= since_s]

    def _find_at_stripe(self, account: StripeAccount, movement: Movement) -> list[dict[str, Any]]:
        try:
            found, _ = account.stripe.list_balance_transactions(source=movement.object_id)
        except StripeRefused as refused:
            if refused.code != NO_SUCH_OBJECT:
                raise
            return []
        return found

    def recheck(self, account: StripeAccount, *, now_s: int) -> set[str]:
        """Delete findings that no longer hold; return the local days that they belonged to.

        What webhooks reported is no longer missing once it is not expected any more, whichever list
        of Stripe's brought it.
        """
        expected = {each.name for each in self._expected(account)}
        since_s = account.location.stripe_account_since_s
        found = self._notes.iterate_findings(
            account.location_id, account.livemode, now_s - RECHECKED_S, now_s, healed=False
        )
        waiting = {
            instant_key(each.created_s, f"{each.kind}#{each.name}"): each
            for each in found
            # What a former account never listed stays missing there.
            if each.kind != MISSING_AT_STRIPE
            or (each.name not in expected and each.created_s >= since_s)
        }
        days = set()
        for finding in self._notes.take_turn(
            account.location_id, account.livemode, "findings", waiting, MAX_RECHECKED
        ):
            if finding.kind == MISSING_AT_STRIPE or self._is_settled(account, finding):
                self._notes.forget_finding(account.location_id, account.livemode, finding)
                days.add(local_day(finding.created_s, account.location.timezone))
        return days

    def _is_settled(self, account: StripeAccount, finding: Finding) -> bool:
        place = instant_key(finding.created_s, finding.name)
        for entry in self._store.get_entries(account.location_id, [place]):
            name = subject_name(entry)
            if name is None:
                return True
            subjects = self._payments.get_subjects(account.location_id, [name])
            subject = subjects.get(name, UNKNOWN)
            has_come = is_known(entry, subject.facts)
            if has_come and difference(entry, subject.facts):
                return False
            if entry.payout is not None:
                return has_come
            booking_id = subject.booking_id or entry.booking_id
            if booking_id is None:
                # Not a booking's: it was missing only as long as it could not be read.
                return True
            return has_come and self._is_in_booking(account, entry, booking_id)
        return False

    def _is_in_booking(self, account: StripeAccount, entry: LedgerEntry, booking_id: str) -> bool:
        booking = self._payments.get_bookings(account.location_id, [booking_id]).get(booking_id)
        return booking is not None and entry.charge in booking.facts.charges

    def has_findings(self, account: StripeAccount, since_s: int, now_s: int) -> bool:
        """Whether any open finding is of what happened since then; in one call."""
        first = self._notes.iterate_findings(
            account.location_id, account.livemode, since_s, now_s, healed=False
        )
        return next(first, None) is not None

    def keep_days(
        self, account: StripeAccount, days: Iterable[str], awaited: Iterable[int], now_s: int
    ) -> None:
        """Write how local days reconcile; `awaited` are instants of what may still come."""
        bounds = {day: day_bounds(day, account.location.timezone) for day in sorted(set(days))}
        found = self._findings_of(account, bounds)
        oldest = min(awaited, default=None)
        self._state.put_reconciliations(
            account.ledger,
            {
                day: reconcile(
                    found[day],
                    (start_s, end_s),
                    is_pending=oldest is not None and oldest < end_s,
                    checked_at_s=now_s,
                )
                for day, (start_s, end_s) in bounds.items()
            },
        )

    def _findings_of(
        self, account: StripeAccount, bounds: Mapping[str, tuple[int, int]]
    ) -> dict[str, list[Finding]]:
        """Return the findings of days, the healed ones last; in a call for each of the two kinds.

        Days that follow on one another are read together: most have none.
        """
        found: dict[str, list[Finding]] = {day: [] for day in bounds}
        for stretch in _stretches(bounds):
            start_s, end_s = bounds[stretch[0]][0], bounds[stretch[-1]][1]
            for healed in (False, True):
                for finding in self._notes.iterate_findings(
                    account.location_id, account.livemode, start_s, end_s, healed=healed
                ):
                    at = bisect(stretch, finding.created_s, key=lambda day: bounds[day][0])
                    found[stretch[at - 1]].append(finding)
        return found


def _stretches(bounds: Mapping[str, tuple[int, int]]) -> list[list[str]]:
    """Return days, which come in their order, as stretches without a day between them."""
    stretches: list[list[str]] = []
    for day, (start_s, _) in bounds.items():
        if stretches and bounds[stretches[-1][-1]][1] == start_s:
            stretches[-1].append(day)
        else:
            stretches.append([day])
    return stretches


def _is_among(movement: Movement, found: Iterable[dict[str, Any]]) -> bool:
    wanted = movement.balance_transaction
    return any(not wanted or each["id"] == wanted for each in found)
