"""What is said against a dispute: what is recorded, and nothing else."""

from copy import replace
from typing import Any

import pytest

from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.move import Move
from shared.domain.bookings.outside_payment import OutsidePayment
from shared.domain.disputes.evidence import MAX_ROWS, Case, EvidencePart, SentMail, sections_of
from shared.domain.disputes.evidence_texts import MAX_TEXT_CHARS, evidence_texts
from shared.domain.disputes.guides import GUIDES, guide_for
from tests.builders import charge, event
from tests.cases import STARTS_S, TERMS, case, reason
from tests.disputed import OPENED_S, dispute, inquiry

# https://docs.stripe.com/api/disputes/evidence_object
STRIPES_FILES = {
    "cancellation_policy", "customer_communication", "customer_signature",
    "duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation",
    "shipping_documentation", "uncategorized_file",
}  # fmt: skip
STRIPES_TEXTS = {
    "access_activity_log", "billing_address", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_email_address", "customer_name", "customer_purchase_ip",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_tracking_number", "uncategorized_text",
}  # fmt: skip
# https://docs.stripe.com/api/disputes/update
MOST_CHARS_TOGETHER = 150_000
# https://docs.stripe.com/api/disputes/object#dispute_object-reason
REASONS = [
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated",
    "debit_not_authorized", "duplicate", "fraudulent", "general", "incorrect_account_details",
    "insufficient_funds", "noncompliant", "product_not_received", "product_unacceptable",
    "subscription_canceled", "unrecognized", "a_reason_of_tomorrow", "",
]  # fmt: skip


def section(title: str, sections: tuple[EvidencePart, ...]) -> EvidencePart:
    return next(each for each in sections if each.title == title)


@pytest.mark.parametrize("name", REASONS)
def test_every_reason_is_answered_in_stripes_names_and_within_its_limits(name: str) -> None:
    guide = guide_for(name)
    assert guide.claim
    assert guide.to_add
    assert set(guide.files) <= STRIPES_FILES
    covered = {each for part in sections_of(reason(name)) for each in part.files}
    assert set(guide.files) <= covered, "a file of ours would be empty"
    texts = evidence_texts(reason(name))
    assert texts.keys() <= STRIPES_TEXTS
    assert all(0 < len(text) <= MAX_TEXT_CHARS for text in texts.values())
    assert sum(map(len, texts.values())) <= MOST_CHARS_TOGETHER


def test_the_table_has_stripes_reasons_only() -> None:
    assert GUIDES.keys() <= set(REASONS)


def test_the_accepted_policy_stands_with_its_hash_and_the_moment_it_was_accepted() -> None:
    agreed = section("What was agreed", sections_of(case()))
    assert any("no-show: the full price." in text for text in agreed.paragraphs)
    assert ("Policy accepted", "2026-11-21 23:26:40 UTC+01:00") in agreed.rows
    assert ("SHA-256 of what was accepted", "c0ffee" * 10 + "abcd") in agreed.rows


def test_what_staff_booked_claims_no_accepted_policy() -> None:
    at_the_desk = case(terms=None)
    agreed = section("What was agreed", sections_of(at_the_desk))
    assert "no policy was accepted online" in agreed.paragraphs[0]
    assert not any("accepted" in row[0] for row in agreed.rows)
    texts = evidence_texts(at_the_desk)
    assert "cancellation_policy_disclosure" not in texts
    assert "refund_policy_disclosure" not in texts


def test_a_moved_visit_is_said_to_be_moved_and_its_policy_is_quoted_as_it_was_accepted() -> None:
    at_s, to_s = STARTS_S - 7200, STARTS_S + 86_400
    move = Move("bk_1-moved-1", at_s, "client", STARTS_S, to_s, "", "", 0, 0)
    terms = replace(TERMS, accepted_text=TERMS.terms_text, terms_text="By the new time.")
    agreed = section("What was agreed", sections_of(case(terms=terms, moves=(move,))))
    [moved] = [row[1] for row in agreed.rows if row[0] == "Moved"]
    assert "by the client, from" in moved
    assert case().moment(to_s) in moved
    assert TERMS.terms_text in agreed.paragraphs[1]
    assert "moved since" in agreed.paragraphs[-1]


