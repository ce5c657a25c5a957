"""A location: one salon, clinic or studio with one Stripe account. Pure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import field

from shared.domain.locations.unpaid_booking_limits import HOLDS_PER_ADDRESS, HOLDS_PER_CLIENT
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict

DEFAULT_REPORT_HOUR = 6
# A slot begins every quarter of an hour after an opening, unless a location says otherwise.
SLOT_STEP_MINUTES = 15
# No location lets clients book further ahead: cards, prices and people change.
MAX_DAYS_AHEAD = 366
# A week: who books later than that is not reminded.
MAX_REMINDER_HOURS = 168
CARD = "card"
# Fields that views show and requests set as they are: when clients may book, and how they reach the
# business.
WINDOW_FIELDS = ("slot_step_minutes", "min_notice_minutes", "max_days_ahead")
CONTACT_FIELDS = ("address", "phone", "email", "website", "imprint_url", "privacy_url")
# Methods that Stripe settles while the client waits. Those that take days (bank debits, vouchers)
# would keep a slot for somebody who may never pay. https://docs.stripe.com/payments/payment-methods/overview
PAYMENT_METHOD_TYPES = frozenset(
    {CARD, "link", "bancontact", "blik", "eps", "ideal", "mobilepay", "p24", "twint"}
)


class FormerLimit(StoredRecord, frozen=True):
    """A limit that somebody loosened: it binds `user_id` for 24 hours after `changed_at_s`."""

    role: str
    above_minor: int
    user_id: str
    changed_at_s: int


class Location(StoredRecord, frozen=True):
    """A location's settings, without keys and secrets.

    `mode` is `test` or `live` and follows from the keys, as `stripe_account_id` does, which is
    empty before keys were saved; `stripe_account_since_s` is when that account took the place of
    another (seconds since 1970), 0 where it is the first. `timezone` is an IANA name. The report
    goes out at `report_hour` of the location's day. `allowed_origins` are the sites whose pages
    may call the widget's API and that a client may be sent back to. `payment_method_types` are
    Stripe's names of what clients may pay with; holds and saved cards are of cards alone.
    `refund_approval_above` is by role (`owner`, `manager`) the sum in minor units above which a
    second person must approve a refund; 0, or none, is never. `former_limits` are those that bind
    their changer a day longer (`domain.refunds.approval`). `holds_per_client` and
    `holds_per_address` are how many slots one e-mail address, or one IP address, may have waiting
    at once (`domain.locations.unpaid_booking_limits`). With `require_second_factor`, staff without
    one have no access to the location.

    Clients book starts that are `slot_step_minutes` apart, `min_notice_minutes` ahead at least, on
    today or one of the `max_days_ahead` local days after it. `address` to `privacy_url` are how
    clients reach the business: they stand in mails, pages and calendar entries, "" where not given;
    answers to mails go to `email`. Clients are reminded of a visit `reminder_hours_before` it, or
    never. `settles_in` is the currency of the account's balance that its
    charges come to, "" for the location's own.
    """

    location_id: str
    name: str
    timezone: str
    currency: str
    country: str
    mode: str
    created_at_s: int
    locale: str = "en"
    online_booking_enabled: bool = True
    visit_link_enabled: bool = True
    report_recipients: tuple[str, ...] = ()
    report_hour: int = DEFAULT_REPORT_HOUR
    allowed_origins: tuple[str, ...] = ()
    payment_method_types: tuple[str, ...] = (CARD,)
    holds_per_client: int = HOLDS_PER_CLIENT
    holds_per_address: int = HOLDS_PER_ADDRESS
    refund_approval_above: Mapping[str, int] = field(default_factory=dict)
    former_limits: tuple[FormerLimit, ...] = ()
    require_second_factor: bool = False
    slot_step_minutes: int = SLOT_STEP_MINUTES
    min_notice_minutes: int = 0
    max_days_ahead: int = MAX_DAYS_AHEAD
    address: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    reminder_hours_before: int | None = None
    settles_in: str = ""
    stripe_account_id: str = ""
    stripe_account_since_s: int = 0

    def map_url(self) -> str:
        """Return where a map shows the address, "" without one; phones open their own map of it.

        https://developers.google.com/maps/documentation/urls/get-started#search-action
        """
        if not self.address:
            return ""
        return (
            f"https://www.google.com/maps/search/?{urlencode({'api': '1', 'query': self.address})}"
        )

    def settlement_currency(self) -> str:
        """Return the currency in which Stripe pays charges of the location's currency out.

        Stripe's least charge is that of this currency.
        https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
        """
        return self.settles_in or self.currency


def location_to_dict(location: Location) -> dict[str, Any]:
    """Return the location in plain JSON types."""
    return record_to_dict(location)


def location_from_dict(document: Mapping[str, Any]) -> Location:
    """Return the location that `location_to_dict` wrote, now or before it had all fields."""
    former = [read_record(FormerLimit, each) for each in document.get("former_limits", ())]
    return read_record(Location, document, former_limits=tuple(former))
