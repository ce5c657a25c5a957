"""What SES reports of mails, in the bodies that its documentation shows."""

from typing import Any

import pytest

from shared.domain.bookings.client_addresses import UndeliveredMail
from shared.domain.bookings.undelivered_mails import (
    MAX_KEPT,
    masked,
    read_ses_event,
    with_delivered,
    with_undelivered,
)
from tests.builders import booking

# https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
MAIL: dict[str, Any] = {
    "timestamp": "2017-08-05T00:40:02.012Z",
    "source": "Sender Name <sender@example.com>",
    "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/sender@example.com",
    "sendingAccountId": "123456789012",
    "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
    "destination": ["recipient@example.com"],
    "headersTruncated": False,
    "tags": {
        "ses:configuration-set": ["ConfigSet"],
        "location": ["demo"],
        "subject": ["bk_1"],
    },
}
BOUNCE: dict[str, Any] = {
    "eventType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": "recipient@example.com",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "timestamp": "2017-08-05T00:41:02.669Z",
        "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
        "reportingMTA": "dsn; mta.example.com",
    },
    "mail": MAIL,
}
COMPLAINT: dict[str, Any] = {
    "eventType": "Complaint",
    "complaint": {
        "complainedRecipients": [{"emailAddress": "recipient@example.com"}],
        "timestamp": "2017-08-05T00:41:02.669Z",
        "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": "2017-08-05T00:41:02.669Z",
    },
    "mail": MAIL,
}
REJECT: dict[str, Any] = {
    "eventType": "Reject",
    "mail": MAIL,
    "reject": {"reason": "Bad content"},
}


@pytest.mark.parametrize(
    ("event", "status", "reason", "stops"),
    [
        (BOUNCE, "bounced", "Permanent/General", True),
        (COMPLAINT, "complained", "abuse", True),
        (REJECT, "refused", "Bad content", False),
    ],
)
def test_documented_events_are_read(
    event: dict[str, Any], status: str, reason: str, stops: bool
) -> None:
    read = read_ses_event(event)
    assert read
    assert (read.status, read.reason, read.stops) == (status, reason, stops)
    assert (read.location_id, read.subject) == ("demo", "bk_1")
    assert read.message_id == MAIL["messageId"]
    assert read.recipients == ["recipient@example.com"]


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_what_may_pass_stops_nothing(kind: str) -> None:
    read = read_ses_event({**BOUNCE, "bounce": {**BOUNCE["bounce"], "bounceType": kind}})
    assert read
    assert read.stops is False


def test_a_complaint_without_a_type_and_a_mail_without_tags_are_read() -> None:
    complaint = {
        name: value
        for name, value in COMPLAINT["complaint"].items()
        if name != "complaintFeedbackType"
    }
    mail = {name: value for name, value in MAIL.items() if name != "tags"}
    read = read_ses_event({**COMPLAINT, "complaint": complaint, "mail": mail})
    assert read
    assert (read.reason, read.location_id) == ("", "")


@pytest.mark.parametrize("kind", ["Send", "Delivery", "Open", "Click", "DeliveryDelay"])
def test_what_does_not_say_that_a_mail_was_lost_is_nothing(kind: str) -> None:
    assert read_ses_event({"eventType": kind, "mail": MAIL}) is None


def test_a_booking_keeps_the_newest_of_its_lost_mails_each_once() -> None:
    found = booking()
    for number in range(MAX_KEPT + 5):
        for status in ("refused", "bounced"):
            mail = UndeliveredMail(f"link#{number}", "link", status, number)
            found = with_undelivered(found, mail)
    assert len(found.undelivered) == MAX_KEPT
    assert {each.status for each in found.undelivered} == {"bounced"}
    assert found.undelivered[-1].fact == "link#24"
    assert "link#24" not in [each.fact for each in with_delivered(found, "link#24").undelivered]


def test_an_address_is_known_again_and_not_told() -> None:
    assert masked("mira@example.com") == "m…@example.com"
