"""What an operation costs beside many: employees of a place, locations, events of one booking."""

from collections.abc import Callable
from copy import replace
from typing import Any

from shared.adapters.bookings_table import Put
from shared.adapters.catalogue_keys import employee_key
from shared.adapters.location_store import EVERYWHERE, LocationStore, location_put
from shared.config import load_config
from shared.domain.catalogue.services import Employee, OpeningHours, employee_to_dict
from tests.benchmarks.counted_table import Cost
from tests.benchmarks.growth import PAGE, PLACE, Grown, doing, grown
from tests.builders import charge, event, from_queue

HISTORY = 1_000
FEW_EMPLOYEES, MANY_EMPLOYEES = 3, 300
BY_DAY = tuple(OpeningHours(day, 9 * 60, 17 * 60) for day in range(7))
# What the n-th event of a booking tells.
type Telling = Callable[[int, str], dict[str, Any]]


def with_employees(number: int) -> dict[str, Cost]:
    """Return what a week's slots, a day's agenda and a booking cost in a house of so many."""
    with grown(HISTORY) as place:
        known = len(place.table.partitions[f"{PLACE}#catalogue"])
        for each in range(number - known + 2):
            employee = Employee(f"employee-{each:03}", f"Employee {each:03}", BY_DAY)
            key = employee_key(PLACE, employee.employee_id)
            place.table.put([Put(key, employee_to_dict(employee))])
        acts = (Grown.see_slots, Grown.see_agenda, Grown.book)
        return {act.__name__: act(place) for act in acts}


def with_locations(number: int) -> Cost:
    """Return what an admin's list of locations costs, its first page, where there are so many."""
    with grown(0) as place:
        world = place.world
        here = world.location(PLACE)
        for each in range(number):
            there = replace(here, location_id=f"salon-{each:05}", created_at_s=each)
            place.table.put([location_put(there, 0)])
        LocationStore(load_config()).put_member("admin", EVERYWHERE, ["admin"], "a@example.com")
        with place.counting() as cost:
            asked = ("ServeStaffApi", "GET /v1/locations", "/v1/locations")
            status, told = world.http(*asked, query={"limit": PAGE}, user="admin")
        assert (status, len(told["items"])) == (200, min(int(PAGE), number)), told
        return cost[0]


def with_events(number: int, telling: Telling) -> Cost:
    """Return what the next event of a booking costs that so many were recorded of."""
    with grown(HISTORY) as place:
        booking_id = place.history.booking(5).booking_id
        for each in range(number + 1):
            with place.counting() as cost:
                batch = from_queue(telling(each, booking_id), location_id=PLACE)
                answer = place.world.call("RecordStripeEvent", batch)
            assert answer == {"batchItemFailures": []}
        return cost[0]


def failed_attempt(number: int, booking_id: str) -> dict[str, Any]:
    """Tell that a card was declined, each time another attempt."""
    failed = {"paid": False, "captured": False, "amount_captured": 0, "status": "failed"}
    return event("charge.failed", _charge(number, booking_id, **failed))


def update(number: int, booking_id: str) -> dict[str, Any]:
    """Tell of one charge, again and again."""
    kind = "charge.updated" if number else "charge.succeeded"
    return event(kind, _charge(0, booking_id))


def payment(number: int, booking_id: str) -> dict[str, Any]:
    """Tell of a further payment."""
    return event("charge.succeeded", _charge(number, booking_id))


def _charge(number: int, booking_id: str, **changed: Any) -> dict[str, Any]:
    names = {"id": f"ch_{number:024}", "payment_intent": f"pi_{number:024}"}
    ours = {"location_id": PLACE, "booking_id": booking_id, "purpose": "prepayment"}
    return charge(number, metadata=ours, **names, **changed)


def lines() -> list[tuple[str, ...]]:
    """Return the table: what is done, and what it costs beside few and beside many."""
    few, many = with_employees(FEW_EMPLOYEES), with_employees(MANY_EMPLOYEES)
    found = [(f"{doing(act)}, 3 and 300 employees", few[act], many[act]) for act in few]
    found.append(
        ("a page of all locations, of 100 and of 5,000", with_locations(100), with_locations(5000))
    )
    found += [
        (f"{what}, after 12 and after 500", with_events(12, telling), with_events(500, telling))
        for what, telling in (
            ("a booking's next failed attempt", failed_attempt),
            ("the next event of one charge", update),
            ("a booking's next payment", payment),
        )
    ]
    return [(what, str(low), str(high)) for what, low, high in found]
