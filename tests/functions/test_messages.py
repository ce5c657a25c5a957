"""What became of a booking's mails: shown, counted among what needs action, and sent again."""

import io
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.mail_store import CLAIMED, MailStore
from shared.config import load_config
from tests.surroundings.mailbox import COMES_AGAIN, Mailbox
from tests.surroundings.salon import Salon, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
MIRA = "mira@example.com"


@pytest.fixture
def staff(salon: Salon, store: BookingStore, context: Any) -> Iterator[StaffCalls]:
    del salon
    forget_stores()
    yield StaffCalls(context, store, staff_function.handler)
    forget_stores()


@pytest.fixture
def booking_id(salon: Salon, mailbox: Mailbox, staff: StaffCalls) -> str:
    """A booking of Mira's that nothing is paid for online, and that she was mailed about."""
    del staff
    salon.set_terms(prepayment={"type": "none"}, service_overrides=[], employee_overrides=[])
    made = salon.booked()
    assert made["status"] == "confirmed"
    mailbox.deliver()
    return str(made["booking_id"])


def path(booking_id: str) -> str:
    return f"{HERE}/bookings/{booking_id}"


def shown(staff: StaffCalls, booking_id: str) -> list[dict[str, Any]]:
    status, answer = staff("GET", f"{path(booking_id)}/messages")
    assert (status, answer["next_cursor"]) == (200, None)
    return list(answer["items"])


def resend(staff: StaffCalls, booking_id: str, kind: str = "confirmed", **headers: str) -> Any:
    return staff("POST", f"{path(booking_id)}/messages/{kind}/resend", headers=headers)


def needed(staff: StaffCalls) -> list[dict[str, Any]]:
    items = staff("GET", f"{HERE}/needs-action")[1]["items"]
    return [action for item in items for action in item["actions"]]


UNDELIVERED = {"kind": "mail_undelivered", "mail": "confirmed", "to": "m…@example.com"}


def test_a_mail_that_was_sent_is_shown_with_its_address(staff: StaffCalls, booking_id: str) -> None:
    [mail] = shown(staff, booking_id)
    assert (mail["kind"], mail["to"], mail["status"]) == ("confirmed", MIRA, "sent")
    assert mail["reason"] is None


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("Permanent", "bounced", "Permanent/General"),
        ("Transient", "bounced", "Transient/General"),
        ("Complaint", "complained", "abuse"),
    ],
)
def test_what_ses_tells_later_is_kept_shown_and_needs_action(
    staff: StaffCalls, mailbox: Mailbox, booking_id: str, kind: str, status: str, reason: str
) -> None:
    """Bug: a client with a mistyped address was "sent" to for ever."""
    for _ in range(2):
        mailbox.came_back(kind, MIRA, booking_id)
    [mail] = shown(staff, booking_id)
    assert (mail["status"], mail["reason"], mail["to"]) == (status, reason, MIRA)
    [action] = needed(staff)
    assert action.items() >= {**UNDELIVERED, "status": status}.items()
    [action] = staff("GET", path(booking_id))[1]["needs_action"]
    assert action.items() >= {**UNDELIVERED, "status": status}.items()


@pytest.mark.parametrize(("kind", "told"), [("Permanent", "bounced"), ("Complaint", "complained")])
def test_after_a_bounce_for_good_or_a_complaint_nothing_more_is_sent_until_a_person_says_go_on(
    salon: Salon, staff: StaffCalls, mailbox: Mailbox, booking_id: str, kind: str, told: str
) -> None:
    mailbox.came_back(kind, MIRA, booking_id)
    other = salon.booked(starts_at=moment(days=6))["booking_id"]
    mailbox.deliver()
    assert len(mailbox.sent()) == 1, "to another booking's client with that address neither"
    [mail] = shown(staff, other)
    assert (mail["status"], mail["reason"]) == ("refused", "address_stopped")
    assert resend(staff, other)[0] == 202
    mailbox.deliver()
    assert len(mailbox.sent()) == 2
    assert [each["status"] for each in shown(staff, other)] == ["refused", "sent"]
    assert [each["status"] for each in needed(staff)] == [told], "the first booking's alone"


def test_a_full_mailbox_stops_nothing(salon: Salon, mailbox: Mailbox, booking_id: str) -> None:
    mailbox.came_back("Transient", MIRA, booking_id)
    salon.booked(starts_at=moment(days=6))
    mailbox.deliver()
    assert len(mailbox.sent()) == 2


