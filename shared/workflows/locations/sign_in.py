"""A user who belongs to no location any more cannot sign in until they are invited again.

Only a user whom we disabled is enabled again: one whom an operator disabled stays so.
"""

from copy import replace

from shared.adapters.location_store import LocationStore, StaffUser
from shared.adapters.user_pool import UserPool


def disable_if_left(store: LocationStore, pool: UserPool, user_id: str, email: str = "") -> None:
    """Disable a user without any membership; a platform's admin has one everywhere.

    `email` is the address of the membership that ended; without one, only a user we know of is
    disabled. The mark is written first: a crash in between leaves what a repetition mends.
    """
    if any(store.list_memberships(user_id).values()):
        return
    known = store.get_user(user_id) or (StaffUser(user_id, email) if email else None)
    if known is None:
        return
    user = pool.find(user_id)
    if user and user.is_enabled:
        store.put_user(replace(known, is_disabled=True))
        pool.disable(user_id)


def enable_if_left(store: LocationStore, pool: UserPool, email: str) -> str:
    """Enable the user with this address if we disabled them; return their id, or "".

    They can sign in then, and no more: they still have to accept, as the user whose address we
    know.
    """
    user = pool.find(email)
    if user is None or user.is_enabled:
        return ""
    known = store.get_user(user.user_id)
    if known is None or not known.is_disabled or known.email != email:
        return ""
    pool.enable(user.user_id)
    store.put_user(replace(known, is_disabled=False))
    return user.user_id