def made_at_the_desk(**of_terms: Any) -> Case:
    """The same booking under terms, made by staff."""
    terms = replace(TERMS, offered_hash=TERMS.terms_hash, **of_terms)
    made = JournalEntry("j1", 1_795_300_000, "booking.created", "manager@example.com")
    return case(terms=terms, journal=(made, *case().booking.journal[1:]))


def test_what_a_client_accepted_on_the_links_page_is_said_to_be_from_there() -> None:
    """Bug: a desk booking was said to be made online, its policy accepted as it was made."""
    at_s = 1_795_310_000
    agreed = section("What was agreed", sections_of(made_at_the_desk(accepted_at_s=at_s)))
    assert ("Made", "2026-11-21 23:26:40 UTC+01:00 at the desk") in agreed.rows
    assert ("Policy accepted", "2026-11-22 02:13:20 UTC+01:00") in agreed.rows
    assert "on the page of the payment link" in agreed.paragraphs[0]
    texts = evidence_texts(made_at_the_desk(accepted_at_s=at_s))
    assert texts["cancellation_policy_disclosure"].startswith(
        "Shown on the payment link's page before paying, and accepted by the client at 2026-11-22 0"
    )


def test_terms_that_nobody_accepted_are_not_claimed() -> None:
    """Bug: what the client had not accepted was told to their bank as accepted."""
    silent = made_at_the_desk(terms_hash="")
    agreed = section("What was agreed", sections_of(silent))
    assert "accepted no policy" in agreed.paragraphs[0]
    assert not any("accepted" in row[0] for row in agreed.rows)
    texts = evidence_texts(silent)
    assert "cancellation_policy_disclosure" not in texts
    assert "had accepted" not in " ".join(texts.values())


def test_what_was_paid_outside_stripe_stands_in_it_without_staffs_notes() -> None:
    assert "Paid without the card" not in [each.title for each in sections_of(case())]
    payment = OutsidePayment("pay_1", 2000, "card_terminal", STARTS_S, "m@example.com", "Mira")
    gone = replace(payment, payment_id="pay_2", voided_at_s=STARTS_S + 60, void_note="Mira")
    both = case(outside_payments=(payment, gone))
    assert section("Paid without the card", sections_of(both)).rows == (
        ("2026-11-22 13:20:00 UTC+01:00", "card terminal", "20.00 EUR", ""),
        (
            *("2026-11-22 13:20:00 UTC+01:00", "card terminal", "20.00 EUR"),
            "recorded by mistake, or given back",
        ),
    )


def test_attendance_says_who_recorded_it_and_when() -> None:
    attended = section("Attendance", sections_of(case()))
    assert attended.rows == (
        ("2026-11-22 13:40:00 UTC+01:00", "The client did not come", "manager@example.com"),
    )
    cancelled = (JournalEntry("j3", STARTS_S - 60, "booking.cancelled", "client"),)
    attended = section("Attendance", sections_of(case(journal=cancelled)))
    assert attended.rows == (
        ("2026-11-22 13:19:00 UTC+01:00", "The booking was cancelled", "the client"),
    )


def test_a_no_show_that_was_undone_does_not_stand_in_the_evidence_alone() -> None:
    undone = (*case().booking.journal, JournalEntry("j9", STARTS_S + 9000, "booking.reopened", "b"))
    attended = section("Attendance", sections_of(case(journal=undone)))
    assert [row[1] for row in attended.rows] == [
        "The client did not come",
        "What was recorded before was a mistake",
    ]


