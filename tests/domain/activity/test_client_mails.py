"""Which mail a message leads to, and above all which it does not."""

from copy import replace
from typing import Any

import pytest

from shared.domain.activity.client_mails import (
    base_fact,
    mails_of,
    payment_link_order,
)
from shared.domain.activity.mail import Mail
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.fee import APPLIED, CANCELLATION_FEE, NO_SHOW_FEE, PROPOSED, Fee
from shared.domain.bookings.online_booking import expire
from shared.domain.dates.instants import Moment
from shared.domain.errors import InvalidFacts
from shared.domain.money.money import Money
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.stripe_facts.session_facts import SessionFacts
from tests.builders import booking as made_booking
from tests.messages import changed, mail_order

STARTS_S = 1_795_600_800
TERMS = BookingTerms(
    mode="pay",
    due_minor=3600,
    hold_until_s=0,
    purpose="deposit",
    terms_text="Free until Tue 11:00, then the full price; no-show: free.",
    terms_hash="0f" * 32,
    cancellation={},
)
PAID = ChargeFacts(
    amount_minor=3600,
    currency="eur",
    reported_captured_minor=3600,
    captured=True,
    succeeded=True,
    payment_intent="pi_1",
    purpose="deposit",
    created_s=1_795_000_000,
    receipt_url="https://pay.stripe.com/receipts/1",
)


def booking(**changed: Any) -> Booking:
    """A colour for 120.00 EUR, booked online, its deposit of 36.00 paid."""
    made: dict[str, Any] = {
        "price": Money(12000, "eur"),
        "description": "Colour",
        "starts_at_s": STARTS_S,
        "ends_at_s": STARTS_S + 5400,
        "terms": TERMS,
        "facts": Facts(charges={"ch_1": PAID}),
    }
    return made_booking(**made | changed)


def with_charge(**changed: Any) -> Facts:
    return Facts(charges={"ch_1": replace(PAID, **changed)})


def sent(what: str, found: Booking, **ids: Any) -> list[Mail]:
    mails = mails_of(changed({"what": what, **ids}), found)
    return [can_be_sent_again(mail, found) for mail in mails]


def asked(kind: str, found: Booking, **ids: Any) -> list[Mail]:
    mails = mails_of(mail_order(kind, **ids), found)
    return [can_be_sent_again(mail, found) for mail in mails]


def can_be_sent_again(mail: Mail, found: Booking) -> Mail:
    """Whatever mail any test here leads to says the same when it is sent again."""
    [again] = mails_of(mail_order("again", fact=mail.fact, number="1f"), found)
    assert (again.kind, again.rows, again.paragraphs) == (mail.kind, mail.rows, mail.paragraphs)
    assert again.fact == f"{mail.fact}~1f"
    assert again.is_asked_by_staff
    assert base_fact(again.fact) == mail.fact
    return mail


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, "eur")


# ------------------------------------------------------------------ confirmed


def test_a_confirmation_says_what_when_paid_and_what_is_left() -> None:
    [mail] = sent("booking.confirmed", booking())
    assert dict(mail.rows) == {
        "what": "Colour",
        "when": Moment(STARTS_S),
        "price": euros(12000),
        "paid": euros(3600),
        "at_visit": euros(8400),
    }
    assert mail.values["policy"] == TERMS.terms_text
    assert (mail.receipt_url, mail.has_calendar, mail.pay_number) == (PAID.receipt_url, True, 0)


def test_a_hold_is_told_as_held_and_not_as_paid() -> None:
    held = with_charge(reported_captured_minor=0, captured=False, authorized=True, succeeded=False)
    [mail] = sent("booking.confirmed", booking(facts=held))
    assert dict(mail.rows)["held"] == euros(3600)
    assert "paid" not in dict(mail.rows)
    assert "held.text" in mail.paragraphs


