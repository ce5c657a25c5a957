"""DynamoDB: what is wrong at a location as a whole, among what its staff have to look at."""

import time
from dataclasses import replace

from shared.adapters.booking_items import action_write
from shared.adapters.bookings_table import BookingsTable, Put
from shared.config import Config
from shared.domain.errors import StripeKeyRefused
from shared.domain.needed_actions import NeededAction, key_refused

# What it is about, in staff's list.
STRIPE, FORMER_STRIPE = "stripe", "former_stripe"


class LocationTroubles:
    """The troubles of all locations; every method is told which location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def note_refused_key(self, location_id: str, refused: StripeKeyRefused) -> None:
        """Show staff that Stripe refuses the location's key, over what was shown before."""
        actions = (key_refused(refused),)
        self._table.put([action_write(location_id, STRIPE, actions, int(time.time()))])

    def forget_refused_key(self, location_id: str) -> None:
        """Take that away, for Stripe takes the key; what is not there is no mistake."""
        self._table.put([action_write(location_id, STRIPE, (), 0)])

    def note_former_sessions(
        self, location_id: str, actions: tuple[NeededAction, ...], until_s: int
    ) -> None:
        """Show staff what may still be paid at the account that was left, or that nothing may.

        It goes by itself at `until_s` (seconds since 1970), when every session there has ended.
        """
        write = action_write(location_id, FORMER_STRIPE, actions, int(time.time()))
        if isinstance(write, Put):
            write = replace(write, expires_at_s=until_s)
        self._table.put([write])
