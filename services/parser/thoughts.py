"""Where a model thought aloud: the tags of thoughts in a text, in one pass that hostile brackets do not slow. Pure.

Models write `<think>…</think>` and relatives of it: other names (`<scratchpad>`), other brackets (`[THINK]`,
`◁think▷`, `<|think|>`), marks in place of a slash (`<|begin_of_thought|>…<|end_of_thought|>`), white space, attributes;
and channels: from `<|channel|>analysis` to `<|channel|>final<|message|>`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from services.parser.codes import AnswerRefused, ParsingCode

#: Thoughts taken out of one text. Models think once or a few times.
THOUGHTS_MAX: Final = 1_000
#: Tags looked at in one text: two of each thought, and as many again that stand within thoughts or only look like tags.
TAGS_MAX: Final = 4 * THOUGHTS_MAX

#: No name of the list may end in another one behind a bracket, a slash, a bar or a mark.
NAMES: Final = ("thinking", "think", "thoughts", "thought", "reasoning", "scratchpad", "reflection", "inner_monologue")

_CLOSING: Final = {"<": ">", "[": "]", "◁": "▷"}
_OPENING_CLASS: Final = r"[<\[◁]"
_MARKS: Final = ("start_of_", "start_", "begin_of_", "begin_", "end_of_", "end_")
_BEHIND_NAME: Final = r"\s/>|\]▷"

#: Candidates are found from their names, in the text read backwards: a search for a literal word is many times faster
#: than one that tries every bracket, and what may stand between name and bracket has no fixed length, which an
#: expression can look for ahead of it, but not behind it.
_BACKWARDS: Final = {
    name: re.compile(
        rf"{name[::-1]}(?<=[{_BEHIND_NAME}]{name[::-1]})(?:{'|'.join(mark[::-1] for mark in _MARKS)})?+"
        rf"\s*+(?:/\s*+)?+(?:\|\s*+)?+(?:/\s*+)?+{_OPENING_CLASS}"
    )
    for name in NAMES
}
_TAG: Final = re.compile(
    rf"(?P<bracket>{_OPENING_CLASS})\s*+(?P<slash>/\s*+)?+(?P<bar>\|\s*+)?+(?P<late_slash>/\s*+)?+"
    rf"(?P<mark>{'|'.join(_MARKS)})?+(?P<name>{'|'.join(NAMES)})(?=[{_BEHIND_NAME}])"
)
#: How a tag goes on behind its name. An opening `<think` needs no end: what follows it, attributes or not, is thought
#: already. All others are tags only with their end.
_ENDS: Final = {
    **{bracket: re.compile(rf"\s*+\{closing}") for bracket, closing in _CLOSING.items()},
    **{f"{bracket}|": re.compile(rf"\s*+\|\s*+\{closing}") for bracket, closing in _CLOSING.items()},
}
#: Models that speak in channels say the answer in the final one only.
_CHANNEL: Final = re.compile(r"<\|channel\|>(?:analysis|commentary|(?P<final>final)(?:<\|message\|>)?+)")
_CHANNEL_MARK: Final = "<|channel|>"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a thought. `kind`: its brackets, with a bar or without. `whole`: it has its closing bracket."""

    kind: str
    name: str
    closes: bool
    whole: bool
    start: int
    end: int

    def is_closed_by(self, other: "Tag") -> bool:
        """Whether a thought that begins here ends there. Strict, since a thought must not end early."""
        return other.closes and other.whole and (other.kind, other.name) == (self.kind, self.name)


class Tags:
    """The tags of a text, for one walk from its beginning to its end.

    Raises:
        AnswerRefused: TOO_LARGE, more than `TAGS_MAX` of them. `path` is the place of the text.
    """

    def __init__(self, text: str, path: str = "") -> None:
        self._tags = _tags_of(text, path)
        self._next = 0

    def after(self, position: int) -> Tag | None:
        """The first tag that begins at or after a position, which never goes back."""
        while self._next < len(self._tags) and self._tags[self._next].start < position:
            self._next += 1
        return self._tags[self._next] if self._next < len(self._tags) else None

    def closing(self, opening: Tag) -> int | None:
        """Where the thought ends that begins with the present tag, None where it does not. Passes the tags within."""
        ends = (place for place in range(self._next, len(self._tags)) if opening.is_closed_by(self._tags[place]))
        found = next(ends, None)
        if found is None:
            return None
        self._next = found
        return self._tags[found].end


def _tags_of(text: str, path: str) -> list[Tag]:
    # The one letter whose small form has another length would shift all places behind it.
    small = text.replace("\u0130", "\u0131").lower()
    found: list[Tag] = []
    for count, tag in enumerate(chain(_named(small), _channels(small)), start=1):
        if count > TAGS_MAX:
            raise AnswerRefused(
                ParsingCode.TOO_LARGE,
                f"The text holds more than {TAGS_MAX} tags of thoughts; what is meant cannot be told. Send less.",
                path,
            )
        if tag is not None:
            found.append(tag)
    return sorted(found, key=lambda tag: tag.start)


def _named(small: str) -> Iterator[Tag | None]:
    """The tags with a name of `NAMES`; None for what only looks like one."""
    named = [name for name in NAMES if name in small]
    backwards = small[::-1] if named else ""
    for name in named:
        for found in _BACKWARDS[name].finditer(backwards):
            yield _tag_at(small, len(small) - found.end())


def _channels(small: str) -> Iterator[Tag]:
    if _CHANNEL_MARK in small:
        for found in _CHANNEL.finditer(small):
            closes = found["final"] is not None
            yield Tag("<|", "channel", closes, True, found.start(), found.end())


def _tag_at(small: str, start: int) -> Tag | None:
    found = _TAG.match(small, start)
    if found is None:
        return None
    mark = found["mark"] or ""
    closes = bool(found["slash"] or found["late_slash"]) or mark.startswith("end")
    kind = f"{found['bracket']}|" if found["bar"] else found["bracket"]
    end = _ENDS[kind].match(small, found.end())
    if end is None and (kind != "<" or mark):
        return None
    return Tag(kind, found["name"], closes, end is not None, start, found.end() if end is None else end.end())
