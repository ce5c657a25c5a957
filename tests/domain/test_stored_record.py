"""A roll-back: this release reads what a newer one wrote, and writing it back loses nothing."""

import json
from collections.abc import Callable, Mapping
from copy import replace
from itertools import permutations
from typing import Any

import pytest

from shared.adapters.booking_items import booking_put
from shared.adapters.booking_links import ClientAccess
from shared.adapters.mail_store import MailRecord
from shared.adapters.report_records import ReportRecord
from shared.adapters.sync_notes import BoundLate, Expected, Followed
from shared.domain.activity.apply_event import apply_event
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.charge_order import CAPTURE, ChargeOrder
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.client_addresses import FormerEmail, UndeliveredMail
from shared.domain.bookings.dispute_record import DisputeRecord, dispute_records
from shared.domain.bookings.erasure import client_id, without_client
from shared.domain.bookings.fee import APPLIED, CANCELLATION_FEE, Fee
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.refund_order import REQUESTED, STAFF, RefundOrder
from shared.domain.bookings.settled_actions import SettledAction
from shared.domain.calendar.agenda import Agenda
from shared.domain.calendar.intervals import Interval, TakenTime
from shared.domain.errors import NewerRelease
from shared.domain.ledger.balance_check import (
    BalanceCheck,
    BalanceLine,
    balance_check_from_dict,
    balance_check_to_dict,
)
from shared.domain.ledger.bank_payout import BankPayout, bank_payout_from_dict, bank_payout_to_dict
from shared.domain.ledger.client_money import Prepaid
from shared.domain.ledger.entry import FeeDetail, entry_from_dict, entry_to_dict
from shared.domain.ledger.findings import Finding
from shared.domain.ledger.reconciliation import (
    Reconciliation,
    reconciliation_from_dict,
    reconciliation_to_dict,
)
from shared.domain.locations.location import FormerLimit, location_from_dict, location_to_dict
from shared.domain.locations.members import (
    Invitation,
    Member,
    Members,
    members_from_dict,
    members_to_dict,
    with_accepted,
)
from shared.domain.locations.stripe_account import AccountFacts
from shared.domain.locations.stripe_connection import (
    Connection,
    connection_from_dict,
    connection_to_dict,
)
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, fold, merge
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking as made_booking
from tests.builders import charge, event, refund
from tests.disputed import dispute, fraud_warning
from tests.domain.activity.test_client_mails import TERMS
from tests.domain.ledger_entries import entry
from tests.surroundings.fixtures import DEMO

type Document = dict[str, Any]
TOMORROW = {"of_tomorrow": {"deep": [1, "two"]}}
TOLD = [
    event("charge.succeeded", charge()),
    event("refund.created", refund()),
    event("charge.dispute.created", dispute()),
    event("radar.early_fraud_warning.created", fraud_warning()),
]
FACTS = fold([read_event(each).facts for each in TOLD])
CLIENT_EMAIL = "ada@example.com"
BOOKING = made_booking(
    external_id="A-1",
    terms=replace(TERMS, accepted_from="192.0.2.1"),
    facts=FACTS,
    journal=(JournalEntry("e1", 5, "booking.created", "owner@demo.test"),),
    checkout=CheckoutAttempt(1, 4900, 5, 6),
    refund_orders=(RefundOrder("rf_1", "ch_1", 100, 5, "a@x.de", STAFF, REQUESTED),),
    charge_orders=(ChargeOrder("co_1", CAPTURE, 5),),
    fees=(Fee("fee_1", CANCELLATION_FEE, 100, 5, "client", APPLIED),),
    lapsing_holds=("ch_1",),
    note="Window seat",
    metadata={"order": "1"},
    client_access=2,
    former_emails=(FormerEmail("old@example.com", 5, "a@x.de", "p"),),
    undelivered=(UndeliveredMail("confirmed", "confirmed", "bounced", 5),),
    timezone="Europe/Berlin",
    settled=(SettledAction("a1", "k", "r", 5, "a@x.de"),),
    sequence=3,
    starts_at_s=1_795_600_800,
    ends_at_s=1_795_604_400,
)
ACCOUNT = AccountFacts("acct_1", "DE", "eur", charges_enabled=True, payouts_enabled=True)
MEMBERS = Members(
    {"u1": Member("u1", "a@x.de", ("owner",), 5)},
    {"i1": Invitation("i1", "b@x.de", ("manager",), 5, 9, 1, "0f", "a@x.de")},
)


