"""Request bodies of a location's settings: the location itself, its services, its employees.

Shapes are checked here, rules between fields by the domain. Unknown fields are refused: a misspelt
one would otherwise be lost silently.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from shared.domain.catalogue.services import MAX_NAME_CHARS
from shared.domain.email_address import MAX_ADDRESS_CHARS, is_email_address
from shared.domain.locations.location import (
    DEFAULT_REPORT_HOUR,
    MAX_DAYS_AHEAD,
    MAX_REMINDER_HOURS,
    PAYMENT_METHOD_TYPES,
    SLOT_STEP_MINUTES,
)
from shared.domain.locations.location_id import LOCATION_ID
from shared.domain.locations.members import NEWS, News
from shared.domain.locations.settings_rules import is_page_url, is_timezone, normalise_origin
from shared.domain.locations.unpaid_booking_limits import (
    HOLDS_PER_ADDRESS,
    HOLDS_PER_CLIENT,
    MOST_HOLDS,
)
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.domain.stripe_facts.regions import COUNTRIES, CURRENCIES
from shared.entrypoints.field_types import Email, OneLine, Text
from shared.entrypoints.validation import Body, broken, rule

MAX_RECIPIENTS, MAX_ORIGINS, MAX_METHODS = 20, 20, 9


def _origin(text: str) -> str:
    origin = normalise_origin(text)
    if origin is None:
        raise broken(
            "must be an origin such as https://salon.example (http on localhost only, no path)"
        )
    return origin


Name = Annotated[Text, Field(max_length=MAX_NAME_CHARS)]
Timezone = Annotated[
    str,
    StringConstraints(max_length=64),
    rule(is_timezone, "must be a time zone such as Europe/Berlin"),
]
# A language and what may follow it, as in BCP 47: `en`, `de-AT`, `zh-Hant`.
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
Locale = Annotated[
    str,
    rule(lambda text: LOCALE.fullmatch(text) is not None, "must be a language such as en or de-AT"),
]
Origin = Annotated[str, StringConstraints(max_length=300), AfterValidator(_origin)]
Origins = Annotated[list[Origin], Field(max_length=MAX_ORIGINS)]
Currency = Annotated[
    str,
    StringConstraints(to_lower=True),
    rule(lambda code: code in CURRENCIES, "must be a currency that Stripe charges, such as eur"),
]
Country = Annotated[
    str,
    StringConstraints(to_upper=True),
    rule(
        lambda code: code in COUNTRIES,
        "must be one of the 46 countries in which Stripe serves businesses, such as DE",
    ),
]
PaymentMethod = Annotated[
    str,
    rule(
        lambda name: name in PAYMENT_METHOD_TYPES,
        f"must be one of {', '.join(sorted(PAYMENT_METHOD_TYPES))}",
    ),
]
Holds = Annotated[int, Field(ge=1, le=MOST_HOLDS)]
SlotStep = Annotated[int, Field(ge=5, le=240)]
MinNotice = Annotated[int, Field(ge=0, le=43_200)]
DaysAhead = Annotated[int, Field(ge=0, le=MAX_DAYS_AHEAD)]
# How clients reach the business; an empty text takes it away.
PostalAddress = Annotated[str, StringConstraints(max_length=300, strip_whitespace=True), OneLine]
Phone = Annotated[str, StringConstraints(max_length=40, strip_whitespace=True), OneLine]
ContactEmail = Annotated[
    str,
    StringConstraints(max_length=MAX_ADDRESS_CHARS, strip_whitespace=True),
    rule(lambda text: not text or is_email_address(text), "must be an email address, or empty"),
]
PageUrl = Annotated[
    str,
    StringConstraints(max_length=300, strip_whitespace=True),
    rule(
        lambda text: not text or is_page_url(text),
        "must be a web address such as https://salon.example/imprint, or empty",
    ),
]
ReminderHours = Annotated[int, Field(ge=1, le=MAX_REMINDER_HOURS)]
PaymentMethods = Annotated[list[PaymentMethod], Field(min_length=1, max_length=MAX_METHODS)]
LocationId = Annotated[
    str,
    rule(
        lambda text: LOCATION_ID.fullmatch(text) is not None,
        "must be 2 to 63 of a-z 0-9 -, a letter or digit first",
    ),
]


class ReportInput(Body):
    """Who gets the morning report, and at which hour of the location's day."""

    recipients: Annotated[list[Email], Field(max_length=MAX_RECIPIENTS)] = Field(
        default_factory=list
    )
    hour: Annotated[int, Field(ge=0, le=23)] = DEFAULT_REPORT_HOUR


