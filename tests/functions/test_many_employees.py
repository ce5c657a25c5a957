"""A house of twenty-five employees: a week of their free times in one small answer."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.serve_widget import handler as widget
from shared import environment
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.config import Config
from shared.domain.catalogue.services import Employee, OpeningHours, Service
from shared.domain.money.money import Money
from tests.benchmarks.counts import SLOTS_CALLS, SLOTS_KB
from tests.surroundings.fixtures import DEMO, TableInMoto
from tests.surroundings.units import Meter

MANY = 25
MAX_SENT_BYTES = SLOTS_KB * 1000
# Calls to the table against those for one employee.
MAX_TIMES_CALLS = SLOTS_CALLS
BY_DAY = tuple(OpeningHours(day, 9 * 60, 18 * 60) for day in range(7))


class House:
    """Its clients, and a meter at the table."""

    def __init__(self, meter: Meter, context: Any) -> None:
        self._meter = meter
        self._context = context

    def week(self, **query: str) -> tuple[dict[str, Any], int]:
        """Return an answer of a week's slots, and the calls to the table that it took."""
        first = datetime.now(UTC).date() + timedelta(days=3)
        event = {
            "routeKey": "GET /public/locations/{location_id}/slots",
            "headers": {"accept-encoding": "gzip, deflate, br"},
            "pathParameters": {"location_id": "demo"},
            "queryStringParameters": {
                "service_id": "cut",
                "date": first.isoformat(),
                "days": "7",
                **query,
            },
        }
        with self._meter.counting() as meter:
            answer = widget.handler(event, self._context)
        assert answer["statusCode"] == 200
        return answer, meter.cost.calls


@pytest.fixture
def house(
    places: LocationStore, config: Config, table: TableInMoto, clients: dict[Any, Any], context: Any
) -> House:
    places.save_location(DEMO)
    catalogue = CatalogueStore(config)
    catalogue.put_service("demo", Service("cut", "Haircut", Money(4500, "eur"), 45))
    for number in range(MANY):
        name = f"Employee {number:02d}"
        catalogue.put_employee("demo", Employee(f"employee-{number:02d}", name, BY_DAY))
    environment.forget()
    return House(Meter(table, clients), context)


def test_a_week_of_everybody_is_one_small_answer(house: House) -> None:
    """Bug: 320 kB on every phone, as an HTTP API compresses nothing by itself."""
    answer, _ = house.week()
    packed = base64.b64decode(answer["body"])
    assert answer["headers"]["content-encoding"] == "gzip"
    assert len(packed) <= MAX_SENT_BYTES
    slots = json.loads(gzip.decompress(packed))["slots"]
    assert len({each["employee_id"] for each in slots}) == MANY


def test_everybodys_times_take_few_more_calls_than_ones(house: House) -> None:
    _, of_one = house.week(employee_id="employee-07")
    _, of_all = house.week()
    assert of_all <= MAX_TIMES_CALLS * of_one, (of_all, of_one)
