"""Which of the blocks of a text is meant, and whether one is: the last word counts, and what takes it back. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from services.parser.codes import ResponseRefused, shown
from services.parser.near_names import BLOCK_KEY
from services.parser.retractions import CASTS_DOUBT, Span, takes_back
from services.parser.surroundings import BEHIND_MAX, Ambiguity, doubts, is_too_long_behind
from shared.events.base import Notice
from shared.events.parsing_codes import ParsingCode

TAKEN_BACK: Final = "TAKEN_BACK"
#: Characters before a block in which words that take it back are a warning; words further off are about something else.
_BEFORE_MAX: Final = 400
#: Characters of an analysis in which such words are looked for; as many are shown.
_ANALYSIS_MAX: Final = 32_768

_OWN_FENCE: Final = re.compile(r"(?P<marks>`{3,}|~{3,})[^\n`]{0,60}\n?\s*\Z")
_OPENED_LAST: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*[\w+-]{1,20}\s*\Z")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the response and its place. Thoughts and blocks are line breaks in it, so offsets stay right."""

    text: str
    path: str

    def place(self, start: int, end: int) -> str:
        """Return the place of some of its characters."""
        span = f"characters {start}-{end}"
        return f"{self.path} > {span}" if self.path else span


@dataclass(frozen=True, slots=True)
class Block:
    """An object with recommended actions, and its place in the text."""

    value: dict[str, Any]
    start: int
    end: int


def meant_of(said: Passage, blocks: Sequence[Block], played: Sequence[Span]) -> tuple[Block | None, tuple[Notice, ...]]:
    """Return the one block that is meant, None when there is none, and what its approver should know.

    Args:
        blocks: in order.
        played: calls of tools that speak of actions.
    Raises:
        ResponseRefused: AMBIGUOUS, with both places.
    """
    if not blocks:
        if played:
            _refuse(said, played[-1], Ambiguity("is in a call of a tool, and HAWK lets no model call one", *played[-1]))
        return None, ()
    if is_too_long_behind(said.text, blocks[0].end):
        reason = f"is followed by more than {BEHIND_MAX} characters, which are not read and may take it back"
        _refuse(said, (blocks[0].start, blocks[0].end), Ambiguity(reason, blocks[0].end, len(said.text)))
    found = doubts(said.text, [(block.start, block.end) for block in blocks])
    # A block after the response is not a draft of it, whatever is around it.
    first = next((index for index, doubt in enumerate(found) if doubt is None or not doubt.draft), len(blocks) - 1)
    block = _only(said, blocks[first:])
    doubt = found[-1]
    if doubt is not None:
        _refuse(said, (block.start, block.end), doubt)
    back = takes_back(said.text, block.end)
    if back is not None:
        _refuse(said, (block.start, block.end), Ambiguity("is followed by words that may take it back", *back))
    return block, tuple(_warnings(said, block))


def refuse_open_fence(said: Passage, block: Block, *, carried: bool) -> None:
    """Refuse a text that ends where it opened another fence, and one that nothing but its own fence could prove whole.

    Args:
        carried: the shape around the text proves that it is whole; a fence that its model left open proves nothing.
    Raises:
        ResponseRefused: INCOMPLETE, the text was cut off.
    """
    behind = said.text[block.end :]
    own = _OWN_FENCE.search(said.text, max(0, block.start - 200), block.start)
    if _OPENED_LAST.search(behind[-200:]) or (own and not carried and own["marks"][:3] not in behind):
        raise ResponseRefused(
            ParsingCode.INCOMPLETE,
            "The text ends within a code fence, so it was cut off. Ask the model again.",
            said.place(block.end, len(said.text)),
        )


def doubt_of(said: Passage, start: int, end: int) -> Ambiguity | None:
    """Return why the shape around an order in words leaves open whether it is meant."""
    text = said.text[:start] + "\n" * (end - start) + said.text[end:]
    return doubts(text, [(start, end)])[0]


def explained(said: Passage, what: str, doubt: Ambiguity) -> str:
    """Return a doubt in a sentence, with the place of the words that cast it."""
    words = shown(" ".join(said.text[doubt.start : min(doubt.end, doubt.start + 200)].split()))
    behind = f": {words}" if words.strip("'") else ""
    return (
        f"{what} {doubt.reason}{behind} ({said.place(doubt.start, doubt.end)}). "
        "State the order once, and nothing after it that leaves it open."
    )


def _only(said: Passage, blocks: Sequence[Block]) -> Block:
    """Return the last of blocks that say the same; what is behind the last one is about all of them."""
    first = blocks[0]
    for other in blocks[1:]:
        if other.value[BLOCK_KEY] != first.value[BLOCK_KEY]:
            raise ResponseRefused(
                ParsingCode.AMBIGUOUS,
                f"The text holds {len(blocks)} action blocks, and they differ: {said.place(first.start, first.end)} "
                f"and {said.place(other.start, other.end)}. Send exactly one.",
                said.place(other.start, other.end),
            )
    return blocks[-1]


def _refuse(said: Passage, span: Span, doubt: Ambiguity) -> NoReturn:
    place = said.place(*span)
    raise ResponseRefused(ParsingCode.AMBIGUOUS, explained(said, f"The action block at {place}", doubt), place)


def _warnings(said: Passage, block: Block) -> list[Notice]:
    """Return warnings for words that cast doubt but refuse nothing: before, within and, if milder, behind the block."""
    before = takes_back(said.text, max(0, block.start - _BEFORE_MAX), block.start)
    behind = CASTS_DOUBT.search(said.text, block.end)
    spans = (*([before] if before else []), *([behind.span()] if behind else []))
    notices = [taken_back_notice(said.text[start:end], said.place(start, end)) for start, end in spans]
    analysis = block.value.get("analysis")
    return notices + (analysis_warnings(analysis, f"{said.place(block.start, block.end)} > $.analysis")
                      if isinstance(analysis, str) else [])  # fmt: skip


def analysis_warnings(analysis: str, path: str) -> list[Notice]:
    """Return what the analysis of a block says against its own actions."""
    found = takes_back(analysis[:_ANALYSIS_MAX])
    return [taken_back_notice(analysis[slice(*found)], path)] if found else []


def taken_back_notice(words: str, place: str) -> Notice:
    """Return a warning that words may take the actions back."""
    return Notice(
        code=TAKEN_BACK,
        message=f"The text says {shown(words)} ({place}), which may take the actions back. Read it before approving.",
        path=place,
    )
