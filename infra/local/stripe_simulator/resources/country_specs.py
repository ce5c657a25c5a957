"""What Stripe offers in each country: docs.stripe.com/api/country_specs."""

from infra.local.stripe_simulator import listing
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.currencies import supported
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject, no_such

# Stripe's countries by the currency an account there settles in. Bulgaria has had the euro since
# January 2026.
_BY_CURRENCY = {
    "aed": "AE", "aud": "AU", "brl": "BR", "cad": "CA", "chf": "CH LI", "czk": "CZ", "dkk": "DK",
    "eur": "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK", "gbp": "GB GI",
    "hkd": "HK", "huf": "HU", "idr": "ID", "inr": "IN", "jpy": "JP", "mxn": "MX", "myr": "MY",
    "nok": "NO", "nzd": "NZ", "pln": "PL", "ron": "RO", "sek": "SE", "sgd": "SG", "thb": "TH",
    "usd": "US",
}  # fmt: skip
DEFAULT_CURRENCY = {
    country: currency
    for currency, countries in _BY_CURRENCY.items()
    for country in countries.split()
}


def spec(country: str) -> StripeObject:
    """Make the spec of one of Stripe's countries."""
    currency = DEFAULT_CURRENCY[country]
    fields = {"additional": [], "minimum": ["business_profile.url", "external_account"]}
    return {
        "id": country,
        "object": "country_spec",
        "default_currency": currency,
        "supported_bank_account_currencies": {currency: [country]},
        "supported_payment_currencies": supported(),
        "supported_payment_methods": ["card", "stripe"],
        "supported_transfer_countries": sorted(DEFAULT_CURRENCY),
        "verification_fields": {"company": fields, "individual": fields},
    }


def retrieve(call: Call) -> StripeObject:
    """Give one country's spec."""
    country = call.path["country"]
    if country not in DEFAULT_CURRENCY:
        raise no_such("country_spec", country, param="country")
    return spec(country)


def list_all(call: Call) -> StripeObject:
    """List the specs of all countries, by their codes."""
    return listing.page(map(spec, sorted(DEFAULT_CURRENCY)), call.params, call.url)


_LISTED = takes("CountrySpecListParams", listing.CURSORS)

OPERATIONS = (
    Operation("GET", "/v1/country_specs", list_all, _LISTED),
    Operation("GET", "/v1/country_specs/{country}", retrieve),
)
