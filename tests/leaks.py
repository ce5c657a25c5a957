"""What must stand in no log: keys, secrets, signatures, tokens, card numbers, addresses, names."""

import re
from collections.abc import Iterable

PATTERNS = {
    "API key": re.compile(r"\b(?:sk|rk|pk)_(?:test|live)_\w{6,}"),
    "signing secret": re.compile(r"whsec_\w{4,}"),
    "signature": re.compile(r"\bv[01]=[0-9a-f]{16,}"),
    "client secret": re.compile(r"_secret_[A-Za-z0-9]{6,}"),
    "token of a login": re.compile(r"\beyJ[\w-]{16,}\.[\w-]{8,}"),
    "e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}"),
    "AWS signature": re.compile(r"AWS4-HMAC-SHA256|X-Amz-Signature=", re.IGNORECASE),
}
# From 14 digits on: milliseconds since 1970 have 13.
_DIGITS = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){13,18}(?![\w-])")
# One of Stripe's ids may have a short name by chance. In JSON a line ends with two characters.
_BEGINNING = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrt]))"


def leaks_in(text: str, words: Iterable[str] = ()) -> list[str]:
    """Return what leaks, by kind, with its line; `words` are names and the like."""
    found = [
        f"{kind}: {_line(text, match.start())}"
        for kind, pattern in PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    found += [
        f"card number: {_line(text, match.start())}"
        for match in _DIGITS.finditer(text)
        if _is_card(match[0])
    ]
    found += [
        f"{word}: {_line(text, match.start())}"
        for word in words
        if (match := re.search(_BEGINNING + re.escape(word), text))
    ]
    return found


def _is_card(written: str) -> bool:
    """Whether the last digit checks the others (Luhn)."""
    digits = [int(each) for each in written if each.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _line(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start : end if end >= 0 else len(text)][:300]
