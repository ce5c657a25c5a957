"""A payout as the report shows it: what Stripe sent to the bank, and what it was made of. Pure.

https://docs.stripe.com/payouts/reconciliation
"""

from collections.abc import Mapping
from copy import replace
from typing import Any

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.domain.stripe_facts.read_objects import read_payout

ITEMISED, AWAITED = "itemised", "awaited"
# Stripe cannot say which entries a manual payout carries.
CANNOT_BE_ITEMISED = "cannot be itemised"
# A payout carries what has become available since the one before, at the longest monthly, and some
# payments take weeks to become available. https://docs.stripe.com/payouts#payout-schedule
ITEMS_WITHIN_S = 92 * 86_400
_FINAL = frozenset({"paid", "failed", "canceled"})
# A trace id may come days after the money. https://docs.stripe.com/payouts/trace-id
TRACE_AWAITED_S = 14 * 86_400
# The bank gives none. https://docs.stripe.com/api/payouts/object#payout_object-trace_id-status
NO_TRACE = "unsupported"


class BankPayout(StoredRecord, frozen=True):
    """One payout; sums are ints in the minor unit of `currency`, instants seconds since 1970.

    `amount_minor` is positive to the bank. `items_count` and `items_net_minor` are what the stamped
    entries amount to so far, and `items_first_s` and `items_last_s` when the oldest and the newest
    of them were made, 0 where that was not noted; `itemisation` says whether these are all of them.
    """

    payout: str
    amount_minor: int
    currency: str
    created_s: int
    arrival_date_s: int
    status: str
    automatic: bool
    livemode: bool
    method: str = ""
    reconciliation_status: str = ""
    trace_id: str = ""
    trace_status: str = ""
    failure_code: str = ""
    itemisation: str = AWAITED
    items_count: int = 0
    items_net_minor: int = 0
    items_after: str = ""
    items_first_s: int = 0
    items_last_s: int = 0

    @property
    def sum_matches(self) -> bool | None:
        """Whether its entries' net is its amount; None while that cannot be told."""
        if self.itemisation != ITEMISED:
            return None
        return self.items_net_minor == self.amount_minor

    @property
    def can_be_itemised(self) -> bool:
        """Whether Stripe knows its entries and we have not stamped them all."""
        return self.itemisation == AWAITED and self.reconciliation_status == "completed"

    def items_within(self) -> tuple[int, int]:
        """Return the stretch `[start_s, end_s)` in which its entries were made.

        For a payout that an earlier release has followed it is the three months before it.
        """
        if self.items_first_s:
            return self.items_first_s, self.items_last_s + 1
        return self.created_s - ITEMS_WITHIN_S, self.created_s + 1

    def is_settled(self, now_s: int) -> bool:
        """Whether nothing more is expected of it; a later failure has an entry of its own."""
        if self.status not in _FINAL or self.itemisation == AWAITED:
            # One that failed before Stripe reconciled it never will be.
            return self.status in ("failed", "canceled") and self._is_old(now_s)
        has_trace = bool(self.trace_id) or self.trace_status == NO_TRACE
        return has_trace or self.status != "paid" or self._is_old(now_s)

    def _is_old(self, now_s: int) -> bool:
        return now_s - max(self.arrival_date_s, self.created_s) > TRACE_AWAITED_S


def read_bank_payout(
    payout: Mapping[str, Any], known: BankPayout | None, *, livemode: bool
) -> BankPayout:
    """Read Stripe's payout; what was found out about its entries is kept.

    Raises `UnreadableEvent` as `read_payout` does, and for a payout of the other mode.
    """
    read = StripeJson(payout)
    facts = read_payout(read)
    if facts.livemode is not None and facts.livemode != livemode:
        raise read.unreadable("livemode", "not the mode of the key")
    automatic = read.flag("automatic") is not False
    fresh = BankPayout(
        payout=read.required_id("id"),
        amount_minor=facts.amount_minor,
        currency=facts.currency,
        created_s=read.required_instant("created"),
        arrival_date_s=facts.arrival_date_s,
        status=facts.status,
        automatic=automatic,
        livemode=livemode,
        method=facts.method,
        reconciliation_status=facts.reconciliation_status,
        trace_id=facts.trace_id,
        trace_status=read.child("trace_id").text("status"),
        failure_code=facts.failure_code,
        itemisation=AWAITED if automatic else CANNOT_BE_ITEMISED,
    )
    if known is None or not automatic:
        return fresh
    return replace(
        fresh,
        itemisation=known.itemisation,
        items_count=known.items_count,
        items_net_minor=known.items_net_minor,
        items_after=known.items_after,
        items_first_s=known.items_first_s,
        items_last_s=known.items_last_s,
        newer=known.newer,
    )


def with_items(
    payout: BankPayout, items: list[LedgerEntry], *, last: str, has_more: bool
) -> BankPayout:
    """Return the payout with one more page of its entries; its own entry is not one of them."""
    made = [each.created_s for each in items]
    if payout.items_first_s:
        made += [payout.items_first_s, payout.items_last_s]
    elif payout.items_count:
        # An earlier release took the first pages, and did not note when these were made.
        made = []
    return replace(
        payout,
        items_first_s=min(made, default=0),
        items_last_s=max(made, default=0),
        items_count=payout.items_count + len(items),
        items_net_minor=payout.items_net_minor + sum(each.net_minor for each in items),
        items_after=last if has_more else "",
        itemisation=AWAITED if has_more else ITEMISED,
    )


def bank_payout_to_dict(payout: BankPayout) -> dict[str, Any]:
    """Return a payout in plain JSON types."""
    return record_to_dict(payout)


def bank_payout_from_dict(document: Mapping[str, Any]) -> BankPayout:
    """Return the payout that `bank_payout_to_dict` wrote."""
    return read_record(BankPayout, document)
