"""Words that take back what is before them, and those that only take leave politely. Pure.

Both lists are closed: what they do not know is neither, so a wrapper followed by it is a doubt, and a block followed by
it is shown to the approver.
"""

import re
from dataclasses import dataclass
from typing import Final

_N: Final = r"(?: not|n['’]?t)"
#: What may be said of an order: an instruction to do it, with a word or three between it and the negation.
_DONE: Final = (
    r"(?:execut\w*|book(?:ed|ing|s)?|plac(?:e|ed|ing)|creat(?:e|ed|ing)|send|sent|submit\w*|proceed\w*|go ahead|act on|"
    r"act upon|process(?:ed)?|approv(?:e|ed|ing)|hedg(?:e|ed|ing)|run|carr(?:y|ied) (?:it |this |that )?out|follow|"
    r"implement\w*|trad(?:e|ed|ing)|rely|enter|perform\w*|use|"
    r"(?:apply|treat|open|post|release|order|take) (?:it|this|that|an?|the))"
)
_MEANT: Final = (
    r"(?:recommend\w*|propos\w*|advis\w*|suggest\w*|endorse\w*|support (?:this|it|that)|proceed\w*|execut\w*)"
)
_ORDER: Final = r"(?:hedges?|hedging|orders?|instructions?|actions?|trades?|deals?|proposals?|blocks?|drafts?)"

_BEFORE_VERB: Final = rf"(?:do{_N}|never|(?:must|should|shall|ought){_N}|not to|refrain from)(?: \w+){{0,3}}? {_DONE}"
_NOT_MEANT: Final = (
    rf"(?:(?:do|does|did|will|wo|would|can|ca|could|may|might){_N}|cannot)(?: \w+){{0,2}}? {_MEANT}",
    r"(?:not|n['’]t) (?:an?|the|my|our) (?:\w+ )?(?:order|recommendation|instruction|proposal|answer)",
    r"(?:not|n['’]t) (?:yet )?(?:be )?(?:confirmed|meant|recommended|advisable|advised|justified|warranted|final)",
    rf"{_ORDER} (?:is|are) not (?:needed|necessary|required|wanted|sensible)",
    r"(?:recommend\w*|advis\w*|decid\w*|opt\w*|argu\w*|speaks?|vot\w*) (?:\w+ )?(?:against|not to)",
)
_TAKEN: Final = (
    r"reject\w*|withdr[ae]w\w*|cancel\w*|disregard\w*|ignore\w*|retract\w*|revok\w*|instead|discard\w*|abandon\w*",
    r"void\w*|abort\w*|supersed\w*|obsolete|undo|annul\w*|nullif\w*|rescind\w*|postpone\w*|defer(?:red|s)?|suspend\w*",
    r"(?:scratch|strike|forget) (?:that|this|it|the)|taken? (?:it |this |that )?back|on second thoughts?",
    rf"hold off|hold (?:it|this|that|the {_ORDER})|(?:better|should|must|to|please) wait|wait (?:until|till|with)",
    r"chang(?:ed|e) (?:my|our) mind|mistake\w*|mistaken\w*|incorrect\w*|wrong\w*|correction|erroneous\w*|premature\w*",
)
_EXAMPLE: Final = r"(?:example|illustration|draft|sketch|template|simulation|scenario|test|exercise|idea|sample)"
_ONLY_SHOWN: Final = (
    r"hypothetical\w*|placeholders?|dummy|fake|mock|pretend\w*|illustrative",
    rf"(?:only|just|merely|simply|purely) (?:an? )?(?:\w+ )?{_EXAMPLE}|(?:is|was) an? (?:\w+ )?{_EXAMPLE}",
    r"(?:for|as) (?:an? )?(?:illustration|demonstration|example only)|as an example",
)
_COPULA: Final = r"(?:(?:is|are|was|should|must|will|shall|needs?|has|can|may) )?"
_NOTHING: Final = (
    r"(?:hedg\w*|execut\w*|do|book|recommend\w*|propos\w*|order|trade|change|submit) (?:for now )?nothing",
    rf"nothing {_COPULA}(?:to )?(?:be )?(?:done|do|hedged?|execut\w*|booked?|traded?|ordered?|changed?|submit\w*)",
    rf"no (?:\w+ )?{_ORDER}(?: at all)? {_COPULA}(?:to )?(?:be )?(?:needed|necessary|required|recommended|advis\w+|"
    r"warranted|justified|proposed|executed|booked|placed|made|taken|sent|done)",
    rf"no (?:\w+ )?{_ORDER}(?: at all)?(?: to be| (?:today|for now|now|this|at this|at the moment)|[.!,;]|\s*\Z)",
    r"leave (?:it|this|that|the \w+|everything)(?: \w+)?(?: be| alone| as | open| unhedged| unchanged|[.!,;]|\s*\Z)",
)


@dataclass(frozen=True, slots=True)
class _Retraction:
    """Ways to take something back, in small letters, and a part of a word without which none is there."""

    parts: tuple[str, ...]
    words: re.Pattern[str]


def _kind(parts: str, *ways: str) -> _Retraction:
    spaced = rf"\b(?:{'|'.join(ways)})(?!\w)".replace(" ", r"\s{1,6}")
    return _Retraction(tuple(parts.split("|")), re.compile(spaced))


