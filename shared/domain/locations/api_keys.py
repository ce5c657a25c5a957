"""Stripe keys and secrets as people paste them: trimmed, recognised, or refused in words. Pure.

A publishable key begins with `pk_test_` or `pk_live_`, a secret one with `sk_`, a restricted one
with `rk_`, and a webhook's signing secret with `whsec_` (https://docs.stripe.com/keys).
No message shows more of a key than how it begins.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from msgspec import Struct

from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake

TEST, LIVE = "test", "live"
MAX_KEY_CHARS = 255
MAX_SIGNING_SECRETS = 2
# The shortest keys of Stripe's first years have 24 characters behind the prefix.
_KEY = re.compile(r"(?P<kind>pk|sk|rk)_(?P<mode>test|live)_(?P<rest>[A-Za-z0-9_]{10,})")
_MODE = re.compile(r"(pk|sk|rk)_(test|live)_")
_SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{10,}")
_QUOTES = "\"'`´‘’‚“”„«»‹›"  # noqa: RUF001 (people's editors make these of plain ones)
# White space that Unicode counts as format characters or letters, although it is invisible.
_INVISIBLE = frozenset("\u180e\u200b\u200c\u200d\u2060\u2800\u3164\ufeff\u00ad")
_KINDS = {
    "pk": "a publishable key",
    "sk": "a secret key",
    "rk": "a restricted key",
}


class ApiKeys(Struct, frozen=True):
    """A location's pair of keys, of one mode: `test` or `live`."""

    publishable_key: str
    secret_key: str
    mode: str

    @property
    def secret_key_last4(self) -> str:
        """What may be shown of the secret key."""
        return last4(self.secret_key)

    def __repr__(self) -> str:
        """Keep the keys out of tracebacks and logs."""
        return f"ApiKeys(mode={self.mode!r})"


def read_api_keys(publishable: object, secret: object) -> ApiKeys:
    """Return the keys of a request; raises `InvalidInput` that names each mistake in words."""
    mistakes: list[dict[str, str]] = []
    texts = {
        name: _read(name, value, kinds, mistakes)
        for name, value, kinds in (
            ("publishable_key", publishable, ("pk",)),
            ("secret_key", secret, ("sk", "rk")),
        )
    }
    modes = {name: _mode(text) for name, text in texts.items() if text}
    if not mistakes and len(set(modes.values())) > 1:
        detail = (
            f"is of {modes['secret_key']} mode, and the publishable key of "
            f"{modes['publishable_key']} mode: take both from the same page of the Dashboard"
        )
        mistakes.append(mistake("/secret_key", detail))
    if mistakes:
        raise InvalidInput("The keys cannot be used.", code="invalid_keys", errors=mistakes)
    return ApiKeys(texts["publishable_key"], texts["secret_key"], modes["secret_key"])


def read_signing_secrets(sent: Sequence[object]) -> tuple[str, ...]:
    """Return the signing secrets of a request, each once; raises `InvalidInput`."""
    mistakes: list[dict[str, str]] = []
    if not 1 <= len(sent) <= MAX_SIGNING_SECRETS:
        detail = (
            "must be one, or two while one is being rolled; leave the field out to register here"
        )
        mistakes.append(mistake("/webhook_signing_secrets", detail))
    found = []
    for place, value in enumerate(sent[:MAX_SIGNING_SECRETS]):
        pointer = f"/webhook_signing_secrets/{place}"
        text, what = _trimmed(value)
        what = what or _wrong_secret(text)
        if what:
            mistakes.append(mistake(pointer, what))
        found.append(text)
    if mistakes:
        raise InvalidInput(
            "The signing secrets cannot be used.", code="invalid_keys", errors=mistakes
        )
    return tuple(dict.fromkeys(found))


def last4(secret: str) -> str:
    """Return what may be shown of a key or secret."""
    return secret[-4:]


