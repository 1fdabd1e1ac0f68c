"""The eight balanced pairs a completed hedge writes to gl_entries: four purposes, two ledgers (interfaces
section 7).

All amounts in SGD, computed from unrounded terms and rounded once, half up, to cents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.hedging.models import Family, Model, RateKind
from shared.hedging.order import NavType
from shared.money.amounts import ZERO, over, quantize, text_of, times

SGD: Final = "SGD"
GL_ENTRY_COUNT: Final = 8  # four purposes, two ledgers


class Ledger(StrEnum):
    """Every amount is kept twice, each ledger with its own rates."""

    IFRS = "IFRS"
    LOCAL = "LOCAL"


class GlPurpose(StrEnum):
    """The four purposes; times two ledgers they are the eight rows."""

    INCEPTION = "P1"
    SWAP_POINTS = "P2"
    INCEPTION_FX_DIFFERENCE = "P3"
    TRANSLATION_RECLASS = "P4"


@dataclass(frozen=True, slots=True)
class GlEntry:
    """One balanced pair in SGD. `amount_sgd` is zero or above: a negative amount has its accounts swapped."""

    gl_entry_id: str
    entry_sequence: int
    purpose: GlPurpose
    entry_type: str
    ledger: Ledger
    debit_account: str
    credit_account: str
    amount_sgd: Decimal
    swapped: bool
    posting_date: date
    source_field: str
    be_code: str | None
    narrative: str


@dataclass(frozen=True, slots=True)
class GlEntryDetail:
    """One side of a pair, a row of gl_entries_detail."""

    detail_id: str
    gl_entry_id: str
    ledger: Ledger
    side: str
    account_code: str
    amount: Decimal
    currency: str
    entity_type: str
    entity_classification: str
    mx_reference: str
    posting_rationale: str


FX_PROFIT_AND_LOSS: Final = "55401015"
CFH_RESERVE_SWAP_POINTS: Final = "33231008"
CFH_RESERVE: Final = "33201001"
INCEPTION_FX_GAIN: Final = "20183000"
TRANSLATION_RESERVE: Final = "33101"
INVESTMENT_CAPITAL: Final[Mapping[Family, str]] = MappingProxyType(
    {Family.A: "21001000", Family.B: "21001100", Family.C: "21001300"}
)
ENTRY_TYPES: Final[Mapping[GlPurpose, str]] = MappingProxyType(
    {
        GlPurpose.INCEPTION: "HEDGE_INCEPTION",
        GlPurpose.SWAP_POINTS: "SWAP_POINTS_TO_RESERVE",
        GlPurpose.INCEPTION_FX_DIFFERENCE: "INCEPTION_FX_DIFFERENCE",
        GlPurpose.TRANSLATION_RECLASS: "TRANSLATION_RECLASS",
    }
)
# Account -> BE code of domain facts 7.8, for the entries those codes name.
BE_CODES: Final[Mapping[GlPurpose, str]] = MappingProxyType(
    {
        GlPurpose.SWAP_POINTS: "SG_HAWK_DR_FXPLTOCFHRESERVEFCTRFXGAIN",
        GlPurpose.INCEPTION_FX_DIFFERENCE: "SG_HAWK_CR_HEDGEINCFXDIFFGAIN_BR",
    }
)
INCEPTION_BE_CODES: Final[Mapping[Model, str]] = MappingProxyType(
    {
        Model.A_COI: "SG_HAWK_DR_UHDCOIINCEP_TMU",
        Model.B_COI: "SG_HAWK_CR_UHDCOICNYINCEP_TMU",
        Model.C_COI: "SG_HAWK_DR_UHDCOIPROXY_TMU",
        Model.A_RE: "SG_HAWK_DR_UHDREINCEP_TMU",
        Model.B_RE: "SG_HAWK_CR_UHDRECNYINCEP_TMU",
        Model.C_RE: "SG_HAWK_DR_UHDREPROXY_TMU",
    }
)
# The key a rule line names, per purpose: the model's own for the inception, general ones for the rest.
INCEPTION_KEYS: Final[Mapping[Model, tuple[str, str]]] = MappingProxyType(
    {
        Model.A_COI: ("diff_base", "diff_base_local"),
        Model.B_COI: ("spread_base", "spread_base_local"),
        Model.C_COI: ("proxy_pv_base", "proxy_pv_local"),
        Model.A_RE: ("re_adj_base", "re_adj_local"),
        Model.B_RE: ("re_adj_base", "re_adj_local"),
        Model.C_RE: ("re_adj_base", "re_adj_local"),
    }
)

RateSet = Mapping[RateKind, Decimal]


def keys_of_rollover(today: Mapping[str, str], carried: Mapping[str, str]) -> dict[str, str]:
    """Return what a rollover posts: the amounts of today's rates less the carried amounts of the hedge, key by key.

    A key the hedge did not have counts as unchanged: nothing is posted for what is not known.
    """
    return {
        name: text_of(Decimal(value) - Decimal(carried.get(name, value)), SGD) for name, value in sorted(today.items())
    }


def _times_difference(notional: Decimal, first: Decimal, second: Decimal) -> Decimal:
    return times(notional, first - second)


def _proxy_difference(notional: Decimal, rates: RateSet, first: RateKind, second: RateKind) -> Decimal:
    """Compute (N / first − N / second) · USD/SGD, nothing rounded in between."""
    usd = over(notional, rates[first]) - over(notional, rates[second])
    return times(usd, rates[RateKind.USD_SGD])


def inception_amount(model: Model, notional: Decimal, rates: RateSet) -> Decimal:
    """P1 in SGD, unrounded: N(P−H) for A, N(OFF−ON) for B, N/NDF·US for C-COI, (N/NDF−N/H)·US for C-RE."""
    if model.family is Family.A:
        return _times_difference(notional, rates[RateKind.PREVAILING], rates[RateKind.HISTORICAL])
    if model.family is Family.B:
        return _times_difference(notional, rates[RateKind.OFFSHORE], rates[RateKind.ONSHORE])
    if model.nav_type is NavType.COI:
        return times(over(notional, rates[RateKind.NDF]), rates[RateKind.USD_SGD])
    return _proxy_difference(notional, rates, RateKind.NDF, RateKind.HISTORICAL)


def swap_points_amount(model: Model, notional: Decimal, rates: RateSet) -> Decimal:
    """P2 in SGD, unrounded: N · swap points for A and B; the funding, equal to the embedded spot, for C."""
    if model.family is Family.C:
        return _proxy_difference(notional, rates, RateKind.EMBEDDED_SPOT, RateKind.NDF)
    return times(notional, rates[RateKind.SWAP_POINTS])


def fx_difference_amount(model: Model, notional: Decimal, rates: RateSet) -> Decimal:
    """P3 in SGD, unrounded: N(P−H) for A, N(OFF−H) for B, (N/NDF−N/H)·US for C."""
    if model.family is Family.A:
        return _times_difference(notional, rates[RateKind.PREVAILING], rates[RateKind.HISTORICAL])
    if model.family is Family.B:
        return _times_difference(notional, rates[RateKind.OFFSHORE], rates[RateKind.HISTORICAL])
    return _proxy_difference(notional, rates, RateKind.NDF, RateKind.HISTORICAL)


def reclass_amount(model: Model, notional: Decimal, rates: RateSet) -> Decimal:
    """P4 in SGD, unrounded: N(P−H) for A, N(OFF−ON) for B, (N/ES−N/NDF)·US for C."""
    if model.family is Family.C:
        return _proxy_difference(notional, rates, RateKind.EMBEDDED_SPOT, RateKind.NDF)
    return inception_amount(model, notional, rates)


AMOUNTS: Final = MappingProxyType(
    {
        GlPurpose.INCEPTION: inception_amount,
        GlPurpose.SWAP_POINTS: swap_points_amount,
        GlPurpose.INCEPTION_FX_DIFFERENCE: fx_difference_amount,
        GlPurpose.TRANSLATION_RECLASS: reclass_amount,
    }
)


def key_name(model: Model, purpose: GlPurpose, ledger: Ledger) -> str:
    """Name of the amount key behind an entry."""
    if purpose is GlPurpose.INCEPTION:
        return INCEPTION_KEYS[model][0 if ledger is Ledger.IFRS else 1]
    funding = "funding" if model.family is Family.C else "swap_points"
    stem = {
        GlPurpose.SWAP_POINTS: funding,
        GlPurpose.INCEPTION_FX_DIFFERENCE: "inception_fx",
        GlPurpose.TRANSLATION_RECLASS: "reclass",
    }[purpose]
    return f"{stem}_{'base' if ledger is Ledger.IFRS else 'local'}"


def amount_keys(model: Model, notional: Decimal, rates: Mapping[Ledger, RateSet]) -> dict[str, str]:
    """Return the named amounts of the GL package, in SGD text, signed, sorted by name (domain facts 4.4).

    C models add embedded_spot_base, always equal to funding_base: the seed rule balances only then.
    """
    keys = {
        key_name(model, purpose, ledger): text_of(amount_of(model, notional, rates[ledger]), SGD)
        for purpose, amount_of in AMOUNTS.items()
        for ledger in Ledger
    }
    if model.family is Family.C:
        keys["embedded_spot_base"] = keys["funding_base"]
        keys["embedded_spot_local"] = keys["funding_local"]
    return dict(sorted(keys.items()))


def accounts_of(model: Model, purpose: GlPurpose, first_pair: tuple[str, str]) -> tuple[str, str]:
    """Debit and credit account of a positive amount. `first_pair` is that of the model's journal rule."""
    if purpose is GlPurpose.INCEPTION:
        return first_pair
    if purpose is GlPurpose.SWAP_POINTS:
        return FX_PROFIT_AND_LOSS, CFH_RESERVE_SWAP_POINTS
    if purpose is GlPurpose.INCEPTION_FX_DIFFERENCE:
        return CFH_RESERVE, INCEPTION_FX_GAIN
    translated = INVESTMENT_CAPITAL[model.family] if model.nav_type is NavType.COI else CFH_RESERVE
    return translated, TRANSLATION_RESERVE


