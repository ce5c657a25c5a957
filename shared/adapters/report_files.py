"""S3: the files of reports that were made, each under its own name and never written over.

The bucket is versioned besides, so that not even a mistake of ours loses what was mailed.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config as CallOptions
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.aws_errors import sdk_error
from shared.config import Config

CONNECT_S, READ_S, ATTEMPTS = 3, 30, 3
# How long an address to a file can be used: a browser follows it at once.
ADDRESS_S = 300


class ReportFiles:
    """Puts files into the bucket of reports and takes them out."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def put(self, key: str, path: Path, media_type: str) -> None:
        """Upload a file from disk, whatever its size. Raises `AwsRefused` or `AwsUnreachable`."""
        try:
            with path.open("rb") as body:
                self._s3.put_object(
                    Bucket=self._config.reports_bucket,
                    Key=key,
                    Body=body,
                    ContentType=media_type,
                    ContentDisposition=f'attachment; filename="{_name(key)}"',
                )
        except (ClientError, BotoCoreError) as error:
            raise sdk_error("s3", error) from error

    def fetch(self, key: str, path: Path) -> None:
        """Download a file. Raises `AwsRefused` or `AwsUnreachable`."""
        try:
            self._s3.download_file(self._config.reports_bucket, key, str(path))
        except (ClientError, BotoCoreError) as error:
            raise sdk_error("s3", error) from error

    def address(self, key: str) -> str:
        """Return an address under which anyone who has it gets the file, for five minutes."""
        wanted = {"Bucket": self._config.reports_bucket, "Key": key}
        return str(
            self._s3.generate_presigned_url("get_object", Params=wanted, ExpiresIn=ADDRESS_S)
        )

    @cached_property
    def _s3(self) -> Any:  # noqa: ANN401 (boto3 makes its clients' types as it runs)
        options = CallOptions(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": ATTEMPTS},
            signature_version="s3v4",
            # Else a signed address is that of all regions, which newer ones refuse, and which sends
            # a new bucket's reader to another host, whose signature it would have to be.
            # https://github.com/boto/boto3/pull/4768
            s3={"addressing_style": "virtual"},
        )
        return boto3.client("s3", region_name=self._config.aws.region, config=options)


def _name(key: str) -> str:
    return key.rpartition("/")[2]
