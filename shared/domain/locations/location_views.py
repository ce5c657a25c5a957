"""A location and its payment settings as staff see them. Pure."""

from collections.abc import Collection
from typing import Any

from shared.domain.dates.instants import rfc3339
from shared.domain.locations.location import CONTACT_FIELDS, WINDOW_FIELDS, Location
from shared.domain.locations.permissions import MANAGER, OWNER
from shared.domain.locations.stripe_account import account_view, account_warnings
from shared.domain.locations.stripe_connection import Connection
from shared.domain.stripe_facts.event_types import API_VERSION, CONSUMED_EVENT_TYPES


def location_view(location: Location, roles: Collection[str]) -> dict[str, Any]:
    """Return the contract's Location, with the roles of whoever is shown it."""
    return {
        "location_id": location.location_id,
        "name": location.name,
        "timezone": location.timezone,
        "currency": location.currency,
        "country": location.country,
        "locale": location.locale,
        "mode": location.mode,
        "report": {"recipients": list(location.report_recipients), "hour": location.report_hour},
        "allowed_origins": list(location.allowed_origins),
        "refund_approval_above": {
            role: location.refund_approval_above.get(role, 0) for role in (OWNER, MANAGER)
        },
        "online_booking_enabled": location.online_booking_enabled,
        "visit_link_enabled": location.visit_link_enabled,
        "payment_method_types": list(location.payment_method_types),
        "require_second_factor": location.require_second_factor,
        "holds_per_address": location.holds_per_address,
        "holds_per_client": location.holds_per_client,
        **{name: getattr(location, name) for name in (*WINDOW_FIELDS, *CONTACT_FIELDS)},
        "reminder_hours_before": location.reminder_hours_before,
        "created_at": rfc3339(location.created_at_s),
        "roles": sorted(roles),
    }


def payment_settings_view(
    location: Location, connection: Connection, webhook_url: str
) -> dict[str, Any]:
    """Return the contract's PaymentSettings, with what an endpoint made by hand has to be."""
    account = connection.account
    return {
        "connected": account is not None,
        "mode": connection.mode or location.mode,
        "publishable_key": connection.publishable_key,
        "secret_key_last4": connection.secret_key_last4,
        "webhook_url": webhook_url,
        "webhook_events": sorted(CONSUMED_EVENT_TYPES),
        "webhook_api_version": API_VERSION,
        "webhook_endpoint_id": connection.endpoint_id or None,
        "webhook_signing_secrets_last4": list(connection.signing_secrets_last4),
        "online_booking_enabled": location.online_booking_enabled,
        "visit_link_enabled": location.visit_link_enabled,
        "account": account_view(account) if account else {},
        "warnings": account_warnings(account, location.country) if account else [],
        "connected_at": rfc3339(connection.connected_at_s) if account else None,
    }
