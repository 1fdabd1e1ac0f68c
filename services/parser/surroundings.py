"""The text around a block or an ordering sentence that leaves open whether it is meant. Pure, linear.

No list of names tells a thought from an answer. The shape does: what is in an element, under a label or in a
channel that ends before the last words was perhaps only thought; what words behind it take back was not meant. Each
such doubt names the words that cast it. What holds the last words itself is the answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.parser.labels import Label, LabelKind, before, behind, labels_of
from services.parser.retractions import Span, last_words
from services.parser.thoughts import code_spans

#: Characters behind the first block that are read. Later text may say anything about the order.
BEHIND_MAX: Final = 65_536
#: Characters before a block in which its label is looked for.
BEFORE_MAX: Final = 4_096

_NAMED: Final = r"[^\s<>/|｜\[\]{}【】◁▷「」]{1,100}"
#: Marks of wrappers: comments, tokens of tokenisers, elements in whatever brackets. `ends` closes, `opens` opens one.
_MARK: Final = re.compile(
    r"(?P<comment><!--|/\*)|(?P<uncomment>-->|\*/)"
    rf"|<[|｜]\s*+(?P<token>/?[^<>|｜\n]{{1,80}})[|｜]?>|<(?P<bare>[^<>|｜\s]{{1,60}})[|｜]>"
    rf"|◁(?P<triangle>[^◁▷\n]{{1,60}})▷"
    rf"|[<\[{{【「]\s{{0,8}}/\s{{0,8}}(?P<ends>{_NAMED})?[^<>\[\]{{}}【】「」\n]{{0,200}}[>\]}}】」]?"
    rf"|<(?P<opens>[^\W\d]{_NAMED[:-7]}{{0,99}})(?:\s[^<>]{{0,500}})?(?P<empty>/)?>"
    rf"|[\[{{【「](?P<boxed>[^\W\d][^\[\]{{}}<>【】「」\n]{{0,60}})[\]}}】」](?!\()"
)
_COMMENT_ENDS: Final = {"<!--": "-->", "/*": "*/"}
_MARKED_END: Final = re.compile(r"(?:end|close|stop|fin)[\s_:.▁-]|.*[\s_:.▁-](?:end|close|stop)\Z")
#: Tokens that come in twos, one to open and one to close.
_UNUSED: Final = re.compile(r"(?:unused|reserved|extra_id)[\w-]*\d")
#: Elements that hold the answer itself: what is before one was not the answer.
_ANSWER: Final = re.compile(r"(?:final[_ -]?)?(?:answer|response|output|reply|result|decision|verdict)|final")
_FENCE_BEFORE: Final = re.compile(r"[`~]{3,}[ \t]*(?P<info>[\w.-]{1,40})[^\n`]{0,60}\n?\s*\Z")
_FENCE: Final = re.compile(r"[`~]{3,}[\w+-]{0,20}")
_CALL_BEFORE: Final = re.compile(r"(?<![\w.])[A-Za-z_][\w.]{0,60}\((?:\s*\w{1,40}\s*=)?\s*\Z")
_TOOL_INFO: Final = re.compile(r"(?:.*[._-])?(?:tools?|functions?|invoke)(?:[._-].*|calls?|code)?", re.IGNORECASE)
_OBSERVED: Final = re.compile(
    r"\bobservations?\b|\b(?:tool|function)\w* (?:result|output|response|answer)", re.IGNORECASE
)
_THOUGHT_INFO: Final = re.compile(r"(?:think|thought|reason|scratch|draft)\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Why something may not be meant, and the words that say so.

    `draft`: beside another answer it was only thought, and spoils nothing.
    """

    reason: str
    start: int
    end: int
    draft: bool = False


def doubts(text: str, spans: Sequence[Span]) -> list[Ambiguity | None]:
    """Return for each place of a text why it may not be meant; None where the shape leaves no doubt.

    Args:
        text: the places themselves, and what was thought aloud, are line breaks in it.
        spans: in order, not overlapping.
    """
    if not spans:
        return []
    begin = max(0, spans[0][0] - BEFORE_MAX)
    found = _doubts(text[begin:].rstrip(), [(start - begin, end - begin) for start, end in spans])
    return [each and replace(each, start=each.start + begin, end=each.end + begin) for each in found]


def is_too_long_behind(text: str, end: int) -> bool:
    """Return whether more text follows a place than is read."""
    return len(text) - end > BEHIND_MAX and len(text) - end - text.count("\n", end) > BEHIND_MAX


def _doubts(text: str, spans: Sequence[Span]) -> list[Ambiguity | None]:
    plain = _FENCE.sub(_blank, without_marks(text))
    last = last_words(plain, spans[0][1])
    labels = labels_of(plain)
    return [
        _played(text, plain, labels, span) or wrapped or _labelled(plain, labels, span, last)
        for span, wrapped in zip(spans, _wrapped(text, spans, last), strict=True)
    ]


def without_marks(text: str) -> str:
    """Return the text with the marks of wrappers blanked, so that offsets stay right."""
    return _MARK.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return "\n" * len(found.group()) if not found.re.groups or found["boxed"] is None else found.group()


