"""Which of the staff API's routes are loaded for a path: all that it may be one of."""

import pytest

from functions.serve_staff_api.routes import GROUPS, PLACE, routers_for
from shared.adapters.booking_store import BookingStore
from tests.surroundings.fixtures import LambdaContext
from tests.surroundings.staff_calls import StaffCalls

LOADED = {rule[0] for group in GROUPS.values() for router in group() for rule in router._routes}


@pytest.mark.parametrize("path", sorted(LOADED))
def test_the_routes_of_a_path_are_among_those_loaded_for_it(path: str) -> None:
    assert path in {rule[0] for router in routers_for(path) for rule in router._routes}


def test_no_group_is_for_a_name_that_no_route_has() -> None:
    named = {parts[PLACE] if len(parts := path.split("/")) > PLACE else "" for path in LOADED}
    assert named == set(GROUPS)


@pytest.mark.parametrize(
    "path", ["/v1/locations/demo/nothing", "/v1", "/", "", "/v1/a/b/__class__/d"]
)
def test_a_path_of_nobody_is_not_found(
    path: str, context: LambdaContext, store: BookingStore
) -> None:
    status, problem = StaffCalls(context, store)("GET", path)
    assert (status, problem["code"]) == (404, "not_found")
