"""By what a booking is found: its client's name, e-mail and phone, and its two ids. Pure.

Case and marks do not count: `muller` finds Müller, and `MULLER` too; nor do strokes and ligatures:
`lodz` finds Łódź, `soren` Søren. Whoever searches types beginnings of words; of a phone number its
end, since people write the beginning in many ways.

    words     every word of what is typed begins a word of the name, or of the address before its @
    e-mail    what is typed begins the address
    phone     the last digits agree: six at least, and as many as both have, leading zeros aside
    id        what is typed is the booking's id, or the other system's
"""

import unicodedata
from collections.abc import Callable, Iterable
from typing import Self

from msgspec import Struct

from shared.domain.bookings.booking import Booking, Client

type Fold = Callable[[str], str]
# What a client is found by: so many index items at the most.
MAX_WORDS = 8
# Longer words are found by their beginning: a sort key has 1 KB, and a character up to four bytes.
MAX_WORD_CHARS = 100
LEAST_DIGITS = 6
# No word and no address that is accepted has a colon.
_PHONE = "tel:"
_APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc`\u00b4")
# Diacritical marks of Latin, Greek and Cyrillic letters; marks of other scripts are letters there.
_FIRST_MARK, _LAST_MARK = "\u0300", "\u036f"
# Letters that Unicode does not take apart, as people type them where their keyboard lacks them.
# fmt: off
_PLAIN = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "ŋ": "n",
    "æ": "ae", "œ": "oe", "þ": "th",
})
# fmt: on
_PHONE_SIGNS = frozenset(" +-()/.\u00a0\u2010\u2011\u2012\u2013")


def search_words(client: Client | None) -> frozenset[str]:
    """Return what a client is indexed by: each word, and of the phone its digits from the end.

    A word that begins another one is left out: whatever begins it begins the other. Words with a
    letter such as `ł` are there as written too: until release 1.1 they were so alone, and an item
    that nobody names is not deleted with its client's data.
    """
    if client is None:
        return frozenset()
    digits = _significant(client.phone or "")
    phone = [f"{_PHONE}{digits[::-1]}"] if len(digits) >= LEAST_DIGITS else []
    as_written = [_bare(client.email.strip()), *phone, *_client_words(client, _bare)]
    plain = [_folded(client.email.strip()), *phone, *client_words(client)]
    return _indexed(plain) | _indexed(as_written)


def client_words(client: Client) -> tuple[str, ...]:
    """Return the words of a client's name, and of their address before its @."""
    return _client_words(client, _folded)


def _client_words(client: Client, fold: Fold) -> tuple[str, ...]:
    return _words(client.name, fold) + _words(client.email.partition("@")[0], fold)


def _indexed(words: Iterable[str]) -> frozenset[str]:
    cut = list(dict.fromkeys(word[:MAX_WORD_CHARS] for word in words if word))[:MAX_WORDS]
    return frozenset(word for word in cut if not any(o != word and o.startswith(word) for o in cut))


class Search(Struct, frozen=True):
    """What somebody has typed to find bookings."""

    text: str
    words: tuple[str, ...]
    whole: str
    digits: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Return what a text looks for; `digits` is empty where it is no phone number."""
        text = text.strip()
        is_phone = all(each in _PHONE_SIGNS or each.isdecimal() for each in text)
        digits = _significant(text) if is_phone else ""
        return cls(text, _words(text, _folded), _folded(text), digits)

    def beginnings(self) -> frozenset[str]:
        """Return with what a word of each matching client begins, one of these at least."""
        found = set()
        if self.words:
            found.add(max(self.words, key=len))
            found.add(max(_words(self.text, _bare), key=len))
        if not any(each.isspace() for each in self.whole):
            found.add(self.whole)
        if len(self.digits) >= LEAST_DIGITS:
            found.add(f"{_PHONE}{self.digits[: -LEAST_DIGITS - 1 : -1]}")
        return frozenset(each[:MAX_WORD_CHARS] for each in found if each)

    def matches(self, booking: Booking) -> bool:
        """Whether a booking is one that is looked for."""
        if self.text in (booking.booking_id, booking.external_id):
            return True
        client = booking.client
        if client is None:
            return False
        return self._fits(client) or self._ends(_significant(client.phone or ""))

    def _fits(self, client: Client) -> bool:
        email = _folded(client.email.strip())
        if self.whole and email.startswith(self.whole):
            return True
        known = client_words(client)
        return bool(self.words) and all(
            any(each.startswith(word) for each in known) for word in self.words
        )

    def _ends(self, phone: str) -> bool:
        common = min(len(phone), len(self.digits))
        return common >= LEAST_DIGITS and phone[-common:] == self.digits[-common:]


def _folded(text: str) -> str:
    """Return a text in small plain letters; other scripts stay as they are."""
    return _bare(text).translate(_PLAIN)


def _bare(text: str) -> str:
    """Return a text in small letters without marks."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(each for each in apart if not _FIRST_MARK <= each <= _LAST_MARK)
    return unicodedata.normalize("NFKC", bare)


def _words(text: str, fold: Fold) -> tuple[str, ...]:
    """Return the words of a text: what is no letter, mark or number separates them."""
    kept = (
        each if unicodedata.category(each)[0] in "LMN" else " "
        for each in fold(text.translate(_APOSTROPHES))
    )
    return tuple("".join(kept).split())


def _significant(phone: str) -> str:
    """Return the digits of a phone number, without the zeros that it begins with."""
    local = phone.replace("(0)", "")
    digits = "".join(str(unicodedata.digit(each)) for each in local if each.isdecimal())
    return digits.lstrip("0")