def test_of_a_visit_that_nobody_recorded_nothing_is_claimed() -> None:
    silent = reason("credit_not_processed", journal=())
    attended = section("Attendance", sections_of(silent))
    assert (attended.rows, attended.paragraphs) == (
        (),
        ("Nothing is recorded about the visit itself.",),
    )
    assert "refund_refusal_explanation" not in evidence_texts(silent)


@pytest.mark.parametrize(
    ("name", "has_refusal", "has_rebuttal", "has_duplicate"),
    [
        ("credit_not_processed", True, False, False),
        ("product_not_received", False, True, False),
        ("subscription_canceled", False, True, False),
        ("duplicate", False, False, True),
        ("fraudulent", False, False, False),
        ("general", True, True, False),
    ],
)
def test_each_reason_gets_the_texts_that_answer_it(
    name: str, has_refusal: bool, has_rebuttal: bool, has_duplicate: bool
) -> None:
    texts = evidence_texts(reason(name))
    assert ("refund_refusal_explanation" in texts) is has_refusal
    assert ("cancellation_rebuttal" in texts) is has_rebuttal
    assert ("duplicate_charge_explanation" in texts) is has_duplicate


def test_money_given_back_is_said_whatever_it_means_for_the_case() -> None:
    texts = evidence_texts(reason("credit_not_processed"))
    assert "19.00 EUR was refunded." in texts["refund_refusal_explanation"]
    refunds = section("Refunds", sections_of(case()))
    assert refunds.rows == (("2026-11-22 19:35:00 UTC+01:00", "re_1", "succeeded", "19.00 EUR"),)


def test_two_payments_are_told_apart_and_the_disputed_one_is_marked() -> None:
    twice = case(
        event("charge.succeeded", charge(1)),
        event("charge.succeeded", charge(2, amount=1000, amount_captured=1000, created=OPENED_S)),
        event("charge.dispute.created", dispute(1, charge="ch_2", reason="duplicate")),
    )
    paid = section("Payments", sections_of(twice))
    assert [(row[1], row[4], row[5]) for row in paid.rows] == [
        ("ch_1", "49.00 EUR", ""),
        ("ch_2", "10.00 EUR", "this payment is disputed"),
    ]
    told = evidence_texts(twice)["duplicate_charge_explanation"]
    assert "ch_1: 49.00 EUR" in told
    assert "ch_2: 10.00 EUR" in told


def test_a_dispute_that_came_before_its_charge_has_evidence_too() -> None:
    early = case(event("charge.dispute.created", inquiry()))
    paid = section("Payments", sections_of(early))
    assert paid.rows[0][1:5] == ("ch_1", "not known", "unknown", "0.00 EUR")
    about = {row[0]: row[1] for row in section("The dispute", sections_of(early)).rows}
    assert about["Kind"].startswith("inquiry")


def test_mails_say_to_whom_without_an_address_that_is_not_the_clients() -> None:
    mails = section("Emails to the client", sections_of(case()))
    assert [row[1:] for row in mails.rows] == [
        ("confirmed", "ada@example.com", "0100018f-ses"),
        ("refund succeeded", "an earlier address of the client's", ""),
    ]


def test_very_much_is_cut_with_a_word_about_it() -> None:
    many = tuple(
        SentMail(OPENED_S + number, "received", is_to_client=True) for number in range(MAX_ROWS + 5)
    )
    mails = section("Emails to the client", sections_of(replace(case(), mails=many)))
    assert len(mails.rows) == MAX_ROWS
    assert mails.paragraphs == ("5 earlier entries are left out.",)
    assert mails.rows[-1][0] == case().moment(OPENED_S + MAX_ROWS + 4), "the newest stay"
    texts = evidence_texts(replace(case(description="x" * 30_000), mails=many))
    assert len(texts["uncategorized_text"]) == MAX_TEXT_CHARS
    assert texts["uncategorized_text"].endswith("the whole is in uncategorized_file.pdf]")


def test_times_have_the_locations_offset_which_changes_in_summer() -> None:
    assert case().moment(1_782_900_000) == "2026-07-01 12:00:00 UTC+02:00"
