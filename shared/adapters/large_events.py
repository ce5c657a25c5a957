"""S3: the few Stripe events that are too large for the bus."""

import hashlib

from shared.adapters.signed_http import SignedHttp
from shared.config import Config


class LargeEvents:
    """The bucket of events that travel by reference."""

    def __init__(self, config: Config) -> None:
        self._bucket = config.large_events_bucket
        self._http = SignedHttp(config.aws, "s3")

    def put(self, location_id: str, event_id: str, body: bytes) -> str:
        """Keep a verified body and return its key, the same each time the event is delivered.

        Raises `AwsRefused` or `AwsUnreachable`.
        """
        name = hashlib.sha256(event_id.encode()).hexdigest()
        key = f"{location_id}/{name}.json"
        self._http.send("PUT", f"/{self._bucket}/{key}", {"content-type": "application/json"}, body)
        return key

    def get(self, key: str) -> bytes:
        """Return a body that was kept. Raises `AwsRefused` or `AwsUnreachable`."""
        return self._http.send("GET", f"/{self._bucket}/{key}", {}, b"")
