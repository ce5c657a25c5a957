"""The stores that an online booking is made with."""

from msgspec import Struct

from shared.adapters.agenda_store import AgendaStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.link_key import LinkKey
from shared.config import Config
from shared.domain.locations.location import Location
from shared.workflows.bookings.admission import Admission, SessionBudget
from shared.workflows.bookings.limit_unpaid_bookings import WaitingSlots
from shared.workflows.stripe_accounts import StripeAccounts


class BookingStores(Struct, frozen=True):
    """Every store that an online booking reads or writes, and the key of its links."""

    config: Config
    bookings: BookingStore
    catalogue: CatalogueStore
    agendas: AgendaStore
    waiting: WaitingSlots
    budgets: BudgetStore
    accounts: StripeAccounts
    link_key: LinkKey

    def admission(self, location: Location, address: str) -> Admission:
        """Return what admits a booking from an IP address."""
        return Admission(
            location,
            address,
            self.link_key.get(),
            waiting=self.waiting,
            budgets=self.budgets,
            catalogue=self.catalogue,
            bookings=self.bookings,
        )

    def session_budget(self, location: Location, address: str) -> SessionBudget:
        """Return what limits the Checkout Sessions of an IP address."""
        return SessionBudget(self.budgets, self.link_key, location, address)
