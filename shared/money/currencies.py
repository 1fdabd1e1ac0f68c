"""How many decimals a currency has, and whether it is one at all.

ISO 4217 decides; CNH (offshore renminbi) is not an ISO code, but markets deal it, so it is added with the
decimals of CNY.
"""

from types import MappingProxyType
from typing import Final

import iso4217

OFFSHORE_RENMINBI: Final = "CNH"
OFFSHORE_RENMINBI_DECIMALS: Final = 2  # as CNY


class UnknownCurrency(ValueError):
    """A code that is neither an ISO 4217 currency with minor units nor CNH."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(f"Currency {currency!r}: expected an ISO 4217 code or CNH. Correct the code and send again.")


def _table() -> MappingProxyType[str, int]:
    """Return the codes with minor units; metals and funds codes without minor units (XAU, XXX) are left out."""
    table = {str(each.code): int(each.exponent) for each in iso4217.Currency if each.exponent is not None}
    table[OFFSHORE_RENMINBI] = OFFSHORE_RENMINBI_DECIMALS
    return MappingProxyType(table)


_DECIMALS: Final = _table()


def is_currency(code: str) -> bool:
    """Return whether `decimals_of` knows a code: three capital letters."""
    return code in _DECIMALS


def decimals_of(currency: str) -> int:
    """Return the minor-unit digits of a currency: 2 for USD, 0 for JPY, KRW and VND.

    Raises:
        UnknownCurrency: the code is not known.
    """
    try:
        return _DECIMALS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None
