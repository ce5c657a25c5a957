"""What changes at Stripe without a movement of money: payouts on their way, disputes, refunds.

They are followed until they are final, from the sync that first lists them, for an inquiry, or a
refund that waits for funds, moves no money, and its webhook may be lost. A payout's entries are
stamped once Stripe has reconciled it, page by page, and its total is checked.
https://docs.stripe.com/payouts/reconciliation
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from shared.adapters.known_payments import KnownPayments
from shared.adapters.ledger_keys import instant_key
from shared.adapters.payout_store import PayoutStore
from shared.adapters.stripe_api import NO_SUCH_OBJECT
from shared.adapters.sync_notes import Followed, SyncNotes
from shared.config import Config
from shared.domain.errors import (
    InvalidFacts,
    StripeRefused,
    UnreadableEvent,
)
from shared.domain.ledger.bank_payout import BankPayout, read_bank_payout, with_items
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.healing import is_open
from shared.domain.ledger.read_balance_transactions import DISPUTE, PAYOUT, read_balance_transaction
from shared.domain.ledger.subject import UNKNOWN
from shared.workflows.ledger.heal import Healing
from shared.workflows.ledger.open_account import StripeAccount
from shared.workflows.ledger.take_page import LedgerPages
from shared.workflows.ledger.taken import Taken

# In one sync, the oldest first; where there are more, they take turns. However many payouts there
# are, some places are left to disputes and refunds.
MAX_FOLLOWED, MIN_OTHERS = 100, 25


class Followers(Struct, frozen=True):
    """What came of one round, and the payouts whose items do not add up to their amount."""

    taken: Taken
    mismatched: tuple[str, ...]


class PayoutSync:
    """Fetches the followed objects from Stripe, once a sync."""

    def __init__(self, config: Config, pages: LedgerPages) -> None:
        self._pages = pages
        self._store = PayoutStore(config)
        self._notes = SyncNotes(config)
        self._payments = KnownPayments(config)
        self._healing = Healing(config)

    def take_new(self, account: StripeAccount, *, since_s: int, now_s: int, grace_s: int) -> Taken:
        """Note what was made since `since_s` (seconds since 1970) and is still open, to follow it.

        What has ended already is recorded here, unless it is younger than `grace_s`: a webhook may
        still tell. Of what is older than the account's connection, nothing is waited for. Raises as
        `follow_up` does: the next call with the same `since_s` does the rest.
        """
        from_s, stripe = max(since_s, account.since_s), account.stripe
        others = [*stripe.iterate_disputes(from_s), *stripe.iterate_refunds(from_s)]
        made = [*stripe.iterate_payouts(from_s), *(each for each in others if is_open(each))]
        self._notes.follow(account.location_id, account.livemode, map(_followed, made))
        ended = {
            str(each["id"]): each
            for each in others
            if not is_open(each) and now_s - int(each["created"]) >= grace_s
        }
        names = {key: f"charge#{each.get('charge')}" for key, each in ended.items()}
        subjects = self._payments.get_subjects(account.location_id, set(names.values()))
        told = (
            self._healing.tell(account, each, subject, now_s)
            for key, each in ended.items()
            if (subject := subjects.get(names[key]))
        )
        return Taken(healed=sum(told), followed=len(made))

    def follow_up(
        self, account: StripeAccount, *, now_s: int, grace_s: int, max_pages: int
    ) -> Followers:
        """Fetch followed objects, in turn, and record what has changed.

        Raises `StripeUnavailable`, `AwsUnreachable` and `WriteConflict`: the rest waits for the
        next sync.
        """
        left = max_pages
        mismatched = []
        # A list, so that what was taken before an object was refused counts too.
        taken: list[Taken] = []
        for each in self._in_turn(account):
            try:
                if each.kind != PAYOUT:
                    self._follow_object(account, each, taken, now_s=now_s, grace_s=grace_s)
                    continue
                payout, used = self._follow_payout(
                    account, each, taken, now_s=now_s, grace_s=grace_s, max_pages=left
                )
            except (StripeRefused, UnreadableEvent) as error:
                if isinstance(error, StripeRefused) and error.code != NO_SUCH_OBJECT:
                    raise
                # Stripe no longer has it, or returns something undocumented: nothing to wait for.
                self._notes.unfollow(account.location_id, account.livemode, each)
                continue
            left -= used
            if payout.sum_matches is False:
                mismatched.append(payout.payout)
        return Followers(sum(taken, start=Taken()), tuple(mismatched))

    def _in_turn(self, account: StripeAccount) -> list[Followed]:
        """Return what to fetch this time: payouts first, as the report waits for some of them."""
        payouts: dict[str, Followed] = {}
        others: dict[str, Followed] = {}
        for each in self._notes.list_followed(account.location_id, account.livemode):
            place = instant_key(each.created_s, f"{each.kind}#{each.stripe_id}")
            (payouts if each.kind == PAYOUT else others)[place] = each
        where = (account.location_id, account.livemode)
        first = self._notes.take_turn(*where, "payouts", payouts, MAX_FOLLOWED)
        left = max(MAX_FOLLOWED - len(first), MIN_OTHERS)
        return [*first, *self._notes.take_turn(*where, "others", others, left)]

    def _follow_payout(
        self,
        account: StripeAccount,
        followed: Followed,
        taken: list[Taken],
        *,
        now_s: int,
        grace_s: int,
        max_pages: int,
    ) -> tuple[BankPayout, int]:
        body = account.stripe.get_payout(followed.stripe_id)
        name = f"payout#{followed.stripe_id}"
        self._tell(account, body, name, taken, now_s=now_s, grace_s=grace_s)
        known = self._store.get_payout(
            account.location_id, int(body["created"]), followed.stripe_id
        )
        payout = read_bank_payout(body, known, livemode=account.livemode)
        pages = 0
        while payout.can_be_itemised and pages < max_pages:
            transactions, has_more = account.stripe.list_balance_transactions(
                payout=payout.payout, starting_after=payout.items_after
            )
            pages += 1
            taken.append(self._pages.take(account, transactions, now_s=now_s, grace_s=grace_s))
            items = _items(account, transactions, payout.payout)
            self._store.stamp_payout(account.location_id, payout.payout, items)
            last = str(transactions[-1]["id"]) if transactions else ""
            payout = with_items(payout, items, last=last, has_more=has_more)
            known = self._keep(account, payout, known)
        self._keep(account, payout, known)
        if payout.is_settled(now_s):
            self._notes.unfollow(account.location_id, account.livemode, followed)
        return payout, pages

    def _keep(
        self, account: StripeAccount, payout: BankPayout, known: BankPayout | None
    ) -> BankPayout:
        """Write a payout if it has changed; a faster sync makes this one stop."""
        if payout != known:
            self._store.put_payout(account.location_id, payout, known)
        return payout

    def _follow_object(
        self,
        account: StripeAccount,
        followed: Followed,
        taken: list[Taken],
        *,
        now_s: int,
        grace_s: int,
    ) -> None:
        ask = account.stripe.get_dispute if followed.kind == DISPUTE else account.stripe.get_refund
        body = ask(followed.stripe_id)
        name = f"charge#{followed.charge_id}"
        self._tell(account, body, name, taken, now_s=now_s, grace_s=grace_s)
        if not is_open(body):
            self._notes.unfollow(account.location_id, account.livemode, followed)

    def _tell(
        self,
        account: StripeAccount,
        body: Mapping[str, Any],
        name: str,
        taken: list[Taken],
        *,
        now_s: int,
        grace_s: int,
    ) -> None:
        """Record an object's new status where no webhook reported it.

        Of one that is not known at all, a webhook may still come until it is overdue.
        """
        subject = self._payments.get_subjects(account.location_id, [name]).get(name)
        charge = None
        if subject is None:
            if now_s - int(body["created"]) < grace_s:
                return
            # Whose it is, only its charge says.
            charge_id = body.get("charge")
            charge = account.stripe.get_charge(str(charge_id)) if charge_id else None
        if self._healing.tell(account, body, subject or UNKNOWN, now_s, charge):
            taken.append(Taken(healed=1))


def _followed(made: Mapping[str, Any]) -> Followed:
    return Followed(
        kind=str(made["object"]),
        stripe_id=str(made["id"]),
        charge_id=str(made.get("charge") or ""),
        created_s=int(made["created"]),
    )


def _items(
    account: StripeAccount, transactions: Sequence[Mapping[str, Any]], payout_id: str
) -> list[LedgerEntry]:
    """Return the entries that a payout carried, without its own."""
    entries = []
    for transaction in transactions:
        try:
            entry = read_balance_transaction(
                transaction, location_id=account.location_id, livemode=account.livemode
            )
        except (UnreadableEvent, InvalidFacts):
            # It is shown as missing already, and the payout's total will not match.
            continue
        if not (entry.payout == payout_id and entry.type == PAYOUT):
            entries.append(entry)
    return entries
