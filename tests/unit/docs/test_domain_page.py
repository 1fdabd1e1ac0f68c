"""docs/domain.md says what the code does: its pictures and tables are those of today's definitions."""

from decimal import Decimal

import pytest

from shared.errors import Defect
from shared.hedging.models import DEAL_ROWS, Model
from tools.docs.domain_page import BLOCKS, PAGE
from tools.docs.generated_parts import with_parts
from tools.docs.pictures import EXAMPLES, FORMULAS, SHORT, example_amount, flow_chart

WORDS_MAX = 3_500
"""Fifteen minutes at an unhurried pace, tables and pictures included."""


def test_page_is_not_stale_when_the_definitions_are_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_parts(page, BLOCKS), "docs/domain.md is stale: run `make docs`"


def test_page_can_be_read_in_fifteen_minutes() -> None:
    assert len(PAGE.read_text(encoding="utf-8").split()) <= WORDS_MAX


@pytest.mark.parametrize("model", list(Model))
def test_picture_shows_every_deal_between_its_portfolios(model: Model) -> None:
    rows = DEAL_ROWS[model]
    chart = flow_chart(rows)
    assert chart.startswith("flowchart LR\n")
    for row in rows:
        (arrow,) = [line for line in chart.splitlines() if f"{row.sequence} {row.deal_type}, " in line.replace('"', "")]
        assert arrow.strip().startswith(f"{row.source} -- ")
        assert arrow.endswith(f"--> {row.target}")
    assert chart.count("[[") == 1, "one final portfolio"


@pytest.mark.parametrize("model", list(Model))
def test_printed_formula_gives_the_amount_that_is_booked(model: Model) -> None:
    _, notional, rates = EXAMPLES[model]
    names = {"N": Decimal(notional)} | {SHORT[kind]: Decimal(rate) for kind, rate in rates.items()}
    printed = FORMULAS[model].replace("×", "*").replace("−", "-")
    assert eval(printed, {}, names).quantize(Decimal("0.01")) == Decimal(example_amount(model))  # noqa: S307


def test_page_goes_stale_when_a_deal_changes() -> None:
    rows = DEAL_ROWS[Model.A_RE]
    changed = (
        *rows[:-1],
        rows[-1].__class__(3, "FX_SWAP", "INSTC", "HDGIC", rows[-1].pair, rows[-1].rate, None, "", True),
    )
    assert flow_chart(changed) != flow_chart(rows)
    assert flow_chart(rows) in PAGE.read_text(encoding="utf-8")
    assert flow_chart(changed) not in PAGE.read_text(encoding="utf-8")


def test_page_is_refused_when_a_generated_part_is_missing() -> None:
    page = "\n".join(f"<!-- generated: {name} -->\n<!-- end -->" for name in sorted(BLOCKS)[1:])
    with pytest.raises(Defect, match=min(BLOCKS)):
        with_parts(page, BLOCKS)