def test_a_saved_card_is_told_and_nothing_taken() -> None:
    saved = Facts(
        sessions={"cs_1": SessionFacts(mode="setup", status="complete", setup_intent="seti_1")}
    )
    [mail] = sent("booking.confirmed", booking(facts=saved))
    assert mail.paragraphs[-1] == "card_saved.text"
    assert dict(mail.rows)["at_visit"] == euros(12000)


def test_what_staff_entered_is_not_confirmed_by_mail() -> None:
    assert sent("booking.confirmed", booking(terms=None, facts=EMPTY)) == []


@pytest.mark.parametrize("status", ["cancelled", "expired", "awaiting_payment", "no_show"])
def test_a_confirmation_that_does_not_hold_any_more_is_not_sent(status: str) -> None:
    assert sent("booking.confirmed", booking(status=status)) == []


# ------------------------------------------------------------------ payment links


def by_desk(**changed: Any) -> Booking:
    return booking(**{"terms": None, "facts": EMPTY, "links": 2} | changed)


def test_a_link_asks_for_what_is_due_by_its_own_number() -> None:
    [mail] = asked("payment_link", by_desk(), link_number=2)
    assert dict(mail.rows)["due"] == euros(12000)
    assert (mail.pay_number, mail.fact) == (2, "link#2")


def test_nobody_who_has_paid_is_asked_to_pay() -> None:
    everything = with_charge(amount_minor=12000, reported_captured_minor=12000)
    assert asked("payment_link", by_desk(facts=everything), link_number=2) == []


def test_nobody_whose_payment_is_under_way_is_asked_to_pay() -> None:
    paying = Facts(
        sessions={
            "cs_1": SessionFacts(
                mode="payment", status="complete", payment_status="paid", payment_intent="pi_9"
            )
        }
    )
    found = by_desk(facts=paying)
    assert found.is_being_paid()
    assert asked("payment_link", found, link_number=2) == []


@pytest.mark.parametrize("status", ["cancelled", "expired", "no_show"])
def test_what_is_over_is_not_asked_for(status: str) -> None:
    assert asked("payment_link", by_desk(status=status), link_number=2) == []


def test_a_payment_by_link_is_thanked_for_whatever_the_message_told() -> None:
    paid = by_desk(facts=with_charge(purpose="visit_link"))
    [mail] = mails_of(changed(), paid)
    assert (mail.kind, mail.fact) == ("received", "received#ch_1")
    assert dict(mail.rows)["still_due"] == euros(8400)
    assert mail.pay_number == 0


def test_a_deposit_is_thanked_for_by_the_confirmation_alone() -> None:
    assert mails_of(changed(), booking()) == []


# ------------------------------------------------------------------ expired


AT_STRIPE = CheckoutAttempt(1, 3600, STARTS_S - 9000, STARTS_S - 7000, "cs_1", "https://x")


def expired(**changed: Any) -> Booking:
    return booking(**{"status": "expired", "facts": EMPTY, "checkout": AT_STRIPE} | changed)


def test_who_did_not_pay_is_told_and_asked_for_nothing() -> None:
    [mail] = sent("booking.expired", expired())
    assert (mail.kind, mail.pay_number) == ("expired", 0)
    assert mail.paragraphs == ("expired.text", "nothing_taken.text")


def test_where_stripe_could_not_be_asked_nobody_is_told_that_nothing_was_taken() -> None:
    """Bug: the mail said so, and nobody knew."""
    unasked = expire(expired(status="awaiting_payment"), STARTS_S, unasked=True)
    [mail] = sent("booking.expired", unasked)
    assert mail.paragraphs == ("expired.text",)


@pytest.mark.parametrize("checkout", [None, replace(AT_STRIPE, session_id="", url="")])
def test_who_was_told_at_once_that_nothing_was_booked_gets_no_mail_of_it(
    checkout: CheckoutAttempt | None,
) -> None:
    """Bug: whoever met a Stripe that was down, and tried again, had a mail that denied it."""
    assert sent("booking.expired", expired(checkout=checkout)) == []


