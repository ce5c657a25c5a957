"""What is derived from bookings can be lost, or wrong, and is made anew from them."""

from typing import Any

import pytest

from infra import rebuild as command
from infra.deployment import CommandError, Deployment
from infra.rebuild import ENTRIES, rebuild
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.config import Config
from tests.surroundings.fixtures import REGION, TableInMoto
from tests.surroundings.salon import Salon, StripeBeside, moment, over_utc_midnight

pytestmark = pytest.mark.enable_socket

type Items = dict[tuple[str, str], Any]


@pytest.fixture
def deployment(config: Config) -> Deployment:
    outputs = {"BookingsTable": config.table_name}
    return Deployment("https://api.example", outputs, "", {}, {"region_name": REGION})


@pytest.fixture
def lively(salon: Salon, at_stripe: StripeBeside, table: TableInMoto) -> TableInMoto:
    """A salon with a slot that waits, a paid visit, one that was moved, and one cancelled."""
    salon.booked("cut", moment(9))
    paid = salon.booked("cut", moment(11), client={"name": "Ada Moreau", "email": "ada@x.example"})
    at_stripe.pay(paid)
    salon.hear(paid, at_stripe)
    gone = salon.booked("blow", moment(13))
    salon.cancel(gone)
    salon.booked("colour", over_utc_midnight(), employee_id="nora")
    return table


def derived(table: TableInMoto) -> Items:
    """Return what can be made from bookings: their entries, pointers, waits, and agendas."""
    kinds = {*ENTRIES, "agenda", "session", "external"}
    return {
        key: body
        for key, body in table.bodies().items()
        if key[0].startswith("hold#") or key[0].split("#")[1] in kinds
    }


def without_empty_days(items: Items) -> Items:
    return {key: body for key, body in items.items() if "visits" not in body or body != empty_day()}


def empty_day() -> dict[str, Any]:
    return {"visits": {}, "busy": []}


def test_what_was_lost_is_made_from_the_bookings_alone(
    lively: TableInMoto, config: Config, deployment: Deployment
) -> None:
    wanted = without_empty_days(derived(lively))
    assert {key[0].split("#")[1] for key in wanted} >= {"made", "visits", "search", "client"}
    assert any(key[0].startswith("hold#") for key in wanted)
    table = BookingsTable(config)
    for key in derived(lively):
        table.put([Delete(Key(*key))])
    bookings = lively.bodies("booking", "pointer", "link")
    done = rebuild(deployment, "demo")
    assert without_empty_days(derived(lively)) == wanted
    assert lively.bodies("booking", "pointer", "link") == bookings
    assert done["bookings"] == 4
    # A visit over midnight is on two of its employee's days.
    assert done["put into agendas"] == 4
    assert not [key for key in lively.bodies() if "#outbox#" in key[0] and "again" in key[0]]


def test_what_belongs_to_no_booking_goes(
    lively: TableInMoto, config: Config, deployment: Deployment
) -> None:
    wanted = without_empty_days(derived(lively))
    [waiting] = [key for key in wanted if key[0].startswith("hold#")][:1]
    booking_id = waiting[0].removeprefix("hold#")
    strays = [
        Put(Key("demo#made", "2026-11-29T04:30:06Z#bk_gone"), {}, None),
        Put(Key("demo#visits", f"2031-01-01T00:00:00Z#{booking_id}"), {}, None),
        Put(Key("demo#search", f"former {booking_id}"), {}, None),
        Put(Key("demo#client#cl_gone", booking_id), {"booking_id": booking_id}, None),
        Put(
            Key("demo#agenda#ben", "2031-01-01"),
            {
                "visits": {booking_id: [1925000000, 1925003600, 0, 0]},
                "busy": [[1925010000, 1925013600]],
            },
        ),
    ]
    BookingsTable(config).put(strays)
    done = rebuild(deployment, "demo")
    left = without_empty_days(derived(lively))
    # What another calendar has taken is no booking's.
    busy = {"visits": {}, "busy": [[1925010000, 1925013600]]}
    assert left.pop(("demo#agenda#ben", "2031-01-01")) == busy
    assert left == wanted
    assert (done["deleted"], done["taken out of agendas"]) == (4, 1)


def test_what_is_right_is_left_alone_and_so_is_another_location(
    lively: TableInMoto, config: Config, deployment: Deployment,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    stray = Key("other#made", "2026-11-29T04:30:06Z#bk_gone")
    BookingsTable(config).put([Put(stray, {}, None)])
    before = lively.items()
    done = rebuild(deployment, "demo")
    assert lively.items() == before
    assert +done == {"bookings": 4}
    assert capsys.readouterr().out == (
        "demo: 4 bookings, 0 mended, 0 made, 0 deleted, "
        "0 put into agendas, 0 taken out of agendas\n"
    )
    assert +rebuild(deployment, "all") == {"bookings": 4}
    assert not rebuild(deployment, "dem")


def test_a_location_has_to_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LOCATION", raising=False)
    assert command.main() == 2
    assert "LOCATION=<id> names the location" in capsys.readouterr().err
    assert issubclass(CommandError, Exception)
