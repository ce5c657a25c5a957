"""Troubles of a location as a whole, in the list of what its staff have to look at."""

import time
from copy import replace

from shared.adapters.activity_marks import activity_put
from shared.adapters.booking_items import action_write
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.adapters.outbox import message_puts
from shared.config import Config
from shared.domain.activity.needed_action import NeededAction
from shared.domain.activity.needed_actions import key_refused
from shared.domain.activity.trouble_mails import trouble_order
from shared.domain.errors import StripeKeyRefused
from shared.domain.ledger.sync_times import MARKED_FOR_S
from shared.observability import logger

# What the entries are about, in staff's list.
STRIPE, FORMER_STRIPE = "stripe", "former_stripe"


class LocationTroubles:
    """The troubles of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def note_refused_key(self, location_id: str, refused: StripeKeyRefused) -> None:
        """Show staff that Stripe refuses the location's key, and notify its owners by mail.

        They get one mail when it begins, and none while it lasts.
        """
        action, now_s = key_refused(refused), int(time.time())
        if self.is_refused(location_id, action.kind):
            return
        puts: list[Put | Delete] = [action_write(location_id, STRIPE, (action,), now_s)]
        mail = trouble_order(location_id, action.kind, now_s)
        puts += message_puts([mail], now_s)
        # Its next syncs find out soon that the key is accepted again.
        puts.append(activity_put(location_id, now_s + MARKED_FOR_S))
        self._table.put(puts)

    def try_to_note_refused_key(self, location_id: str, refused: StripeKeyRefused) -> None:
        """Do the same for who has more to do: a failure is logged, and the hourly sync tells too.

        Whatever asked Stripe ends as it would have.
        """
        try:
            self.note_refused_key(location_id, refused)
        except Exception as error:  # noqa: BLE001 (the trouble itself is told by who found it)
            logger.error("a refused key was not told", error=type(error).__name__)

    def is_refused(self, location_id: str, kind: str) -> bool:
        """Whether staff are shown that Stripe refuses the key, by the kind of the action."""
        key = stripe_trouble_key(location_id)
        stored = self._table.get(key).get(key)
        return stored is not None and any(each["kind"] == kind for each in stored.body["actions"])

    def forget_refused_key(self, location_id: str) -> None:
        """Remove that, since Stripe accepts the key; safe if it is not there."""
        self._table.put([action_write(location_id, STRIPE, (), 0)])

    def note_former_sessions(
        self, location_id: str, actions: tuple[NeededAction, ...], until_s: int
    ) -> None:
        """Show staff what may still be paid at the former account, or that nothing may.

        It disappears at `until_s` (seconds since 1970), when every session there has ended.
        """
        write = action_write(location_id, FORMER_STRIPE, actions, int(time.time()))
        if isinstance(write, Put):
            write = replace(write, expires_at_s=until_s)
        self._table.put([write])


def stripe_trouble_key(location_id: str) -> Key:
    """Return where it stands for staff that Stripe refuses a location's key."""
    return action_write(location_id, STRIPE, (), 0).key
