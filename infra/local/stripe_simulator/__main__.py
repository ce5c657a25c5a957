"""Run the simulator: `python -m infra.local.stripe_simulator --port 12111 ...`."""

import argparse
import contextlib
import secrets
import signal
import sys
from collections.abc import Callable

import uvicorn

from infra.local.stripe_simulator.app import build_app
from infra.local.stripe_simulator.connections import BreakableProtocol
from infra.local.stripe_simulator.currencies import is_supported
from infra.local.stripe_simulator.settings import Settings

HOST = "127.0.0.1"


def main() -> None:
    """Read the command line and serve until SIGTERM or Ctrl-C."""
    chosen = _arguments()
    settings = Settings(
        secret_key=chosen.secret_key,
        publishable_key=chosen.publishable_key,
        public_url=(chosen.public_url or f"http://{HOST}:{chosen.port}").rstrip("/"),
        seed=chosen.seed,
        account_country=chosen.account_country.upper(),
        currency=chosen.currency,
        business_name=chosen.business_name,
        capture_delay_s=chosen.capture_delay_s,
        retry_start_s=chosen.retry_start_s,
    )
    print(f"Stripe simulator: {settings.public_url} (seed {settings.seed})", flush=True)
    # uvicorn hands the signal on once it has shut down: then this is a normal end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.run(
            build_app(settings),
            host=HOST,
            port=chosen.port,
            http=BreakableProtocol,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stripe_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--secret-key", type=_key("sk_test_"), required=True)
    parser.add_argument("--publishable-key", type=_key("pk_test_"), required=True)
    parser.add_argument("--public-url", help="where browsers reach this, if not at the port")
    # Without a seed every start has new ids: a system that outlives the simulator would take an
    # event with an id it has seen for a repetition.
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--account-country", default="DE")
    parser.add_argument("--currency", type=_currency, default="eur")
    parser.add_argument("--business-name", default=Settings.business_name)
    parser.add_argument("--capture-delay-s", type=float, default=Settings.capture_delay_s)
    parser.add_argument("--retry-start-s", type=float, default=Settings.retry_start_s)
    return parser.parse_args()


def _currency(value: str) -> str:
    if not is_supported(value.lower()):
        raise argparse.ArgumentTypeError("is no currency that Stripe charges")
    return value.lower()


def _key(prefix: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not value.startswith(prefix):
            raise argparse.ArgumentTypeError(f"must begin with {prefix}")
        return value

    return read


if __name__ == "__main__":
    main()
