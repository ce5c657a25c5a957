"""A page of balance transactions as it was read, with what is known about its entries so far."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.page_rules import owner_of
from shared.domain.ledger.read_balance_transactions import CHARGE
from shared.domain.ledger.subject import UNKNOWN, Subject, subject_name
from shared.workflows.ledger.open_account import StripeAccount


class PageEntry(Struct, frozen=True):
    """One entry of a page, and the Stripe object that moved the money, where it was expanded."""

    entry: LedgerEntry
    source: Mapping[str, Any]


class Page(Struct):
    """The entries, oldest first, so that a charge comes before its refund.

    `subjects` (by `subject_name`) and `charges` (by id, `{}` for one that Stripe does not have)
    grow while the page is taken. `now_s` is in seconds since 1970; what is younger than `grace_s`
    is not healed yet.
    """

    account: StripeAccount
    entries: list[PageEntry]
    now_s: int
    grace_s: int
    subjects: dict[str, Subject] = field(default_factory=dict)
    charges: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep the charges that are on the page: they need not be fetched."""
        for each in self.entries:
            if each.entry.charge and each.source.get("object") == CHARGE:
                self.charges[each.entry.charge] = each.source

    def names(self) -> set[str]:
        """Return the names of the entries' subjects."""
        return {name for each in self.entries if (name := subject_name(each.entry))}

    def subject(self, entry: LedgerEntry) -> Subject:
        """Return what webhooks told of an entry's charge or payout."""
        return self.subjects.get(subject_name(entry) or "", UNKNOWN)

    def charge(self, entry: LedgerEntry) -> Mapping[str, Any] | None:
        """Return an entry's charge, if it is on the page or was fetched."""
        return self.charges.get(entry.charge or "") or None

    def owner(self, entry: LedgerEntry) -> str | None:
        """Return the booking that an entry belongs to, as far as known."""
        location_id = self.account.location_id
        return owner_of(entry, self.subject(entry), self.charge(entry), location_id)
