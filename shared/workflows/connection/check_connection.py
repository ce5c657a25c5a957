"""A location's connection is looked over: every permission tried, everything asked what it says."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from copy import replace

from msgspec import Struct, field

from shared.adapters.connection_store import StoredConnection
from shared.adapters.mail_account import read_sending
from shared.adapters.stripe_account_api import StripeAccountApi
from shared.adapters.sync_state import SyncState
from shared.config import Config
from shared.domain.dates.instants import DAY_S
from shared.domain.dates.local_day import local_days
from shared.domain.errors import (
    AwsRefused,
    AwsUnreachable,
    PermissionMissing,
    StripeKeyRefused,
    StripeRefused,
    StripeUnavailable,
    WriteConflict,
)
from shared.domain.locations.connection_check import (
    FAILURE,
    NEEDED_PERMISSIONS,
    OK,
    WARNING,
    CheckLine,
    EndpointSeen,
    account_lines,
    clock_line,
    delivery_line,
    endpoint_lines,
    mail_lines,
    permission_line,
    reconciliation_line,
    returns_line,
)
from shared.domain.locations.location import Location
from shared.domain.locations.stripe_account import AccountFacts
from shared.domain.stripe_facts.event_types import API_VERSION
from shared.observability import fault, logger
from shared.workflows.connection.stores import ConnectionStores

# Under the function's 28 s, with a last call of Stripe's that takes its time.
BUDGET_S = 16
LOOK_BACK_S = 3 * DAY_S
MAX_EVENTS = 100
TOO_LATE = CheckLine("check", WARNING, "Not all was looked at in time: run the check again.")


class Checked(Struct):
    """What was found, line by line; not finished where Stripe or the time was not enough."""

    lines: list[CheckLine] = field(default_factory=list)
    is_finished: bool = True

    def leave_off(self, line: CheckLine) -> None:
        """Note why not all was looked at."""
        self.lines.append(line)
        self.is_finished = False


class _OutOfTime(Exception):
    """Stripe answers, and slowly."""


def check(location: Location, stores: ConnectionStores) -> Checked:
    """Look at everything; what does not answer is a line too."""
    found = Checked()
    _look_at_stripe(found, location, stores, stores.account_api, time.monotonic() + BUDGET_S)
    for part in _parts(location, stores):
        found.lines += part()
    return found


def check_until(location: Location, stores: ConnectionStores, deadline_s: float) -> Checked:
    """Look at what there is time for, and return at `deadline_s` of the monotonic clock.

    It looks in a thread, which a call that hangs cannot keep from returning; there nothing begins
    any more after the deadline, so that the call under way is its last.
    """
    found = Checked()

    def look() -> None:
        _look_at_stripe(found, location, stores, stores.hurried_account_api, deadline_s)
        for part in _parts(location, stores):
            if time.monotonic() > deadline_s:
                found.leave_off(TOO_LATE)
                return
            found.lines += part()

    left_s = deadline_s - time.monotonic()
    if left_s > 0:
        thread = ThreadPoolExecutor(1)
        looking = thread.submit(look)
        thread.shutdown(wait=False)
        wait([looking], left_s)
        if looking.done():
            looking.result()
            return found
    seen = Checked(list(found.lines))
    seen.leave_off(TOO_LATE)
    return seen


def _parts(
    location: Location, stores: ConnectionStores
) -> tuple[Callable[[], list[CheckLine]], ...]:
    """Return what is looked at besides Stripe."""
    return (
        lambda: [_reconciliation_line(location, stores)],
        lambda: _mail_lines(stores.config),
    )


def _look_at_stripe(
    found: Checked,
    location: Location,
    stores: ConnectionStores,
    account_api: Callable[[str], StripeAccountApi],
    deadline_s: float,
) -> None:
    try:
        for line in _stripe_lines(location, stores, account_api, deadline_s):
            found.lines.append(line)
    except StripeKeyRefused:
        detail = "Stripe refuses the key: it was revoked or has expired. Save a new one."
        found.lines.append(CheckLine("stripe", FAILURE, detail))
    except StripeUnavailable:
        detail = "Stripe does not answer: run the check again."
        found.leave_off(CheckLine("stripe", FAILURE, detail))
    except _OutOfTime:
        detail = "Stripe answers slowly and not all was tried: run the check again."
        found.leave_off(CheckLine("stripe", WARNING, detail))


def _stripe_lines(
    location: Location,
    stores: ConnectionStores,
    account_api: Callable[[str], StripeAccountApi],
    deadline_s: float,
) -> Iterator[CheckLine]:
    stored = stores.connections.get(location.location_id)
    secret_key = stores.api_keys.secret_key(location.location_id, fresh=True)
    if secret_key is None or stored.connection.account is None:
        yield CheckLine("keys", FAILURE, "No keys are saved: save the payment settings.")
        return
    if stores.api_keys.secret_key(location.location_id, mode=location.mode) is None:
        detail = f"The keys are not of {location.mode} mode: save the payment settings again."
        yield CheckLine("keys", FAILURE, detail)
        return
    signing = stores.signing_secrets.get(location.location_id, fresh=True)
    if not signing.secrets or signing.mode != location.mode:
        detail = "The signing secret is missing or of another mode: save the settings again."
        yield CheckLine("keys", FAILURE, detail)
    else:
        yield CheckLine("keys", OK, f"saved, {location.mode} mode")
    yield from _asked_of_stripe(account_api(secret_key), location, stored, stores, deadline_s)


def _asked_of_stripe(
    stripe: StripeAccountApi,
    location: Location,
    stored: StoredConnection,
    stores: ConnectionStores,
    deadline_s: float,
) -> Iterator[CheckLine]:
    _expect_time(deadline_s)
    try:
        account, stripes_s = stripe.get_account()
    except PermissionMissing:
        yield permission_line(*NEEDED_PERMISSIONS[0], is_allowed=False)
    else:
        yield clock_line(int(time.time()), stripes_s)
        yield permission_line(*NEEDED_PERMISSIONS[0], is_allowed=True)
        yield from _account_lines(account, location, stored, stores)
    for resource, access, purpose in NEEDED_PERMISSIONS[1:]:
        _expect_time(deadline_s)
        allowed = stripe.is_allowed(resource, access)
        yield permission_line(resource, access, purpose, is_allowed=allowed)
    _expect_time(deadline_s)
    yield from _endpoint_lines(stripe, location, stored.connection.endpoint_id, stores)
    _expect_time(deadline_s)
    yield from _delivery_lines(stripe)


def _expect_time(deadline_s: float) -> None:
    if time.monotonic() > deadline_s:
        raise _OutOfTime


def _account_lines(
    account: AccountFacts, location: Location, stored: StoredConnection, stores: ConnectionStores
) -> list[CheckLine]:
    known = stored.connection.account
    if known and known.account_id != account.account_id:
        detail = "The key belongs to another account than was saved: save the settings again."
        return [CheckLine("account", FAILURE, detail)]
    if known != account:
        seen = replace(stored, connection=replace(stored.connection, account=account))
        try:
            stores.connections.put_account_seen(location.location_id, seen)
        except WriteConflict:
            # Somebody saves the settings right now, and writes what Stripe says too.
            logger.info("the account was not noted", location_id=location.location_id)
    return account_lines(account, location.country)


def _endpoint_lines(
    stripe: StripeAccountApi, location: Location, own_endpoint_id: str, stores: ConnectionStores
) -> list[CheckLine]:
    try:
        listed = stripe.list_endpoints()
    except PermissionMissing:
        # Its own line says so.
        return []
    url = stores.webhook_url(location.location_id)
    seen = [
        EndpointSeen(
            each.endpoint_id, each.is_enabled, each.missing_event_types(), each.api_version
        )
        for each in listed
        if each.url == url
    ]
    return endpoint_lines(seen, own_endpoint_id, API_VERSION)


def _delivery_lines(stripe: StripeAccountApi) -> list[CheckLine]:
    now_s = int(time.time())
    try:
        undelivered = stripe.list_undelivered(now_s - LOOK_BACK_S, MAX_EVENTS)
    except PermissionMissing:
        # Its own line says so.
        return []
    except StripeRefused as refused:
        detail = f"Stripe does not list events ({refused.code}): run the check again."
        return [CheckLine("webhook deliveries", WARNING, detail)]
    return [delivery_line(undelivered, now_s)]


def _reconciliation_line(location: Location, stores: ConnectionStores) -> CheckLine:
    """Look at today's comparing and yesterday's, whichever is newer."""
    now_s, state = int(time.time()), SyncState(stores.config)
    days = local_days(now_s - DAY_S, now_s, location.timezone, 2)
    found = [state.get_reconciliation(location.location_id, day) for day in days]
    newest = max(filter(None, found), key=lambda each: each.checked_at_s, default=None)
    return reconciliation_line(
        newest.status if newest else "",
        newest.checked_at_s if newest else None,
        stores.connections.get(location.location_id).connection.connected_at_s,
        now_s,
    )


def _mail_lines(config: Config) -> list[CheckLine]:
    if not config.mail_from:
        return mail_lines("", is_verified=False, mails_a_day=0)

    def ask() -> list[CheckLine]:
        sending = read_sending(config)
        lines = mail_lines(
            config.mail_from, is_verified=sending.is_verified, mails_a_day=sending.mails_a_day
        )
        # A deployment that is not on AWS has no events of SES's.
        told = [returns_line(are_told=sending.tells_returns)] if config.mail_events else []
        return [*lines, *told]

    return _or_silent("mail", ask)


def _or_silent(name: str, ask: Callable[[], list[CheckLine]]) -> list[CheckLine]:
    try:
        return ask()
    except (AwsRefused, AwsUnreachable) as error:
        logger.error("a part of the check failed", part=name, **fault(error))
        detail = f"AWS gave no answer ({type(error).__name__}): run the check again."
        if isinstance(error, AwsRefused):
            detail = f"AWS refused ({error.code}): running the check again does not help."
        return [CheckLine(name, WARNING, detail)]