def test_who_had_a_session_before_the_last_one_that_failed_is_told() -> None:
    second = replace(AT_STRIPE, generation=2, session_id="", url="")
    assert [each.kind for each in sent("booking.expired", expired(checkout=second))] == ["expired"]


def test_who_paid_after_all_is_not_told_that_nothing_was_booked() -> None:
    paying = Facts(
        sessions={
            "cs_1": SessionFacts(
                mode="payment", status="complete", payment_status="paid", payment_intent="pi_9"
            )
        }
    )
    assert sent("booking.expired", expired(facts=booking().facts)) == []
    assert sent("booking.expired", expired(facts=paying)) == []
    assert sent("booking.expired", expired(status="confirmed")) == []


def test_a_lost_slot_says_that_the_money_goes_back_and_not_that_it_did() -> None:
    [mail] = sent("booking.slot_lost", booking(status="expired"))
    assert mail.paragraphs == ("slot_lost.text", "goes_back.text")
    assert mail.values["amount"] == euros(3600)
    assert sent("booking.slot_lost", booking()) == []


@pytest.mark.parametrize(
    ("mode", "kind"), [("hold", "slot_lost"), ("save_card", "card_late")], ids=["hold", "card"]
)
def test_of_a_lost_slot_for_which_nothing_was_taken_nothing_goes_back(mode: str, kind: str) -> None:
    """Bug: of a hold that came too late the mail said that 0.00 goes back."""
    [mail] = sent("booking.slot_lost", expired(terms=replace(TERMS, mode=mode)))
    assert (mail.kind, mail.paragraphs) == (kind, (f"{kind}.text", "nothing_taken.text"))
    assert "paid" not in dict(mail.rows)


# ------------------------------------------------------------------ refunds

TOLD = (
    *("refund.on_its_way", "refund.succeeded", "refund.failed", "refund.canceled"),
    *("refund.requested", "refund.awaiting_approval", "refund.refused", "refund.denied"),
)
HOLDS = {
    "pending": "refund_on_its_way",
    "requires_action": "refund_on_its_way",
    "succeeded": "refund_succeeded",
    "failed": "refund_failed",
    "canceled": "refund_canceled",
}


def refunded(status: str) -> Booking:
    refund = RefundFacts(amount_minor=1000, currency="eur", status=status, reference="7460923")
    return booking(facts=with_charge(refunds={"re_1": refund}))


@pytest.mark.parametrize("what", TOLD)
@pytest.mark.parametrize("status", sorted(HOLDS))
def test_a_refund_is_told_as_what_it_is_now_whatever_the_message_says(
    what: str, status: str
) -> None:
    """In particular: no mail reports a refund before Stripe says that it succeeded."""
    mails = sent(what, refunded(status), stripe_refund_id="re_1", refund_id="rf_1", amount=1000)
    kinds = [mail.kind for mail in mails]
    assert kinds in ([], [HOLDS[status]])
    for mail in mails:
        assert dict(mail.rows)["refund"] == euros(1000)
        assert dict(mail.rows)["reference"] == "7460923"
        assert mail.fact == f"{mail.kind}#re_1"


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("refund.on_its_way", "pending"),
        ("refund.succeeded", "succeeded"),
        ("refund.failed", "failed"),
        ("refund.canceled", "canceled"),
    ],
)
def test_each_end_of_a_refund_has_its_mail(what: str, status: str) -> None:
    assert len(sent(what, refunded(status), stripe_refund_id="re_1")) == 1


def test_a_refund_that_nobody_knows_is_not_told() -> None:
    assert sent("refund.succeeded", booking(), stripe_refund_id="re_9") == []


# ------------------------------------------------------------------ cancelled, and fees


def fee(**changed: Any) -> Fee:
    made = {
        "fee_id": "fee_1",
        "kind": CANCELLATION_FEE,
        "amount_minor": 6000,
        "created_at_s": 1,
        "by": "client",
        "status": APPLIED,
        "kept_minor": 3600,
    }
    return Fee(**made | changed)  # type: ignore[arg-type]