class LocationInput(Body):
    """A new location."""

    location_id: LocationId
    name: Name
    timezone: Timezone
    currency: Currency
    country: Country
    locale: Locale = "en"
    report: ReportInput = ReportInput()
    allowed_origins: Origins = Field(default_factory=list)
    holds_per_address: Holds = HOLDS_PER_ADDRESS
    holds_per_client: Holds = HOLDS_PER_CLIENT
    slot_step_minutes: SlotStep = SLOT_STEP_MINUTES
    min_notice_minutes: MinNotice = 0
    max_days_ahead: DaysAhead = MAX_DAYS_AHEAD
    address: PostalAddress = ""
    phone: Phone = ""
    email: ContactEmail = ""
    website: PageUrl = ""
    imprint_url: PageUrl = ""
    privacy_url: PageUrl = ""
    reminder_hours_before: ReminderHours | None = None


class ApprovalInput(Body):
    """The refunds above which a second person must approve, by role, in minor units; 0: never."""

    owner: Annotated[int, Field(ge=0, le=MAX_PRICE_MINOR)] = 0
    manager: Annotated[int, Field(ge=0, le=MAX_PRICE_MINOR)] = 0


class LocationPatch(Body):
    """What an owner may change; absent fields stay. Currency and country cannot be changed.

    `reminder_hours_before: null` ends the reminders. The switches are those of the payment
    settings, for a request that only turns one.
    """

    name: Name | None = None
    timezone: Timezone | None = None
    locale: Locale | None = None
    report: ReportInput | None = None
    allowed_origins: Origins | None = None
    online_booking_enabled: bool | None = None
    visit_link_enabled: bool | None = None
    payment_method_types: PaymentMethods | None = None
    refund_approval_above: ApprovalInput | None = None
    require_second_factor: bool | None = None
    holds_per_address: Holds | None = None
    holds_per_client: Holds | None = None
    slot_step_minutes: SlotStep | None = None
    min_notice_minutes: MinNotice | None = None
    max_days_ahead: DaysAhead | None = None
    address: PostalAddress | None = None
    phone: Phone | None = None
    email: ContactEmail | None = None
    website: PageUrl | None = None
    imprint_url: PageUrl | None = None
    privacy_url: PageUrl | None = None
    reminder_hours_before: ReminderHours | None = None


class MemberInput(Body):
    """Who is invited to a location, and in which role."""

    email: Email
    role: Literal["owner", "manager", "finance"]


class MemberPatch(Body):
    """Of which changes of bookings a member is mailed."""

    mails: Annotated[list[News], Field(max_length=len(NEWS))]


class TokenInput(Body):
    """The token from an invitation's mail."""

    model_config = ConfigDict(hide_input_in_errors=True)
    token: Annotated[str, Field(max_length=200)]


class JoinInput(TokenInput):
    """The token, and the password that a new user chooses; its policy is the user pool's."""

    password: Annotated[str, Field(max_length=256)]


class ServiceInput(Body):
    """A service as it is saved."""

    service_id: str | None = None
    name: Name
    price: Annotated[int, Field(ge=0, le=MAX_PRICE_MINOR)]
    currency: Annotated[str, StringConstraints(to_lower=True)] | None = None
    duration_minutes: int
    employee_ids: list[str] | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    category: str = ""
    description: str = ""
    position: int = 0


class HoursInput(Body):
    """A stretch of a weekday in which somebody can be booked."""

    weekday: int
    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]


class EmployeeInput(Body):
    """An employee as they are saved."""

    employee_id: str | None = None
    name: Name
    hours: list[HoursInput] = Field(default_factory=list)
