"""Keys are saved: Stripe is asked first, then everything is written in an order that can break off.

    ask Stripe ── refused: 422, nothing has changed
    claim the account, take the lease        one transaction; another location's: 409
    register the endpoint                    refused: the claim is given back
    of another account or mode: close what is open at the former one
    signing secrets, then keys, sealed       each on the version that was read
    connection, location, audit              one transaction; frees accounts that were left
    close what was opened there meanwhile
    take away endpoints that are left over

Whatever step breaks off, the same request again ends right. What fails after the settings are
written undoes nothing: the answer says that it is not finished.
"""

import time
from collections.abc import Callable
from copy import replace

from msgspec import Struct

from shared.adapters.connection_store import StoredConnection
from shared.adapters.retry_write import retry_write
from shared.adapters.stripe_account_api import StripeAccountApi
from shared.domain.errors import (
    AwsRefused,
    AwsUnreachable,
    Conflict,
    InvalidInput,
    NotFound,
    PermissionMissing,
    StripeKeyRefused,
    StripeRefused,
    StripeUnavailable,
    WriteConflict,
)
from shared.domain.locations.api_keys import ApiKeys, last4
from shared.domain.locations.location import Location
from shared.domain.locations.stripe_account import AccountFacts
from shared.domain.locations.stripe_connection import Connection
from shared.domain.mistakes import mistake
from shared.observability import count, logger
from shared.workflows.connection import endpoint
from shared.workflows.connection.former_sessions import Sessions, close_former
from shared.workflows.connection.stores import ConnectionStores
from shared.workflows.staff import Staff, audit_of


class Wanted(Struct, frozen=True):
    """What an owner asks for; without `signing_secrets` Bookpay registers its own endpoint."""

    keys: ApiKeys
    signing_secrets: tuple[str, ...] | None
    online_booking_enabled: bool
    visit_link_enabled: bool


class Connected(Struct, frozen=True):
    """A location and its connection as they are from now on.

    `is_tidied` is false where something that was left behind at Stripe may still be there.
    """

    location: Location
    connection: Connection
    is_tidied: bool


def connect(staff: Staff, wanted: Wanted, stores: ConnectionStores) -> Connected:
    """Connect somebody's location.

    Raises `InvalidInput` `key_refused_by_stripe`, `key_lacks_permission` or
    `currency_not_supported`, `Conflict` `account_in_use` or `request_in_progress`, and
    `StripeUnavailable`.
    """
    location = staff.location
    location_id, keys = location.location_id, wanted.keys
    stripe = stores.account_api(keys.secret_key)
    account = _ask(stripe)
    settles_in = _settles_in(stripe, account, location)
    stored = stores.connections.get(location_id)
    former, now_s = stored.connection, int(time.time())
    begun = stores.connections.begin(location_id, stored, account.account_id, now_s)
    try:
        registered = _endpoint(stripe, location_id, wanted, stores)
    except (StripeRefused, StripeUnavailable) as error:
        stores.connections.give_up(location_id, begun, former)
        if isinstance(error, StripeRefused):
            raise _no_endpoint(error) from error
        raise
    old = stores.api_keys.get_stored(location_id)
    old_key = old.secret_key
    is_left = former.account is not None and (
        former.account.account_id != account.account_id or former.mode != keys.mode
    )
    left: Sessions = {}
    if is_left and old_key:
        # Before anything is written: a change that breaks off here has left nothing open.
        left = close_former(old_key, _account_id(former), location_id, stores, left)
    stores.api_keys.put(location_id, keys, account.account_id, version=old.version)
    connection = Connection(
        account=account,
        mode=keys.mode,
        publishable_key=keys.publishable_key,
        secret_key_last4=keys.secret_key_last4,
        signing_secrets_last4=tuple(map(last4, registered.secrets)),
        endpoint_id=registered.endpoint_id,
        connected_at_s=now_s,
        claimed_account_ids=(account.account_id,),
    )
    changed = _finish(begun, connection, staff, wanted, settles_in, stores)

    def tidy() -> None:
        if is_left and old_key:
            # And after: until now, sessions were still opened there.
            close_former(old_key, _account_id(former), location_id, stores, left)
            endpoint.delete_former_endpoint(old_key, location_id, former.endpoint_id, stores)
        if wanted.signing_secrets is None:
            endpoint.leave_others(stripe, location_id, registered.endpoint_id, stores)

    return Connected(changed, connection, is_tidied=_is_done(tidy))


def _is_done(tidy: Callable[[], None]) -> bool:
    """Take away what is left over, and return whether that was done: the settings are saved."""
    try:
        tidy()
    except (StripeRefused, StripeUnavailable, AwsRefused, AwsUnreachable, WriteConflict) as error:
        logger.warning("what was left behind may still be there", error=type(error).__name__)
        count("ConnectionNotTidied")
        return False
    return True