def plain[R: StoredRecord](record: R) -> tuple[R, Callable[[Any], Document], Any]:
    return record, record_to_dict, lambda document: read_record(type(record), document)


KINDS: dict[str, tuple[Any, Callable[[Any], Document], Callable[[Document], Any]]] = {
    "booking": (BOOKING, booking_to_dict, booking_from_dict),
    "facts": (FACTS, Facts.to_dict, Facts.from_dict),
    "dispute": (
        dispute_records(FACTS, "bk_1")[0],
        DisputeRecord.to_dict,
        DisputeRecord.from_dict,
    ),
    "location": (
        replace(DEMO, former_limits=(FormerLimit("owner", 5, "u1", 5),)),
        location_to_dict,
        location_from_dict,
    ),
    "connection": (
        Connection(ACCOUNT, "test", claimed_account_ids=("acct_1",)),
        connection_to_dict,
        connection_from_dict,
    ),
    "members": (MEMBERS, members_to_dict, members_from_dict),
    "ledger entry": (
        replace(entry("charge", 900), fee_details=(FeeDetail("stripe_fee", 5, "eur"),)),
        entry_to_dict,
        entry_from_dict,
    ),
    "payout": (
        BankPayout(
            payout="po_1", amount_minor=900, currency="eur", created_s=5, arrival_date_s=9,
            status="paid", automatic=True, livemode=False,
        ),
        bank_payout_to_dict,
        bank_payout_from_dict,
    ),
    "balance check": (
        BalanceCheck(5, is_stable=True, lines=(BalanceLine("eur", 900, 900),)),
        balance_check_to_dict,
        balance_check_from_dict,
    ),
    "reconciliation": (
        Reconciliation("reconciled", healed=({"at": "x"},), left_off={"healed": 1}),
        reconciliation_to_dict,
        reconciliation_from_dict,
    ),
    "agenda": (
        Agenda({"bk_1": TakenTime(Interval(5, 9), 1, 1)}, (Interval(20, 30),)),
        Agenda.to_dict,
        Agenda.from_dict,
    ),
    "finding": plain(Finding("differing", "n", 5, {"stripe": {"amount": 1}})),
    "expected": plain(Expected("charge#ch_1", "ch_1", 5)),
    "followed": plain(Followed("payout", "po_1", "", 5)),
    "bound late": plain(BoundLate("ch_1", "pi_1", 5, "evt_1")),
    "report": plain(ReportRecord("sent", 0, 5)),
    "mail": plain(MailRecord("confirmed", "confirmed", 5, "0f")),
    "client access": plain(ClientAccess("demo", "0f")),
    "prepaid": plain(Prepaid("bk_1", "eur", 5, 900)),
}  # fmt: skip


def of_next_release(document: Any, name: str = "") -> Any:
    """The document as a release writes it that has a field more in each record.

    A mapping of ids, to records or to an agenda's times, is none itself.
    """
    if isinstance(document, list):
        return [of_next_release(each) for each in document]
    if not isinstance(document, dict):
        return document
    found = {key: of_next_release(each, key) for key, each in document.items()}
    is_map = bool(document) and all(isinstance(each, dict) for each in document.values())
    is_map = name == "visits" or (is_map and name != "facts")
    return found if is_map else {**found, **TOMORROW}


