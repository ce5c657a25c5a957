"""What a started stack holds: one location that is connected to the simulator, and its staff."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, Literal

import boto3
import stripe

from infra.local.settings import (
    ACCESS_KEY_ID,
    CURRENCY,
    LOCATION_ID,
    MAIL_FROM,
    REGION,
    SECRET_ACCESS_KEY,
    Settings,
)
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import EVERYWHERE
from shared.config import AwsAccess, Config
from shared.domain.catalogue import Employee, OpeningHours, Service
from shared.domain.location import Location
from shared.domain.money import Money
from shared.domain.stripe_event_types import CONSUMED_EVENT_TYPES
from shared.domain.terms_document import terms_from_dict

API_VERSION: Literal["2026-08-26.dahlia"] = "2026-08-26.dahlia"
STAFF = ("owner", "manager", "finance")
SERVICES = (
    Service("haircut", "Haircut", Money(4500, CURRENCY), duration_minutes=60),
    Service("colour", "Colour", Money(12000, CURRENCY), duration_minutes=120),
)
EVERY_DAY = tuple(OpeningHours(weekday, 9 * 60, 18 * 60) for weekday in range(7))
EMPLOYEES = (Employee("anna", "Anna", EVERY_DAY), Employee("ben", "Ben", EVERY_DAY))
TERMS = {
    "prepayment": {"type": "full"},
    "overrides": [{"service_id": "colour", "prepayment": {"type": "deposit", "percent": 30}}],
    "cancellation": {
        "steps": [
            {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
            {"hours_before": 24, "fee": {"type": "full"}},
        ],
        "no_show_fee": {"type": "full"},
    },
}


def seed(settings: Settings, outputs: Mapping[str, str], keys: Mapping[str, str]) -> dict[str, Any]:
    """Connect the location `demo` and make its staff, and return what `stack.json` says of both."""
    store = BookingStore(_config(settings, outputs))
    store.put_location(
        Location(
            location_id=LOCATION_ID,
            name="Salon Aurora",
            timezone="Europe/Berlin",
            currency=CURRENCY,
            country="DE",
            mode="test",
            created_at_s=int(time.time()),
            report_recipients=(f"report@{LOCATION_ID}.test",),
        )
    )
    _put_catalogue(CatalogueStore(_config(settings, outputs)))
    secret = _register_webhook(settings, outputs, keys)
    _put_secret(
        f"{outputs['ApiKeysPath']}/{LOCATION_ID}",
        {"publishable_key": keys["publishable_key"], "secret_key": keys["secret_key"]},
    )
    _put_secret(
        f"{outputs['SigningSecretsPath']}/{LOCATION_ID}", {"mode": "test", "secrets": [secret]}
    )
    return {"webhook_secret": secret, "staff": _make_staff(outputs["UserPoolId"], store)}


def _put_catalogue(store: CatalogueStore) -> None:
    """Give the location what it sells (one paid in full, one with a deposit), and who does it."""
    for service in SERVICES:
        store.put_service(LOCATION_ID, service)
    for employee in EMPLOYEES:
        store.put_employee(LOCATION_ID, employee)
    store.put_terms(LOCATION_ID, terms_from_dict(TERMS, CURRENCY))


def _config(settings: Settings, outputs: Mapping[str, str]) -> Config:
    """Return what the functions get from the template, for calls from this process."""
    return Config(
        stack_name="bookpay",
        table_name=outputs["BookingsTable"],
        event_bus_name=outputs["EventBusName"],
        signing_secrets_path=outputs["SigningSecretsPath"],
        api_keys_path=outputs["ApiKeysPath"],
        link_key_id="bookpay/link-key",
        large_events_bucket="",
        public_url=settings.api_url,
        stripe_api_base=settings.stripe_url,
        mail_from=MAIL_FROM,
        dead_letter_queue_urls=(),
        user_pool_id=outputs["UserPoolId"],
        aws=AwsAccess(REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY, "", settings.aws_url),
    )


def _register_webhook(
    settings: Settings, outputs: Mapping[str, str], keys: Mapping[str, str]
) -> str:
    """Register the location's endpoint at the simulator, as `make connect` would at Stripe."""
    client = stripe.StripeClient(
        keys["secret_key"], base_addresses={"api": settings.stripe_url}, max_network_retries=2
    )
    url = f"{outputs['WebhookUrl']}{LOCATION_ID}"
    for endpoint in client.v1.webhook_endpoints.list().data:
        if endpoint.url == url:
            client.v1.webhook_endpoints.delete(endpoint.id)
    made = client.v1.webhook_endpoints.create(
        params={
            "url": url,
            "enabled_events": sorted(CONSUMED_EVENT_TYPES),  # type: ignore[arg-type]
            "api_version": API_VERSION,
        }
    )
    return made.secret or ""


def _put_secret(name: str, value: Mapping[str, Any]) -> None:
    boto3.client("ssm").put_parameter(
        Name=name, Value=json.dumps(value), Type="SecureString", Overwrite=True
    )


def _make_staff(user_pool_id: str, store: BookingStore) -> list[dict[str, Any]]:
    admin = {"email": "admin@bookpay.test", "roles": ["admin"]}
    people = [admin] + [
        {"email": f"{role}@{LOCATION_ID}.test", "roles": [f"{LOCATION_ID}:{role}"]}
        for role in STAFF
    ]
    return [_make_member(user_pool_id, store, person) for person in people]


def _make_member(
    user_pool_id: str, store: BookingStore, person: Mapping[str, Any]
) -> dict[str, Any]:
    cognito = boto3.client("cognito-idp")
    password = f"Aa1{secrets.token_urlsafe(18)}"
    made = cognito.admin_create_user(
        UserPoolId=user_pool_id,
        Username=person["email"],
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": person["email"]},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    cognito.admin_set_user_password(
        UserPoolId=user_pool_id, Username=person["email"], Password=password, Permanent=True
    )
    attributes = {each["Name"]: each["Value"] for each in made["User"]["Attributes"]}
    for membership in person["roles"]:
        location_id, _, role = membership.rpartition(":")
        store.put_member(attributes["sub"], location_id or EVERYWHERE, [role])
    return {**person, "password": password}
