"""The six booking models as pictures and tables, from the definitions that plan and execute. Pure.

Pictures are Mermaid flowcharts: portfolios are the boxes, deals the arrows, with their number, their type, what is
exchanged and at which rate.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from shared.hedging.gl_entries import GlPurpose as Purpose
from shared.hedging.gl_entries import Ledger, accounts_of, amount_keys, key_name
from shared.hedging.models import DEAL_ROWS, EXTERNAL, FAMILY_OF, RATE_NEEDS, DealRow, Family, Model, RateKind
from shared.hedging.operations import ChildShape, count_operations, draw_operations
from shared.money.amounts import ZERO, text_of

#: How a rate is written on an arrow.
SHORT: Final[Mapping[RateKind, str]] = MappingProxyType(
    {
        RateKind.PREVAILING: "P",
        RateKind.HISTORICAL: "H",
        RateKind.ONSHORE: "ON",
        RateKind.OFFSHORE: "OFF",
        RateKind.NDF: "NDF",
        RateKind.EMBEDDED_SPOT: "ES",
        RateKind.USD_SGD: "US",
    }
)
ENTRIES: Final = len(Purpose) * len(Ledger)
#: The inception amount as a formula; a test computes it from this text.
FORMULAS: Final[Mapping[Model, str]] = MappingProxyType(
    {
        Model.A_COI: "N × (P − H)",
        Model.B_COI: "N × (OFF − ON)",
        Model.C_COI: "N / NDF × US",
        Model.A_RE: "N × (P − H)",
        Model.B_RE: "N × (OFF − ON)",
        Model.C_RE: "(N / NDF − N / H) × US",
    }
)
#: An order of each model to show the arithmetic with: currency, notional, rates.
EXAMPLES: Final[Mapping[Model, tuple[str, str, Mapping[RateKind, str]]]] = MappingProxyType(
    {
        Model.A_COI: ("HKD", "10000000", {RateKind.PREVAILING: "0.1750", RateKind.HISTORICAL: "0.1600"}),
        Model.B_COI: (
            "CNY",
            "50000000",
            {RateKind.OFFSHORE: "0.1900", RateKind.ONSHORE: "0.1880", RateKind.HISTORICAL: "0.1850"},
        ),
        Model.C_COI: (
            "KRW",
            "12000000000",
            {
                RateKind.NDF: "1250",
                RateKind.EMBEDDED_SPOT: "1245",
                RateKind.HISTORICAL: "1230",
                RateKind.USD_SGD: "1.35",
            },
        ),
        Model.A_RE: ("AUD", "5000000", {RateKind.PREVAILING: "0.9500", RateKind.HISTORICAL: "0.9200"}),
        Model.B_RE: (
            "CNY",
            "50000000",
            {RateKind.OFFSHORE: "0.1900", RateKind.ONSHORE: "0.1880", RateKind.HISTORICAL: "0.1850"},
        ),
        Model.C_RE: (
            "TWD",
            "150000000",
            {
                RateKind.NDF: "31.50",
                RateKind.EMBEDDED_SPOT: "31.40",
                RateKind.HISTORICAL: "31.00",
                RateKind.USD_SGD: "1.35",
            },
        ),
    }
)
_NO_POINTS: Final = MappingProxyType({RateKind.SWAP_POINTS: ZERO, RateKind.USD_SWAP_POINTS: ZERO})


def flow_chart(rows: Sequence[DealRow]) -> str:
    """Draw the deals of a model as a Mermaid flowchart. Deals between two portfolios share an arrow."""
    final = next(row.target for row in rows if row.final)
    lines = ["flowchart LR"]
    for portfolio in dict.fromkeys(name for row in rows for name in (row.source, row.target)):
        lines.append(f"    {portfolio}{_box(portfolio, final)}")
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        arrows.setdefault((row.source, row.target), []).append(_label(row))
    lines += [f'    {source} -- "{"<br/>".join(labels)}" --> {target}' for (source, target), labels in arrows.items()]
    return "\n".join(lines)


def _box(portfolio: str, final: str) -> str:
    if portfolio == EXTERNAL:
        return '(["external bank"])'
    return f'[["{portfolio}"]]' if portfolio == final else f'["{portfolio}"]'


def _label(row: DealRow) -> str:
    rate = "" if row.rate is None else f" at {SHORT[row.rate]}"
    return f"{row.sequence} {row.deal_type}, {row.pair.value}{rate}"


def pictures() -> str:
    """Draw all six models, each under its name."""
    parts = []
    for model, rows in DEAL_ROWS.items():
        parts.append(f"**{model.value}**, {len(rows)} deals\n\n```mermaid\n{flow_chart(rows)}\n```")
    return "\n\n".join(parts)


def models_table() -> str:
    """Return what each model books, and what it needs."""
    class_of = {family: currency_type for currency_type, family in FAMILY_OF.items()}
    return table(
        ("model", "currency class", "NAV", "deals", "final portfolio", "rates it needs"),
        (
            (
                model.value,
                class_of[model.family].value,
                model.nav_type.value,
                str(len(rows)),
                next(row.target for row in rows if row.final),
                _needs(model.family),
            )
            for model, rows in DEAL_ROWS.items()
        ),
    )


def _needs(family: Family) -> str:
    return ", ".join(f"{pattern.replace('{F}', 'F')} {rate_type}" for _, pattern, rate_type in RATE_NEEDS[family])


def amounts_table() -> str:
    """Return the first amount of each model, its accounts, and the arithmetic on one order."""
    return table(
        ("model", "inception amount in SGD", "its name in the package", "example", "gives"),
        (
            (
                model.value,
                FORMULAS[model],
                f"`{key_name(model, Purpose.INCEPTION, Ledger.IFRS)}`",
                f"{Decimal(notional):,f} {currency}, {_rates(rates)}",
                f"{Decimal(example_amount(model)):,f}",
            )
            for model, (currency, notional, rates) in EXAMPLES.items()
        ),
    )


def _rates(rates: Mapping[RateKind, str]) -> str:
    return ", ".join(f"{SHORT[kind]} {rate}" for kind, rate in rates.items())


def example_amount(model: Model) -> str:
    """Return the inception amount of the model's example in SGD, as it would be booked."""
    currency, notional, rates = EXAMPLES[model]
    known = {kind: Decimal(rate) for kind, rate in rates.items()} | dict(_NO_POINTS)
    keys = amount_keys(model, Decimal(text_of(Decimal(notional), currency)), dict.fromkeys(Ledger, known))
    return keys[key_name(model, Purpose.INCEPTION, Ledger.IFRS)]


