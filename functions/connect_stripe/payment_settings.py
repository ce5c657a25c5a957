"""Payment settings: shown without their secrets, saved if Stripe accepts them, checked."""

import time
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from msgspec.structs import asdict
from pydantic import ConfigDict

from shared import environment
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import InvalidInput, StripeRefused
from shared.domain.locations.api_keys import read_api_keys, read_signing_secrets
from shared.domain.locations.connection_check import WARNING, CheckLine, worst
from shared.domain.locations.location import Location
from shared.domain.locations.location_views import payment_settings_view
from shared.domain.locations.stripe_connection import Connection
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import Body
from shared.observability import count, logger
from shared.workflows.connection.connect import Connected, Wanted, connect, roll_secret
from shared.workflows.connection.stores import make_stores
from shared.workflows.staff import Staff

router = Router()  # type: ignore[no-untyped-call]
HERE = "/v1/locations/<location_id>/payment-settings"
# The check has so long after saving, and no longer than the answer has in all.
CHECK_S, ANSWER_S = 8, 16
# Not everything was checked: the lines given are valid, and the check should be run again.
NOT_FINISHED = "not_finished"
LEFT_OVER = "What was there before could not all be taken away at Stripe: save the settings again."


class PaymentSettingsInput(Body):
    """What is saved; the domain reads keys and secrets, and explains what is wrong with them."""

    model_config = ConfigDict(hide_input_in_errors=True)
    publishable_key: object = None
    secret_key: object = None
    webhook_signing_secrets: list[object] | None = None
    online_booking_enabled: bool = True
    visit_link_enabled: bool = True


class RollInput(Body):
    """Whether the replaced secret stays valid for a day."""

    keep_former: bool = True


@router.get(HERE)
def get_payment_settings(location_id: str) -> dict[str, Any]:
    """Show how the location is connected, and how to create a webhook endpoint by hand."""
    location = _authorized(location_id, "read_payment_settings").location
    return _view(location, environment.get(make_stores).connections.get(location_id).connection)


@router.put(HERE)
def put_payment_settings(location_id: str) -> dict[str, Any]:
    """Connect the location with these keys; a second time with the same ones changes nothing.

    What the check then finds is told in the same answer, and undoes nothing.
    """
    began_s = time.monotonic()
    staff = _authorized(location_id, "change_payment_settings")
    asked = parse(PaymentSettingsInput, body_of(router))
    sent = asked.webhook_signing_secrets
    wanted = Wanted(
        keys=read_api_keys(asked.publishable_key, asked.secret_key),
        signing_secrets=None if sent is None else read_signing_secrets(sent),
        online_booking_enabled=asked.online_booking_enabled,
        visit_link_enabled=asked.visit_link_enabled,
    )
    saved = connect(staff, wanted, environment.get(make_stores))
    count("LocationConnected")
    logger.info("location connected", location_id=location_id, mode=saved.connection.mode)
    return {**_view(saved.location, saved.connection), "check": _check_saved(saved, began_s)}


@router.post(f"{HERE}/roll-webhook-secret")
def roll_webhook_secret(location_id: str) -> dict[str, Any]:
    """Replace the signing secret of our own endpoint; the old one works for another day.

    With `keep_former` false it ends within a minute.
    """
    staff = _authorized(location_id, "change_payment_settings")
    asked = parse(RollInput, body_of(router))
    try:
        connection, until_s = roll_secret(
            staff, environment.get(make_stores), keep_former=asked.keep_former
        )
    except StripeRefused as refused:
        # The key was accepted when it was saved: it has been revoked, or restricted, since.
        raise InvalidInput(
            "Stripe refuses the key that is saved: run the check.", code="key_refused_by_stripe"
        ) from refused
    count("SigningSecretRolled")
    return {**_view(staff.location, connection), "old_secret_valid_until": rfc3339(until_s)}


@router.get(f"{HERE}/check")
def check_payment_settings(location_id: str) -> dict[str, Any]:
    """Check the connection: each line is ok, a warning or a failure, with what to do."""
    location = _authorized(location_id, "check_payment_settings").location
    # Showing the settings needs none of the clients that check mails and queues.
    from shared.workflows.connection.check_connection import check  # noqa: PLC0415

    lines = check(location, environment.get(make_stores)).lines
    count("ConnectionChecked")
    return _check_view(worst(lines), lines)


def _check_saved(saved: Connected, began_s: float) -> dict[str, Any]:
    """Return what the check finds in the time that is left."""
    from shared.workflows.connection.check_connection import Checked, check_until  # noqa: PLC0415

    deadline_s = min(time.monotonic() + CHECK_S, began_s + ANSWER_S)
    try:
        found = check_until(saved.location, environment.get(make_stores), deadline_s)
    except Exception as error:  # noqa: BLE001 (the settings are saved, and the answer says so)
        # No traceback: it would show what Stripe's library says, and that may quote what was sent.
        logger.error("check after saving failed", error=type(error).__name__)
        count("RequestFailed")
        found = Checked(is_finished=False)
    if not saved.is_tidied:
        found.leave_off(CheckLine("left over", WARNING, LEFT_OVER))
    return _check_view(worst(found.lines) if found.is_finished else NOT_FINISHED, found.lines)


def _check_view(status: str, lines: Sequence[CheckLine]) -> dict[str, Any]:
    return {
        "status": status,
        "checked_at": rfc3339(int(time.time())),
        "lines": [asdict(line) for line in lines],
    }


def _authorized(location_id: str, action: str) -> Staff:
    return authorize(read_caller(router), location_id, action)


def _view(location: Location, connection: Connection) -> dict[str, Any]:
    webhook_url = environment.get(make_stores).webhook_url(location.location_id)
    return payment_settings_view(location, connection, webhook_url)
