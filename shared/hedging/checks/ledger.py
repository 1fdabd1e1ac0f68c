"""Checks of what is posted: journal rules, accounts, periods, BE codes (domain facts 7.2 to 7.8)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache
from itertools import combinations, pairwise
from typing import Final

from shared.hedging.checks.rows import ActiveRow, Finding, ReferenceRows
from shared.hedging.gl_entries import GlPurpose, Ledger, accounts_of, amount_keys, be_code_of
from shared.hedging.journal import JournalRefused, first_pair, select_rule
from shared.hedging.models import Model, RateKind, model_of
from shared.hedging.order import NavType
from shared.hedging.typed_rows import GlPeriod, GlRule

INITIATION: Final = "Initiation"
SCOPE_KEYS: Final = frozenset(
    {"event_type", "posting_model", "currency_type", "nav_type", "entity_type", "entity_id"}
)  # fmt: skip
_SIDES: Final = {"DR": 1, "CR": -1}
#: Keys that always have equal amounts: the funding is the embedded spot (domain facts 7.4).
_EQUAL_AMOUNT: Final = {"embedded_spot_base": "funding_base", "embedded_spot_local": "funding_local"}


@cache
def key_names(model: Model) -> frozenset[str]:
    """Return the amount keys of a model's GL package (domain facts 4.4)."""
    rates = dict.fromkeys(RateKind, Decimal(1))
    return frozenset(amount_keys(model, Decimal(1), dict.fromkeys(Ledger, rates)))


def rule(held: ActiveRow) -> Iterator[Finding]:
    """Check scope, sides and amount keys, and that both ledgers balance for every model that the rule may post."""
    row: GlRule = held.value
    scope = dict(row.scope)
    for name in sorted(scope.keys() - SCOPE_KEYS):
        yield held.finding("scope", f"{name!r} is not a property of a posting. Use {', '.join(sorted(SCOPE_KEYS))}.")
    stated = scope.get("posting_model")
    if stated is not None and stated not in set(Model):
        yield held.finding("scope", f"{stated!r} is not a booking model. Correct posting_model.")
        return
    wrong = sorted({line.side for line in row.lines} - _SIDES.keys())
    for side in wrong:
        yield held.finding("lines", f"A line has side {side!r}, expected DR or CR. Correct it.")
    models = [Model(stated)] if stated is not None else list(Model)
    known = frozenset.intersection(*(key_names(model) for model in models))
    for name in sorted({line.amount_key for line in row.lines} - known):
        yield held.finding("lines", f"{name!r} is not an amount of {stated or 'every model'}. Correct the line.")
    if not wrong:
        yield from _balance(held, row)
    try:
        first_pair(row)
    except JournalRefused:
        message = "The first amount of its IFRS lines lacks a DR or a CR line. Complete the pair."
        yield held.finding("lines", message)


def _balance(held: ActiveRow, row: GlRule) -> Iterator[Finding]:
    for ledger in Ledger:
        sums: Counter[str] = Counter()
        for line in row.lines:
            if line.ledger is ledger:
                sums[_EQUAL_AMOUNT.get(line.amount_key, line.amount_key)] += _SIDES[line.side]
        for name in sorted(name for name, total in sums.items() if total):
            message = f"{ledger.value}: {name} is not equally often on DR and on CR lines. Balance them."
            yield held.finding("lines", message)