def entries_table() -> str:
    """Return debit and credit of the entries whose accounts do not come from the model's journal rule."""
    rows = []
    for purpose in (each for each in Purpose if each is not Purpose.INCEPTION):
        pairs: dict[tuple[str, str], list[str]] = {}
        for model in Model:
            pairs.setdefault(accounts_of(model, purpose, ("", "")), []).append(model.value)
        for (debit, credit), models in pairs.items():
            named = "all" if len(models) == len(Model) else ", ".join(models)
            rows.append((purpose.value, named, debit, credit))
    return table(("purpose", "models", "debit", "credit"), rows)


def operations_table() -> str:
    """Return the operations of one hedge by stage and kind; in the last column without stage 1A."""
    rows = []
    for model, deals in DEAL_ROWS.items():
        shape = ChildShape(part=1, entity_id="", deals=tuple(row.purpose for row in deals), gl_entries=("",) * ENTRIES)
        counts = count_operations(draw_operations("", [shape]))
        closing = count_operations(draw_operations("", [shape], checked=False))
        stages = [str(stage.total) for stage in counts.stages]
        kinds = [str(kind) for kind in (counts.read, counts.insert, counts.update)]
        rows.append((model.value, *stages, *kinds, f"**{counts.total}**", str(closing.total)))
    return table(("model", "1A", "1B", "2", "READ", "INSERT", "UPDATE", "total", "without 1A"), rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Build a Markdown table from its head and its rows of cells."""
    lines = [_row(heads), _row(["---"] * len(heads))]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