def trim(text: str) -> str:
    """Return a text without white space of any kind and without quotes at both ends."""
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _read(name: str, value: object, kinds: tuple[str, ...], mistakes: list[dict[str, str]]) -> str:
    text, what = _trimmed(value)
    what = what or _wrong_key(text, kinds)
    if what:
        mistakes.append(mistake(f"/{name}", what))
        return ""
    return text


def _trimmed(value: object) -> tuple[str, str]:
    """Return the trimmed text, and what is wrong with it as a key or secret of any kind."""
    if not isinstance(value, str):
        return "", "is required" if value is None else "must be text"
    text = trim(value)
    return text, _first(_NO_KEY, text)


def _wrong_key(text: str, kinds: tuple[str, ...]) -> str:
    expected = " or ".join(f"{kind}_" for kind in kinds)
    prefix = text.partition("_")[0]
    if not _KEY.fullmatch(text):
        return _first(_NO_API_KEY, text) or f"does not begin with {expected}"
    if prefix in kinds:
        return ""
    return f"is {_KINDS[prefix]}; the one that is needed here begins with {expected}"


def _wrong_secret(text: str) -> str:
    if _SIGNING_SECRET.fullmatch(text):
        return ""
    return _first(_NO_SIGNING_SECRET, text) or "does not begin with whsec_"


type _Rule = tuple[Callable[[str], bool], str]
# The first rule that applies in each table is reported.
_NO_KEY: tuple[_Rule, ...] = (
    (lambda text: not text, "is empty"),
    (
        lambda text: len(text) > MAX_KEY_CHARS,
        f"has more than {MAX_KEY_CHARS} characters: more than a key was pasted",
    ),
    (
        lambda text: any(_is_space(each) for each in text),
        "has white space inside: copy it again, in one piece",
    ),
    (
        lambda text: any(mask in text for mask in ("*", "…", "...", "•")),
        "is masked: reveal it in the Dashboard before copying it",
    ),
    (
        lambda text: not text.isascii(),
        "has a character that no key has: copy it again instead of typing it",
    ),
)
_NO_API_KEY: tuple[_Rule, ...] = (
    (lambda text: text.startswith("whsec_"), "is a webhook's signing secret and no API key"),
    (
        lambda text: text.startswith(("acct_", "ca_", "we_", "price_", "cus_")),
        "is the id of something at Stripe and no key",
    ),
    (
        lambda text: _prefix(text) not in _KINDS and _prefix(text).lower() in _KINDS,
        "is written in capitals; keys are told apart by case, copy it again",
    ),
    (
        lambda text: _prefix(text) in _KINDS and not _MODE.match(text),
        "is of no mode: behind its first part comes test_ or live_",
    ),
    (
        lambda text: _prefix(text) in _KINDS and not re.fullmatch(r"[A-Za-z0-9_]*", text),
        "has a character that no key has: copy it again",
    ),
    (
        lambda text: _prefix(text) in _KINDS,
        "is cut off: it is longer in the Dashboard",
    ),
)
_NO_SIGNING_SECRET: tuple[_Rule, ...] = (
    (
        lambda text: _KEY.fullmatch(text) is not None,
        "is an API key; the signing secret begins with whsec_",
    ),
    (lambda text: text.startswith("we_"), "is the endpoint's id; its secret begins with whsec_"),
    (lambda text: text.startswith("whsec_"), "is cut off: it is longer in the Dashboard"),
)


def _first(rules: Sequence[_Rule], text: str) -> str:
    return next((what for holds, what in rules if holds(text)), "")


def _prefix(text: str) -> str:
    return text.partition("_")[0]


def _mode(text: str) -> str:
    return LIVE if "_live_" in text[: len("pk_live_")] else TEST


def _is_edge(character: str) -> bool:
    return character in _QUOTES or _is_space(character)


def _is_space(character: str) -> bool:
    return (
        character.isspace()
        or character in _INVISIBLE
        or unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    )