def stored(document: Mapping[str, Any]) -> Document:
    return dict(json.loads(json.dumps(document)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_this_release_writes_it_knows_entirely(kind: str) -> None:
    record, write, read = KINDS[kind]
    document = stored(write(record))
    assert read(document) == record
    assert stored(write(read(document))) == document


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_of_the_next_release_is_read_past_and_written_back(kind: str) -> None:
    record, write, read = KINDS[kind]
    newer = of_next_release(stored(write(record)))
    assert json.dumps(newer).count("of_tomorrow") >= 1
    assert stored(write(read(newer))) == newer


def test_a_booking_that_this_release_changes_keeps_what_the_next_one_knows() -> None:
    newer = of_next_release(stored(booking_to_dict(BOOKING)))
    known = booking_from_dict(newer)
    told = read_event(event("charge.updated", charge(amount_refunded=1900)))
    subject = Facts.from_dict(newer["facts"])
    changed = apply_event(told, subject, known, "bk_1", location_id="demo").booking
    assert changed
    document = stored(booking_to_dict(replace(changed, note="Aisle")))
    assert (document["note"], document["of_tomorrow"]) == ("Aisle", TOMORROW["of_tomorrow"])
    for part in (document["facts"], document["facts"]["charges"]["ch_1"], document["fees"][0]):
        assert part["of_tomorrow"] == TOMORROW["of_tomorrow"]


def test_facts_of_two_copies_are_one_whatever_the_order() -> None:
    copies = [Facts(newer=newer) for newer in ({"a": 1}, {"a": 2, "b": [1]}, {"b": {"c": 1}}, {})]
    found = {
        json.dumps(merge(merge(merge(a, b), c), d).to_dict(), sort_keys=True)
        for a, b, c, d in permutations(copies)
    }
    assert len(found) == 1
    assert merge(copies[0], copies[0]) == copies[0] == merge(copies[0], EMPTY)


def test_who_joins_again_keeps_what_the_next_release_knows_of_them() -> None:
    known = members_from_dict(of_next_release(members_to_dict(MEMBERS)))
    invitation = replace(known.invited["i1"], email="a2@x.de", roles=("owner",))
    _, member = with_accepted(known, invitation, "u1", 9)
    assert (member.email, member.newer) == ("a2@x.de", TOMORROW)


def test_with_a_client_goes_what_nobody_here_can_tell_is_not_about_them() -> None:
    known = booking_from_dict(of_next_release(booking_to_dict(BOOKING)))
    erased = without_client(known, client_id("demo", CLIENT_EMAIL), 9, "owner@demo.test")
    assert erased.client is None
    assert erased.newer == {}
    assert erased.terms
    assert erased.terms.newer == {}


# ------------------------------------------------------------------ words that are not known


def test_a_word_that_only_describes_is_kept_and_shown() -> None:
    document = booking_to_dict(BOOKING)
    document["journal"][0]["what"] = "booking.rescheduled"
    known = booking_from_dict(document)
    assert booking_put(known, 1)
    assert booking_to_dict(known)["journal"][0]["what"] == "booking.rescheduled"


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"status": "rescheduled"}, "/status"),
        ({"refund_orders": [{"status": "queued"}]}, "/refund_orders/0"),
        ({"refund_orders": [{"cause": "goodwill"}]}, "/refund_orders/0"),
        ({"charge_orders": [{"kind": "split"}]}, "/charge_orders/0"),
        ({"charge_orders": [{"status": "queued"}]}, "/charge_orders/0"),
        ({"fees": [{"kind": "damage"}]}, "/fees/0"),
        ({"fees": [{"status": "disputed"}]}, "/fees/0"),
    ],
)
def test_a_booking_with_an_unknown_word_about_money_is_read_and_not_changed(
    changed: Document, where: str
) -> None:
    document = booking_to_dict(BOOKING)
    for name, value in changed.items():
        document[name] = [document[name][0] | value[0]] if isinstance(value, list) else value
    known = booking_from_dict(document)
    assert booking_to_dict(known) == document
    with pytest.raises(NewerRelease, match=f"^{where}$"):
        booking_put(replace(known, note="x"), 1)
