"""E-mail addresses: one rule for what is accepted and what mails are sent to. Pure.

Narrower than RFC 5322: no quoted names, comments, groups or lists, which are rare and could smuggle
in more than an address. SES takes ASCII alone: a domain in another
script is written as `xn--`, and a name in one is refused.
https://docs.aws.amazon.com/ses/latest/dg/send-email-raw.html
"""

import re

MAX_ADDRESS_CHARS = 254
_MAX_NAME_CHARS = 64
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_NAME = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")


def is_email_address(text: str) -> bool:
    """Whether a text is one address that can be written to, such as `jane@example.com`."""
    return ascii_address(text) is not None


def ascii_address(text: str) -> str | None:
    """Return the address as a mail server takes it, its domain in ASCII, or `None` for no address.

    `mira@müller.example` is `mira@xn--mller-kva.example`.
    """
    name, _, domain = text.rpartition("@")
    if len(text) > MAX_ADDRESS_CHARS or len(name) > _MAX_NAME_CHARS or not _NAME.fullmatch(name):
        return None
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
    address = f"{name}@{domain}"
    is_whole = _DOMAIN.fullmatch(domain) is not None and len(address) <= MAX_ADDRESS_CHARS
    return address if is_whole else None


def written_address(text: str) -> str:
    """Return an address as in a mail's header, its domain in ASCII; unchanged if it is not one."""
    return ascii_address(text) or text
