"""What one run of the simulator is started with."""

from dataclasses import dataclass

API_VERSION = "2026-08-26.dahlia"


@dataclass(frozen=True)
class Settings:
    """The choices of one run.

    `public_url` is where browsers and the library reach this process, without a trailing slash;
    `account_country` is ISO 3166 in capitals and `currency` ISO 4217 in small letters;
    `capture_delay_s` is how long a balance transaction stays away after an asynchronous capture;
    `retry_start_s` is the first pause before a delivery is repeated, doubled each time.
    """

    secret_key: str
    publishable_key: str
    public_url: str
    seed: int
    account_country: str = "DE"
    currency: str = "eur"
    business_name: str = "Bookpay Demo Salon"
    capture_delay_s: float = 1.0
    retry_start_s: float = 1.0
