"""The labels of a text (`Thinking:`, `**Answer**`, `=== DRAFT ===`), and what they say of the text between. Pure."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Final

#: Lines of one text that are looked at; an answer has some dozen.
LINES_MAX: Final = 20_000
#: Words of a name; more are a sentence.
_WORDS_MAX: Final = 3
_SENTENCE_WORDS_MAX: Final = 8

_LABEL: Final = re.compile(
    r"[ \t>]*(?:(?:[-*+•]|\d{1,2}[.)])[ \t]+)?(?:"
    r"#{1,6}[ \t]+(?P<heading>[^\n#]{1,80}?)[ \t#:*_]*\Z"
    r"|[\[(【{«「]{1,2}(?P<boxed>[^\W\d_][^\n\[\](){}<>【】«»「」:]{0,60})[\])】}»」]{1,2}[ \t]*(?::|\Z)"
    r"|[=~#-]{2,}[ \t]*(?P<rule>[^\W\d_][^\n=~#:-]{0,60}?)[ \t]*:?[ \t]*[=~#-]{2,}"
    r"|[*_]{2,3}(?P<bold>[^\W\d_][^\n*_:：]{0,60})(?:[:：][*_]{2,3}|[*_]{2,3}[ \t]*(?:[:：]|\Z))"
    r"|(?P<word>(?i:final(?: answer)?|answer|response|assistant|analysis|commentary|thinking|thoughts?|reasoning|"
    r"draft))[ \t]*\Z"
    r"|(?P<plain>[^\W\d_][\w '’/&-]{0,80}?)[ \t]*(?:[:：](?![/\w])|…[ \t]*\Z|\.{3}[ \t]*\Z)"
    r")"
)
#: A label that opens the answer proper may follow a sentence, too.
_IN_LINE: Final = re.compile(
    r"(?<=[.!?)}\"] )(?:(?:so |thus )?(?:my |the |our )?(?:final )?(?:answer|response|reply|verdict|decision)|final)"
    r"[:：](?![/\w])",
    re.IGNORECASE,
)

_FINAL: Final = re.compile(
    r"(?:(?:so|thus|therefore|and) )?(?:(?:my|the|our|your) )?(?:(?:final|actual|real) )?"
    r"(?:answer|response|reply|verdict|decision|output)|final|final (?:recommendation|conclusion|result|order)|"
    r"assistant"
)
_TOOL: Final = re.compile(r"\b(?:tools?|functions?|action input|observation|calling|invoke|invoking|arguments)\b")
_THOUGHT: Final = re.compile(
    r"\b(?:think(?:ing)?|thoughts?|reasoning|scratch ?pad|scratch|drafts?|draft \w+|ideas?|deliberations?|"
    r"brainstorm\w*|monologue|reflections?|musings?|examples?|hypothe\w+|hypothetical\w*|alternatives?|rejected|discarded|considered|"
    r"attempts?|sketch|commentary|planning|scenarios?|internal|hidden|private|old|previous|not to do|cot)\b"
)
_SAID: Final = re.compile(
    r"\b(?:recommend\w*|actions?|json|orders?|instructions?|proposals?|proposed|plan|request|payload|hedg\w*|trades?|deals?|"
    r"ticket|submission|execution|block|code|solution|suggest\w*|data|object|answer|response|reply|output|result|decision|"
    r"final|here|as follows|following)\b"
)
#: What reports are made of; neither opens a draft nor ends one.
_SECTION: Final = re.compile(
    r"\b(?:notes?|nb|ps|steps?|next|risks?|remarks?|comments?|caveats?|assumptions?|sources?|references?|disclaimer|approvals?|"
    r"status|maturity|value|tenor|amount|currency|entity|branch|nav|rates?|limits?|capacity|checks?|rationale|explanations?|"
    r"reasons?|justification|impact|costs?|context|contact|compliance|confidence|dates?|time|effects?|details|important|"
    r"warnings?|reminder|tip|questions?|analysis|assessment|background|exposure|overview|position|summary|conclusion|"
    r"method|instrument|model|booking|market|pricing|outlook|accounting|murex|desk|to|from|subject|user|table|figures?|"
    r"usd|hkd|aud|jpy|cny|krw|twd|idr|inr|php|vnd|eur|sgd)\b"
)
#: Words with which sentences begin, and names of labels do not.
_SENTENCE_BEGINS: Final = frozenset(
    {
        "this", "that", "these", "the", "i", "we", "it", "as", "so", "below", "see", "and", "or", "you", "there", "in",
        "for", "to", "with", "then", "after", "before", "if", "on", "at", "per", "by", "let", "is", "are", "was", "all",
        "each", "no", "yes", "please",
    }
)  # fmt: skip


class LabelKind(Enum):
    """What a label says of what follows it. UNKNOWN: a name that nobody agreed on."""

    FINAL = auto()
    TOOL = auto()
    THOUGHT = auto()
    SAID = auto()
    SECTION = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Label:
    """A label and its place. `form`: how it is written. `alone`: nothing follows it on its line."""

    kind: LabelKind
    form: str
    start: int
    end: int
    alone: bool


def labels_of(text: str) -> list[Label]:
    """Return the labels of a text, in order."""
    found = [label for line in islice(re.finditer(r"[^\n]+", text), LINES_MAX) for label in _in_line(line)]
    return sorted(found, key=lambda label: label.start)


def _in_line(line: re.Match[str]) -> Iterator[Label]:
    text, start = line.group(), line.start()
    label = _LABEL.match(text)
    if label is not None and label.lastgroup is not None:
        name, form = label[label.lastgroup].strip(), label.lastgroup
        kind = _kind(name.lower(), form)
        if kind is not None:
            alone = not text[label.end() :].strip()
            yield Label(kind, form, start + label.start(), start + label.end(), alone)
    for found in _IN_LINE.finditer(text):
        yield Label(
            LabelKind.FINAL, "plain", start + found.start(), start + found.end(), not text[found.end() :].strip()
        )


def _kind(name: str, form: str) -> LabelKind | None:
    """Return what a name says; None for a sentence."""
    words = name.split()
    if _FINAL.fullmatch(name):
        return LabelKind.FINAL
    if len(words) <= _SENTENCE_WORDS_MAX:
        for kind, expression in ((LabelKind.TOOL, _TOOL), (LabelKind.SAID, _SAID), (LabelKind.THOUGHT, _THOUGHT)):
            if expression.search(name) and not (kind is LabelKind.SAID and _THOUGHT.match(name)):
                return kind
    if form in ("heading", "bold") or (len(words) <= _WORDS_MAX and _SECTION.search(name)):
        return LabelKind.SECTION
    if len(words) > _WORDS_MAX or words[0] in _SENTENCE_BEGINS:
        return None
    return LabelKind.UNKNOWN


def before(labels: Sequence[Label], text: str, start: int) -> tuple[Label | None, bool]:
    """Return the label above a place, and whether the place follows it directly, or on its line."""
    index = bisect_left(labels, start, key=lambda label: label.start) - 1
    if index < 0:
        return None, False
    label = labels[index]
    between = text[label.end : start]
    direct = "\n" not in between or not re.search(r"[^\W_]", between)
    if direct or label.alone or label.kind in (LabelKind.THOUGHT, LabelKind.TOOL, LabelKind.FINAL, LabelKind.SAID):
        return label, direct
    return None, False


def behind(labels: Sequence[Label], end: int) -> Sequence[Label]:
    """Return the labels behind a place."""
    return labels[bisect_left(labels, end, key=lambda label: label.start) :]