def _wrapped(text: str, spans: Sequence[Span], last: Span | None) -> list[Ambiguity | None]:
    """Find the places in an element or channel that ends before the last words, or before another place."""
    found: list[Ambiguity | None] = [None] * len(spans)
    open_places = list(range(len(spans)))
    opened: dict[str, list[int]] = {}
    quoted = iter(code_spans(text, len(text)))
    code = next(quoted, None)
    waiting: list[int] = []
    ahead = 0
    for mark in _MARK.finditer(text, spans[0][1]):
        while code is not None and code[1] <= mark.start():
            code = next(quoted, None)
        if code is not None and code[0] <= mark.start():
            continue
        while ahead < len(open_places) and spans[ahead][1] <= mark.start():
            waiting.append(ahead)
            ahead += 1
        closed_from = _closed_from(mark, opened)
        while closed_from is not None and waiting and spans[waiting[-1]][0] >= closed_from:
            place = waiting.pop()
            words = _behind(spans, place, mark.end(), last)
            if words is not None:
                reason = "is in a part of the answer that ends before its last words"
                found[place] = Ambiguity(reason, *words, draft=not _holds_the_answer(mark))
    return found


def _behind(spans: Sequence[Span], place: int, end: int, last: Span | None) -> Span | None:
    """Return the last words, or the next place, behind an end."""
    if last is not None and last[1] > end:
        return max(last[0], end), last[1]
    return next((span for span in spans[place + 1 :] if span[0] >= end), None) if place + 1 < len(spans) else None


def _closed_from(mark: re.Match[str], opened: dict[str, list[int]]) -> int | None:
    """Return where the part began that a mark ends; 0 when nothing opened it, None when the mark ends none."""
    kind, given = mark.lastgroup, mark.group()
    if kind in ("empty", "comment"):
        if kind == "comment":
            opened.setdefault(_COMMENT_ENDS[given], []).append(mark.start())
        return None
    if kind == "uncomment":
        return _pop(opened, given)
    name = (mark[kind] if kind else "").strip().lower().rstrip("/")
    if kind in ("opens", "boxed"):
        if _MARKED_END.match(name) or _UNUSED.match(name) or (kind == "opens" and _ANSWER.fullmatch(name)):
            return 0
        opened.setdefault(f"{given[0]}{name.split()[0]}", []).append(mark.start())
        return None
    if kind in ("token", "bare", "triangle"):
        return 0
    return _pop(opened, f"{given[0]}{name}")


def _holds_the_answer(mark: re.Match[str]) -> bool:
    return mark.lastgroup == "ends" and _ANSWER.fullmatch(mark["ends"].lower()) is not None


def _pop(opened: dict[str, list[int]], name: str) -> int:
    places = opened.get(name)
    return places.pop() if places else 0


def _played(text: str, plain: str, labels: Sequence[Label], span: Span) -> Ambiguity | None:
    """Find a call of a tool that the model only plays: code, its fence, an input under a label, what it saw then."""
    start, end = span
    head = text[max(0, start - 200) : start]
    fence = _FENCE_BEFORE.search(head)
    under, direct = before(labels, plain, start)
    after = next(iter(behind(labels, end)), None)
    called = _CALL_BEFORE.search(head) and text[end:].lstrip("\n \t,").startswith(")")
    if called or (fence and _TOOL_INFO.fullmatch(fence["info"])) or (under and direct and under.kind is LabelKind.TOOL):
        return Ambiguity("is in a call of a tool, and HAWK lets no model call one", start, end, draft=True)
    if after and _OBSERVED.search(plain, after.start, after.end):
        return Ambiguity("is followed by the supposed result of a tool", after.start, after.end, draft=True)
    if fence and _THOUGHT_INFO.fullmatch(fence["info"]):
        return Ambiguity("is in a fence of thoughts", start, end, draft=True)
    return None


def _labelled(text: str, labels: Sequence[Label], span: Span, last: Span | None) -> Ambiguity | None:
    """Find a place under one label, with the last words under another that makes them the answer."""
    if last is None or last[1] <= span[1]:
        return None
    under, direct = before(labels, text, span[0])
    after = [label for label in behind(labels, span[1]) if label.start < last[1]]
    answers = any(label.kind is LabelKind.FINAL for label in after)
    kind = under.kind if under else LabelKind.SECTION
    thought = kind is LabelKind.THOUGHT
    if thought and any(label.kind is not LabelKind.SECTION or label.form in ("heading", "bold") for label in after):
        return Ambiguity("is under a label of thoughts, and the answer is under another", *last, draft=answers)
    if answers:
        return Ambiguity("is before the label of the answer", *last)
    if thought and direct:
        return Ambiguity("is under a label of thoughts, and words follow it", *last)
    if (
        under
        and kind is LabelKind.UNKNOWN
        and any(each.kind is LabelKind.UNKNOWN and each.form == under.form for each in after)
    ):
        return Ambiguity("is under one label, and the last words are under another", *last)
    return None
