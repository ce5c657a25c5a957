"""Every state of the console's settings pages, for tests and for pictures."""

from typing import Any

from shared.domain.catalogue.services import Employee, employee_to_dict, service_to_dict
from shared.domain.catalogue.terms import Terms
from shared.domain.catalogue.terms_document import terms_to_dict
from tests.browser.canned_console import (
    CHECK,
    CLOSURES,
    CannedStaffApi,
    listed,
    settings,
    staff_location,
)
from tests.browser.clock import NOW
from tests.browser.console_states import LONG, ConsoleState, answering, pressing
from tests.browser.visitor import Visitor
from tests.browser.world import SERVICES

UNSET_TERMS = terms_to_dict(Terms())
NOT_CONNECTED = settings(account=None, publishable_key="", connected_at_s=0, endpoint_id="")
CONFLICT = {
    "booking_id": "bk_1a2b3c4d5e6f708192a3b4c5",
    "employee_id": "anna",
    "starts_at": "2027-12-24T09:00:00Z",
    "ends_at": "2027-12-24T10:00:00Z",
}
MET = {**CLOSURES[0], "conflicts": [CONFLICT], "conflicts_complete": False}
FREE = {"slots": [{"starts_at": f"{NOW.year + 1}-01-04T09:00:00Z", "employee_id": "anna"}]}


def categorised() -> list[dict[str, Any]]:
    """Return the services in two categories, with buffers, a description and who does them."""
    made = [service_to_dict(each) for each in SERVICES]
    for at, each in enumerate(made):
        each |= {"category": "Hair" if at < 3 else "Beard and advice", "position": at + 1}
    made[0] |= {"description": "With a wash and a blow-dry.", "buffer_after_minutes": 10}
    made[1] |= {"employee_ids": ["anna"], "description": LONG}
    return made


def from_nothing(api: CannedStaffApi) -> None:
    """Nothing is there yet: the owner's first look."""
    api.locations = [staff_location(online_booking_enabled=False, visit_link_enabled=False)]
    api.answers |= {
        "payment-settings": NOT_CONNECTED,
        "services": listed([]),
        "employees": listed([]),
        "bookings": listed([]),
        "terms": UNSET_TERMS,
        "slots": FREE,
    }


def halfway(api: CannedStaffApi) -> None:
    """Stripe is connected, and somebody is there who has no hours."""
    from_nothing(api)
    api.locations = [staff_location()]
    api.answers["payment-settings"] = settings()
    api.answers["employees"] = listed([employee_to_dict(Employee("anna", "Anna"))])


def ready(api: CannedStaffApi) -> None:
    """Everything is there."""
    api.answers["slots"] = FREE


def as_an_admin(api: CannedStaffApi) -> None:
    api.locations = [staff_location(roles=["admin"])]


def depended_on(api: CannedStaffApi) -> None:
    touches = {"bookings_ahead": 2, "complete": True}
    api.answers["DELETE services/colour"] = {"touches": touches}


def saving_keys(visitor: Visitor) -> None:
    visitor.page.get_by_label("Secret key", exact=True).fill("sk_test_1234567890")
    visitor.press("Save and connect")


def leaving(visitor: Visitor) -> None:
    visitor.page.get_by_label("Address", exact=True).fill("Torstraße 1, 10119 Berlin")
    if not visitor.page.get_by_role("link", name="Members").is_visible():
        visitor.press("Menu")
    visitor.page.get_by_role("link", name="Members").click()


def erasing(visitor: Visitor) -> None:
    visitor.page.get_by_label("Client's email address").fill("mira@example.com")
    visitor.press("Erase")


SAVED_KEYS = {**settings(), "check": {**CHECK, "status": "not_finished"}}
SETTINGS_STATES = [
    ConsoleState("setup nothing", "setup", "Begins with pk_test_", from_nothing),
    ConsoleState("setup halfway", "setup", "Add an employee", halfway),
    ConsoleState("setup ready", "setup", "The first free time is", ready),
    ConsoleState("online booking", "online-booking", "Minimum notice"),
    ConsoleState("services ordered", "services", "Beard and advice",
                 answering(services=listed(categorised()))),
    ConsoleState("service", "services", "With a wash", answering(services=listed(categorised())),
                 pressing("Edit Colour")),
    ConsoleState("service order", "services", "Save the order",
                 answering(services=listed(categorised())), pressing("Change the order")),
    ConsoleState("service deleted", "services", "no longer applies", depended_on,
                 pressing("Delete Colour")),
    ConsoleState("closures", "time-off", "Christmas"),
    ConsoleState("absences", "time-off/anna", "Christmas"),
    ConsoleState("absence", "time-off/anna", "On the location's clock",
                 act=pressing("New absence")),
    ConsoleState("conflicts", "time-off", "with Anna", answering(closures__closure_1=MET),
                 pressing("Visits in the time from Friday, 24 December 2027")),
    ConsoleState("keys checked", "payments", "There was no time to check everything",
                 answering(**{"PUT payment_settings": SAVED_KEYS}), saving_keys),
    ConsoleState("unsaved", "location", "Leave without saving", act=leaving),
    ConsoleState("new location", "location", "for good", as_an_admin, pressing("New location")),
    ConsoleState("client data", "client-data", "An export is a file"),
    ConsoleState("erase", "client-data", "Erase for good", act=erasing),
]  # fmt: skip
