"""That Stripe refuses a location's key is told to its owners: once, by mail."""

import time
from types import SimpleNamespace

import pytest

from shared.adapters import location_troubles
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.adapters.location_troubles import LocationTroubles
from shared.config import Config
from shared.domain.errors import PermissionMissing, StripeKeyRefused
from shared.domain.locations.members import Member, Members, with_member
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.mailbox import Mailbox

pytestmark = pytest.mark.enable_socket
REFUSED = StripeKeyRefused("Stripe refuses the key", code="api_key_expired")
MISSING = PermissionMissing("not allowed", code="")
OWNERS = ("ada@salon.example", "bo@salon.example")


@pytest.fixture
def troubles(store: BookingStore, config: Config) -> LocationTroubles:
    """Of a salon with two owners and a manager."""
    del store
    members = Members()
    for number, email in enumerate((*OWNERS, "desk@salon.example")):
        roles = ("owner",) if email in OWNERS else ("manager",)
        members = with_member(members, Member(f"sub-{number}", email, roles, 1))
    LocationStore(config).update_members("demo", lambda _: (members, ()))
    return LocationTroubles(config)


def told(mailbox: Mailbox) -> list[str]:
    mailbox.deliver()
    return sorted(str(mail["To"]) for mail in mailbox.sent())


def test_each_owner_is_told_once_however_often_it_is_refused(
    troubles: LocationTroubles, mailbox: Mailbox
) -> None:
    for _ in range(3):
        troubles.note_refused_key("demo", REFUSED)
    assert told(mailbox) == sorted(OWNERS)
    [mail, _] = mailbox.sent()
    assert mail["Subject"] == "[TEST] Stripe nimmt den Schlüssel von Salon Demo nicht mehr an"
    body = mail.get_body(("plain",))
    assert body
    assert "/console#/demo/payments" in body.get_content()
    troubles.note_refused_key("demo", REFUSED)
    assert told(mailbox) == sorted(OWNERS)


def test_what_was_right_in_between_is_told_again_on_another_day(
    troubles: LocationTroubles, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles.note_refused_key("demo", REFUSED)
    assert len(told(mailbox)) == 2
    troubles.forget_refused_key("demo")
    tomorrow_s = time.time() + 86_400
    monkeypatch.setattr(location_troubles, "time", SimpleNamespace(time=lambda: tomorrow_s))
    troubles.note_refused_key("demo", REFUSED)
    assert len(told(mailbox)) == 4


def test_a_permission_that_is_missing_is_another_trouble(
    troubles: LocationTroubles, mailbox: Mailbox
) -> None:
    troubles.note_refused_key("demo", REFUSED)
    troubles.note_refused_key("demo", MISSING)
    mailbox.deliver()
    assert {str(mail["Subject"]) for mail in mailbox.sent()} == {
        "[TEST] Dem Stripe-Schlüssel von Salon Demo fehlt eine Berechtigung"
    }, "of the first, nothing is told any more: it is not what is wrong now"


def test_what_is_over_before_it_is_told_is_not_told(
    troubles: LocationTroubles, mailbox: Mailbox
) -> None:
    troubles.note_refused_key("demo", REFUSED)
    troubles.forget_refused_key("demo")
    assert told(mailbox) == []


def test_one_owner_who_cannot_be_reached_keeps_it_from_nobody(
    troubles: LocationTroubles, mailbox: Mailbox, table: TableInMoto
) -> None:
    mailbox.refused.add(OWNERS[0])
    troubles.note_refused_key("demo", REFUSED)
    assert told(mailbox) == [OWNERS[1]]
    shown = [each["kind"] for body in table.bodies("action").values() for each in body["actions"]]
    assert sorted(shown) == ["mail_undelivered", "stripe_key_refused"]
