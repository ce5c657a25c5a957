"""A business fact is counted once, and after it is written."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.create_checkout import handler as checkout_function
from shared.adapters.booking_store import BookingStore
from shared.domain.catalogue.services import Employee
from shared.domain.errors import Conflict
from shared.domain.link_tokens import derive_token
from tests.functions.test_confirm_booking import HOURS, KEY, TIMES, take_a_fifth, token_of, visit
from tests.functions.test_reopen import counted
from tests.surroundings.salon import Salon, StripeBeside, moment

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def names(capsys: pytest.CaptureFixture[str]) -> Callable[[str], int]:
    """How often a metric was counted since it was last asked for any."""
    return lambda metric: counted(capsys.readouterr().out).count(metric)


@pytest.fixture
def salon(salon: Salon) -> Salon:
    """Two people with short days: a fifth of one is soon taken."""
    for name in ("anna", "ben"):
        salon.catalogue.put_employee("demo", Employee(name, name.title(), HOURS))
    salon.catalogue.put_employee("demo", Employee("nora", "Nora", ()))
    return salon


@pytest.fixture
def waiting(salon: Salon) -> dict[str, Any]:
    take_a_fifth(salon)
    return salon.booked("talk", TIMES[3])


def test_a_client_who_confirms_twice_is_counted_once(
    salon: Salon, waiting: dict[str, Any], names: Callable[[str], int]
) -> None:
    for _ in range(2):
        assert salon.confirm(waiting, token_of(waiting))[0] == 200
    assert names("BookingConfirmedByClient") == 1


def test_a_button_that_is_pressed_twice_is_counted_once(
    waiting: dict[str, Any], context: Any, names: Callable[[str], int]
) -> None:
    for _ in range(2):
        assert visit(waiting, context, "POST", "confirm=yes")[0] == 303
    assert names("BookingConfirmedByClient") == 1


def test_what_is_to_be_confirmed_is_counted_when_it_is_booked(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, names: Callable[[str], int]
) -> None:
    """The slot may be lost between the look and the write: then nothing is to be confirmed."""

    def lose(*_: object, **__: object) -> None:
        raise Conflict("Somebody else has this time.", code="slot_taken")

    take_a_fifth(salon)
    with monkeypatch.context() as patched:
        patched.setattr(BookingStore, "create", lose)
        assert salon.book("talk", TIMES[3])[1]["code"] == "slot_taken"
    assert names("BookingToBeConfirmed") == 0
    assert salon.booked("talk", TIMES[3])["status"] == "awaiting_confirmation"
    assert names("BookingToBeConfirmed") == 1


def test_a_page_of_stripes_is_counted_when_it_is_opened_and_not_when_it_is_given_out_again(
    salon: Salon, at_stripe: StripeBeside, context: Any, names: Callable[[str], int]
) -> None:
    made = salon.booked("cut", moment(9))
    link = {"pathParameters": {"token": derive_token(KEY, "demo", made["booking_id"], 1)}}
    answers = [checkout_function.handler(link, context)["statusCode"] for _ in range(3)]
    assert answers == [303] * 3
    assert len(at_stripe.opened()) == 1
    assert names("CheckoutOpened") == 1
