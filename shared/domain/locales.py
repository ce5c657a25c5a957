"""The locales of Stripe's Checkout, which our reports format figures in too. Pure.

Our own sentences are in fewer languages: see `spoken_language`.
"""

# Checkout refuses any other locale, and with it the payment.
# https://docs.stripe.com/js/appendix/supported_locales
LOCALES = frozenset({
    "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA",
    "hi-IN", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
})  # fmt: skip

ENGLISH = "en"
# The languages of our sentences to clients.
LANGUAGES = (ENGLISH, "de")


def spoken_language(locale: str) -> str:
    """Return the language for a location's clients: `de` for `de-AT`.

    English if theirs is not among ours.
    """
    language = locale.partition("-")[0]
    return language if language in LANGUAGES else ENGLISH