def test_a_mail_that_ses_refused_is_shown_and_sent_once_the_address_is_corrected(
    salon: Salon, staff: StaffCalls, mailbox: Mailbox
) -> None:
    """Bug: a mail that was refused was closed for good, and nobody was told."""
    mailbox.refused.add(MIRA)
    salon.set_terms(prepayment={"type": "none"}, service_overrides=[], employee_overrides=[])
    booking_id = salon.booked()["booking_id"]
    mailbox.deliver()
    [mail] = shown(staff, booking_id)
    assert (mail["status"], mail["reason"]) == ("refused", "MessageRejected")
    [action] = needed(staff)
    assert action.items() >= {**UNDELIVERED, "status": "refused"}.items()
    assert staff("PATCH", path(booking_id), {"client": {"email": "mira@right.example"}})[0] == 200
    assert resend(staff, booking_id)[0] == 202
    mailbox.deliver()
    [sent] = mailbox.sent("mira@right.example")
    assert "text/calendar" in [part.get_content_type() for part in sent.walk()]
    assert [(each["to"], each["status"]) for each in shown(staff, booking_id)] == [
        (MIRA, "refused"),
        ("mira@right.example", "sent"),
    ]
    assert needed(staff) == []


def test_the_same_request_sends_one_mail(
    staff: StaffCalls, mailbox: Mailbox, booking_id: str
) -> None:
    headers = {"idempotency-key": "once"}
    first = resend(staff, booking_id, **headers)
    assert first[0] == 202
    assert first == resend(staff, booking_id, **headers)
    assert staff.headers["idempotent-replayed"] == "true"
    mailbox.deliver()
    assert len(mailbox.sent()) == 2
    resend(staff, booking_id)
    mailbox.deliver()
    assert [each["kind"] for each in shown(staff, booking_id)] == ["confirmed"] * 3


def test_who_sent_a_mail_again_is_in_the_audit(staff: StaffCalls, booking_id: str) -> None:
    resend(staff, booking_id)
    [entry] = staff("GET", f"{HERE}/audit")[1]["items"]
    assert entry["what"] == "message.sent_again"
    assert entry["ids"] == {"booking": booking_id, "kind": "confirmed"}


def test_what_was_never_sent_or_does_not_hold_any_more_is_not_sent_again(
    staff: StaffCalls, mailbox: Mailbox, booking_id: str
) -> None:
    status, problem = resend(staff, booking_id, "received")
    assert (status, problem["code"]) == (404, "message_not_found")
    assert staff("POST", f"{path(booking_id)}/cancel", {})[0] == 200
    status, problem = resend(staff, booking_id)
    assert (status, problem["code"]) == (409, "message_outdated")
    assert staff("DELETE", f"{HERE}/clients/{MIRA}")[0] == 200
    status, problem = resend(staff, booking_id)
    assert (status, problem["code"]) == (409, "client_has_no_email")
    assert [each["to"] for each in shown(staff, booking_id)] == [None]
    mailbox.deliver()
    assert len(mailbox.sent()) == 1


def test_of_mails_that_are_not_ours_and_of_those_sent_anew_nothing_is_noted(
    staff: StaffCalls, mailbox: Mailbox, booking_id: str
) -> None:
    mailbox.came_back("Permanent", MIRA, booking_id, "of-another-program")
    assert [each["status"] for each in shown(staff, booking_id)] == ["sent"]
    mailbox.hand(
        {
            "source": "aws.ses",
            "detail-type": "Email Delivered",
            "detail": {"eventType": "Delivery", "mail": {"messageId": "x", "destination": []}},
        }
    )
    assert needed(staff) == []


def test_a_bounce_that_comes_before_its_mail_is_noted_as_sent_comes_again(
    staff: StaffCalls, mailbox: Mailbox, booking_id: str
) -> None:
    mails = MailStore(load_config())
    [record] = mails.list_mails("demo", booking_id)
    mails.close("demo", booking_id, replace(record, status=CLAIMED, message_id=""))
    mailbox.came_back("Permanent", MIRA, booking_id, answer=COMES_AGAIN)
    assert needed(staff) == []
    mails.close("demo", booking_id, record)
    mailbox.came_back("Permanent", MIRA, booking_id)
    assert [each["status"] for each in shown(staff, booking_id)] == ["bounced"]


def test_a_late_bounce_of_a_corrected_address_asks_nothing_of_staff(
    staff: StaffCalls, mailbox: Mailbox, booking_id: str
) -> None:
    staff("PATCH", path(booking_id), {"client": {"email": "mira@right.example"}})
    mailbox.came_back("Permanent", MIRA, booking_id)
    assert needed(staff) == []
    [mail] = shown(staff, booking_id)
    assert (mail["status"], mail["to"]) == ("bounced", MIRA)


def test_no_address_is_in_the_log(
    staff: StaffCalls, mailbox: Mailbox, booking_id: str, log: io.StringIO
) -> None:
    mailbox.came_back("Permanent", MIRA, booking_id)
    mailbox.refused.add(MIRA)
    resend(staff, booking_id)
    mailbox.deliver()
    written = log.getvalue()
    assert "mail not delivered" in written
    assert "mail refused" in written
    assert "@example.com" not in written
