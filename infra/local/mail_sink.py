"""An SMTP server that keeps each mail as one .eml file and sends none on."""

import argparse
import asyncio
import time
from pathlib import Path

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.local.settings import HOST

MAX_MAIL_BYTES = 40 * 1024 * 1024


class KeepAsFile:
    """Writes every mail to a folder, named by the time it came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail whole; the file appears under its name only when it is complete."""
        self._count += 1
        name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{self._count:04d}.eml"
        partial = self._folder / f".{name}"
        partial.write_bytes(envelope.original_content or b"")
        partial.rename(self._folder / name)
        return "250 Kept"


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    loop = asyncio.new_event_loop()
    controller = UnthreadedController(
        KeepAsFile(chosen.folder),
        hostname=HOST,
        port=chosen.port,
        loop=loop,
        data_size_limit=MAX_MAIL_BYTES,
    )
    controller.begin()  # type: ignore[no-untyped-call]
    loop.run_forever()


if __name__ == "__main__":
    main()
