"""A payout by its id alone."""

import re

from shared.adapters.known_payments import KnownPayments
from shared.adapters.payout_store import PayoutStore
from shared.config import Config
from shared.domain.dates.instants import DAY_S
from shared.domain.ledger.bank_payout import BankPayout
from shared.domain.ledger.subject import UNKNOWN
from shared.domain.stripe_facts.payout_facts import PayoutFacts

PAYOUT_ID = re.compile(r"po_[A-Za-z0-9_]{1,250}")
# One that no webhook has told of is so young that the sync waits for it.
UNTOLD_S = 31 * DAY_S


class PayoutFinder:
    """Finds payouts: what webhooks told, or the sync in their place, says where they are."""

    def __init__(self, config: Config) -> None:
        self._payouts = PayoutStore(config)
        self._payments = KnownPayments(config)

    def find(self, location_id: str, payout_id: str, now_s: int) -> BankPayout | None:
        """Return a payout of the location's present mode, or `None`."""
        if not PAYOUT_ID.fullmatch(payout_id):
            return None
        name = f"payout#{payout_id}"
        subject = self._payments.get_subjects(location_id, [name]).get(name, UNKNOWN)
        created_s = subject.facts.payouts.get(payout_id, PayoutFacts()).created_s
        if created_s:
            return self._payouts.get_payout(location_id, created_s, payout_id)
        recent = self._payouts.list_payouts(location_id, now_s - UNTOLD_S, now_s + 1)
        return next((each for each in recent if each.payout == payout_id), None)
