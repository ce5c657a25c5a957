"""Mails as text, for whoever judges them."""

import re
from email.message import EmailMessage

BOOKING = re.compile(r"bk_[0-9a-f]{24}")


def text_of(mail: EmailMessage) -> str:
    """Return what a mail says to whoever reads text."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""
