"""What SES says of the deployment's sender, and whether it tells of mails that come back."""

from collections.abc import Iterator
from copy import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from shared.adapters.mail_account import read_sending
from shared.config import Config

SENDER = "bookings@example.com"
ALL = ["BOUNCE", "COMPLAINT", "REJECT"]


@pytest.fixture
def told(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """SES v2, of whose configuration sets moto knows no destinations: answers by its own model."""
    with mock_aws():
        boto3.client("ses", region_name=config.aws.region).verify_email_identity(
            EmailAddress=SENDER
        )
        newer = boto3.client("sesv2", region_name=config.aws.region)
        make: Any = boto3.client

        def client(name: str, **options: Any) -> Any:
            return newer if name == "sesv2" else make(name, **options)

        monkeypatch.setattr(boto3, "client", client)
        with Stubber(newer) as stubber:
            yield stubber


def tells(config: Config) -> bool:
    known = replace(config, mail_from=SENDER, mail_events="bookpay-mails")
    return read_sending(known).tells_returns


@pytest.mark.parametrize(
    ("types", "enabled", "bus", "is_told"),
    [
        (ALL, True, True, True),
        ([*ALL, "DELIVERY"], True, True, True),
        (["BOUNCE"], True, True, False),
        (ALL, False, True, False),
        (ALL, True, False, False),
    ],
)
def test_all_that_does_not_arrive_has_to_be_told_on_the_bus(
    config: Config, told: Stubber, types: list[str], enabled: bool, bus: bool, is_told: bool
) -> None:
    arn = "arn:aws:events:eu-central-1:123456789012:event-bus/default"
    where = {"EventBridgeDestination": {"EventBusArn": arn}} if bus else {}
    destination = {"Name": "default-bus", "Enabled": enabled, "MatchingEventTypes": types, **where}
    told.add_response(
        "get_configuration_set_event_destinations",
        {"EventDestinations": [destination]},
        {"ConfigurationSetName": "bookpay-mails"},
    )
    assert tells(config) is is_told


def test_a_configuration_set_that_is_gone_tells_nothing(config: Config, told: Stubber) -> None:
    told.add_client_error(
        "get_configuration_set_event_destinations", "NotFoundException", http_status_code=404
    )
    assert tells(config) is False


def test_without_one_nothing_is_asked(config: Config, told: Stubber) -> None:
    del told
    assert read_sending(replace(config, mail_from=SENDER)).tells_returns is True


@pytest.mark.parametrize(
    ("verified", "is_verified"),
    [("salon.de", True), ("mail.salon.de", True), ("other.de", False), ("de", False)],
)
def test_a_verified_domain_sends_for_all_below_it(
    config: Config, verified: str, is_verified: bool
) -> None:
    """Bug: the check called a sender below a verified domain unverified."""
    with mock_aws():
        boto3.client("ses", region_name=config.aws.region).verify_domain_identity(Domain=verified)
        sender = replace(config, mail_from="bookings@mail.salon.de", mail_events="")
        assert read_sending(sender).is_verified is is_verified
