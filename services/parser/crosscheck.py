"""What the texts of a response say about its orders, compared with the actions. Pure, linear.

A difference is a warning with both places, never a refusal: the action counts, a person decides. A text states an
order where it commands or recommends one, or speaks of a hedge and an amount; sentences about capacities, limits,
the past or what is not to happen state none, for a false alarm on each card would be read by nobody.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from services.parser.meant import Passage
from services.parser.tokens import Token, TokenKind, tokens_of
from services.parser.validation import Action
from services.parser.vocabulary import ASIDE, MEASURES, ORDERED, ORDERING, TENORS
from shared.events.base import Notice
from shared.exact_json import storable
from shared.hedging.order import Order

CODE: Final = "TEXT_CONTRADICTS"
#: Characters of a text that are compared; what travels with a proposal has no more.
TEXT_CHARACTERS_MAX: Final = 32_768
#: Characters of one sentence; a longer one is a table or a list, where nobody orders.
SENTENCE_CHARACTERS_MAX: Final = 1_000
#: Sentences with money or entities that are looked at; an analysis has a few dozen.
SENTENCES_MAX: Final = 200
#: Tokens between the word that orders and its amount.
REACH_TOKENS: Final = 10

_SENTENCE_END: Final = re.compile(r"(?:[.;!?]+(?=\s|\Z)|\n)\s*")
#: A sentence without any of these states nothing: three capitals as of a currency, or a number with a unit.
_TELLING: Final = re.compile(r"[A-Z]{3}|[0-9] ?[kKmMbBt]")
_LETTERS: Final = re.compile(r"[a-z&']+")
_ENTITY_LENGTH: Final = len("ENTITY0000")


@dataclass(frozen=True, slots=True)
class Mention:
    """What one sentence says about an order. `clear`: it speaks of an order, else it only names money; `commanded`: a
    verb orders it.
    """

    said: Passage
    start: int
    end: int
    amount: Decimal | None
    currency: str | None
    entity: str | None
    clear: bool
    commanded: bool

    @property
    def shown(self) -> str:
        """The words and their place."""
        return f"'{storable(self.said.text[self.start : self.end])}' ({self.said.place(self.start, self.end)})"


def statements(said: Passage, start: int = 0) -> tuple[Mention, ...]:
    """Return what a text says about orders, from a place on."""
    telling = (span for span in _sentences(said.text, start) if _TELLING.search(said.text, *span))
    return tuple(each for span in islice(telling, SENTENCES_MAX) for each in _stated(said, *span))


def contradictions(action: Action, orders: Sequence[Order], stated: Sequence[Mention]) -> tuple[Notice, ...]:
    """Return where a text contradicts an instruction: in amount, currency or entity.

    Args:
        orders: all of the response, that of the action among them; what is said of another one contradicts nothing.
        stated: of one text, or of texts that say the same thing together.
    """
    order = action.order
    if order is None:
        return ()
    found = (_amount(order, orders, stated), _currency(order, orders, stated), _entity(order, orders, stated))
    return tuple(_notice(action, *each) for each in found if each is not None)


_Difference = tuple[Mention, str, str]


def _amount(order: Order, orders: Sequence[Order], stated: Sequence[Mention]) -> _Difference | None:
    same = [each for each in stated if each.amount is not None and each.currency == order.exposure_currency]
    open_ones = [each for each in stated if each.amount is not None and each.currency is None and each.clear]
    relevant = [each for each in same if each.clear] or open_ones or same
    meant = [each.amount for each in orders if each.exposure_currency == order.exposure_currency and each.amount]
    fine = {*meant, sum(meant, Decimal(0))}
    if order.amount is None or not relevant or any(each.amount in fine for each in relevant):
        return None
    return relevant[0], "hedge_amount_order", format(order.amount, "f")


def _currency(order: Order, orders: Sequence[Order], stated: Sequence[Mention]) -> _Difference | None:
    """Compare currencies behind a verb or beside the order's own number: a hedge has results in others too."""
    named = [
        each
        for each in stated
        if each.currency is not None and (each.commanded or (each.clear and each.amount == order.amount))
    ]
    meant = {each.exposure_currency for each in orders}
    if order.exposure_currency is None or not named or any(each.currency in meant for each in named):
        return None
    return named[0], "exposure_currency", order.exposure_currency