def test_a_cancellation_tells_fee_and_refund_in_figures() -> None:
    refund = RefundFacts(amount_minor=1600, currency="eur", status="pending")
    found = booking(
        status="cancelled",
        facts=with_charge(refunds={"re_1": refund}),
        fees=(fee(amount_minor=2000, kept_minor=2000),),
    )
    [mail] = sent("booking.cancelled", found, by="business")
    rows = dict(mail.rows)
    assert (rows["paid"], rows["fee.taken"], rows["goes_back"]) == (
        euros(3600),
        euros(2000),
        euros(1600),
    )


def test_a_cancellation_tells_its_fee_itself() -> None:
    found = booking(status="cancelled", fees=(fee(amount_minor=3600),))
    message = changed(
        {"what": "booking.cancelled", "by": "client"},
        {"what": "fee.taken", "fee_id": "fee_1", "kind": "cancellation", "amount": 3600},
    )
    mails = mails_of(message, found)
    assert [mail.kind for mail in mails] == ["cancelled"]


def test_a_fee_that_is_taken_later_has_a_mail_of_its_own() -> None:
    found = booking(status="no_show", fees=(fee(kind=NO_SHOW_FEE, amount_minor=3600),))
    [mail] = sent("fee.taken", found, fee_id="fee_1", kind=NO_SHOW_FEE, amount=3600)
    assert mail.paragraphs[0] == "fee.why_no_show"
    assert dict(mail.rows)["fee.taken"] == euros(3600)
    assert "fee.object" in mail.notes


def test_a_fee_that_is_owed_is_asked_for_with_a_link_and_reminded_of() -> None:
    found = booking(status="cancelled", fees=(fee(),), links=3)
    [first] = asked("fee_link", found, fee_id="fee_1")
    reminded = replace(found, fees=(fee(reminders=1),))
    [again] = asked("fee_reminder", reminded, fee_id="fee_1")
    assert dict(first.rows)["fee.owed"] == dict(again.rows)["fee.owed"] == euros(2400)
    assert first.pay_number == again.pay_number == 3
    assert {first.fact, again.fact} == {"fee_link#fee_1", "fee_reminder#fee_1#1"}


def test_a_fee_that_is_settled_or_only_proposed_is_not_asked_for() -> None:
    settled = booking(status="cancelled", fees=(fee(amount_minor=3600),))
    proposed = booking(status="cancelled", fees=(fee(status=PROPOSED),))
    for found in (settled, proposed):
        assert asked("fee_link", found, fee_id="fee_1") == []
        assert sent("fee.taken", proposed, fee_id="fee_1") == []


# ------------------------------------------------------------------ the frame


def test_what_is_nobodys_mail_leads_to_none() -> None:
    for what in ("booking.no_show", "booking.completed", "fee.proposed", "dispute.opened", "new"):
        assert sent(what, booking()) == []
    with pytest.raises(InvalidFacts, match="/detail/kind"):
        asked("something_new", booking())


def test_every_fact_is_another_name() -> None:
    """A mail is sent once for each fact: two that were called alike would be one."""
    paid = by_desk(
        facts=Facts(
            charges={
                name: replace(PAID, purpose="visit_link", amount_minor=100) for name in ("a", "b")
            }
        )
    )
    facts = [mail.fact for mail in mails_of(changed(), paid)]
    assert len(set(facts)) == len(facts) == 2


def test_only_stripes_web_pages_are_linked_as_receipts() -> None:
    [mail] = sent("booking.confirmed", booking(facts=with_charge(receipt_url="javascript:x()")))
    assert mail.receipt_url == ""


def test_the_order_for_a_mail_names_its_booking_and_link() -> None:
    order = payment_link_order(by_desk(links=2), 1_795_000_000)
    assert (order.booking_id, order.link_number) == ("bk_1", 2)
    assert order.message_id == payment_link_order(by_desk(links=2), 5).message_id
