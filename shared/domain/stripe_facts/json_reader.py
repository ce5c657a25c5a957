"""Reading Stripe's JSON: lenient with what describes, strict with what money depends on.

Unknown fields are ignored, and a missing optional one is "not known". A malformed amount, currency,
flag or id makes the event unreadable; the error names the JSON
pointer (https://www.rfc-editor.org/rfc/rfc6901) and never the value.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from shared.domain.errors import UnreadableEvent
from shared.domain.money.money import MAX_AMOUNT_MINOR, is_currency
from shared.domain.stripe_facts.merge_rules import TEXT

# 9999-12-31T23:59:59Z: the last instant that RFC 3339 can express.
MAX_INSTANT_S = 253_402_300_799
MAX_ID_CHARS = 255
# Stripe's own limit of a metadata value. https://docs.stripe.com/metadata
MAX_METADATA_CHARS = 500
# Stripe embeds at most a page of 100; whatever is longer was not written by Stripe.
MAX_LIST_ITEMS = 100


def web_address(text: str) -> str:
    """Return an address on the web, "" for any other, such as one that runs a script."""
    return text if text.startswith(("https://", "http://")) else ""


class StripeJson(Struct, frozen=True):
    """One object within a Stripe event, and where it stands in it."""

    values: Mapping[str, object]
    pointer: str = ""

    def unreadable(self, name: str, why: str) -> UnreadableEvent:
        """Return the error to raise about a member; `why` must not hold its value."""
        return UnreadableEvent(f"{self.pointer}/{name}: {why}")

    def amount(self, name: str) -> int:
        """Return an amount in minor units, not negative; 0 where it is absent or null."""
        if self.values.get(name) is None:
            return 0
        amount_minor = self.signed_amount(name)
        if amount_minor < 0:
            raise self.unreadable(name, "a negative amount")
        return amount_minor

    def required_amount(self, name: str) -> int:
        """Return an amount in minor units, not negative, that must be there."""
        self._require(name)
        return self.amount(name)

    def signed_amount(self, name: str) -> int:
        """Return an amount in minor units of either sign; 0 where it is absent or null."""
        value = self.values.get(name)
        if value is None:
            return 0
        # A bool is an int in Python, and a float may have lost what it was.
        if type(value) is not int or abs(value) > MAX_AMOUNT_MINOR:
            raise self.unreadable(name, "not an int within 10**15")
        return value

    def required_signed_amount(self, name: str) -> int:
        """Return an amount in minor units of either sign that must be there."""
        self._require(name)
        return self.signed_amount(name)

    def currency(self) -> str:
        """Return the member `currency` in lower case; empty where it is absent or null."""
        value = self.values.get("currency")
        if value is None:
            return ""
        code = value.lower() if isinstance(value, str) else value
        if not isinstance(code, str) or not is_currency(code):
            raise self.unreadable("currency", "not a currency")
        return code

    def required_currency(self) -> str:
        """Return the member `currency`, which must be there."""
        self._require("currency")
        return self.currency()

    def flag(self, name: str) -> bool | None:
        """Return a bool, or None where it is absent or null."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.unreadable(name, "neither true nor false")
        return value

    def instant(self, name: str) -> int:
        """Return seconds since 1970; 0 where it is absent or no instant: it decides nothing."""
        value = self.values.get(name)
        return value if type(value) is int and 0 <= value <= MAX_INSTANT_S else 0

    def required_instant(self, name: str) -> int:
        """Return seconds since 1970, before the year 10000."""
        value = self.values.get(name)
        if type(value) is not int or not 0 <= value <= MAX_INSTANT_S:
            raise self.unreadable(name, "not seconds since 1970")
        return value

    def text(self, name: str) -> str:
        """Return a code or an address; empty where it is absent or not one: it only describes."""
        value = self.values.get(name)
        return value if isinstance(value, str) and TEXT.is_valid(value) else ""

    def address(self, name: str) -> str:
        """Return an address that a browser may be led to; empty where it is absent or another."""
        return web_address(self.text(name))

    def status(self) -> str:
        """Return the member `status`; empty where it is absent or null."""
        if self.values.get("status") is not None and not self.text("status"):
            raise self.unreadable("status", "not a status")
        return self.text("status")

    def id(self, name: str) -> str:
        """Return an id, be it plain or in an expanded object; empty where absent or null."""
        value = self.values.get(name)
        if isinstance(value, Mapping):
            value = value.get("id")
        if value is None or value == "":
            return ""
        if not isinstance(value, str) or not _is_id(value):
            raise self.unreadable(name, "not an id")
        return value

    def required_id(self, name: str) -> str:
        """Return an id that must be there."""
        found = self.id(name)
        if not found:
            raise self.unreadable(name, "no id")
        return found

    def child(self, name: str) -> "StripeJson":
        """Return the object under a name; an empty one where it is absent or no object."""
        value = self.values.get(name)
        return StripeJson(value if isinstance(value, Mapping) else {}, f"{self.pointer}/{name}")

    def required_child(self, name: str) -> "StripeJson":
        """Return the object under a name, which must be there."""
        if not isinstance(self.values.get(name), Mapping):
            raise self.unreadable(name, "not an object")
        return self.child(name)

    def objects(self, name: str) -> Iterator["StripeJson"]:
        """Yield the objects of a list, be it Stripe's `{"data": [...]}` or a plain one.

        Ids that were not expanded are skipped: they carry no data.
        """
        value, pointer = self.values.get(name), f"{self.pointer}/{name}"
        if isinstance(value, Mapping):
            value, pointer = value.get("data"), f"{pointer}/data"
        if value is None:
            return
        if not isinstance(value, list) or len(value) > MAX_LIST_ITEMS:
            raise self.unreadable(name, "not a list of at most 100")
        for place, item in enumerate(value):
            if isinstance(item, Mapping):
                yield StripeJson(item, f"{pointer}/{place}")

    def metadata(self, key: str) -> str:
        """Return what we wrote into the metadata under a key; empty where it is not ours."""
        written = self.child("metadata").text(key)
        return written if len(written) <= MAX_METADATA_CHARS else ""

    def _require(self, name: str) -> None:
        if self.values.get(name) is None:
            raise self.unreadable(name, "missing")


def _is_id(value: str) -> bool:
    return len(value) <= MAX_ID_CHARS and TEXT.is_valid(value) and " " not in value
