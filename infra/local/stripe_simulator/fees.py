"""Stripe's fees: a table by the account's country and where the card comes from."""

from dataclasses import dataclass

from infra.local.stripe_simulator import currencies, exchange

BASIS_POINTS = 10_000

_EEA_COUNTRIES = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
)
EEA = frozenset(_EEA_COUNTRIES.split())


@dataclass(frozen=True)
class Rate:
    """A share of the amount in basis points and a fixed part in minor units."""

    basis_points: int
    fixed_minor: int


@dataclass(frozen=True)
class Region:
    """What accounts of a region pay; all fixed parts are in minor units of `currency`.

    "domestic" is the account's own country, or anywhere in the EEA for an account there. The
    conversion's share is on top when a charge settles in another currency.
    """

    currency: str
    rates: dict[str, Rate]
    conversion_basis_points: int
    dispute_minor: int


_REGIONS = {
    "EEA": Region(
        "eur",
        {"domestic": Rate(150, 25), "GB": Rate(250, 25), "international": Rate(325, 25)},
        conversion_basis_points=200,
        dispute_minor=2000,
    ),
    "GB": Region(
        "gbp",
        {"domestic": Rate(150, 20), "EEA": Rate(250, 20), "international": Rate(325, 20)},
        conversion_basis_points=200,
        dispute_minor=2000,
    ),
    "US": Region(
        "usd",
        {"domestic": Rate(290, 30), "international": Rate(440, 30)},
        conversion_basis_points=100,
        dispute_minor=1500,
    ),
}


@dataclass(frozen=True)
class Fee:
    """One row of `fee_details`: minor units of the settlement currency, and what it is for."""

    amount: int
    description: str


def processing_fees(
    amount_minor: int, currency: str, *, account_country: str, card_country: str, converted: bool
) -> list[Fee]:
    """Compute the fees of a charge from its settled amount, each rounded half up."""
    region = _region(account_country)
    rate = _rate(region, account_country, card_country)
    fixed = exchange.convert(rate.fixed_minor, region.currency, currency)
    fees = [
        Fee(_share(amount_minor, rate.basis_points, currency) + fixed, "Stripe processing fees")
    ]
    if converted:
        share = _share(amount_minor, region.conversion_basis_points, currency)
        fees.append(Fee(share, "Stripe currency conversion fee"))
    return [fee for fee in fees if fee.amount]


def dispute_fee(currency: str, *, account_country: str) -> Fee:
    """Tell what a dispute costs; a won one does not bring it back (docs.stripe.com/disputes)."""
    region = _region(account_country)
    amount = exchange.convert(region.dispute_minor, region.currency, currency)
    return Fee(amount, "Dispute fee")


def _region(account_country: str) -> Region:
    """Find an account's region; an account elsewhere pays the American fees."""
    name = "EEA" if account_country in EEA else account_country
    return _REGIONS.get(name, _REGIONS["US"])


def _rate(region: Region, account_country: str, card_country: str) -> Rate:
    both_in_eea = account_country in EEA and card_country in EEA
    if card_country == account_country or both_in_eea:
        return region.rates["domestic"]
    card_region = "EEA" if card_country in EEA else card_country
    return region.rates.get(card_region, region.rates["international"])


def _share(amount_minor: int, basis_points: int, currency: str) -> int:
    # A fee is rounded to what the currency can carry: KWD, ISK and UGX cannot carry every unit.
    step = currencies.step_minor(currency)
    return (amount_minor * basis_points + BASIS_POINTS * step // 2) // (BASIS_POINTS * step) * step
