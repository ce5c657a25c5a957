"""The locales that Stripe's Checkout speaks and that our reports write figures in. Pure.

Our own sentences are in fewer: `spoken_language` tells which.
"""

# What Checkout speaks; anything else is refused, and with it the payment.
# https://docs.stripe.com/js/appendix/supported_locales
LOCALES = frozenset({
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA",
    "hi-IN", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
})  # fmt: skip

ENGLISH = "en"
# What our sentences to clients are written in, and the decimal mark of a sum within them.
_DECIMAL_MARKS = {ENGLISH: ".", "de": ","}
LANGUAGES = tuple(_DECIMAL_MARKS)


def spoken_language(locale: str) -> str:
    """Return the language that a location's clients are spoken to in: `de` for `de-AT`.

    English where theirs is not known here: half a sentence in another language helps nobody.
    """
    language = locale.partition("-")[0]
    return language if language in LANGUAGES else ENGLISH


def decimal_mark(language: str) -> str:
    """Return what stands before the minor units in a language that is spoken here."""
    return _DECIMAL_MARKS[language]
