"""The body of an online booking."""

import re
from typing import Annotated

from pydantic import Field

from shared.domain.bookings.booking import Client
from shared.domain.bookings.online_booking import SlotRequest
from shared.domain.catalogue.consent import Consent
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.entrypoints.field_types import Id, Instant
from shared.entrypoints.request_bodies import ClientInput, instant_s
from shared.entrypoints.validation import Body, rule

TERMS_HASH = re.compile(r"[0-9a-f]{64}")
# The characters of an address alone: Stripe takes no others.
URL_CHARACTERS = re.compile(r"[\x21-\x7e]+")
TermsHash = Annotated[
    str,
    rule(
        lambda text: TERMS_HASH.fullmatch(text) is not None,
        "must be the terms_hash of the location, 64 of 0-9 a-f",
    ),
]
ReturnUrl = Annotated[
    str,
    Field(max_length=1000),
    rule(
        lambda text: URL_CHARACTERS.fullmatch(text) is not None,
        "must be an address such as https://salon.example/booked",
    ),
]


class OnlineBookingInput(Body):
    """What the widget sends; any other field is refused.

    `accepted_price` is the price that the client was shown: it is agreed to, never set by it.
    """

    service_id: Id
    employee_id: Id
    starts_at: Instant
    client: ClientInput
    pay_now: bool = True
    accepted_price: Annotated[int, Field(ge=0, le=MAX_PRICE_MINOR)] | None = None
    accepted_terms: TermsHash | None = None
    return_url: ReturnUrl | None = None

    def slot_request(self, address: str) -> SlotRequest:
        """Return what is asked for; `address` is the IP address that asks."""
        return SlotRequest(
            service_id=self.service_id,
            employee_id=self.employee_id,
            starts_at_s=instant_s(self.starts_at) or 0,
            client=Client(**self.client.model_dump()),
            pay_now=self.pay_now,
            consent=Consent(self.accepted_price, self.accepted_terms or ""),
            return_url=self.return_url or "",
            address=address,
        )
