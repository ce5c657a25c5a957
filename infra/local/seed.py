"""What a started stack holds: one location that is connected to the simulator, and its staff."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

import boto3

from infra.local.settings import (
    ACCESS_KEY_ID,
    CURRENCY,
    LOCATION_ID,
    MAIL_FROM,
    REGION,
    SECRET_ACCESS_KEY,
    Settings,
)
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import EVERYWHERE, LocationStore, StaffUser, user_put
from shared.config import AwsAccess, Config
from shared.domain.catalogue.services import Employee, OpeningHours, Service
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.locations.api_keys import read_api_keys
from shared.domain.locations.location import Location
from shared.domain.locations.members import Member, with_member
from shared.domain.money.money import Money
from shared.workflows.connection.connect import Wanted, connect
from shared.workflows.connection.stores import make_stores
from shared.workflows.staff import Staff, audit_of

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
    config = _config(settings, outputs)
    location = Location(
        location_id=LOCATION_ID,
        name="Salon Aurora",
        timezone="Europe/Berlin",
        currency=CURRENCY,
        country="DE",
        mode="test",
        created_at_s=int(time.time()),
        report_recipients=(f"report@{LOCATION_ID}.test",),
        # On one machine all clients have one address, and in the tests often one e-mail.
        holds_per_client=10_000,
        holds_per_address=10_000,
    )
    LocationStore(config).save_location(location)
    _put_catalogue(CatalogueStore(config))
    secret = _connect(config, location, keys)
    return {"webhook_secret": secret, "staff": _make_staff(outputs["UserPoolId"], config, location)}


def _connect(config: Config, location: Location, keys: Mapping[str, str]) -> str:
    """Save the simulator's keys as an owner would, and return the endpoint's signing secret."""
    stores = make_stores(config)
    wanted = Wanted(
        keys=read_api_keys(keys["publishable_key"], keys["secret_key"]),
        signing_secrets=None,
        online_booking_enabled=True,
        visit_link_enabled=True,
    )
    connect(_seeder(location), wanted, stores)
    return stores.signing_secrets.get_lasting(location.location_id).secrets[0]


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
        table_name=outputs["BookingsTable"],
        secrets_table=outputs["SecretsTable"],
        secrets_key=outputs["SecretsKey"],
        event_bus_name=outputs["EventBusName"],
        signing_secrets_path=outputs["SigningSecretsPath"],
        api_keys_path=outputs["ApiKeysPath"],
        link_key_id="bookpay/link-key",
        large_events_bucket="",
        public_url=settings.api_url,
        stripe_api_base=settings.stripe_url,
        mail_from=MAIL_FROM,
        user_pool_id=outputs["UserPoolId"],
        aws=AwsAccess(REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY, "", settings.aws_url),
    )


def _make_staff(user_pool_id: str, config: Config, location: Location) -> list[dict[str, Any]]:
    admin = {"email": "admin@bookpay.test", "roles": ["admin"]}
    people = [admin] + [
        {"email": f"{role}@{LOCATION_ID}.test", "roles": [f"{LOCATION_ID}:{role}"]}
        for role in STAFF
    ]
    return [_make_member(user_pool_id, config, location, person) for person in people]


def _make_member(
    user_pool_id: str, config: Config, location: Location, person: Mapping[str, Any]
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
        if location_id:
            member = Member(attributes["sub"], person["email"], (role,), int(time.time()))
            _put_member(config, location, member)
        else:
            store = LocationStore(config)
            store.put_member(attributes["sub"], EVERYWHERE, [role], person["email"])
    return {**person, "password": password}


def _put_member(config: Config, location: Location, member: Member) -> None:
    """Let somebody join without an invitation: there is nobody yet who could invite them."""
    audit = audit_of(
        _seeder(location), "member.joined", member=member.user_id, role=member.roles[0]
    )
    user = user_put(StaffUser(member.user_id, member.email))
    LocationStore(config).update_members(
        location.location_id, lambda members: (with_member(members, member), [audit, user])
    )


def _seeder(location: Location) -> Staff:
    """Return who a started stack says it was."""
    return Staff("make-up", "", frozenset(), location)
