"""The mails of the local stack, as the demo and the tests read them."""

import os
from pathlib import Path

import pytest

from infra.local.mails import list_new_mails, newest_name, show_mails

MAIL = "Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\r\nTo: mira@example.com\r\n\r\nHello\r\n"


def test_what_came_after_is_listed_in_order(tmp_path: Path) -> None:
    assert newest_name(tmp_path) == ""
    for number in (2, 1, 3):
        (tmp_path / f"20261122T00000{number}Z-0001.eml").write_bytes(MAIL.encode())
    (tmp_path / ".20261122T000009Z-0001.eml.partial").touch()
    found = list_new_mails(tmp_path, "20261122T000001Z-0001.eml")
    assert [mail.file.name[14] for mail in found] == ["2", "3"]
    assert (found[0].subject, found[0].to, found[0].text.strip()) == (
        "Größe",
        "mira@example.com",
        "Hello",
    )
    assert newest_name(tmp_path) == found[-1].file.name


def test_a_mail_is_shown_with_a_page_to_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "20261122T000001Z-0001.eml").write_bytes(MAIL.encode())
    show_mails(list_new_mails(tmp_path))
    shown = capsys.readouterr().out
    assert "mira@example.com: Größe" in shown
    assert os.fspath(tmp_path / "20261122T000001Z-0001.html") in shown
