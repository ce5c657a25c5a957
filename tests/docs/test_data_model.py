"""The data model's page has every kind of item and no other; its examples are read as items are."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.adapters.mail_store import MailRecord
from shared.adapters.outbox import read_waiting
from shared.adapters.report_records import ReportRecord
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.bookings.dispute_record import DisputeRecord
from shared.domain.calendar.absences import Absences
from shared.domain.calendar.agenda import Agenda
from shared.domain.catalogue.services import service_from_dict
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.ledger.bank_payout import bank_payout_from_dict
from shared.domain.ledger.entry import entry_from_dict
from shared.domain.ledger.findings import Finding
from shared.domain.ledger.quarter_sums import count_entries
from shared.domain.ledger.reconciliation import reconciliation_from_dict
from shared.domain.locations.location import location_from_dict
from shared.domain.locations.members import members_from_dict
from shared.domain.locations.stripe_connection import connection_from_dict
from shared.domain.messages.envelopes import read_envelope
from shared.domain.messages.message import Message
from shared.domain.stripe_facts.payment_facts import Facts
from tests.docs.pages import ROOT, page

DATA_MODEL = page("docs/data-model.md")
EXAMPLES = [
    json.loads(line) for block in DATA_MODEL.blocks("json") for line in block.splitlines() if line
]
# They are made of a name that the domain gives: `charge#ch_1`, `findings`.
BY_NAME = {"charge", "payout", "intent", "session", "setup", "findings", "healed"}
READERS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "booking": booking_from_dict,
    "agenda": Agenda.from_dict,
    "charge": lambda body: Facts.from_dict(body["facts"]),
    "payout": lambda body: Facts.from_dict(body["facts"]),
    "dispute": DisputeRecord.from_dict,
    "outbox": lambda body: read_envelope(
        {"detail-type": body["detail_type"], "detail": read_waiting(body).detail}, Message
    ),
    "unsent-mails": lambda body: read_envelope(body, Message),
    "mails": lambda body: MailRecord(**body),
    "location": location_from_dict,
    "terms": lambda body: terms_from_dict(body, "eur"),
    "members": members_from_dict,
    "connection": connection_from_dict,
    "ledger-quarters": count_entries,
    "payouts": bank_payout_from_dict,
    "findings": lambda body: Finding(**body),
    "healed": lambda body: Finding(**body),
    "reconciliations": reconciliation_from_dict,
    "reports": lambda body: ReportRecord(**body),
}


def kind_of(partition: str) -> str:
    """Return an item's kind by its partition: `booking` of a location's, `booking#` without one."""
    first, _, rest = partition.partition("#")
    return rest.partition("#")[0] if first == "demo" else f"{first}#"


def kinds_in_the_code() -> set[str]:
    """Return the kinds of partitions that adapters make keys of."""
    found = set(BY_NAME)
    for path in (ROOT / "shared" / "adapters").glob("*.py"):
        text = path.read_text()
        found |= set(re.findall(r'f"\{[\w.]*location_id\}#([a-z-]+)', text))
        found |= {f"{name}#" for name in re.findall(r'Key\(f"([a-z]+)#\{', text)}
        found |= {f"{name}#" for name in re.findall(r'return f"([a-z]+)#\{user_id', text)}
    return found - LISTS


# Partitions of the index: no item has one as its key.
LISTS = {"actions", "disputes"}


def test_there_is_an_example_of_every_kind_of_item_and_of_no_other() -> None:
    shown = {kind_of(each["pk"]) for each in EXAMPLES}
    assert len(shown) > 30
    assert shown == kinds_in_the_code()


def test_every_kind_of_item_is_in_a_table_with_its_access_paths() -> None:
    text = DATA_MODEL.text
    for kind in kinds_in_the_code():
        assert f"`<loc>#{kind}" in text or f"| `{kind}" in text, kind
    for name in LISTS:
        assert f"`<loc>#{name}" in text, name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each['pk']} {each['sk']}")
def test_an_example_is_read_as_a_stored_item_is(example: dict[str, Any]) -> None:
    assert example.keys() <= {
        *("pk", "sk", "version", "body", "list_pk", "list_sk", "expires_at_s", "marks")
    }
    body, kind = example["body"], kind_of(example["pk"])
    assert isinstance(body, dict)
    if kind == "ledger" and example["sk"].count("#") == 1:
        entry_from_dict(body)
    elif example["sk"].startswith("service#"):
        service_from_dict(body)
    elif example["sk"].startswith(("absences#", "closures")):
        Absences.from_dict(body)
    elif kind in READERS:
        READERS[kind](body)
