"""The terms of a booking: what is asked of its client, and the evidence of consent. Pure."""

from collections.abc import Mapping
from copy import replace
from typing import Any

from msgspec import field

from shared.domain.stored_record import StoredRecord

# What a payment is for, by the reports' names; reasons that are not listed mean a prepayment.
PURPOSE_OF_REASON = {"deposit_percent": "deposit", "deposit_fixed": "deposit"}


class BookingTerms(StoredRecord, frozen=True):
    """What is asked of a booking's client, as it stood when the booking was made.

    `mode` is `pay`, `hold`, `save_card` or `at_visit`; `due_minor` is what is captured or held
    before the visit, in the price's currency. A slot waits for its payment, or for its client's
    confirmation, until `hold_until_s` (seconds since 1970, 0 if it waits for nothing). `terms_text`
    is the policy as it was shown, `cancellation` the policy as a rule, `reschedule` until when a
    client may move the visit (`catalogue.terms.Reschedule`), and `return_url` where the client goes
    back to. `due_reason` is why the mode is what it is (`catalogue.terms`).

    `accepted_text` is the policy as it was shown when it was accepted, where the visit was moved
    since, and `terms_text` names other days and times.

    `terms_hash` identifies the terms that the client accepted, "" for none. Where staff made the
    booking, `offered_hash` is what its client is asked to accept.

    Evidence for a dispute, if the client accepted the terms: when, in which language, and from
    which IP address. The address is personal data: it is stored here alone, is in no log, message
    or view, and is given to nobody but the bank in a dispute.
    """

    mode: str
    due_minor: int
    hold_until_s: int
    purpose: str
    terms_text: str
    terms_hash: str
    cancellation: Mapping[str, Any]
    return_url: str = ""
    due_reason: str = ""
    accepted_at_s: int = 0
    accepted_language: str = ""
    accepted_from: str = ""
    offered_hash: str = ""
    reschedule: Mapping[str, Any] = field(default_factory=dict)
    accepted_text: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether the client accepted them."""
        return bool(self.terms_hash)

    def accepted(self, *, at_s: int, language: str, address: str) -> "BookingTerms":
        """Return them accepted: when, in which language, and from which IP address."""
        return replace(
            self,
            terms_hash=self.offered_hash,
            accepted_at_s=at_s,
            accepted_language=language,
            accepted_from=address,
        )
