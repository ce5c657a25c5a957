"""The widget, the client's page, mails and a link's pages say the same thing in the same words."""

import re

import pytest

from infra.bundle import ASSETS
from shared.wording import english, german, pay_pages

MESSAGES = (ASSETS / "messages.js").read_text()
BY_PAGES = {
    "en": {**pay_pages.ENGLISH, **english.TEXTS},
    "de": {**pay_pages.GERMAN, **german.TEXTS},
}
LINKS = {"en": pay_pages.ENGLISH, "de": pay_pages.GERMAN}
# The widget's name of a sentence, and the others'.
SAME = {
    "testModeMore": "test",
    "held": "label.held",
    "paid": "label.paid",
    "paidElsewhere": "label.paid_elsewhere",
    "givenBack": "label.refunded",
    "restAtVisit": "label.at_visit",
    "price": "label.price",
    "when": "label.when",
    "person": "label.who",
    "receipt": "link.receipt",
    "addToCalendar": "link.calendar",
    "cardSaved": "card_saved.text",
    "confirmed": "confirmed.title",
    "moved": "moved.title",
    "cancelled": "cancelled.title",
    "yourBooking": "visit.title",
    "moveBooking": "visit.move",
    "cancelBooking": "visit.cancel",
    "cancelTitle": "visit.cancel.ask",
    "cancelYes": "visit.cancel.yes",
    "cancelNo": "visit.cancel.no",
    "cancelFeeChanged": "visit.cancel.changed",
    "cancelledProposed": "fee.proposed",
    "tryAgain": "visit.again",
}
SAME_AS_A_LINKS = {
    "testModeMore": "test",
    "processing": "processing.title",
    "processingMore": "processing.text",
    "heldNow": "consent.now.hold",
}
COSTS = sorted(
    name.removeprefix("visit.cancel.")
    for name in english.TEXTS
    if name.startswith("visit.cancel.")
    and name.rpartition(".")[2] not in {"ask", "yes", "no", "changed"}
)


def said_by_the_widget(language: str) -> dict[str, str]:
    table = {"en": "ENGLISH", "de": "GERMAN"}[language]
    [body] = re.findall(rf"const {table} = \{{\n(.*?)^\}};", MESSAGES, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r'^  (\w+): "(.*)",$', body, re.MULTILINE))


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_widget_speaks_as_mails_and_pages_do(language: str) -> None:
    said, others = said_by_the_widget(language), BY_PAGES[language]
    assert {name: said[name] for name in SAME} == {name: others[SAME[name]] for name in SAME}
    links = LINKS[language]
    assert {name: said[name] for name in SAME_AS_A_LINKS} == {
        name: links[SAME_AS_A_LINKS[name]] for name in SAME_AS_A_LINKS
    }


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("cost", COSTS)
def test_what_cancelling_costs_is_said_in_one_way(cost: str, language: str) -> None:
    said = said_by_the_widget(language)[f"cancel_{cost}"]
    assert said == BY_PAGES[language][f"visit.cancel.{cost}"]
