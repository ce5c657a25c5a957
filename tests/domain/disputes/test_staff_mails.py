"""Mails to staff about disputes: what holds when they are sent, in words that exist."""

from string import Formatter
from typing import Any

import pytest

from shared.domain.activity.mail import Mail
from shared.domain.bookings.dispute_record import DisputeRecord, dispute_records
from shared.domain.dates.instants import DAY_S
from shared.domain.disputes.reminders import Cause, dispute_orders
from shared.domain.disputes.staff_mails import dispute_mail, fraud_warning_mail, hold_lapses_mail
from shared.domain.messages.mail_orders import SendDisputeMail, SendFraudWarning
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, fold
from shared.domain.stripe_facts.read_events import read_event
from shared.wording import disputes, english, german
from tests.builders import booking, charge, event, refund
from tests.disputed import DUE_S, OPENED_S, dispute, fraud_warning, inquiry
from tests.messages import mail_order

CAUSE = Cause("demo", "evt_1", OPENED_S, OPENED_S)


def facts(shown: dict[str, Any]) -> Facts:
    return read_event(event("charge.dispute.updated", shown)).facts


def record(shown: dict[str, Any]) -> DisputeRecord:
    return dispute_records(facts(shown), "bk_1")[0]


def orders(shown: dict[str, Any]) -> dict[str, SendDisputeMail]:
    """The orders that such a dispute leads to, by kind; of the two reminders the last."""
    made = dispute_orders(EMPTY, facts(shown), "bk_1", CAUSE)
    return {each.kind: each for each in made.messages if isinstance(each, SendDisputeMail)}


def mail(
    order: SendDisputeMail, now: dict[str, Any], *, at_s: int = 0, **known: Any
) -> Mail | None:
    """The mail that goes out a few minutes after its order was due, or at `at_s`."""
    sent_s = at_s or (order.due_s or OPENED_S) + 300
    return dispute_mail(order, record(now), known.get("about", booking()), sent_s)


def warning_mail(*shown: dict[str, Any]) -> Mail | None:
    told = [read_event(event(TYPES[each["object"]], each)).facts for each in shown]
    known = fold(told)
    [order] = dispute_orders(EMPTY, folded_before(told), "bk_1", CAUSE).messages
    assert isinstance(order, SendFraudWarning)
    return fraud_warning_mail(order, known.charges["ch_1"], booking())


def folded_before(told: list[Facts]) -> Facts:
    """What was known when the warning came: its charge and itself."""
    return fold(told[:2])


TYPES = {
    "charge": "charge.updated",
    "radar.early_fraud_warning": "radar.early_fraud_warning.created",
    "refund": "refund.created",
    "dispute": "charge.dispute.created",
}


def lapsing_mail(left_s: int = 2 * DAY_S) -> Mail | None:
    held = charge(captured=False, amount_captured=0)
    held["payment_method_details"]["card"]["capture_before"] = OPENED_S + left_s
    [known] = read_event(event("charge.succeeded", held)).facts.charges.values()
    return hold_lapses_mail(mail_order("hold_lapses", charge="ch_1"), known, booking(), OPENED_S)


def reminder(days: int) -> SendDisputeMail:
    made = dispute_orders(EMPTY, facts(dispute()), "bk_1", CAUSE).messages
    [found] = [e for e in made if isinstance(e, SendDisputeMail) and e.days_left == days]
    return found


def every_mail() -> list[Mail]:
    closed = [dispute(status=status) for status in ("won", "lost", "prevented")]
    closed.append(inquiry(status="warning_closed"))
    made = [
        mail(detail, shown)
        for shown in (dispute(), inquiry(), *closed)
        for detail in orders(shown).values()
    ]
    made += [
        mail(detail, dispute(), about=None) for detail in orders(dispute(reason="general")).values()
    ]
    made.append(mail(reminder(4), dispute()))
    made.append(warning_mail(charge(), fraud_warning()))
    made.append(lapsing_mail())
    assert None not in made
    return [each for each in made if each]


