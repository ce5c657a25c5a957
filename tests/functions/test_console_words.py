"""The console has a word for every state and fact that the domain knows, and for no other."""

import re
from collections.abc import Collection
from typing import get_args

import pytest

from functions.serve_pages.asset_files import FOLDER
from shared.domain import booking, fee
from shared.domain.booking_payments import CHARGE_STATUSES, PAYMENT_STATUSES, REFUND_STATUSES
from shared.domain.dispute import DISPUTE_STATUSES
from shared.domain.needed_actions import ADVICE
from shared.domain.report_document import OTHER
from shared.domain.report_sections import FLOW_TITLES, PURPOSE_TITLES
from shared.domain.stripe_event_types import CONSUMED_EVENT_TYPES

SOURCE = (FOLDER / "console_words.js").read_text()
# A payout's events are in no booking's timeline.
OF_BOOKINGS = {each for each in CONSUMED_EVENT_TYPES if not each.startswith("payout.")}
JOURNAL: frozenset[str] = frozenset(get_args(booking.JournalWord.__value__))


def words(table: str) -> set[str]:
    """Return the keys of a table of the script's."""
    [body] = re.findall(
        rf"^(?:export )?const {table} = \{{\n(.*?)^\}};", SOURCE, re.MULTILINE | re.DOTALL
    )
    return {key for key in re.findall(r'"?([\w.]+)"?:|"[^"]*"', body) if key}


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("BOOKING_STATES", booking.STATUSES),
        ("PAYMENT_STATES", PAYMENT_STATUSES),
        ("REFUND_STATES", REFUND_STATUSES),
        ("FEE_STATES", fee.STATUSES),
        ("CHARGE_STATES", CHARGE_STATUSES),
        ("DISPUTE_STATES", DISPUTE_STATUSES.statuses),
        ("TIMELINE", JOURNAL | OF_BOOKINGS),
        ("NEEDED", ADVICE.keys()),
        ("LINES", {*FLOW_TITLES, *PURPOSE_TITLES, OTHER} - {""}),
    ],
)
def test_every_word_of_the_domain_is_said_and_no_other(table: str, known: Collection[str]) -> None:
    assert words(table) == set(known)
