"""One sentence that orders one hedge: a strict grammar that can say no. Pure.

`Create hedge instruction for USD 25M COI at ENTITY0037.` An order is a command at the beginning of a sentence, made of
words of a closed list, one amount, one currency, and at most one NAV type and one entity. A command with anything
else in it is refused; a sentence that is not a command is analysis. The text around the sentence may not take it back.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.parser.codes import ResponseRefused, shown
from services.parser.fields import Faults, read_amount
from services.parser.meant import Passage, doubt_of, explained
from services.parser.surroundings import without_marks
from services.parser.tokens import Token, TokenKind, problem_text, tokens_of
from services.parser.vocabulary import (
    ADJECTIVES,
    ARTICLES,
    DOUBTS,
    FILLERS,
    HEDGES,
    NOUNS,
    PAPERS,
    TAKEN_BACK,
    TAKEN_BACK_AFTER,
    VERBS,
)
from shared.events.parsing_codes import ParsingCode
from shared.hedging.order import CLOSING_TYPES, REQUIRED_FIELDS, InstructionType, NavType, Order, Provenance
from shared.money.currencies import decimals_of, is_currency

#: Characters of a text in which an order is looked for; an order is in a sentence, not in a book.
TEXT_CHARACTERS_MAX: Final = 32_768
#: Sentences of one text that begin with a verb of an order and are none; more are no analysis but noise.
BEGINNINGS_MAX: Final = 200
#: Characters of an order from its verb to its full stop; the longest the grammar can say has about 150.
SENTENCE_CHARACTERS_MAX: Final = 400

_CURRENCY_LETTERS: Final = 3

_LEAD: Final = r"(?:recommendations?|recommended actions?|next steps?|actions?|instructions?|orders?|proposal)"
_BULLET: Final = r"(?:[-*•]|[0-9]{1,2}[.)])[ ]{1,4}"
_COMMAND: Final = re.compile(
    rf"(?P<lead>\b{_LEAD}\*{{0,3}}(?: ?:\*{{0,3}}\s{{1,8}}|[ \t]{{0,8}}\n\s{{0,8}})(?:{_BULLET})?\*{{0,3}})?"
    r"(?P<please>\b(?:please|therefore,?|so,?|now,?|(?:we|i) recommend to)[ ])?"
    rf"(?P<verb>\b(?:{'|'.join(sorted(VERBS, key=len, reverse=True))})(?![\w-]))",
    re.IGNORECASE,
)
#: Characters before a command in which the end of the sentence before it is looked for.
_HEAD_CHARACTERS: Final = 32
_BULLET_BEFORE: Final = re.compile(rf"(?:\A|(?<=\n))[ \t]*{_BULLET}[*#]*\Z")
_BETWEEN_SENTENCES: Final = " \t\r\n*#"
#: `1. 0 million`: what ends a sentence for one reader is inside a number for another.
_DIGIT_BEHIND: Final = re.compile(r"\s{0,8}\d")
_END: Final = re.compile(r"(?P<mark>[.!?…]+)(?P<after>[\"'”’)\]*_]*)(?=\s|\Z)|;|\n[ \t]*(?=\n|[-*•#|>]|\Z)")
_LETTER_OR_DIGIT: Final = re.compile(r"[^\W_]")
_PROPER_MARKS: Final = frozenset({".", "!"})


@dataclass(frozen=True, slots=True)
class WordsOrder:
    """An order read from words, the place of its sentence, and what each field was read from."""

    order: Order
    start: int
    end: int
    spans: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Command:
    verb: str
    verb_start: int
    tokens: tuple[Token, ...]
    end: int
    mark: str
    after: str


def read_words(said: Passage, *, carried: bool) -> WordsOrder | None:
    """Return the one order that a text gives in words; None when nothing in it is a command to hedge.

    Args:
        carried: whether the text came whole in a shape that proves its end (JSON, a stream), so that only the model,
            not the wire, can have cut it.
    Raises:
        ResponseRefused: AMBIGUOUS, INCOMPLETE, MISSING_FIELDS, INVALID_AMOUNT, INVALID_CURRENCY, with the characters.
    """
    if len(said.text) > TEXT_CHARACTERS_MAX:
        return None
    written, said = said, Passage(without_marks(said.text), said.path)
    commands = _commands(said)
    if not commands:
        return None
    command = commands[0]
    if len(commands) > 1:
        other = commands[1]
        _refuse(said, ParsingCode.AMBIGUOUS, "The words give more than one order. Give exactly one.",
                other.verb_start, other.end)  # fmt: skip
    _check_end(said, command, carried=carried)
    kind = _kind(said, command)
    found = _order(said, command, kind)
    _check_surroundings(said, command, carried=carried)
    unclear = doubt_of(written, command.verb_start, command.end)
    if unclear is not None:
        reason = explained(written, f"The order at {said.place(command.verb_start, command.end)}", unclear)
        _refuse(said, ParsingCode.AMBIGUOUS, reason, command.verb_start, command.end)
    return found


def _commands(said: Passage) -> list[_Command]:
    """Return the first two orders: a second one is one too many, and so is unread noise behind a first one."""
    found: list[_Command] = []
    begun = (start for start in _COMMAND.finditer(said.text) if _begins(said.text, start))
    for count, start in enumerate(begun):
        command = _command(said.text, start)
        last = count == BEGINNINGS_MAX
        if _orders_a_hedge(said.text, command) or (last and found):
            found.append(command)
        if len(found) > 1 or last:
            break
    return found


def _begins(text: str, start: re.Match[str]) -> bool:
    """Return whether a command begins the text, or follows a sentence that ended, or a heading.

    Without a heading it begins with a capital letter: the full stop in `approx. create` ends no sentence.
    """
    head = text[max(0, start.start() - _HEAD_CHARACTERS) : start.start()]
    if not head.strip(_BETWEEN_SENTENCES):  # a thought that was taken out leaves a long gap
        head = text[: start.start()].rstrip(_BETWEEN_SENTENCES)[-_HEAD_CHARACTERS:] + head
    head = _BULLET_BEFORE.sub("", head)
    before = head.rstrip(_BETWEEN_SENTENCES)
    if not before:
        return True
    if start["lead"]:
        return before[-1:] in set(".!?") or "\n" in head[len(before) :]
    return before[-1:] in set(".!?") and head != before and (start["please"] or start["verb"])[0].isupper()


def _command(text: str, start: re.Match[str]) -> _Command:
    limit = min(len(text), start.end() + SENTENCE_CHARACTERS_MAX)
    mark = _END.search(text, start.end(), limit)
    end = mark.start() if mark else limit
    return _Command(
        verb=start["verb"].lower(),
        verb_start=start.start("verb"),
        tokens=tokens_of(text, start.end(), end),
        end=mark.end("mark") if mark and mark["mark"] else end,
        mark=mark.group("mark") or mark.group().strip() if mark else "",
        after=(mark["after"] or "") if mark else "",
    )


def _orders_a_hedge(text: str, command: _Command) -> bool:
    """Return whether the words after the verb are an order, or were to become one when the text ended."""
    closed = command.mark or _LETTER_OR_DIGIT.search(text, command.end)
    known = [_is_known(token) for token in command.tokens]
    if not closed and all(known[:-1]) and (not known or known[-1] or _may_go_on(command.tokens[-1])):
        return True
    if command.verb in ADJECTIVES and not (command.tokens and command.tokens[0].small in ARTICLES):
        return False
    noun = next((index for index, token in enumerate(command.tokens) if _is_noun(command.verb, token)), None)
    if noun is None or not all(known[: noun + 1]):
        return False
    while noun + 1 < len(known) and (
        command.tokens[noun + 1].small in PAPERS or _is_noun("", command.tokens[noun + 1])
    ):
        noun += 1
    if noun + 1 < len(known) and not known[noun + 1]:
        return False  # `open hedge volume`, `execute hedge accounting`: another noun that only begins with hedge
    return any(token.kind in {TokenKind.AMOUNT, TokenKind.CURRENCY, TokenKind.PROBLEM} for token in command.tokens)


def _is_noun(verb: str, token: Token) -> bool:
    if verb in VERBS and VERBS[verb] is InstructionType.U and token.small == "capacity":
        return True
    closes = verb in VERBS and VERBS[verb] in CLOSING_TYPES
    return token.small in HEDGES or token.small in NOUNS or (closes and token.small in PAPERS)


def _is_known(token: Token) -> bool:
    """Return whether the token could be in an order or in a refusal of one; other words make the sentence prose."""
    small = token.small
    return (
        token.kind is not TokenKind.WORD
        or small in FILLERS | DOUBTS | HEDGES | PAPERS
        or small in NOUNS
        or small in {"capacity", "this", "that", "existing"}
    )


def _may_go_on(token: Token) -> bool:
    """Return whether a token that ends the text could be the beginning of a word of an order."""
    words = FILLERS | DOUBTS | HEDGES | PAPERS | NOUNS.keys() | {"capacity"}
    return token.text.isupper() or any(word.startswith(token.small) for word in words)


def _check_end(said: Passage, command: _Command, *, carried: bool) -> None:
    text, end = said.text, command.end
    if "?" in command.mark:
        _refuse(said, ParsingCode.AMBIGUOUS, "The words ask a question; an order is a statement.",
                command.verb_start, end)  # fmt: skip
    if command.mark not in _PROPER_MARKS:
        reason = "The order has no full stop at its end, so it may have been cut off. Send the whole sentence."
        _refuse(said, ParsingCode.INCOMPLETE, reason, command.verb_start, end)
    last = command.tokens[-1] if command.tokens else None
    if last and last.kind is TokenKind.AMOUNT and last.bare and _DIGIT_BEHIND.match(text, end):
        reason = "A digit follows the point after the amount, so the number may continue there. Put the currency last."
        _refuse(said, ParsingCode.AMBIGUOUS, reason, last.start, end)
    if (
        not carried
        and end == len(text)
        and last
        and last.kind is TokenKind.AMOUNT
        and last.bare
        and command.mark == "."
    ):
        reason = "The text ends at the point of an amount, so decimals may have been cut off. Put the currency last."
        _refuse(said, ParsingCode.INCOMPLETE, reason, last.start, end)


def _kind(said: Passage, command: _Command) -> InstructionType:
    """Return the type of instruction that verb and nouns name."""
    named = {NOUNS[token.small] for token in command.tokens if token.small in NOUNS}
    verb = VERBS[command.verb]
    kinds = named or {verb}
    if verb is not InstructionType.I:
        kinds = kinds | {verb}
    if verb is InstructionType.U and any(token.small in HEDGES for token in command.tokens):
        kinds = kinds | {InstructionType.I}
    if len(kinds) > 1:
        _refuse(said, ParsingCode.AMBIGUOUS, f"The words name several orders: {', '.join(sorted(kinds))}. Give one.",
                command.verb_start, command.end)  # fmt: skip
    (kind,) = kinds
    if kind in CLOSING_TYPES:
        needed = ", ".join("hedge_amount_order" if name == "amount" else name for name in REQUIRED_FIELDS[kind])
        reason = f"Instruction type {kind} needs fields that words do not give. State as an action: {needed}."
        _refuse(said, ParsingCode.MISSING_FIELDS, reason, command.verb_start, command.end)
    return kind


def _order(said: Passage, command: _Command, kind: InstructionType) -> WordsOrder:
    _check_words(said, command)
    _refuse_doubled(said, command)
    by_kind = {token.kind: token for token in reversed(command.tokens)}
    needed = {TokenKind.CURRENCY: "exposure_currency", TokenKind.AMOUNT: "hedge_amount_order"}
    missing = [name for kind, name in needed.items() if kind not in by_kind]
    if missing:
        reason = f"The words order a hedge without {' and '.join(missing)}. Name both, such as USD 25M."
        _refuse(said, ParsingCode.MISSING_FIELDS, reason, command.verb_start, command.end)
    currency, amount = by_kind[TokenKind.CURRENCY], by_kind[TokenKind.AMOUNT]
    _check_amount(said, command, currency, amount)
    entity, nav = by_kind.get(TokenKind.ENTITY), by_kind.get(TokenKind.NAV)
    verb = (command.verb_start, command.verb_start + len(command.verb))
    noun = next((token for token in command.tokens if token.small in NOUNS), None)
    spans = {"instruction_type": verb if noun is None else (noun.start, noun.end)}
    fields = {"exposure_currency": currency, "amount": amount, "entity_id": entity, "nav_type": nav}
    spans |= {name: (token.start, token.end) for name, token in fields.items() if token is not None}
    order = Order(
        instruction_type=kind,
        exposure_currency=currency.text,
        amount=amount.amount,
        entity_id=entity.text if entity else None,
        nav_type=NavType(nav.text) if nav else None,
        provenance=dict.fromkeys(spans, Provenance.WORDS.value),
    )
    return WordsOrder(order, command.verb_start, command.end, spans)


def _check_words(said: Passage, command: _Command) -> None:
    for token in command.tokens:
        if token.kind is TokenKind.PROBLEM:
            _refuse(said, token.code or ParsingCode.AMBIGUOUS, problem_text(token), token.start, token.end)
    for token, beside in zip(command.tokens, command.tokens[1:], strict=False):
        if beside.kind is TokenKind.AMOUNT and _like_currency(token):
            reason = f"{shown(token.text)} is not a currency. Write the three capital letters of ISO 4217, such as USD."
            _refuse(said, ParsingCode.INVALID_CURRENCY, reason, token.start, token.end)
    for token in command.tokens:
        plain = token.small in FILLERS | HEDGES | PAPERS or token.small in NOUNS
        if (
            token.kind is TokenKind.WORD
            and not plain
            and not (token.small == "capacity" and VERBS[command.verb] is InstructionType.U)
        ):
            reason = f"{shown(token.text)} makes the order unclear. Order one hedge in plain words, such as: create "
            _refuse(said, ParsingCode.AMBIGUOUS, f"{reason}hedge instruction for USD 25M COI at ENTITY0037.",
                    token.start, token.end)  # fmt: skip


def _like_currency(token: Token) -> bool:
    """Return a word before an amount that was meant as its currency: `XYZ 25M`, `usd 25M`."""
    capitals = token.kind is TokenKind.WORD and len(token.text) == _CURRENCY_LETTERS and token.text.isalpha()
    return capitals and not _is_known(token) and (token.text.isupper() or is_currency(token.text.upper()))


def _refuse_doubled(said: Passage, command: _Command) -> None:
    names = {
        TokenKind.AMOUNT: "amount",
        TokenKind.CURRENCY: "currency",
        TokenKind.ENTITY: "entity",
        TokenKind.NAV: "NAV type",
    }
    for kind, name in names.items():
        same = [token for token in command.tokens if token.kind is kind]
        if len(same) > 1 and (kind is TokenKind.AMOUNT or len({token.text for token in same}) > 1):
            reason = f"The words name more than one {name}: {shown(same[0].text)} and {shown(same[1].text)}. Name one."
            _refuse(said, ParsingCode.AMBIGUOUS, reason, same[1].start, same[1].end)


def _check_amount(said: Passage, command: _Command, currency: Token, amount: Token) -> None:
    index = command.tokens.index(amount)
    beside = command.tokens[max(0, index - 1) : index + 2]
    if not amount.scaled and not any(token.kind is TokenKind.CURRENCY for token in beside):
        reason = (
            f"{shown(amount.text)} may be any number. Write the amount beside its currency, such as USD 25,000,000."
        )
        _refuse(said, ParsingCode.AMBIGUOUS, reason, amount.start, amount.end)
    faults = Faults()
    literal = format(amount.amount or Decimal(0), "f")
    read_amount(literal, said.place(amount.start, amount.end), faults, decimals_of(currency.text))
    if faults.refusals:
        refused = faults.refusals[0]
        raise ResponseRefused(ParsingCode[refused.code], refused.message, refused.path)


def _check_surroundings(said: Passage, command: _Command, *, carried: bool) -> None:
    """Refuse an order that is not in the writer's own words, or that the text before or after it takes back."""
    text, start, end = said.text, command.verb_start, command.end
    before = text[:start]
    quoted = before.count('"') % 2 or before.count("“") > before.count("”") or before.count("(") > before.count(")")
    if quoted or command.after.strip("*_"):
        _refuse(said, ParsingCode.AMBIGUOUS, "The order is within quotes or brackets. Give it in your own words.",
                start, end)  # fmt: skip
    doubt = TAKEN_BACK.search(before) or TAKEN_BACK.search(text, end) or TAKEN_BACK_AFTER.search(text, end)
    if doubt:
        reason = f"{shown(doubt.group())} leaves open whether the order is meant. Give the order without it."
        _refuse(said, ParsingCode.AMBIGUOUS, reason, *doubt.span())
    rest = text[end:].rstrip().rstrip("\"'”’)]*_`")
    if not carried and rest and rest[-1] not in ".!":
        reason = "The text after the order has no end mark, so it may have been cut off. Send all of it."
        _refuse(said, ParsingCode.INCOMPLETE, reason, end, len(text))


def _refuse(said: Passage, code: ParsingCode, reason: str, start: int, end: int) -> None:
    raise ResponseRefused(code, reason, said.place(start, end))