@pytest.mark.parametrize(
    "texts", [{**english.TEXTS, **disputes.ENGLISH}, {**german.TEXTS, **disputes.GERMAN}]
)
def test_every_mail_has_all_its_words_in_every_language(texts: dict[str, str]) -> None:
    for each in every_mail():
        names = [f"{each.kind}.subject", f"{each.kind}.title", *each.paragraphs, *each.notes]
        names += [f"label.{label}" for label, _ in each.rows]
        for name in names:
            quoted = {field for _, field, _, _ in Formatter().parse(texts[name]) if field}
            assert quoted <= {*each.values, "place"}, name


def test_no_word_is_there_for_nothing_and_none_in_one_language_only() -> None:
    assert disputes.ENGLISH.keys() == disputes.GERMAN.keys()
    said = {"dispute.button", "dispute.footer"}
    for each in every_mail():
        said |= {f"{each.kind}.subject", f"{each.kind}.title", *each.paragraphs, *each.notes}
        said |= {f"label.{label}" for label, _ in each.rows}
    assert disputes.ENGLISH.keys() <= said


def test_an_inquiry_and_a_chargeback_are_different_mails() -> None:
    opened = [mail(orders(each)["dispute_opened"], each) for each in (inquiry(), dispute())]
    assert [each.kind for each in opened if each] == ["inquiry_opened", "chargeback_opened"]
    assert [each.notes for each in opened if each] == [
        ("inquiry.advice",),
        ("chargeback.advice",),
    ]
    assert [
        "dispute.fee" in dict(each.rows) for each in opened if each
    ] == [False, True]  # fmt: skip


def test_what_is_over_when_the_mail_goes_out_is_not_told_as_new() -> None:
    detail = orders(dispute())["dispute_opened"]
    assert mail(detail, dispute(status="lost")) is None
    assert mail(orders(inquiry())["dispute_opened"], dispute()) is None
    assert mail(orders(dispute(status="lost"))["dispute_closed"], dispute(status="won")) is None


def test_a_reminder_for_another_deadline_or_an_answered_dispute_is_not_told() -> None:
    detail = orders(dispute())["dispute_deadline"]
    assert mail(detail, dispute())
    assert mail(detail, dispute(evidence_details={"due_by": DUE_S + 60})) is None
    assert mail(detail, dispute(status="under_review")) is None


@pytest.mark.parametrize(
    ("days", "left_s", "told"),
    [
        (4, 4 * DAY_S - 300, "4"),
        (4, 3 * DAY_S, "3"),
        (4, DAY_S + 1, "2"),
        (4, DAY_S, None),
        (1, DAY_S - 300, "1"),
        (1, 1, "1"),
        (1, 0, None),
        (1, -DAY_S, None),
    ],
)
def test_a_reminder_says_how_much_is_left_when_it_goes_out(
    days: int, left_s: int, told: str | None
) -> None:
    """After an outage too; what the last one says, the first does not say beside it."""
    found = mail(reminder(days), dispute(), at_s=DUE_S - left_s)
    assert (found.values["days"] if found else None) == told
    if found:
        assert (found.kind == "dispute_deadline_last") == (told == "1")


@pytest.mark.parametrize(("left_s", "is_told"), [(2 * DAY_S, True), (1, True), (0, False)])
def test_a_hold_that_has_expired_is_not_about_to(left_s: int, *, is_told: bool) -> None:
    assert (lapsing_mail(left_s) is not None) == is_told


def test_a_warning_of_fraud_is_advice_and_told_only_while_a_refund_helps() -> None:
    told = warning_mail(charge(), fraud_warning())
    assert told
    assert told.notes == ("early_fraud_warning.advice",)
    assert dict(told.rows)["dispute.reason"] == "made with stolen card"
    for after in (refund(amount=4900), dispute(), fraud_warning(actionable=False)):
        assert warning_mail(charge(), fraud_warning(), after) is None


def test_without_a_booking_the_mail_says_so() -> None:
    told = mail(orders(dispute())["dispute_opened"], dispute(), about=None)
    assert told
    assert "dispute.no_booking" in told.notes
    assert "what" not in dict(told.rows)


def test_a_status_that_stripe_invents_tomorrow_is_told_as_open() -> None:
    shown = dispute(status="in_arbitration")
    told = mail(orders(shown)["dispute_opened"], shown)
    assert told
    assert told.kind == "chargeback_opened"
