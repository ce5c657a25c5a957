"""Messages on the way: what a newer release adds is ignored, what is wrong is refused by name."""

from typing import Any

import pytest

from shared.domain.bookings import fee, lifecycle, payment_summary
from shared.domain.errors import InvalidFacts, UnknownKind
from shared.domain.messages.booking_changed import (
    BOOKING_STATUSES,
    PAYMENT_STATUSES,
    BookingChanged,
    VisitChange,
)
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.mail_orders import SendPaymentLink
from shared.domain.messages.message import Message
from shared.domain.messages.stripe_orders import CheckHold, RefundPayment
from tests.messages import changed, changed_envelope, mail_envelope, order_envelope


def with_detail(envelope: dict[str, Any], **detail: Any) -> dict[str, Any]:
    return {**envelope, "detail": {**envelope["detail"], **detail}}


def test_what_a_newer_release_says_beside_is_ignored() -> None:
    happened = ({"what": "booking.sneezed", "loudly": True}, {"what": "booking.confirmed"})
    told = changed_envelope(*happened, status="asleep", dreams=["of a sheep"])
    found = read_envelope(told, BookingChanged)
    assert found.happened == (VisitChange(what="booking.confirmed"),)
    assert found.status == "asleep", "it is for whoever knows it"


def test_what_was_added_later_may_be_missing() -> None:
    order = with_detail(mail_envelope("payment_link"), due_s=5)
    assert read_envelope(order, SendPaymentLink).due_s == 5
    del order["detail"]["due_s"]
    assert read_envelope(order, SendPaymentLink).due_s is None


@pytest.mark.parametrize(
    ("envelope", "where"),
    [
        (with_detail(changed_envelope(), schema=4), "/detail/schema"),
        (with_detail(changed_envelope(), amount_captured="1"), "/detail/amount_captured"),
        (with_detail(changed_envelope(), sequence=True), "/detail/sequence"),
        (with_detail(changed_envelope(), metadata={"a": 1}), "/detail/metadata/a"),
        (changed_envelope({"what": "refund.failed", "amount": None}), "/detail/happened/0/amount"),
        (with_detail(order_envelope("check_hold"), is_over=0), "/detail/is_over"),
        (with_detail(order_envelope("sync_ledger"), continuation=[]), "/detail/continuation"),
        ({**order_envelope("check_hold"), "detail": []}, "/detail: not an object"),
        ({**order_envelope("check_hold"), "detail-type": "ring_bell"}, "/detail-type"),
    ],
)
def test_what_is_wrong_is_refused_and_named(envelope: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidFacts, match=f"^{where}"):
        read_envelope(envelope, Message)


def test_what_is_missing_is_named() -> None:
    told = order_envelope("refund_payment")
    del told["detail"]["refund_id"]
    with pytest.raises(InvalidFacts, match="/detail/refund_id: missing"):
        read_envelope(told, Message)


def test_an_order_of_an_unknown_kind_is_refused_as_that() -> None:
    with pytest.raises(UnknownKind, match="/detail/kind"):
        read_envelope(mail_envelope("something_new"), Message)


def test_no_value_stands_in_what_is_said_of_it() -> None:
    with pytest.raises(InvalidFacts) as refused:
        read_envelope(with_detail(changed_envelope(), sequence="mira@example.com"), Message)
    assert "mira" not in str(refused.value)


def test_a_message_for_somebody_else_is_refused() -> None:
    with pytest.raises(InvalidFacts, match="not a message for this reader"):
        read_envelope(order_envelope("check_hold"), RefundPayment)
    assert read_envelope(order_envelope("check_hold"), RefundPayment, CheckHold)


def test_the_words_for_how_things_stand_are_those_of_a_booking() -> None:
    assert set(BOOKING_STATUSES) == lifecycle.BOOKING_STATUSES
    assert set(PAYMENT_STATUSES) == payment_summary.PAYMENT_STATUSES
    kinds = {fee.CANCELLATION_FEE, fee.NO_SHOW_FEE}
    assert {changed({"what": "fee.owed", "kind": kind}).happened[0].kind for kind in kinds} == kinds  # type: ignore[union-attr]
