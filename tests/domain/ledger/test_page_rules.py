"""What a sync makes of one entry: every case of the two witnesses, of its age, and of its owner."""

from typing import Any

import pytest

from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.page_rules import (
    Verdict,
    attributed,
    intent_of,
    is_followed,
    is_missing,
    judge,
    owner_of,
)
from shared.domain.ledger.subject import UNKNOWN, Subject, subject_name
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.stripe_facts.payout_facts import PayoutFacts
from tests.domain.ledger_entries import NOON_S, entry

DEMO = "demo"
SOURCE = {"object": "charge", "id": "ch_1"}


def charge(**changed: Any) -> LedgerEntry:
    facts = {"balance_transaction": "txn_ch", "charge": "ch_1", "source": "ch_1", **changed}
    return entry("charge", 4900, 99, **facts)


PAYOUT = entry("payout", -4801, balance_transaction="txn_po", payout="po_1", source="po_1")


def told(booking_id: str | None = None, **changed: Any) -> Subject:
    """What webhooks told of the charge, such as an amount."""
    facts = {
        "amount_minor": 4900,
        "currency": "eur",
        "reported_captured_minor": 4900,
        "succeeded": True,
        "captured": True,
        "balance_transaction": "txn_ch",
        **changed,
    }
    return Subject(Facts(charges={"ch_1": ChargeFacts(**facts)}), booking_id)


PAID_OUT = PayoutFacts(amount_minor=4801, currency="eur", balance_transaction="txn_po")
PAYOUT_TOLD = Subject(Facts(payouts={"po_1": PAID_OUT}))
BOUND = Subject(booking_id="bk_1")


def claims(location_id: str = DEMO, **metadata: str) -> dict[str, Any]:
    """A charge as Stripe has it, with the metadata of a location's payment."""
    return {**SOURCE, "metadata": {"location_id": location_id, **metadata}}


# ------------------------------------------------------------------ what is to be done