def draw_gl_entries(
    model: Model,
    keys: Mapping[str, str],
    first_pair: tuple[str, str],
    *,
    prefix: str,
    posting_date: date,
    narrative: str,
    closing: bool = False,
) -> tuple[GlEntry, ...]:
    """Eight entries, purpose by purpose, IFRS before LOCAL. A zero stays; a negative amount swaps the
    accounts.

    `closing`: the amounts leave the books, so each pair is mirrored. `first_pair` is that of the rule itself: the
    rule of a termination is mirrored already.
    """
    entries: list[GlEntry] = []
    for purpose in GlPurpose:
        for ledger in Ledger:
            key = key_name(model, purpose, ledger)
            amount = Decimal(keys[key])
            debit, credit = accounts_of(model, purpose, first_pair)
            if closing and purpose is not GlPurpose.INCEPTION:
                debit, credit = credit, debit
            swapped = amount < ZERO
            sequence = len(entries) + 1
            entries.append(
                GlEntry(
                    gl_entry_id=f"{prefix}_{sequence:02d}",
                    entry_sequence=sequence,
                    purpose=purpose,
                    entry_type=ENTRY_TYPES[purpose],
                    ledger=ledger,
                    debit_account=credit if swapped else debit,
                    credit_account=debit if swapped else credit,
                    amount_sgd=quantize(abs(amount), SGD),
                    swapped=swapped,
                    posting_date=posting_date,
                    source_field=key,
                    be_code=be_code_of(model, purpose),
                    narrative=f"{ENTRY_TYPES[purpose]} {ledger.value} {narrative}",
                )
            )
    return tuple(entries)


def be_code_of(model: Model, purpose: GlPurpose) -> str | None:
    """Return the BE code that names this purpose, if domain facts 7.8 list one."""
    return INCEPTION_BE_CODES[model] if purpose is GlPurpose.INCEPTION else BE_CODES.get(purpose)


def draw_gl_details(
    entries: tuple[GlEntry, ...], *, entity_type: str, classification: str, mx_reference: str
) -> tuple[GlEntryDetail, ...]:
    """Draw two rows per entry, the debit before the credit."""
    details: list[GlEntryDetail] = []
    for entry in entries:
        for side, account in (("DR", entry.debit_account), ("CR", entry.credit_account)):
            details.append(
                GlEntryDetail(
                    detail_id=f"{entry.gl_entry_id}_{side}",
                    gl_entry_id=entry.gl_entry_id,
                    ledger=entry.ledger,
                    side=side,
                    account_code=account,
                    amount=entry.amount_sgd,
                    currency=SGD,
                    entity_type=entity_type,
                    entity_classification=classification,
                    mx_reference=mx_reference,
                    posting_rationale=f"{entry.purpose.value} {entry.source_field}",
                )
            )
    return tuple(details)