def _entity(order: Order, orders: Sequence[Order], stated: Sequence[Mention]) -> _Difference | None:
    """Compare entities in their full form only: a shorter name may be an alias, which the reference data know."""
    if order.entity_id is not None and len(order.entity_id) != _ENTITY_LENGTH:
        return None
    named = [
        each
        for each in stated
        if each.clear and each.entity is not None and each.currency in {None, order.exposure_currency}
    ]
    meant = {each.entity_id for each in orders if each.entity_id is not None}
    if not named or any(each.entity in meant or len(each.entity or "") != _ENTITY_LENGTH for each in named):
        return None
    return named[0], "entity_id", order.entity_id or "no entity"


def _notice(action: Action, stated: Mention, field: str, value: str) -> Notice:
    stated_as_data = isinstance(action.raw, dict) and "data" in action.raw
    path = f"{action.path}.data.{field}" if stated_as_data else action.path
    return Notice(
        code=CODE,
        message=f"The text says {stated.shown}, the action says {value} ({path}). The action counts; "
        "check which of the two is meant before approving.",
        path=path,
    )


def _sentences(text: str, start: int) -> Iterator[tuple[int, int]]:
    limit = min(len(text), TEXT_CHARACTERS_MAX)
    for end in _SENTENCE_END.finditer(text, start, limit):
        yield start, end.start()
        start = end.end()
    yield start, limit


def _stated(said: Passage, start: int, end: int) -> Iterable[Mention]:
    """Return the statements of a sentence. Behind an ordering word only the first amount is the order's."""
    sentence = said.text[start:end]
    if len(sentence) > SENTENCE_CHARACTERS_MAX or not any(character.isdigit() for character in sentence):
        return ()
    words = set(_LETTERS.findall(sentence.lower()))
    if words & ASIDE:
        return ()
    tokens = tokens_of(said.text, start, end)
    ordering = next((place for place, token in enumerate(tokens) if token.small in ORDERING), None)
    if ordering is None and words & MEASURES:
        return ()
    if ordering is not None:
        tokens = tokens[ordering : ordering + REACH_TOKENS] if words & MEASURES else tokens
    return _in_tokens(
        said, tokens, clear=bool(words & ORDERED), commanded=ordering is not None, tenors=bool(words & TENORS)
    )


def _in_tokens(
    said: Passage, tokens: Sequence[Token], *, clear: bool, commanded: bool, tenors: bool
) -> tuple[Mention, ...]:
    currencies = {token.text for token in tokens if token.kind is TokenKind.CURRENCY}
    only = next(iter(currencies)) if len(currencies) == 1 else None
    entities = {token.text: token for token in tokens if token.kind is TokenKind.ENTITY}
    entity, named = next(iter(entities.items())) if len(entities) == 1 else (None, None)
    found = []
    for place, token in enumerate(tokens):
        beside = _beside(tokens, place)
        if token.kind is not TokenKind.AMOUNT or not (beside or (token.scaled and not tenors)):
            continue
        named_by = [token, *([beside] if beside else []), *([named] if named and clear else [])]
        first, last = min(each.start for each in named_by), max(each.end for each in named_by)
        found.append(
            Mention(said, first, last, token.amount, beside.text if beside else only, entity, clear, commanded)
        )
        if commanded:
            break
    if not found and named is not None and clear:
        found.append(Mention(said, named.start, named.end, None, only, entity, clear, commanded))
    return tuple(found)


def _beside(tokens: Sequence[Token], place: int) -> Token | None:
    near = (tokens[other] for other in (place - 1, place + 1) if 0 <= other < len(tokens))
    return next((token for token in near if token.kind is TokenKind.CURRENCY), None)
