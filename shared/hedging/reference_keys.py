"""The key of a row of any reference table, as hawk.reference writes it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.hedging.reference import SHAPES, key_of

#: Key columns of the tables that planning does not read; the others say theirs in `SHAPES`.
_OTHER_KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "currency_rate_pairs": ("pair_id",),
        "proxy_rate_history": ("proxy_rate_id",),
        "ps_gl_month_end_rates": ("month_end_rate_id",),
        "overlay_configuration": ("overlay_id",),
        "car_master": ("car_id",),
        "hedge_instruments": ("instrument_id",),
        "gl_rule_lints": ("lint_id",),
        "usd_pb_deposit": ("deposit_id",),
        "opening_hedges": ("event_id",),
    }
)
KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {**{table: shape.key for table, shape in SHAPES.items()}, **_OTHER_KEYS}
)


def key_in(table: str, row: Mapping[str, Any]) -> str:
    """Return the key columns joined by ":", without the IFRS ledger of a rate.

    Args:
        table: one of `KEYS`.
        row: its key columns at least; a column without a value gives an empty part.
    """
    if table in SHAPES:
        return key_of(table, row)
    return ":".join(str(row.get(column) or "").strip() for column in _OTHER_KEYS[table])
