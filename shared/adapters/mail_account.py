"""SES: whether the deployment's sender may send, and to whom."""

import boto3
from botocore.config import Config as CallOptions
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from shared.adapters.aws_errors import sdk_error
from shared.config import Config

CONNECT_S, READ_S = 2, 3
SUCCESS = "Success"
RETURNS = frozenset({"BOUNCE", "COMPLAINT", "REJECT"})


class Sending(Struct, frozen=True):
    """Whether the sender, or its domain, is verified, and how many mails a day SES takes.

    `tells_returns` is whether SES tells of what comes back, as far as it was told to.
    """

    is_verified: bool
    mails_a_day: float
    tells_returns: bool = True


def read_sending(config: Config) -> Sending:
    """Ask SES about the deployment's sender; raises `AwsRefused` or `AwsUnreachable`.

    https://docs.aws.amazon.com/ses/latest/APIReference/API_GetIdentityVerificationAttributes.html
    """
    options = CallOptions(
        connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 2}
    )
    client = boto3.client("ses", region_name=config.aws.region, config=options)
    identities = [config.mail_from, *_domains(config.mail_from.rpartition("@")[2])]
    try:
        found = client.get_identity_verification_attributes(Identities=identities)
        quota = client.get_send_quota()
        tells_returns = not config.mail_events or _tells_returns(config, options)
    except (ClientError, BotoCoreError) as error:
        raise sdk_error("ses", error) from error
    known = found["VerificationAttributes"].values()
    return Sending(
        is_verified=any(each["VerificationStatus"] == SUCCESS for each in known),
        mails_a_day=float(quota["Max24HourSend"]),
        tells_returns=tells_returns,
    )


def _domains(domain: str) -> list[str]:
    """Return a domain and those above it: a verified one sends for all below it.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _tells_returns(config: Config, options: CallOptions) -> bool:
    """Whether the configuration set tells the default bus of all that does not arrive.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetConfigurationSetEventDestinations.html
    """
    client = boto3.client("sesv2", region_name=config.aws.region, config=options)
    try:
        found = client.get_configuration_set_event_destinations(
            ConfigurationSetName=config.mail_events
        )
    except client.exceptions.NotFoundException:
        return False
    return any(
        each["Enabled"]
        and "EventBridgeDestination" in each
        and set(each["MatchingEventTypes"]) >= RETURNS
        for each in found["EventDestinations"]
    )