#: Looked for one after the other, and only where a part occurs: that is twenty times as fast as all at once.
_KINDS: Final = (
    _kind("not|n't|n’t|dont|wont|never|refrain|against", _BEFORE_VERB, *_NOT_MEANT),
    _kind("reject|withdr|cancel|disreg|ignor|retract|revok|instead|discard|abandon", _TAKEN[0]),
    _kind("void|abort|supersed|obsolete|undo|annul|nullif|rescind|postpone|defer|suspend", _TAKEN[1]),
    _kind("scratch|strike|forget|back|second thought|hold|wait", *_TAKEN[2:4]),
    _kind("my mind|our mind|mistake|incorrect|wrong|correction|erroneous|premature", _TAKEN[4]),
    _kind("hypothetical|placeholder|dummy|fake|mock|pretend|illustrati", _ONLY_SHOWN[0]),
    _kind("only|just|merely|simply|purely|is a|was a|for |as ", *_ONLY_SHOWN[1:]),
    _kind("nothing|no |leave", *_NOTHING),
)
#: Elsewhere, and where they only cast doubt, words are a warning to the approver.
CASTS_DOUBT: Final = re.compile(
    r"\b(?:unless|actually|rather|stop|pause|halt|delay\w*|unsure|uncertain\w*|unclear|undecided|doubt\w*|maybe|perhaps|"
    r"not sure|too (?:early|risky|late)|stays? unhedged|on hold)(?!\w)",
    re.IGNORECASE,
)

#: Characters of one sentence that may be a courtesy.
_COURTESY_CHARACTERS_MAX: Final = 200
_POLITE_NOT: Final = re.compile(r"\b(?:do not|don['’]?t) hesitate\b", re.IGNORECASE)
_COURTESY: Final = re.compile(
    r"(?:and |so |then |now )?(?:please,? (?:kindly )?(?:review|check|confirm|approve|verify|have a look|look|let|tell|"
    r"feel|contact|ask|hesitate|see|find|reach)|kindly (?:review|confirm|approve)|"
    r"(?:review|check|approve|confirm)(?: and| it| this| the| below| above|\Z)|let me know|tell me|feel free|"
    r"happy to|glad to|(?:i )?hope|(?:many )?thanks?|thank you|"
    r"(?:best|kind|warm)(?:est)? (?:regards|wishes)|regards|sincerely|cheers|yours|if (?:you|there|anything|any)|"
    r"should you|"
    r"in case you|hesitate|(?:is there )?any(?:thing else| questions)|(?:do|would|could|can|shall|may) (?:you|i)\b|"
    r"that(?: is|['’]?s) (?:all|it)|done\Z|all done|ready (?:for|when)|(?:i )?look(?:ing)? forward|"
    r"(?:i am|i['’]m|we are|we['’]re) (?:happy|here|available|ready|glad)|(?:awaiting|waiting for|pending|for) your "
    r"(?:approval|confirmation|decision|review)|have a (?:nice|good|great|pleasant)|"
    r"you (?:can|may) (?:now )?(?:review|approve)|"
    r"over to you|end of (?:answer|message|response)|ok(?:ay)?\Z|you['’]?re welcome|you are welcome|good luck)",
    re.IGNORECASE,
)
_NOT_POLITE: Final = re.compile(
    r"[:;{}\d]|\b(?:not|n['’]t|\w+n['’]t|no|nor|nothing|never|none|nobody|without|but|however|though|although|except|yet|because|"
    r"since|hedge nothing|recommend|until|before|only)(?!\w)",
    re.IGNORECASE,
)
_SIGNED: Final = re.compile(
    r"\b(?:regards|wishes|sincerely|cheers|thanks|thank you|yours(?: \w+)?)[,.!]?\s{1,8}"
    r"(?P<name>(?:[A-Z][\w.’'-]{0,30}[ \t]?){1,4})\s*\Z"
)
#: Marks around a word to stress it: `do **not** execute`.
_EMPHASIS: Final = str.maketrans("*_`", "   ")
_BETWEEN: Final = re.compile(r"(?:[.!?…]+(?=[\s\"'”’)*_]|\Z)|\n)[\s\"'”’)*_]*")
_WORD: Final = re.compile(r"[^\W\d_]")
_EDGES: Final = " \t\r\n*_#>\"'“”‘’()[]-–—•|.,!?…"

Span = tuple[int, int]


def takes_back(text: str, start: int = 0, end: int | None = None) -> Span | None:
    """Return where the first words are that take back what is before them, or leave it open."""
    # The one letter whose small form has another length would shift all places behind it.
    small = text[start:end].replace("\u0130", "i").lower().translate(_EMPHASIS)
    flat = " ".join(small.split()) + " "
    found = (kind.words.search(small) for kind in _KINDS if any(part in flat for part in kind.parts))
    first = min((match.span() for match in found if match), default=None)
    return (start + first[0], start + first[1]) if first else None


def last_words(text: str, start: int) -> Span | None:
    """Return where the last sentence behind a place is that is more than a courtesy; None when there is none."""
    signed = _SIGNED.search(text, max(start, len(text) - _COURTESY_CHARACTERS_MAX))
    limit = signed.start("name") if signed and not takes_back(signed["name"]) else len(text)
    ends = [(start, start), *(found.span() for found in _BETWEEN.finditer(text, start, limit)), (limit, limit)]
    for (_, begin), (end, _) in zip(reversed(ends[:-1]), reversed(ends[1:]), strict=True):
        sentence = text[begin:end]
        if _WORD.search(sentence) and not is_courtesy(sentence):
            return begin + len(sentence) - len(sentence.lstrip()), begin + len(sentence.rstrip())
    return None


def is_courtesy(sentence: str) -> bool:
    """Return whether a sentence only takes leave politely."""
    plain = _POLITE_NOT.sub("hesitate", sentence.strip(_EDGES))
    return (
        len(plain) <= _COURTESY_CHARACTERS_MAX
        and _COURTESY.match(plain) is not None
        and not _NOT_POLITE.search(plain)
        and takes_back(plain) is None
    )