def roll_secret(
    staff: Staff, stores: ConnectionStores, *, keep_former: bool
) -> tuple[Connection, int]:
    """Replace the endpoint's secret; return the connection and until when the old one works.

    Without `keep_former` that is a minute: the secret has leaked.

    Raises `Conflict` `not_connected` or `endpoint_not_ours`, and errors of `StripeAccountApi`.
    """
    location_id = staff.location.location_id
    stored = stores.connections.get(location_id)
    former, secret_key = stored.connection, stores.api_keys.secret_key(location_id, fresh=True)
    if former.account is None or secret_key is None:
        raise Conflict("The location is not connected to Stripe.", code="not_connected")
    if not former.endpoint_id:
        detail = "The endpoint is your own: roll its secret in the Dashboard and save both."
        raise Conflict(detail, code="endpoint_not_ours")
    stripe = stores.account_api(secret_key)
    now_s = int(time.time())
    begun = stores.connections.begin(location_id, stored, former.account.account_id, now_s)
    try:
        made, until_s = endpoint.replace_endpoint(
            stripe, location_id, former.mode, stores, keep_former=keep_former
        )
    except (StripeRefused, StripeUnavailable):
        stores.connections.give_up(location_id, begun, former)
        raise
    connection = replace(
        former,
        endpoint_id=made.endpoint_id,
        signing_secrets_last4=tuple(map(last4, made.secrets)),
    )
    told = {"endpoint": made.endpoint_id, "keep_former": str(keep_former).lower()}
    audit = audit_of(staff, "payment_settings.secret_rolled", **told)
    stores.connections.finish(location_id, begun, connection, audit)
    # The new secret holds: where the former endpoint stays, the check tells of two.
    _is_done(lambda: endpoint.leave_others(stripe, location_id, made.endpoint_id, stores))
    return connection, until_s


def _ask(stripe: StripeAccountApi) -> AccountFacts:
    try:
        return stripe.get_account()[0]
    except PermissionMissing as error:
        raise _refused(
            "key_lacks_permission", "may not read the account: allow it in the Dashboard"
        ) from error
    except StripeKeyRefused as error:
        raise _refused(
            "key_refused_by_stripe", "is not known to Stripe: wrong, expired or revoked"
        ) from error
    except StripeRefused as error:
        raise _refused("key_refused_by_stripe", "is refused by Stripe") from error


def _settles_in(stripe: StripeAccountApi, account: AccountFacts, location: Location) -> str:
    """Return the currency of the balance that the location's charges come to.

    It is the charge's own where the account has a balance in it, else the account's default one.
    https://docs.stripe.com/payouts/multicurrency-settlement
    """
    if location.currency == account.default_currency:
        return location.currency
    if location.currency not in stripe.get_payment_currencies(account.country):
        detail = f"An account of {account.country} cannot charge {location.currency}."
        what = f"must be of an account that can charge {location.currency}"
        errors = [mistake("/secret_key", what)]
        raise InvalidInput(detail, code="currency_not_supported", errors=errors)
    has_own = location.currency in stripe.get_balance_currencies()
    return location.currency if has_own else account.default_currency


def _endpoint(
    stripe: StripeAccountApi,
    location_id: str,
    wanted: Wanted,
    stores: ConnectionStores,
) -> endpoint.Registered:
    """Return the endpoint from now on, its secrets stored."""
    mode = wanted.keys.mode
    if wanted.signing_secrets is not None:
        return endpoint.keep_given(stripe, location_id, mode, wanted.signing_secrets, stores)
    kept = stores.signing_secrets.get_lasting(location_id)
    found = endpoint.find(stripe, location_id, mode, kept, stores)
    if found:
        return found
    made = endpoint.make(stripe, location_id, stores)
    stores.signing_secrets.put(
        location_id, mode, made.secrets, made.endpoint_id, own=made.secrets, version=kept.version
    )
    return made


def _finish(
    begun: StoredConnection,
    connection: Connection,
    staff: Staff,
    wanted: Wanted,
    settles_in: str,
    stores: ConnectionStores,
) -> Location:
    location_id = staff.location.location_id

    def write() -> Location:
        stored = stores.locations.get_location(location_id)
        if stored is None:
            raise NotFound("There is no such location.", code="location_not_found")
        known, account_id = stored.location, _account_id(connection)
        is_other = known.stripe_account_id not in ("", account_id)
        changed = replace(
            known,
            mode=connection.mode,
            settles_in=settles_in,
            stripe_account_id=account_id,
            stripe_account_since_s=(
                connection.connected_at_s if is_other else known.stripe_account_since_s
            ),
            online_booking_enabled=wanted.online_booking_enabled,
            visit_link_enabled=wanted.visit_link_enabled,
        )
        audit = audit_of(
            staff,
            "payment_settings.saved",
            account=_account_id(connection),
            mode=connection.mode,
            secret_key_last4=connection.secret_key_last4,
            online_booking_enabled=str(wanted.online_booking_enabled).lower(),
            visit_link_enabled=str(wanted.visit_link_enabled).lower(),
        )
        location = replace(stored, location=changed)
        stores.connections.finish(location_id, begun, connection, audit, location)
        return changed

    return retry_write(write)


def _account_id(connection: Connection) -> str:
    return connection.account.account_id if connection.account else ""


def _no_endpoint(error: StripeRefused) -> InvalidInput:
    if isinstance(error, PermissionMissing):
        detail = "may not write webhook endpoints: allow it, or make one and send its secret"
        return _refused("key_lacks_permission", detail)
    return _refused(
        "webhook_refused_by_stripe", "let Stripe refuse our webhook endpoint: " + error.code
    )


def _refused(code: str, detail: str) -> InvalidInput:
    errors = [mistake("/secret_key", detail)]
    return InvalidInput(f"The secret key {detail}.", code=code, errors=errors)
