"""The six booking models as data: which rates each needs, and every row of its deal plan (domain facts 4.6).

A row moves the notional from one portfolio to another. Reading the exposure currency alone, every internal
portfolio ends flat, EXTERNAL ends at minus N and the final portfolio at plus N; a property test holds it.
A model with another number of rows than instruction_event_config says is a configuration error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.hedging.order import NavType

EXTERNAL: Final = "EXTERNAL"


class CurrencyType(StrEnum):
    """Class of an exposure currency; the family of the model follows from it."""

    MATCHED = "Matched"
    MISMATCHED = "Mismatched"
    PROXY = "Mismatched_with_Proxy"


class Family(StrEnum):
    """A: historical against prevailing. B: offshore execution, onshore booking. C: NDF with USD funding."""

    A = "A"
    B = "B"
    C = "C"


class Model(StrEnum):
    """Booking models; 6, 10, 10, 3, 3 and 5 deals."""

    A_COI = "A-COI"
    B_COI = "B-COI"
    C_COI = "C-COI"
    A_RE = "A-RE"
    B_RE = "B-RE"
    C_RE = "C-RE"

    @property
    def family(self) -> Family:
        """The family, which is the first letter of the model's name."""
        return Family(self.value[0])

    @property
    def nav_type(self) -> NavType:
        """The NAV type, which is the end of the model's name."""
        return NavType(self.value[2:])


class RateKind(StrEnum):
    """Rate types of currency_rates, and the USD rate and points that every model may need besides."""

    PREVAILING = "prevailing"
    HISTORICAL = "historical"
    ONSHORE = "onshore"
    OFFSHORE = "offshore"
    NDF = "ndf"
    EMBEDDED_SPOT = "embedded_spot"
    SWAP_POINTS = "swap_points"
    USD_SGD = "usd_sgd"
    USD_SWAP_POINTS = "usd_swap_points"


class Pair(StrEnum):
    """The two currencies of an exchange. F is the exposure currency; the notional is always the first of the two."""

    F_SGD = "F/SGD"
    F_USD = "F/USD"
    CNH_SGD = "CNH/SGD"
    CNH_USD = "CNH/USD"
    USD_SGD = "USD/SGD"
    USD = "USD"


@dataclass(frozen=True, slots=True)
class DealRow:
    """One row of a model's deal table. `rate` None for a loan or borrowing; `book_code` None where none is
    known.
    """

    sequence: int
    deal_type: str
    source: str
    target: str
    pair: Pair
    rate: RateKind | None
    book_code: str | None
    purpose: str
    final: bool = False


_P, _H, _ON, _OFF = RateKind.PREVAILING, RateKind.HISTORICAL, RateKind.ONSHORE, RateKind.OFFSHORE
_NDF, _ES, _US = RateKind.NDF, RateKind.EMBEDDED_SPOT, RateKind.USD_SGD

SPOT_ALL, SPOT_COI = "SPOT_MIRR_INTSC_COIRE", "SPOT_MIRR_INTSC_COI"
SWAP_ALL, SWAP_NEAR, SWAP_FAR = "SWAP_MIRR_INTSC_COIRE", "SWAP_MIRR_INTSC_COI", "SWAP_MIRR_INTSC_COIL"
NDF_ALL, NDF_SPOT, NDF_FORWARD = "NDF_MIRR_INTSC_COIRE", "NDF_MIRR_INTSC_COI", "NDF_SPOT_MIRR_INTSC_COI"

