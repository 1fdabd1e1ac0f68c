"""The one action block of a text: knows strings, code fences and what a model thinks aloud. Pure, linear.

A block is a JSON object with the key `recommended_actions`. The rest of a text is prose and never yields an
action. What looks like a block and is none refuses the response: nothing broken is passed over in silence.
"""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from services.parser.codes import ResponseRefused
from services.parser.meant import Block, Passage, meant_of, refuse_open_fence
from services.parser.near_names import ACTION_KEY, BLOCK_KEY, NearName, near_name, trace_of
from services.parser.reading import parse_embedded
from services.parser.retractions import Span
from services.parser.thoughts import THOUGHTS_MAX, Tag, Tags
from shared.events.base import Notice
from shared.events.parsing_codes import ParsingCode
from shared.exact_json import DuplicateKey, JsonProblem

#: JSON objects tried in one text. Responses have a few; each failed try costs a look at the text around it.
OBJECTS_MAX: Final = 1_000

#: Only an opening brace with a key and a colon can begin an object of interest. Each expression begins with a
#: literal character, which the engine finds fast; together they replace one that would try every place.
_OBJECT: Final = re.compile(r'\{[ \t\r\n]*+"[^"\n]{0,64}+"[ \t\r\n]*+:')
#: What is left of a block's fence in the prose before it and behind it.
_FENCE_ENDS: Final = re.compile(r"(?:`{3,}|~{3,})[^\n`]{0,60}\s*\Z")
_FENCE_BEGINS: Final = re.compile(r"\A\s*(?:`{3,}|~{3,})")
#: A text without any of these words, in plain letters and without escapes, holds no order in an object.
_WORDS_OF_ORDERS: Final = ("action", "instruction", "exposure", "hedge", "\\u")
#: What people, programs and pages write for a quote of JSON: typographer's ones, behind backslashes, as entities.
_QUOTES: Final = "\"'`\u00ab\u00bb\u2018-\u201f\u2033\uff02"
_QUOTE: Final = rf"(?:\\{{0,8}}[{_QUOTES}]|&(?:quot|apos|[lr][sd]quo|#x?[0-9a-f]{{2,5}});)"
#: Traces of actions in small letters, in whatever notation: no JSON that was read leaves them in the prose.
_LEFT_OVER: Final = {
    BLOCK_KEY: re.compile(rf"{BLOCK_KEY}{_QUOTE}?\s{{0,64}}[:=\uff1a]\s{{0,64}}(?:[\[{{{_QUOTES}\\-]|&)"),
    ACTION_KEY: re.compile(rf"{ACTION_KEY}(?<=[{_QUOTES};]{ACTION_KEY}){_QUOTE}?\s{{0,64}}[:=\uff1a]"),
}


@dataclass(frozen=True, slots=True)
class Extract:
    """What a text holds: its block, if any, and the prose around it without what was thought aloud.

    `before`, `behind`: the prose of the two sides of the block, without its fence.
    """

    block: Block | None
    prose: str
    said: Passage
    before: str = ""
    behind: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(slots=True)
class _Scan:
    """State of one pass: blocks found, and the prose between what was taken out, with its places."""

    blocks: list[Block]
    prose: list[str]
    starts: list[int]
    played: list[Span]

    def keep(self, text: str, start: int, end: int) -> None:
        """Note a piece of prose."""
        if start < end:
            self.prose.append(text[start:end])
            self.starts.append(start)

    def clear(self) -> None:
        """Take back all that was said."""
        self.blocks.clear()
        self.prose.clear()
        self.starts.clear()
        self.played.clear()

    def around(self, place: int) -> tuple[str, str]:
        """Return the prose before and behind a place."""
        pieces = list(zip(self.starts, self.prose, strict=True))
        return (
            "".join(piece for start, piece in pieces if start < place),
            "".join(piece for start, piece in pieces if start >= place),
        )

    def said(self, length: int) -> str:
        """Return the prose at its places, line breaks between."""
        pieces, position = [], 0
        for start, piece in zip(self.starts, self.prose, strict=True):
            pieces += ["\n" * (start - position), piece]
            position = start + len(piece)
        return "".join((*pieces, "\n" * (length - position)))


