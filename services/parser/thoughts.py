"""Where a model thought aloud, or played a tool call to itself: the tags of both in a text, in one pass. Pure.

Models write `<think>…</think>` and relatives of it: other names (`<seed:think>`, `<antThinking>`), other brackets
(`[THINK]`, `◁think▷`, `<|think|>`), marks in place of a slash (`<|begin_of_thought|>…<|end_of_thought|>`), a folded
`<details>` whose summary says so; and channels, with their tokens (from `<|channel|>analysis` to `<|channel|>final`) or
without (`analysis…assistantfinal`). Hostile brackets do not slow the pass. Drafts in wrappers of other names are the
business of `surroundings`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from services.parser.codes import ResponseRefused
from shared.events.parsing_codes import ParsingCode

#: Thoughts taken out of one text. Models think once or a few times.
THOUGHTS_MAX: Final = 1_000
#: Tags looked at in one text: two of each thought, and as many again within thoughts or that only look like tags.
TAGS_MAX: Final = 4 * THOUGHTS_MAX
#: Characters between two marks of code in which a tag is only named.
CODE_CHARACTERS_MAX: Final = 200

#: Names that are tags of thoughts in any brackets, closed or not.
NAMES: Final = frozenset(
    {"thinking", "think", "thoughts", "thought", "reasoning", "scratchpad", "reflection", "inner_monologue"}
)
#: What a name of a thought holds as its last part, or its last but a plain one.
_THOUGHT: Final = re.compile(
    r"(?:think|thinking|thoughts?|reasoning|scratch_?pad|reflections?|monolog(?:ue)?|deliberations?|brainstorm(?:ing)?|"
    r"ruminations?|(?<![a-z])cot)(?:process|content|block|steps?|trace)?(?:[_:.\-▁]|\Z)"
)
_TOOL: Final = re.compile(r"(?<![a-z])(?:tools?|functions?|invoke|python_tag)(?:calls?|use|code)?(?:[_:.\-▁]|\Z)")
#: Words by which candidates are found.
_STEMS: Final = (
    "think", "thought", "reasoning", "scratch", "reflection", "monolog", "deliberation", "brainstorm", "rumination",
    "cot", "tool", "function", "invoke", "python_tag",
)  # fmt: skip
_MARKS: Final = re.compile(r"\A(?P<before>start|begin|end)[_▁](?:of[_▁])?|[_▁](?P<behind>start|begin|end)\Z")

_CLOSING: Final = {"<": ">", "[": "]", "◁": "▷"}
_OPENING_CLASS: Final = r"[<\[◁]"
_BAR: Final = "[|｜]"
_NAME: Final = r"[\w:.\-▁]"
_BEHIND: Final = r"[\w:.\-▁\s/>|｜\]▷=]"

#: Candidates are found from the stems, in the text read backwards: a search for a literal word is many times faster
#: than one that tries every bracket, and what may be between stem and bracket has no fixed length, which an
#: expression can look for ahead of it, but not behind it.
_BACKWARDS: Final = {
    stem: re.compile(
        rf"{stem[::-1]}(?<={_BEHIND}{stem[::-1]}){_NAME}{{0,48}}+\s*+(?:/\s*+)?+(?:{_BAR}\s*+)?+(?:/\s*+)?+{_OPENING_CLASS}"
    )
    for stem in _STEMS
}
_TAG: Final = re.compile(
    rf"(?P<bracket>{_OPENING_CLASS})\s*+(?P<slash>/\s*+)?+(?P<bar>{_BAR}\s*+)?+(?P<late_slash>/\s*+)?+"
    rf"(?P<name>{_NAME}{{1,100}}+)(?=[\s/>|｜\]▷=])"
)
#: How a tag goes on behind its name. An opening `<think` needs no end: what follows it, attributes or not, is thought
#: already. All others are tags only with their end.
_ENDS: Final = {
    **{bracket: re.compile(rf"\s*+\{closing}") for bracket, closing in _CLOSING.items()},
    **{f"{bracket}|": re.compile(rf"\s*+{_BAR}\s*+\{closing}") for bracket, closing in _CLOSING.items()},
}
#: Models that speak in channels say the answer in the final one only. Without their tokens only the names are left.
_CHANNEL: Final = re.compile(
    r"<\|channel\|>\s{0,8}(?:(?P<final>final)(?:\s{0,8}<\|constrain\|>\w{1,20})?(?:<\|message\|>)?|\w)"
    r"|<\|channel>\s{0,8}(?:(?P<last>final|answer|response)\b|\w)|(?P<end><channel\|>)"
    r"|assistant(?:(?P<spoken>final)|analysis|commentary)|\A\s{0,8}analysis(?=[a-z<{])"
)
_CHANNEL_MARKS: Final = ("channel", "assistantfinal", "analysis")
_FOLDED: Final = re.compile(r"<details\b|</details\s{0,8}>")
#: The title is no possessive group: Python before 3.11.5 passes over titles if something in such a group is optional.
_SUMMARY: Final = re.compile(
    r"[^<>]{0,500}>\s{0,100}<summary[^<>]{0,500}>(?P<title>[^<]*+(?:<(?!/?summary)[^<]*+)*)</summary"
)
_THINKING: Final = re.compile(r"\b(?:think|thought|thinking|thoughts|reasoning|scratch ?pad|monologue)\b")
_IN_CODE: Final = re.compile(rf"(?<!`)(`{{1,2}})(?!`)[^`\n]{{1,{CODE_CHARACTERS_MAX}}}\1(?!`)")
#: Where a tool call ends that no tag closes.
_TURN_ENDS: Final = re.compile(r"<\|(?:eom_id|eot_id|end|call|im_end|endoftext)\|>")
_CALLED: Final = re.compile(r"[^{\[\n]{0,200}>?\s{0,100}[{\[]")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag. `kind`: its brackets, with a bar or without. `whole`: it has its closing bracket.

    `firm`: it is a tag of a thought even if nothing closes it. `tool`: what it opens is a tool call.
    """

    kind: str
    name: str
    closes: bool
    whole: bool
    start: int
    end: int
    firm: bool = True
    tool: bool = False

    def is_closed_by(self, other: "Tag") -> bool:
        """Return whether a thought that begins here ends there. Strict, since a thought must not end early."""
        return other.closes and other.whole and (other.kind, other.name) == (self.kind, self.name)


