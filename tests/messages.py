"""Messages of ours as tests need them: what a test does not say is as in the schema's example."""

from collections.abc import Mapping
from typing import Any

from infra.event_schemas import example_of
from shared.domain.messages.booking_changed import BookingChanged, Change
from shared.domain.messages.envelopes import MESSAGES, read_envelope
from shared.domain.messages.mail_orders import SEND_MAIL, MailOrder
from shared.domain.messages.message import BookingOrder, Message
from shared.domain.typed_json import literal_field, members_of

ABOUT = {"location_id": "demo", "booking_id": "bk_1"}


def changed(*happened: Mapping[str, Any], **more: Any) -> BookingChanged:
    """A `booking.changed` of `bk_1`; each change needs no more than its `what`."""
    return read_envelope(changed_envelope(*happened, **more), BookingChanged)


def changed_envelope(*happened: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The same as the bus delivers it."""
    told = [{**_example(Change, str(each["what"])), **each} for each in happened]
    detail = {**example_of(BookingChanged), **ABOUT, "happened": told, **more}
    return _envelope(BookingChanged.detail_type, detail)


def mail_order(kind: str, **more: Any) -> Any:
    """The order for a mail of a kind, about `bk_1`."""
    return read_envelope(mail_envelope(kind, **more), Message)


def mail_envelope(kind: str, **more: Any) -> dict[str, Any]:
    """The same as the bus delivers it."""
    return _envelope(SEND_MAIL, {**_example(MailOrder, kind), **ABOUT, "kind": kind, **more})


def booking_order[O: BookingOrder](kind: type[O], **more: Any) -> O:
    """An order about `bk_1`."""
    return read_envelope(order_envelope(kind.detail_type, **more), kind)


def order_envelope(detail_type: str, **more: Any) -> dict[str, Any]:
    """The same as the bus delivers it."""
    return _envelope(detail_type, {**example_of(MESSAGES[detail_type]), **ABOUT, **more})


def _envelope(detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: each for name, each in detail.items() if each is not None}
    return {"source": "bookpay", "detail-type": detail_type, "detail": given}


def _example(kinds: Any, value: str) -> dict[str, Any]:
    """The example of the class whose first literal has a value; an empty one if none does."""
    for kind in members_of(kinds):
        name, values = literal_field(kind)
        if value in values:
            return {**example_of(kind), name: value}
    return {}