def accounts_known(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that every account of a rule, BE code or ledger entry is in gl_coa and active."""
    active = {each.key for each in rows.in_force("gl_coa")}
    cure = "is not active in gl_coa. Add or activate it, or correct the row."
    for held in rows.standing("gl_rules"):
        for account in sorted({line.account for line in held.value.lines} - active):
            yield held.finding("lines", f"Account {account} {cure}")
    for held in rows.standing("hedge_be_config"):
        if held.value.account not in active:
            yield held.finding("gl_account", f"Account {held.value.account} {cure}")
    used: dict[str, Model] = {}
    for model in _models(rows):
        for purpose in GlPurpose:
            if purpose is not GlPurpose.INCEPTION:
                used |= dict.fromkeys(accounts_of(model, purpose, ("", "")), model)
    for account in sorted(used.keys() - active):
        message = f"Ledger entries of {used[account].value} use the account; it is not active. Add or activate it."
        yield Finding("gl_coa", account, "account_code", message)


def be_codes_there(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that every BE code that an entry names is active."""
    active = {each.value.code for each in rows.in_force("hedge_be_config")}
    used = {code: model for model in _models(rows) for purpose in GlPurpose if (code := be_code_of(model, purpose))}
    for code in sorted(used.keys() - active):
        message = f"Ledger entries of {used[code].value} name the code; it is not active. Add or activate it."
        yield Finding("hedge_be_config", code, "be_code", message)


def _models(rows: ReferenceRows) -> list[Model]:
    return sorted({model_of(kind, nav_type) for _, kind in rows.in_use() for nav_type in NavType})


def no_tied_rules(rows: ReferenceRows) -> Iterator[Finding]:
    """Find postings for which the two best rules are of one rank (domain facts 7.2)."""
    held = rows.in_force("gl_rules")
    rules = [each.value for each in held]
    for first, second in combinations(held, 2):
        one, other = dict(first.value.scope), dict(second.value.scope)
        same_rank = (len(one), first.value.priority) == (len(other), second.value.priority)
        if not same_rank or any(one[name] != other[name] for name in one.keys() & other.keys()):
            continue
        context = one | other
        if _best(rules, context) is None:
            said = ", ".join(f"{name} {value}" for name, value in sorted(context.items())) or "every posting"
            message = f"Rule {first.key} ties with it for {said}. Give them unlike priorities or scopes."
            yield second.finding("priority", message)


def rules_there(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that an inception of every model and currency in use finds its rule."""
    rules = [each.value for each in rows.in_force("gl_rules")]
    missing: dict[str, list[str]] = {}
    for settings, kind in rows.in_use():
        for nav_type in NavType:
            model = model_of(kind, nav_type).value
            context = {"event_type": INITIATION, "posting_model": model, "currency_type": settings.currency}
            possible = [each for each in rules if _may_fit(each, context | {"nav_type": nav_type.value})]
            if not possible:
                missing.setdefault(model, []).append(settings.currency)
    for model, codes in sorted(missing.items()):
        message = f"No rule posts an inception of {model} in {', '.join(codes)}. Add one."
        yield Finding("gl_rules", f"{INITIATION}:{model}", "scope", message)


def _may_fit(candidate: GlRule, context: Mapping[str, str]) -> bool:
    """Return True if a rule fits some entity of that context."""
    return all(context.get(name, value) == value for name, value in candidate.scope)


def _best(rules: list[GlRule], context: Mapping[str, str]) -> GlRule | None:
    try:
        return select_rule(rules, context)
    except JournalRefused:
        return None


def periods_follow(rows: ReferenceRows) -> Iterator[Finding]:
    """Check that periods neither overlap nor leave a day out (domain facts 7.7: such a day cannot be posted)."""
    held = sorted(rows.in_force("gl_periods"), key=lambda each: (each.value.start, each.value.end, each.key))
    for each in held:
        if each.value.end < each.value.start:
            yield each.finding("end_date", f"It ends on {each.value.end}, before it starts. Correct the dates.")
    for before, after in pairwise(held):
        first: GlPeriod = before.value
        second: GlPeriod = after.value
        if second.start <= first.end:
            message = f"It starts on {second.start}, within {first.period_id}, which ends on {first.end}. Correct one."
            yield after.finding("start_date", message)
        elif second.start > first.end + timedelta(days=1):
            message = f"It starts on {second.start}; {first.period_id} ends on {first.end}. Add the period between."
            yield after.finding("start_date", message)
