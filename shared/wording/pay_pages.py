"""What clients read on the pages of a payment link, by language; `{amount}` is a sum as text."""
# ruff: noqa: E501  (a sentence stands in one line)

from collections.abc import Mapping

ENGLISH = {
    "test": "TEST MODE",
    "nothing.title": "Nothing to pay",
    "nothing.text": "Nothing is due for this booking.",
    "paid.title": "Paid",
    "paid.given_back": "Of this, {amount} was given back.",
    "paid.goes_back": "Of this, {amount} is on its way back to you.",
    "paid.text": "Thank you. There is nothing more to pay.",
    "card_saved.title": "Your card is saved",
    "rest.text": "Thank you. The rest, {amount}, is paid at your visit.",
    "processing.title": "Confirming your payment",
    "processing.text": "Your bank has answered and we are waiting for the confirmation. This page shows it by itself; you do not need to pay again.",
    "not_paid.title": "Not paid yet",
    "not_paid.text": "Nothing was taken from your card. The link stays valid.",
    "not_paid.button": "Pay now",
    "at_visit.title": "Pay at your visit",
    "switched_off.text": "This business takes no payments by link at the moment. Please pay at your visit.",
    "not_by_card.text": "This sum cannot be paid by card online. Please pay at your visit.",
    "fee_not_by_card.title": "Not payable online",
    "fee_not_by_card.text": "This fee cannot be paid by card online. Please ask the business.",
    "unknown.title": "This link does not work",
    "unknown.text": "Check that the whole link was copied, or ask the business for a new one.",
    "later.title": "Please try again in a minute",
    "later.text": "The payment page cannot be opened at the moment. Nothing was taken from your card.",
    "later.button": "Try again",
    "often.title": "Please wait a while",
    "often.text": "The payment page was opened too often. Nothing was taken from your card. Try again later, or pay at your visit.",
}

GERMAN = {
    "test": "TESTBETRIEB",
    "nothing.title": "Nichts zu zahlen",
    "nothing.text": "Für diese Buchung ist nichts zu zahlen.",
    "paid.title": "Bezahlt",
    "paid.given_back": "Davon wurden {amount} erstattet.",
    "paid.goes_back": "Davon gehen {amount} gerade an Sie zurück.",
    "paid.text": "Vielen Dank. Es ist nichts mehr zu zahlen.",
    "card_saved.title": "Ihre Karte ist gespeichert",
    "rest.text": "Vielen Dank. Den Rest, {amount}, zahlen Sie beim Termin.",
    "processing.title": "Ihre Zahlung wird bestätigt",
    "processing.text": "Ihre Bank hat geantwortet, und wir warten auf die Bestätigung. Diese Seite zeigt sie von selbst; Sie müssen nicht noch einmal zahlen.",
    "not_paid.title": "Noch nicht bezahlt",
    "not_paid.text": "Von Ihrer Karte wurde nichts abgebucht. Der Link gilt weiter.",
    "not_paid.button": "Jetzt zahlen",
    "at_visit.title": "Beim Termin zu zahlen",
    "switched_off.text": "Dieses Geschäft nimmt zurzeit keine Zahlungen per Link an. Bitte zahlen Sie beim Termin.",
    "not_by_card.text": "Dieser Betrag kann nicht online mit Karte bezahlt werden. Bitte zahlen Sie beim Termin.",
    "fee_not_by_card.title": "Nicht online zahlbar",
    "fee_not_by_card.text": "Diese Gebühr kann nicht online mit Karte bezahlt werden. Bitte fragen Sie den Betrieb.",
    "unknown.title": "Dieser Link führt nirgendwohin",
    "unknown.text": "Prüfen Sie, ob der ganze Link kopiert wurde, oder bitten Sie das Geschäft um einen neuen.",
    "later.title": "Bitte versuchen Sie es in einer Minute wieder",
    "later.text": "Die Zahlungsseite kann gerade nicht geöffnet werden. Von Ihrer Karte wurde nichts abgebucht.",
    "later.button": "Noch einmal versuchen",
    "often.title": "Bitte warten Sie eine Weile",
    "often.text": "Die Zahlungsseite wurde zu oft geöffnet. Von Ihrer Karte wurde nichts abgebucht. Versuchen Sie es später wieder, oder zahlen Sie beim Termin.",
}

TEXTS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "de": GERMAN}