_A_COI = (
    DealRow(1, "FX_SWAP", EXTERNAL, "CO_FX", Pair.F_SGD, _P, None, "external hedge deal"),
    DealRow(2, "FX_SWAP", "CO_FX", "UHDIC", Pair.F_SGD, _P, SWAP_ALL, "internal mirror"),
    DealRow(3, "FX_SWAP", "UHDIC", "INSTC", Pair.F_SGD, _H, SWAP_NEAR, "internal leg at historical rate"),
    DealRow(4, "FX_SWAP", "INSTC", "HDGIC", Pair.F_SGD, _P, SWAP_FAR, "final hedge", final=True),
    DealRow(5, "FX_SPOT_HEDGE", "INSTC", "INSTC", Pair.F_SGD, _H, SPOT_COI, "hedge spot"),
    DealRow(6, "FX_SPOT_FUNDING", "HDGIC", "HDGIC", Pair.F_SGD, _P, SPOT_ALL, "funding spot"),
)
_B_COI = (
    DealRow(1, "FX_SWAP_CNH", EXTERNAL, "CO_FX", Pair.CNH_USD, _OFF, None, "external offshore deal"),
    DealRow(2, "FX_SWAP_CNH", "CO_FX", "UHDIC", Pair.CNH_USD, _OFF, SWAP_ALL, "offshore mirror"),
    DealRow(3, "FX_SPOT_DIFF", "UHDIC", "TREASURY_BU", Pair.CNH_SGD, _OFF, SPOT_ALL, "differential, offshore side"),
    DealRow(4, "FX_SPOT_DIFF", "TREASURY_BU", "UHDIC", Pair.F_SGD, _ON, SPOT_ALL, "differential, onshore side"),
    DealRow(5, "FX_SWAP", "UHDIC", "INSTC", Pair.F_SGD, _H, SWAP_NEAR, "onshore mirror at historical rate"),
    DealRow(6, "FX_SWAP", "INSTC", "INSTC", Pair.F_SGD, _H, SWAP_NEAR, "internal near leg"),
    DealRow(7, "FX_SWAP", "INSTC", "INSTC", Pair.F_SGD, _ON, SWAP_FAR, "internal far leg"),
    DealRow(8, "FX_SPOT_HEDGE", "INSTC", "INSTC", Pair.F_SGD, _H, SPOT_COI, "hedge spot"),
    DealRow(9, "FX_SWAP", "INSTC", "HDGIC", Pair.F_SGD, _ON, SWAP_FAR, "final hedge", final=True),
    DealRow(10, "FX_SPOT_FUNDING", "HDGIC", "HDGIC", Pair.F_SGD, _ON, SPOT_ALL, "funding spot"),
)
_C_COI = (
    DealRow(1, "NDF", EXTERNAL, "CO_FX", Pair.F_USD, _NDF, None, "external NDF"),
    DealRow(2, "FX_SWAP", EXTERNAL, "FUNDING_DESK", Pair.USD_SGD, _US, None, "USD funding"),
    DealRow(3, "NDF", "CO_FX", "UHDIC", Pair.F_USD, _NDF, NDF_ALL, "internal mirror"),
    DealRow(4, "FX_SPOT_EMBEDDED", "UHDIC", "UHDIC", Pair.F_USD, _ES, NDF_SPOT, "embedded spot extraction"),
    DealRow(5, "NDF", "UHDIC", "INSTC", Pair.F_USD, _H, NDF_SPOT, "internal leg at historical rate"),
    DealRow(6, "LNBR", "FUNDING_DESK", "INSTC", Pair.USD, None, None, "funding, leg 1"),
    DealRow(7, "LNBR", "INSTC", "FUNDING_DESK", Pair.USD, None, None, "funding, leg 2 (swap points)"),
    DealRow(8, "FX_SPOT_HEDGE", "INSTC", "INSTC", Pair.F_USD, _H, SPOT_COI, "historical adjustment"),
    DealRow(9, "NDF", "INSTC", "HDGIC", Pair.F_USD, _NDF, NDF_FORWARD, "final hedge", final=True),
    DealRow(10, "FX_SPOT_FUNDING", "FUNDING_DESK", "HDGIC", Pair.USD_SGD, _US, SPOT_ALL, "funding transfer"),
)
_A_RE = (
    DealRow(1, "FX_SWAP", EXTERNAL, "UHDRE", Pair.F_SGD, _P, SPOT_ALL, "external hedge deal"),
    DealRow(2, "FX_SWAP", "UHDRE", "INSTC", Pair.F_SGD, _H, SWAP_NEAR, "close of the dummy position"),
    DealRow(3, "FX_SWAP", "INSTC", "HDGRE", Pair.F_SGD, _P, SWAP_FAR, "final hedge", final=True),
)
_B_RE = (
    DealRow(1, "FX_SWAP_CNH", EXTERNAL, "UHDRE", Pair.CNH_USD, _OFF, SPOT_ALL, "external offshore deal"),
    DealRow(2, "FX_SWAP", "UHDRE", "INSTC", Pair.F_SGD, _H, SWAP_NEAR, "close of the dummy position"),
    DealRow(3, "FX_SWAP", "INSTC", "HDGRE", Pair.F_SGD, _ON, SWAP_FAR, "final hedge", final=True),
)
_C_RE = (
    DealRow(1, "NDF", EXTERNAL, "UHDRE", Pair.F_USD, _NDF, None, "external NDF"),
    DealRow(2, "FX_SPOT_EMBEDDED", "UHDRE", "UHDRE", Pair.F_USD, _ES, NDF_SPOT, "embedded spot extraction"),
    DealRow(3, "NDF", "UHDRE", "INSTC", Pair.F_USD, _H, NDF_SPOT, "close of the dummy position"),
    DealRow(4, "LNBR", "FUNDING_DESK", "HDGRE", Pair.USD, None, None, "USD funding"),
    DealRow(5, "NDF", "INSTC", "HDGRE", Pair.F_USD, _NDF, NDF_FORWARD, "final hedge", final=True),
)

