"""Which booking a session, an intent or a saved card belongs to: items that are written once.

    pk                       sk        holds
    <loc>#intent#<pi_...>    binding   {"booking_id"}

A charge has its binding in its own item, beside its facts.
"""

from collections.abc import Iterable

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.adapters.subject_items import subject_item_key
from shared.config import Config
from shared.domain.bookings.payment_binding import payment_names, without_others
from shared.domain.stripe_facts.payment_facts import Facts

# What one call reads.
MAX_KEYS = 100
_CHARGE = "charge#"


class Bindings:
    """The bindings of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def owners(self, location_id: str, names: Iterable[str]) -> dict[str, str]:
        """Return the bookings to which names such as `intent#pi_1` and `charge#ch_1` are bound."""
        keys = {_key(location_id, name): name for name in names}
        owners: dict[str, str] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), MAX_KEYS):
            found = self._table.get(*wanted[start : start + MAX_KEYS])
            owners |= {
                keys[key]: stored.body["booking_id"]
                for key, stored in found.items()
                if stored.body.get("booking_id")
            }
        return owners

    def ours(self, location_id: str, booking_id: str, asked: Facts) -> Facts:
        """Return fetched facts without those that are bound to another booking."""
        owners = self.owners(location_id, payment_names(asked))
        return without_others(asked, owners, booking_id)

    def missing_puts(self, location_id: str, booking_id: str, facts: Facts) -> list[Put]:
        """Return the writes that bind a booking's intents and saved cards which nothing binds yet.

        They belong in the booking's transaction: a `WriteConflict` there is another binding.
        """
        names = [name for name in payment_names(facts) if not name.startswith(_CHARGE)]
        owners = self.owners(location_id, names)
        return [binding_put(location_id, name, booking_id) for name in names if name not in owners]


def binding_key(location_id: str, name: str) -> Key:
    """Return the key of the binding of `session#cs_1`, `intent#pi_1` or `setup#seti_1`."""
    return Key(f"{location_id}#{name}", "binding")


def binding_put(location_id: str, name: str, booking_id: str) -> Put:
    """Return the write of a binding, which is refused where there is one."""
    return Put(binding_key(location_id, name), {"booking_id": booking_id})


def our_binding_put(location_id: str, name: str, booking_id: str) -> Put:
    """Return the write of a binding that we know first-hand: of an object we had Stripe create."""
    return Put(binding_key(location_id, name), {"booking_id": booking_id}, version=None)


def _key(location_id: str, name: str) -> Key:
    if name.startswith(_CHARGE):
        return subject_item_key(location_id, name)
    return binding_key(location_id, name)
