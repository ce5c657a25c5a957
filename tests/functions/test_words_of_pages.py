"""What pages say and compare are the words of the domain and of the contract, all and no other."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

import pytest

from infra.bundle import ASSETS
from shared.domain.activity.needed_action import ADVICE
from shared.domain.bookings.fee import FEE_STATUSES
from shared.domain.bookings.journal import JournalWord
from shared.domain.bookings.lifecycle import (
    BOOKING_STATUSES,
)
from shared.domain.bookings.payment_summary import PAYMENT_STATUSES
from shared.domain.bookings.payment_views import CHARGE_STATUSES, REFUND_STATUSES
from shared.domain.ledger.flows import PAYOUTS
from shared.domain.reports.currency_document import OTHER
from shared.domain.reports.purposes import PURPOSE_TITLES
from shared.domain.reports.sections import FLOW_TITLES
from shared.domain.stripe_facts.dispute_facts import DISPUTE_STATUSES
from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES
from shared.domain.stripe_facts.payout_facts import PAYOUT_STATUSES
from tests.contract.contract import Contract

SOURCE = (ASSETS / "console_words.js").read_text()
# A payout's events are in no booking's timeline.
OF_BOOKINGS = {each for each in CONSUMED_EVENT_TYPES if not each.startswith("payout.")}
JOURNAL: frozenset[str] = frozenset(get_args(JournalWord.__value__))


def words(table: str) -> set[str]:
    """Return the keys of a table of the script's."""
    [body] = re.findall(
        rf"^(?:export )?const {table} = \{{\n(.*?)^\}};", SOURCE, re.MULTILINE | re.DOTALL
    )
    return {key for key in re.findall(r'"?([\w.]+)"?:|"[^"]*"', body) if key}


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("BOOKING_STATES", BOOKING_STATUSES),
        ("PAYMENT_STATES", PAYMENT_STATUSES),
        ("REFUND_STATES", REFUND_STATUSES),
        ("FEE_STATES", FEE_STATUSES),
        ("CHARGE_STATES", CHARGE_STATUSES),
        ("DISPUTE_STATES", DISPUTE_STATUSES.statuses),
        ("TIMELINE", JOURNAL | OF_BOOKINGS),
        ("NEEDED", ADVICE.keys()),
        ("PAYOUT_STATES", PAYOUT_STATUSES.statuses),
        ("LINES", {*FLOW_TITLES, *PURPOSE_TITLES, PAYOUTS, OTHER} - {""}),
    ],
)
def test_every_word_of_the_domain_is_said_and_no_other(table: str, known: Collection[str]) -> None:
    assert words(table) == set(known)


def test_a_line_of_money_is_called_the_same_in_console_and_report() -> None:
    titles = FLOW_TITLES | {key or OTHER: title for key, title in PURPOSE_TITLES.items()}
    for key, title in titles.items():
        assert f'{key}: "{title}"' in SOURCE


@pytest.mark.parametrize(
    ("schema", "known"),
    [
        ("BookingStatus", BOOKING_STATUSES),
        ("PaymentStatus", PAYMENT_STATUSES),
        ("RefundStatus", REFUND_STATUSES),
        ("FeeStatus", FEE_STATUSES),
    ],
)
def test_the_contract_lists_the_words_of_the_domain(schema: str, known: Collection[str]) -> None:
    assert set(schemas()[schema]["enum"]) == set(known)


def schemas() -> Mapping[str, Any]:
    found: Mapping[str, Any] = Contract.load().document["components"]["schemas"]
    return found


def enums(part: Any) -> Iterator[tuple[str, str]]:
    """Yield each value that the contract allows a field, beside the field's name."""
    if isinstance(part, Mapping):
        for name, field in part.get("properties", {}).items():
            named = schemas()[field["$ref"].rpartition("/")[2]] if "$ref" in field else field
            yield from ((name, value) for value in named.get("enum", ()))
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from enums(each)


FIELDS = "status|approval|payment_status|due_mode|mode|kind|funds|type|code"
# What is no answer of the API's: an error's own kind, and a part of a date in words.
OURS = {("failed", "kind"), ("part", "type"), ("type", "value")}


def compared() -> Iterator[tuple[str, str, str, str]]:
    """Yield each word that a script compares with a field: its file, the object, field, word."""
    for path in sorted(ASSETS.glob("*.js")):
        source = path.read_text()
        for owner, field, word in re.findall(rf'(\w+)\.({FIELDS}) [!=]== "(\w+)"', source):
            yield path.name, owner, field, word
        for words, owner, field in re.findall(
            rf'\[("[^\]]+")\]\.includes\((\w+)\.({FIELDS})\)', source
        ):
            for word in re.findall(r'"(\w+)"', words):
                yield path.name, owner, field, word


def test_scripts_compare_the_apis_fields_with_words_that_it_answers() -> None:
    """`fee.status === "under_way"` was never true: the API says `requested`."""
    known = set(enums(schemas()))
    # A sign-in fails with `offline` where Cognito is not reached.
    known |= {("code", code) for code in (*Contract.load().document["x-problem-codes"], "offline")}
    found = list(compared())
    assert len(found) > 20
    assert [each for each in found if each[1:3] not in OURS and each[2:] not in known] == []


def test_refusals_that_the_widget_explains_are_codes_of_the_contracts() -> None:
    source = "".join((ASSETS / name).read_text() for name in ("failures.js", "order.js"))
    [refusals] = re.findall(r"const REFUSALS = \{(.*?)\};", source, re.DOTALL)
    [another_time] = re.findall(r"const ANOTHER_TIME = new Set\(\[(.*?)\]\)", source)
    named = {*re.findall(r"(\w+):", refusals), *re.findall(r'"(\w+)"', another_time)}
    assert named <= Contract.load().document["x-problem-codes"].keys()