DEAL_ROWS: Final[Mapping[Model, tuple[DealRow, ...]]] = MappingProxyType(
    {
        Model.A_COI: _A_COI,
        Model.B_COI: _B_COI,
        Model.C_COI: _C_COI,
        Model.A_RE: _A_RE,
        Model.B_RE: _B_RE,
        Model.C_RE: _C_RE,
    }
)

FAMILY_OF: Final[Mapping[CurrencyType, Family]] = MappingProxyType(
    {CurrencyType.MATCHED: Family.A, CurrencyType.MISMATCHED: Family.B, CurrencyType.PROXY: Family.C}
)

# Family -> the rates it needs, as (kind, pair with {F} for the exposure currency, rate type in
# currency_rates).
RateNeed = tuple[RateKind, str, str]
_USD_SGD: Final[RateNeed] = (RateKind.USD_SGD, "USD/SGD", "prevailing")
RATE_NEEDS: Final[Mapping[Family, tuple[RateNeed, ...]]] = MappingProxyType(
    {
        Family.A: (
            (_P, "{F}/SGD", "prevailing"),
            (_H, "{F}/SGD", "historical"),
            (RateKind.SWAP_POINTS, "{F}/SGD", "swap_points"),
            _USD_SGD,
        ),
        Family.B: (
            (_ON, "{F}/SGD", "onshore"),
            (_OFF, "{F}/SGD", "offshore"),
            (_H, "{F}/SGD", "historical"),
            (RateKind.SWAP_POINTS, "{F}/SGD", "swap_points"),
            _USD_SGD,
        ),
        Family.C: (
            (_NDF, "USD/{F}", "ndf"),
            (_ES, "USD/{F}", "embedded_spot"),
            (_H, "USD/{F}", "historical"),
            (RateKind.SWAP_POINTS, "USD/{F}", "swap_points"),
            (RateKind.USD_SWAP_POINTS, "USD/SGD", "swap_points"),
            _USD_SGD,
        ),
    }
)
# What the USD equivalent alone needs (a utilisation books nothing): onshore for CNY, NDF for proxies.
USD_RATE_NEEDS: Final[Mapping[Family, tuple[RateNeed, ...]]] = MappingProxyType(
    {
        Family.A: (RATE_NEEDS[Family.A][0], _USD_SGD),
        Family.B: (RATE_NEEDS[Family.B][0], _USD_SGD),
        Family.C: (RATE_NEEDS[Family.C][0],),
    }
)
# The rate an outsider would quote for the hedge: the event's own rate and the spot its points are measured
# against.
REFERENCE_RATE: Final[Mapping[Family, RateKind]] = MappingProxyType({Family.A: _P, Family.B: _ON, Family.C: _NDF})


def model_of(currency_type: CurrencyType, nav_type: NavType) -> Model:
    """Return the model of a class and NAV type (domain facts 4.1)."""
    return Model(f"{FAMILY_OF[currency_type].value}-{nav_type.value}")
