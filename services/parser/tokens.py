"""The words of a sentence: which of them are amounts, currencies, entities and NAV types. Pure.

An amount in words is digits in English notation, with a unit or without: 25M, 1.5 bn, 1,250,000. Notations that
another reader takes for another number (25.000, 1.250M, 1,250M) are problems, never guesses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from services.parser.codes import shown
from services.parser.fields import AMOUNT_DIGITS_MAX
from shared.events.parsing_codes import ParsingCode
from shared.hedging.order import NavType
from shared.money.currencies import is_currency

#: Powers of ten of the units. `m` is million, as desks write it; `MM` and `T` have two readings and are none.
UNITS: Final = {
    "k": 3, "K": 3, "thousand": 3, "M": 6, "m": 6, "mn": 6, "mio": 6, "million": 6, "millions": 6,
    "B": 9, "bn": 9, "billion": 9, "billions": 9,
}  # fmt: skip

#: Digits between thousands commas; as many decimals may be thousands to another reader.
_GROUP_DIGITS: Final = 3

_PIECE: Final = re.compile(r"\S+")
_TRAILING: Final = ",:"
_NUMBER: Final = re.compile(
    rf"(?P<number>(?:0|[1-9][0-9]{{0,{AMOUNT_DIGITS_MAX - 1}}}|[1-9][0-9]{{0,2}}(?P<groups>(?:,[0-9]{{3}}){{1,5}}))"
    r"(?:\.(?P<decimals>[0-9]{1,9}))?)(?P<unit>[A-Za-z]*)"
)
_GLUED: Final = re.compile(r"(?P<currency>[A-Z]{3})(?P<rest>[0-9].*)")
_CODE: Final = re.compile(r"[A-Z]{3}")
_ENTITY: Final = re.compile(r"ENTITY[0-9]{1,8}")
_RANGE: Final = re.compile(r"[0-9][A-Za-z]*[-–—/~][0-9]")
#: Brackets may be around a name only: around an amount, accountants mean it negative.
_NAMED_IN_BRACKETS: Final = re.compile(r"\((?:[A-Z]{2,3}|ENTITY[0-9]{1,8})\)")
_SYMBOLS: Final = frozenset("$€£¥₩₫₱₹")


class TokenKind(Enum):
    """Kinds of tokens. PROBLEM: it is in the place of a value, and cannot be read as one."""

    WORD = auto()
    AMOUNT = auto()
    CURRENCY = auto()
    ENTITY = auto()
    NAV = auto()
    PROBLEM = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token and its characters. `bare`: an amount of digits alone, which a cut could have shortened."""

    kind: TokenKind
    text: str
    start: int
    end: int
    amount: Decimal | None = None
    bare: bool = False
    code: ParsingCode | None = None
    """Of a problem, why it is one."""
    scaled: bool = False
    """An amount with a unit or with thousands: nothing but an amount is written so."""

    @property
    def small(self) -> str:
        """The text in small letters."""
        return self.text.lower()


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start: int
    end: int
    closed: bool
    """A comma or colon stood behind it."""


def tokens_of(text: str, start: int, end: int) -> tuple[Token, ...]:
    """Return the tokens between two places of a text. A number and the unit behind it are one token."""
    found: list[Token] = []
    pieces = list(_pieces(text, start, end))
    index = 0
    while index < len(pieces):
        piece, index = pieces[index], index + 1
        glued = _GLUED.fullmatch(piece.text)
        if glued and is_currency(glued["currency"]):
            middle = piece.start + 3
            found.append(Token(TokenKind.CURRENCY, glued["currency"], piece.start, middle))
            piece = _Piece(glued["rest"], middle, piece.end, piece.closed)
        following = pieces[index] if index < len(pieces) and not piece.closed else None
        if following and piece.text[-1:].isdigit() and piece.text[:1].isdigit() and _unit(following.text) is not None:
            piece = _Piece(f"{piece.text}{following.text}", piece.start, following.end, following.closed)
            index += 1
        found.append(_token(piece))
    return tuple(found)


def _pieces(text: str, start: int, end: int) -> Iterator[_Piece]:
    for match in _PIECE.finditer(text, start, end):
        piece = match.group()
        bare = piece.rstrip(_TRAILING)
        if not bare:
            yield _Piece(piece, match.start(), match.end(), True)
            continue
        first, last = match.start(), match.start() + len(bare)
        closed = len(bare) != len(piece)
        plain = bare.strip("*") or bare
        first, last = first + bare.index(plain), first + bare.index(plain) + len(plain)
        bare = plain
        if _NAMED_IN_BRACKETS.fullmatch(bare):
            bare, first, last = bare[1:-1], first + 1, last - 1
        yield _Piece(bare, first, last, closed)


def _token(piece: _Piece) -> Token:
    text, start, end = piece.text, piece.start, piece.end
    if _CODE.fullmatch(text) and is_currency(text):
        return Token(TokenKind.CURRENCY, text, start, end)
    if text in NavType.__members__:
        return Token(TokenKind.NAV, text, start, end)
    if _ENTITY.fullmatch(text):
        return Token(TokenKind.ENTITY, text, start, end)
    if any(sign in _SYMBOLS for sign in text):
        return Token(TokenKind.PROBLEM, text, start, end, code=ParsingCode.INVALID_CURRENCY)
    if any(character.isdigit() for character in text):
        return _amount(text, start, end)
    return Token(TokenKind.WORD, text, start, end)


def _amount(text: str, start: int, end: int) -> Token:
    found = _NUMBER.fullmatch(text)
    unit = _unit(found["unit"]) if found else None
    if found is None or (unit is None and found["unit"]):
        code = ParsingCode.AMBIGUOUS if _RANGE.search(text) else ParsingCode.INVALID_AMOUNT
        return Token(TokenKind.PROBLEM, text, start, end, code=code)
    if len(found["decimals"] or "") == _GROUP_DIGITS or (found["groups"] and unit):
        return Token(TokenKind.PROBLEM, text, start, end, code=ParsingCode.AMBIGUOUS)
    amount = Decimal(found["number"].replace(",", "")).scaleb(unit or 0)
    if unit and amount == amount.to_integral_value():
        amount = Decimal(int(amount))
    bare = unit is None and found["decimals"] is None
    if amount == 0 or len(str(int(amount))) > AMOUNT_DIGITS_MAX:
        return Token(TokenKind.PROBLEM, text, start, end, code=ParsingCode.INVALID_AMOUNT)
    return Token(TokenKind.AMOUNT, text, start, end, amount, bare, scaled=bool(unit or found["groups"]))


def _unit(text: str) -> int | None:
    """Return the power of ten of a unit. Case matters in `m`, `k` and `B` only."""
    return UNITS.get(text if len(text) == 1 else text.lower())


def problem_text(token: Token) -> str:
    """Return why a token cannot be read, and what would be right."""
    if token.code is ParsingCode.INVALID_CURRENCY:
        return f"{shown(token.text)} does not name one currency. Write its three letters, such as USD."
    if token.code is ParsingCode.AMBIGUOUS:
        return f"{shown(token.text)} has more than one meaning. Write one amount, such as 25M or 1,250,000."
    return f"{shown(token.text)} is not an amount. Write digits with commas or a unit, such as 1,250,000 or 25M."
