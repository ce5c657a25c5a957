"""What a client agreed to when booking online, and the evidence of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.stored_record import StoredRecord


@dataclass(frozen=True, slots=True)
class OnlineTerms(StoredRecord):
    """What a client agreed to when booking online, as it stood then.

    `mode` is `pay`, `hold`, `save_card` or `at_visit`; `due_minor` is what is captured or held
    online, in the price's currency. A slot waits for its payment, or for its client's confirmation,
    until `hold_until_s` (seconds since 1970, 0 if it waits for nothing). `terms_text` is the policy
    as it was shown, `terms_hash` identifies the terms that the client accepted, `cancellation` is
    the policy as a rule, and `return_url` where the client goes back to. `due_reason` is why the
    mode is what it is (`catalogue.terms`).

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
