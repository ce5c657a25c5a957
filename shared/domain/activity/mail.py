"""One mail to the client of a booking, before it is put into words. Pure.

A mail has no text of its own: it is a kind, the names of its sentences, and values with their
units, which `shared/wording` puts into the client's language.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from shared.domain.dates.instants import Moment
from shared.domain.money.money import Money

type Value = Money | Moment | str
# Names of labels, with their values.
type Rows = tuple[tuple[str, Value], ...]


class Mail(Struct, frozen=True):
    """One mail to the client of a booking.

    `kind` names its subject and title, `paragraphs` and `notes` its sentences; `rows` are label
    names with their values, and `values` what the sentences quote. `fact` is what it reports: the
    name under which it is sent once for each booking. With a `pay_number` it asks for a payment by
    the booking's link of that number, as a button and a QR code; `receipt_url` is Stripe's.
    `has_calendar` attaches the visit, or its cancellation, as a calendar entry; `button` names the
    label of the button to the client's own page, `pay_button` that of the payment;
    `is_asked_by_staff` is whether somebody at the business asked for the mail.
    """

    kind: str
    fact: str
    paragraphs: tuple[str, ...]
    rows: Rows = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pay_number: int = 0
    receipt_url: str = ""
    has_calendar: bool = False
    button: str = "button.visit"
    pay_button: str = "button.pay"
    is_asked_by_staff: bool = False