class _Objects:
    """The next place where an object may begin, searched for only once each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next = -1 if _may_speak_of_orders(text) else len(text)

    def start(self, position: int) -> int:
        """Return where the next object may begin at or after a position; the length of the text where there is none."""
        if self._next < position:
            found = _OBJECT.search(self._text, position)
            self._next = len(self._text) if found is None else found.start()
        return self._next


def extract(text: str, path: str = "", *, carried: bool = False) -> Extract:
    """Return the one action block of a text that is meant.

    Args:
        path: the place of the text itself, for refusals.
        carried: the shape around the text proves that it is whole.
    Raises:
        ResponseRefused: INCOMPLETE (cut off within a block, a fence or a thought), MALFORMED_JSON,
            DUPLICATE_KEY, AMBIGUOUS (blocks that differ, or none of which it is clear that it is meant), NEAR_NAME and
            SCHEMA_VIOLATION (actions outside a block), TOO_LARGE (see OBJECTS_MAX, THOUGHTS_MAX).
    """
    scan = _scan(text, path)
    prose = "".join(scan.prose)
    _refuse_left_over(prose, path)
    said = Passage(scan.said(len(text)), path)
    try:
        block, notices = meant_of(said, scan.blocks, scan.played)
    except ResponseRefused as refused:
        refused.prose = prose.strip()
        raise
    if block is None:
        return Extract(None, prose.strip(), said)
    refuse_open_fence(said, block, carried=carried)
    before, behind = scan.around(block.start)
    return Extract(
        block, prose.strip(), said, _FENCE_ENDS.sub("", before).strip(), _FENCE_BEGINS.sub("", behind).strip(), notices
    )


def _scan(text: str, path: str) -> _Scan:
    scan = _Scan([], [], [], [])
    objects, tags = _Objects(text), Tags(text, path)
    position = tried = thoughts = 0
    while True:
        start, tag = objects.start(position), tags.after(position)
        if tag is not None and tag.start < start:
            thoughts += 1
            _refuse_too_many(thoughts, THOUGHTS_MAX, "holds more than {} thoughts", path)
            position = _pass_thought(text, position, tag, tags, scan, path)
        elif start < len(text):
            tried += 1
            _refuse_too_many(tried, OBJECTS_MAX, "opens more than {} JSON objects", path)
            scan.keep(text, position, start)
            position = _read_object(text, start, scan, path)
        else:
            scan.keep(text, position, len(text))
            return scan


def _pass_thought(text: str, position: int, tag: Tag, tags: Tags, scan: _Scan, path: str) -> int:
    """Take out a thought or a tool call. Return where to go on."""
    if tag.closes and not tag.tool:
        # Templates put the opening tag into the prompt: all before the closing one was thought.
        scan.clear()
        return tag.end
    end = None if tag.closes else tags.closing(tag)
    if end is None and tag.firm:
        raise ResponseRefused(
            ParsingCode.INCOMPLETE,
            f"The text ends while the model was thinking (<{tag.name}> is not closed). Ask it again.",
            _place(path, len(text)),
        )
    if end is None:
        scan.keep(text, position, tag.end)
        return tag.end
    scan.keep(text, position, tag.start)
    if tag.tool and _speaks_of_actions(text[tag.start : end]):
        scan.played.append((tag.start, end))
    return end


def _read_object(text: str, start: int, scan: _Scan, path: str) -> int:
    """Try the object at a place: take a block, leave other text in the prose. Return where to go on."""
    place = _place(path, start)
    try:
        value, end = parse_embedded(text, start)
    except DuplicateKey as error:
        raise ResponseRefused(
            ParsingCode.DUPLICATE_KEY,
            f"Key {error.key[:60]!r} is given twice in one object. Give it once.",
            f"{place} > {error.path}",
        ) from error
    except JsonProblem as problem:
        return _pass_over(text, start, problem, scan, path)
    near = None if BLOCK_KEY in value else near_name(value)
    if BLOCK_KEY in value:
        scan.blocks.append(Block(value, start, end))
    elif near is not None:
        refuse_near(near, place)
    elif _speaks_of_actions(text[start:end]):
        raise ResponseRefused(
            ParsingCode.SCHEMA_VIOLATION,
            f"A JSON object speaks of actions without {BLOCK_KEY} as a key of its own. "
            f"Put all actions into the list {BLOCK_KEY} of one object.",
            place,
        )
    else:
        scan.keep(text, start, end)
    return end


def _pass_over(text: str, start: int, problem: JsonProblem, scan: _Scan, path: str) -> int:
    """Keep an object that is not JSON as prose, unless what was read of it speaks of actions. Return where to go on."""
    end = min(max(problem.offset, start + 1), len(text))
    if problem.too_deep or _speaks_of_actions(text[start:end]):
        code = ParsingCode.INCOMPLETE if problem.incomplete else ParsingCode.MALFORMED_JSON
        raise ResponseRefused(
            code, f"An action block is broken: {problem.reason}. Send it whole.", _place(path, problem.offset)
        )
    scan.keep(text, start, end)
    return end


def refuse_near(near: NearName, place: str) -> NoReturn:
    """Refuse what looks like an order and is none. `place`: of the document that holds the name, if any.

    Raises:
        ResponseRefused: always; SCHEMA_VIOLATION for a right name in a wrong place, else NEAR_NAME.
    """
    code = ParsingCode.SCHEMA_VIOLATION if near.misplaced else ParsingCode.NEAR_NAME
    raise ResponseRefused(code, near.reason, f"{place} > {near.path}" if place else near.path)


def _may_speak_of_orders(text: str) -> bool:
    """Return whether a text may hold an order by any name. Keys may have escapes and foreign letters."""
    small = text.lower()
    return not text.isascii() or any(word in small for word in _WORDS_OF_ORDERS)


def _speaks_of_actions(text: str) -> bool:
    """Return whether a text may hold a key of a block. A key may be written with escapes, so any escape counts."""
    small = text.lower()
    return BLOCK_KEY in small or ACTION_KEY in small or "\\u" in small or trace_of(text) is not None


def _refuse_left_over(prose: str, path: str) -> None:
    small = prose.lower()
    # Plain containment first: it is ten times faster than the search it mostly spares.
    traces = (trace.search(small) for key, trace in _LEFT_OVER.items() if key in small)
    found = next((match.group() for match in traces if match), None) or trace_of(prose)
    if found is None:
        return
    raise ResponseRefused(
        ParsingCode.MALFORMED_JSON,
        f"{found[:40]!r} is in the text outside a well-formed JSON object. Send one JSON object.",
        path,
    )


def _refuse_too_many(count: int, most: int, what: str, path: str) -> None:
    if count > most:
        raise ResponseRefused(
            ParsingCode.TOO_LARGE, f"The text {what.format(most)}, so its meaning is not clear. Send less.", path
        )


def _place(path: str, character: int) -> str:
    return f"{path} > character {character}" if path else f"character {character}"
