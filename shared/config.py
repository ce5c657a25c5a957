"""What the deployment tells a function: the one module that reads the environment."""

import os
from functools import cache
from typing import NamedTuple


class AwsAccess(NamedTuple):
    """Where AWS is and who we are there, as Lambda gives it to a function.

    `endpoint_url` is empty on AWS and the emulator's address on one machine.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """

    region: str
    access_key_id: str
    secret_access_key: str
    session_token: str
    endpoint_url: str


class Config(NamedTuple):
    """The names of what the stack made, and its two addresses without a slash at the end.

    A function is told what it uses; the rest is empty. `secrets_key` is the ARN of the KMS key that
    seals what is in `secrets_table`. `mail_from` is the address that mails come from; empty where
    none are sent. `mail_events` is SES's configuration set, which tells what came back; empty where
    nothing tells. `edge_secret` is what a CDN before the API shows; empty where there is none.
    """

    aws: AwsAccess
    table_name: str = ""
    secrets_table: str = ""
    secrets_key: str = ""
    event_bus_name: str = ""
    signing_secrets_path: str = ""
    api_keys_path: str = ""
    link_key_id: str = ""
    large_events_bucket: str = ""
    public_url: str = ""
    stripe_api_base: str = ""
    mail_from: str = ""
    mail_events: str = ""
    sync_queue_url: str = ""
    report_queue_url: str = ""
    reports_bucket: str = ""
    user_pool_id: str = ""
    user_pool_client_id: str = ""
    edge_secret: str = ""

    def __repr__(self) -> str:
        """Return no value, since some are secrets."""
        return "Config()"


@cache
def load_config() -> Config:
    """Read the environment once for each execution environment."""
    env = os.environ
    return Config(
        aws=AwsAccess(
            region=env["AWS_REGION"],
            access_key_id=env["AWS_ACCESS_KEY_ID"],
            secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            session_token=env.get("AWS_SESSION_TOKEN", ""),
            endpoint_url=env.get("AWS_ENDPOINT_URL", "").rstrip("/"),
        ),
        table_name=env.get("TABLE_NAME", ""),
        secrets_table=env.get("SECRETS_TABLE", ""),
        secrets_key=env.get("SECRETS_KEY", ""),
        event_bus_name=env.get("EVENT_BUS_NAME", ""),
        signing_secrets_path=env.get("SIGNING_SECRETS_PATH", ""),
        api_keys_path=env.get("API_KEYS_PATH", ""),
        link_key_id=env.get("LINK_KEY_ID", ""),
        large_events_bucket=env.get("LARGE_EVENTS_BUCKET", ""),
        public_url=env.get("PUBLIC_URL", "").rstrip("/"),
        stripe_api_base=env.get("STRIPE_API_BASE", "").rstrip("/"),
        mail_from=env.get("MAIL_FROM", ""),
        mail_events=env.get("MAIL_EVENTS", ""),
        sync_queue_url=env.get("SYNC_QUEUE_URL", ""),
        report_queue_url=env.get("REPORT_QUEUE_URL", ""),
        reports_bucket=env.get("REPORTS_BUCKET", ""),
        user_pool_id=env.get("USER_POOL_ID", ""),
        user_pool_client_id=env.get("USER_POOL_CLIENT_ID", ""),
        edge_secret=env.get("EDGE_SECRET", ""),
    )
