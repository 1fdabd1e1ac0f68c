"""Reference rows of the ledger: accounts, periods, BE codes, journal rules."""

from calendar import monthrange
from datetime import date
from typing import Final

from demo.reference.rendering import EFFECTIVE, Rendered
from demo.reference.tables import (
    ACCOUNTS,
    BE_CODES,
    INCEPTION_RULES,
    GlRule,
)

TERMINATION_PRIORITY: Final = 100  # added to the priority of the rule a termination mirrors
#: Events that post the lines of the inception: a rollover the difference to the carried amounts, an amendment its
#: new hedge. Added to the rule's id and priority.
LIKE_INCEPTION: Final = {"Rollover": 200, "Amendment": 300}


def accounts() -> Rendered:
    """Yield gl_coa: the accounts, without segments."""
    for code, description in ACCOUNTS.items():
        yield (
            "gl_coa",
            {"account_code": code, "description": description, "segments": {}, "active_flag": True},
        )


def periods(today: date) -> Rendered:
    """Yield every month from the previous to the next year, open."""
    for year in range(today.year - 1, today.year + 2):
        for month in range(1, 13):
            yield (
                "gl_periods",
                {
                    "period_id": f"{year}-{month:02d}",
                    "start_date": date(year, month, 1).isoformat(),
                    "end_date": date(year, month, monthrange(year, month)[1]).isoformat(),
                    "is_open": True,
                },
            )


def be_codes() -> Rendered:
    """Yield hedge_be_config: the BE codes with their accounts, in the IFRS ledger."""
    for code, (account, use) in BE_CODES.items():
        yield (
            "hedge_be_config",
            {
                "be_code": code,
                "product_code": "99001",
                "event_type": "DR" if "_DR_" in code else "CR",
                "gl_account": account,
                "ledger": "IFRS",
                "business_unit": "Treasury",
                "profit_centre": "TMU",
                "narration_1": use,
                "status": "Active",
                "active_flag": "Y",
            },
        )


def rules() -> Rendered:
    """Yield gl_rules: those of inceptions, their mirrors for terminations, copies for rollovers and amendments."""
    mirrored = [_mirrored(each) for each in INCEPTION_RULES]
    repeated = [_repeated(each, event, offset) for event, offset in LIKE_INCEPTION.items() for each in INCEPTION_RULES]
    for rule in (*INCEPTION_RULES, *mirrored, *repeated):
        rule_id, priority, scope, lines = rule
        names = ("ledger", "side", "account", "amount_key", "profit_center")
        yield (
            "gl_rules",
            {
                "rule_id": int(rule_id),
                "enabled": True,
                "priority": priority,
                "scope": scope,
                "lines": [dict(zip(names, line, strict=True)) for line in lines],
                "effective_from": EFFECTIVE,
                "effective_to": None,
                "version_tag": "v1",
                "narrative_vars": ["CCY", "NOTIONAL", "DIFF_SGD", "EVENT_ID", "MODEL"],
            },
        )


def _repeated(rule: GlRule, event_type: str, offset: int) -> GlRule:
    """Return equal lines for another event."""
    rule_id, priority, scope, lines = rule
    return str(int(rule_id) + offset), priority + offset, {**scope, "event_type": event_type}, lines


def _mirrored(rule: GlRule) -> GlRule:
    """Return the rule of a termination: the inception's lines with debit and credit exchanged."""
    rule_id, priority, scope, lines = rule
    other = {"DR": "CR", "CR": "DR"}
    exchanged = tuple((ledger, other[side], account, key, centre) for ledger, side, account, key, centre in lines)
    mirrored_scope = {**scope, "event_type": "Termination"}
    return (
        str(int(rule_id) + TERMINATION_PRIORITY),
        priority + TERMINATION_PRIORITY,
        mirrored_scope,
        exchanged,
    )