NEW, DUE, OLD = 1, 0, -1000
CASES: dict[str, tuple[LedgerEntry, Subject, bool, str | None, int, Verdict]] = {
    # entry, what webhooks told, is its source there, whose it is, its age, what is to be done
    "a fee": (entry("fee", -200), UNKNOWN, True, None, DUE, Verdict.LEAVE),
    "told": (charge(), told("bk_1"), True, "bk_1", DUE, Verdict.LOOK_AGAIN),
    "told, no source": (charge(), told("bk_1"), False, "bk_1", DUE, Verdict.LEAVE),
    "told, young": (charge(), told("bk_1"), True, "bk_1", NEW, Verdict.LEAVE),
    "told, not ours": (charge(), told(), True, None, DUE, Verdict.LOOK_AGAIN),
    "told otherwise": (
        charge(),
        told("bk_1", amount_minor=5000, reported_captured_minor=5000),
        True,
        "bk_1",
        DUE,
        Verdict.DIFFERS,
    ),
    "told otherwise, young and no source": (
        charge(),
        told("bk_1", currency="usd"),
        False,
        "bk_1",
        NEW,
        Verdict.DIFFERS,
    ),
    "not told, ours": (charge(), UNKNOWN, True, "bk_1", DUE, Verdict.HEAL),
    "not told, ours, young": (charge(), UNKNOWN, True, "bk_1", NEW, Verdict.AWAIT),
    "not told, ours, no source": (charge(), UNKNOWN, False, "bk_1", DUE, Verdict.LEAVE),
    "not told, not ours": (charge(), UNKNOWN, True, None, DUE, Verdict.LEAVE),
    "not told, not ours, young": (charge(), UNKNOWN, True, None, NEW, Verdict.LEAVE),
    "not told, before us": (charge(), UNKNOWN, True, "bk_1", OLD, Verdict.LEAVE),
    "not told, before us, bound": (charge(), BOUND, True, "bk_1", OLD, Verdict.HEAL),
    "told of another movement": (
        charge(),
        told("bk_1", balance_transaction="txn_other"),
        True,
        "bk_1",
        DUE,
        Verdict.HEAL,
    ),
    "a payout that was told": (PAYOUT, PAYOUT_TOLD, True, None, DUE, Verdict.LOOK_AGAIN),
    "a payout that was not": (PAYOUT, UNKNOWN, True, None, DUE, Verdict.HEAL),
    "a young payout": (PAYOUT, UNKNOWN, True, None, NEW, Verdict.AWAIT),
    "a payout before us": (PAYOUT, UNKNOWN, True, None, OLD, Verdict.LEAVE),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_to_be_done_about_an_entry(
    case: tuple[LedgerEntry, Subject, bool, str | None, int, Verdict],
) -> None:
    made, subject, has_source, owner, age, verdict = case
    source = SOURCE if has_source else {}
    limits = {
        NEW: {"since_s": 0, "heal_until_s": NOON_S - 1},
        DUE: {"since_s": NOON_S, "heal_until_s": NOON_S},
        OLD: {"since_s": NOON_S + 1, "heal_until_s": NOON_S + 1},
    }
    assert judge(made, subject, source, owner, **limits[age]) == verdict
    if verdict in (Verdict.HEAL, Verdict.AWAIT):
        assert is_missing(made, subject, source, since_s=limits[age]["since_s"])


def test_what_webhooks_told_is_not_missing_and_a_fee_never_is() -> None:
    assert not is_missing(charge(), told(), SOURCE, since_s=0)
    assert not is_missing(entry("fee", -200), UNKNOWN, SOURCE, since_s=0)


# ------------------------------------------------------------------ whose it is


@pytest.mark.parametrize(
    ("subject", "own", "metadata", "owner"),
    [
        (Subject(booking_id="bk_1"), "bk_2", claims(booking_id="bk_3"), "bk_1"),
        (UNKNOWN, "bk_2", claims(booking_id="bk_3"), "bk_2"),
        (UNKNOWN, None, claims(booking_id="bk_3"), "bk_3"),
        (UNKNOWN, None, claims("another", booking_id="bk_3"), None),
        (UNKNOWN, None, claims(), None),
        (UNKNOWN, None, None, None),
    ],
)
def test_our_own_record_wins_over_what_stripe_has(
    subject: Subject, own: str | None, metadata: dict[str, Any] | None, owner: str | None
) -> None:
    assert owner_of(charge(booking_id=own), subject, metadata, DEMO) == owner
    assert attributed(charge(booking_id=own), subject, metadata, DEMO).booking_id == owner


@pytest.mark.parametrize(
    ("own", "facts", "metadata", "purpose"),
    [
        ("deposit", "balance", "visit_link", "deposit"),
        ("", "balance", "visit_link", "balance"),
        ("", "", "visit_link", "visit_link"),
        ("", "", "", ""),
    ],
)
def test_a_purpose_is_the_entrys_then_the_webhooks_then_the_charges(
    own: str, facts: str, metadata: str, purpose: str
) -> None:
    found = attributed(charge(purpose=own), told(purpose=facts), claims(purpose=metadata), DEMO)
    assert found.purpose == purpose


def test_an_intent_is_the_entrys_or_its_charges() -> None:
    stripes = {**SOURCE, "payment_intent": "pi_2"}
    assert intent_of(charge(payment_intent="pi_1"), stripes) == "pi_1"
    assert intent_of(charge(), stripes) == "pi_2"
    assert intent_of(charge(), None) is None
    assert intent_of(PAYOUT, stripes) is None
    told_of = told(payment_intent="pi_3")
    assert attributed(charge(), told_of, None, DEMO).payment_intent == "pi_3"
    assert attributed(charge(), UNKNOWN, None, DEMO).payment_intent is None


def test_a_subject_is_a_payout_or_a_charge_or_none() -> None:
    assert subject_name(PAYOUT) == "payout#po_1"
    assert subject_name(charge()) == "charge#ch_1"
    assert subject_name(entry("fee", -200)) is None


# ------------------------------------------------------------------ what is followed


@pytest.mark.parametrize(
    ("source", "followed"),
    [
        ({"object": "payout", "status": "in_transit"}, True),
        ({"object": "refund", "status": "pending"}, True),
        ({"object": "refund", "status": "succeeded"}, False),
        ({"object": "dispute", "status": "needs_response"}, True),
        ({"object": "dispute", "status": "lost"}, False),
        ({"object": "charge", "status": "succeeded"}, False),
        ({}, False),
    ],
)
def test_what_may_change_without_a_movement_is_followed(
    source: dict[str, Any], followed: bool
) -> None:
    assert is_followed(charge(), source, since_s=NOON_S) == followed
    assert not is_followed(charge(), source, since_s=NOON_S + 1)
