"""Where the local stack's parts are: ports and folders, all of which the environment can move."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / ".local" / "tools"
HOST = "127.0.0.1"
REGION = "eu-central-1"
LOCATION_ID = "demo"
CURRENCY = "eur"
API_ID = "bookpay"
MAIL_FROM = "bookings@bookpay.test"
# The emulator's own root credentials: they open nothing anywhere else.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one local stack, all on 127.0.0.1."""

    api: int
    aws: int
    stripe: int
    smtp: int


@dataclass(frozen=True, slots=True)
class Settings:
    """One local stack: two of them live side by side when their ports and folders differ."""

    ports: Ports
    folder: Path

    @property
    def api_url(self) -> str:
        """Where clients, staff and the simulator reach the API."""
        return f"http://{HOST}:{self.ports.api}"

    @property
    def aws_url(self) -> str:
        """Where the emulator answers as AWS."""
        return f"http://{HOST}:{self.ports.aws}"

    @property
    def stripe_url(self) -> str:
        """Where the simulator answers as Stripe."""
        return f"http://{HOST}:{self.ports.stripe}"

    @property
    def stack_file(self) -> Path:
        """What tells others how to reach the stack."""
        return self.folder / "stack.json"

    @property
    def mail_folder(self) -> Path:
        """Where each mail is kept as one .eml file."""
        return self.folder / "mail"

    @property
    def run_folder(self) -> Path:
        """Process ids, logs, and what a repeated `make up` has to know."""
        return self.folder / "run"

    @property
    def unpacked_folder(self) -> Path:
        """Where the emulator unpacks packages, and leaves them."""
        return self.run_folder / "unpacked"


PORT_VARIABLES = {
    "api": ("BOOKPAY_API_PORT", 8787),
    "aws": ("BOOKPAY_AWS_PORT", 4566),
    "stripe": ("BOOKPAY_STRIPE_PORT", 12111),
    "smtp": ("BOOKPAY_SMTP_PORT", 2525),
}


def read_settings() -> Settings:
    """Read ports and folder from the environment, with the defaults of docs/deploying.md."""
    ports = {
        name: int(os.environ.get(variable, default))
        for name, (variable, default) in PORT_VARIABLES.items()
    }
    folder = Path(os.environ.get("BOOKPAY_LOCAL_DIR", str(ROOT / ".local")))
    return Settings(Ports(**ports), folder if folder.is_absolute() else ROOT / folder)
