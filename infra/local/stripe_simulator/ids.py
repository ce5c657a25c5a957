"""Everything random of a run, from one seed: ids, secrets and fingerprints shaped like Stripe's."""

import hashlib
import hmac
import random
import string

_ALPHABET = string.ascii_letters + string.digits

# What stands between the underscore and the random part. Stripe marks objects of a payment with a
# 3 and most others with a 1, followed by a part that is the same for the whole account.
_SHAPES = {
    "acct": ("1", 15),
    "ch": ("3", 23),
    "cs_test": ("a1", 56),
    "cus": ("", 14),
    "du": ("1", 23),
    "evt": ("1", 23),
    "issfr": ("1", 23),
    "li": ("1", 23),
    "pi": ("3", 23),
    "pm": ("1", 23),
    "po": ("1", 23),
    "price": ("1", 23),
    "prod": ("", 14),
    "re": ("3", 23),
    "req": ("", 14),
    "setatt": ("1", 23),
    "seti": ("1", 23),
    "txn": ("3", 23),
    "we": ("1", 23),
    "whsec": ("", 32),
}


class Ids:
    """Makes ids from a seed, so that a run with the same calls can be repeated."""

    def __init__(self, seed: int) -> None:
        # Predictable on purpose: nothing here guards anything but a test.
        self.random = random.Random(seed)  # noqa: S311
        self._fingerprint_key = str(seed).encode()

    def new(self, prefix: str) -> str:
        """Make an id such as `ch_3...`; a prefix that is not in the table gets 24 characters."""
        lead, length = _SHAPES.get(prefix, ("1", 23))
        return f"{prefix}_{lead}{self.characters(length)}"

    def characters(self, length: int) -> str:
        """Make a row of letters and digits."""
        return "".join(self.random.choices(_ALPHABET, k=length))

    def fingerprint(self, card_number: str) -> str:
        """Name a card without telling its number: the same card has the same 16 characters."""
        digest = hmac.digest(self._fingerprint_key, card_number.encode(), hashlib.sha256)
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:16])
