"""Stripe's processing fee: a table by the account's country and where the card comes from."""

from dataclasses import dataclass

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


# "domestic" is the account's own country, or anywhere in the EEA for an account there.
_RATES: dict[str, dict[str, Rate]] = {
    "EEA": {"domestic": Rate(150, 25), "GB": Rate(250, 25), "international": Rate(325, 25)},
    "GB": {"domestic": Rate(150, 20), "EEA": Rate(250, 20), "international": Rate(325, 20)},
    "US": {"domestic": Rate(290, 30), "international": Rate(440, 30)},
}


def rate(account_country: str, card_country: str) -> Rate:
    """Find the rate; an account elsewhere pays the American one."""
    region = "EEA" if account_country in EEA else account_country
    rates = _RATES.get(region, _RATES["US"])
    if card_country == account_country or (region == "EEA" and card_country in EEA):
        return rates["domestic"]
    card_region = "EEA" if card_country in EEA else card_country
    return rates.get(card_region, rates["international"])


def fee_minor(amount_minor: int, account_country: str, card_country: str) -> int:
    """Compute the fee of a charge in minor units, rounded half up."""
    found = rate(account_country, card_country)
    share = (amount_minor * found.basis_points + BASIS_POINTS // 2) // BASIS_POINTS
    return share + found.fixed_minor
