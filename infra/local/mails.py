"""The mails of the local stack: read from the folder that the mail server writes to."""

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from infra.local.settings import ROOT


@dataclass(frozen=True, slots=True)
class LocalMail:
    """One mail that was sent, and the file that it is in."""

    file: Path
    message: EmailMessage

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.message["Subject"])

    @property
    def to(self) -> str:
        """Whom it names as its reader."""
        return str(self.message["To"])

    @property
    def text(self) -> str:
        """What it says in plain text."""
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    @property
    def html(self) -> str:
        """What it says in HTML."""
        body = self.message.get_body(("html",))
        return str(body.get_content()) if body else ""


def list_new_mails(folder: Path, since: str = "") -> list[LocalMail]:
    """Return the mails that came after the file of that name, the oldest first; all without one."""
    files = sorted(file for file in folder.glob("*.eml") if file.name > since)
    return [LocalMail(file, _read(file)) for file in files]


def newest_name(folder: Path) -> str:
    """Return the name of the newest mail's file, "" where there is none: a `since` for later."""
    return max((file.name for file in folder.glob("*.eml")), default="")


def show_mails(mails: Sequence[LocalMail]) -> None:
    """Print whom each mail went to, what it is about, and where it can be read."""
    for mail in mails:
        print(f"  {mail.to}: {mail.subject}")
        page = mail.file.with_suffix(".html")
        page.write_text(mail.html)
        print(f"      {page.relative_to(ROOT) if page.is_relative_to(ROOT) else page}")


def _read(file: Path) -> EmailMessage:
    with file.open("rb") as lines:
        return email.message_from_binary_file(lines, policy=email.policy.default)