class Tags:
    """The tags of a text, for one walk from its beginning to its end.

    Raises:
        ResponseRefused: TOO_LARGE, more than `TAGS_MAX` of them. `path` is the place of the text.
    """

    def __init__(self, text: str, path: str = "") -> None:
        self._text = text
        self._tags = _tags_of(text, path)
        self._next = 0
        self._never_closed: set[tuple[str, str]] = set()

    def after(self, position: int) -> Tag | None:
        """Return the first tag that begins at or after a position, which never goes back."""
        while self._next < len(self._tags) and self._tags[self._next].start < position:
            self._next += 1
        return self._tags[self._next] if self._next < len(self._tags) else None

    def closing(self, opening: Tag) -> int | None:
        """Return where the part ends that the present tag begins; None when it does not. Passes the tags within."""
        key = (opening.kind, opening.name)
        if key not in self._never_closed:
            ends = (place for place in range(self._next, len(self._tags)) if opening.is_closed_by(self._tags[place]))
            found = next(ends, None)
            if found is not None:
                self._next = found
                return self._tags[found].end
            self._never_closed.add(key)
        if opening.tool and _CALLED.match(self._text, opening.end):
            turn = _TURN_ENDS.search(self._text, opening.end)
            return turn.end() if turn else len(self._text)
        return None


def code_spans(text: str, end: int) -> list[tuple[int, int]]:
    """Return where a text has code between one mark or two, up to a place: a tag there is only named."""
    return [found.span() for found in _IN_CODE.finditer(text, 0, end)] if "`" in text else []


def _tags_of(text: str, path: str) -> list[Tag]:
    # The one letter whose small form has another length would shift all places behind it.
    small = text.replace("\u0130", "\u0131").lower()
    found: dict[int, Tag] = {}
    for count, tag in enumerate(chain(_named(small), _channels(small), _folds(small)), start=1):
        if count > TAGS_MAX:
            raise ResponseRefused(
                ParsingCode.TOO_LARGE,
                f"The text holds more than {TAGS_MAX} tags of thoughts, so its meaning is not clear. Send less.",
                path,
            )
        if tag is not None:
            found[tag.start] = tag
    spans = code_spans(text, max(found) + CODE_CHARACTERS_MAX) if found else []
    starts = [start for start, _ in spans]
    return sorted((tag for tag in found.values() if not _within(tag, spans, starts)), key=lambda tag: tag.start)


def _within(tag: Tag, spans: list[tuple[int, int]], starts: list[int]) -> bool:
    place = bisect_right(starts, tag.start) - 1
    return place >= 0 and tag.end <= spans[place][1]


def _named(small: str) -> Iterator[Tag | None]:
    """Yield the tags with a name of a thought or a tool; None for each that only looks like one."""
    if not any(bracket in small for bracket in _CLOSING):
        return
    named = [stem for stem in _STEMS if stem in small]
    backwards = small[::-1] if named else ""
    for stem in named:
        for found in _BACKWARDS[stem].finditer(backwards):
            yield _tag_at(small, len(small) - found.end())


def _tag_at(small: str, start: int) -> Tag | None:
    found = _TAG.match(small, start)
    if found is None:
        return None
    mark = _MARKS.search(found["name"])
    name = _MARKS.sub("", found["name"])
    tool = _TOOL.search(name) is not None
    if not tool and _THOUGHT.search(name) is None:
        return None
    marked = (mark["before"] or mark["behind"]) if mark else ""
    closes = bool(found["slash"] or found["late_slash"]) or marked == "end"
    kind = f"{found['bracket']}|" if found["bar"] else found["bracket"]
    end = _ENDS[kind].match(small, found.end())
    if end is None and (kind != "<" or mark):
        return None
    firm = not tool and (kind != "[" or name in NAMES)
    return Tag(kind, name, closes, end is not None, start, found.end() if end is None else end.end(), firm, tool)


def _channels(small: str) -> Iterator[Tag]:
    if any(mark in small for mark in _CHANNEL_MARKS):
        for found in _CHANNEL.finditer(small):
            closes = any(found[name] for name in ("final", "last", "end", "spoken"))
            yield Tag("<|", "channel", closes, True, found.start(), found.end())


def _folds(small: str) -> Iterator[Tag]:
    """Yield the ends of what is folded under a summary that says it was thought. it."""
    if "<details" not in small or "<summary" not in small:
        return
    depth, thought = 0, 0
    for found in _FOLDED.finditer(small):
        opens = found.group() == "<details"
        depth = depth + 1 if opens else max(0, depth - 1)
        if opens and not thought:
            summary = _SUMMARY.match(small, found.end())
            if summary and _THINKING.search(summary["title"]):
                thought = depth
                yield Tag("<", "details", False, True, found.start(), summary.end())
        elif not opens and depth < thought:
            thought = 0
            yield Tag("<", "details", True, True, found.start(), found.end())
