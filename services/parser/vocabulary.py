"""The closed lists of words of which orders in words are made, and those that take an order back."""

import re
from typing import Final

from shared.hedging.order import InstructionType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_I, _U = InstructionType.I, InstructionType.U
#: What a verb orders where its noun does not say it.
VERBS: Final = {
    **dict.fromkeys(("create", "book", "open", "place", "execute", "issue", "submit", "initiate"), _I),
    **dict.fromkeys(("check", "utilise", "utilize"), _U),
    **dict.fromkeys(("roll", "rollover", "roll-over"), InstructionType.R),
    **dict.fromkeys(("terminate", "unwind"), InstructionType.T),
    "amend": InstructionType.A,
}
#: Nouns of what is ordered, and what a more telling one orders.
HEDGES: Final = frozenset({"hedge", "hedging"})
NOUNS: Final = {
    "inception": _I, "utilisation": _U, "utilization": _U, "rollover": InstructionType.R,
    "termination": InstructionType.T, "amendment": InstructionType.A,
}  # fmt: skip
#: Nouns that may follow those.
PAPERS: Final = frozenset({"instruction", "order"})
#: Words that add nothing.
FILLERS: Final = _words(
    "a an the new please now for of at in with worth over nav type entity amount notional currency exposure"
)
#: Words that make a command none: alternatives, conditions, negations, doubts, ranges.
DOUBTS: Final = _words(
    "or and either neither nor not no never don't if unless whether when once until provided subject but maybe perhaps "
    "possibly approximately approx about around roughly up between to from least most could would should may might "
    "can cannot only instead rather otherwise alternatively than half per minus plus less more without"
)

#: What around an order takes it back, or shows that it is only spoken about.
TAKEN_BACK: Final = re.compile(
    r"\?|```|~~~|\b(?:do not|don['’]?t|never|(?:must|should|shall|may|will|would) ?n[o'’]t|not to|cannot|can['’]?t|"
    r"no[.!,]|ignore|disregard|cancel\w*|instead|rather|unless|hypothetical\w*|examples?|e\.g\.|i\.e\.|for instance|"
    r"suppos\w+|assum(?:e|ing)|imagine|draft|pretend|otherwise|alternative\w*|either|maybe|perhaps|wait|hold off|"
    r"options?|scenario|following|wrote|said|says|quot\w+|reject\w*|refus\w*|declin\w*|if|wrong|mistake\w*)(?!\w)",
    re.IGNORECASE,
)
#: What takes it back only behind it; before it the same words are plain analysis.
TAKEN_BACK_AFTER: Final = re.compile(
    r"\b(?:not|no|\w+n['’]t|or|but|however|could|would|should|may|might|only|until|when|once|provided|subject|pending|"
    r"make it|change\w*|correct\w*|replace\w*|amend\w*|actually|sorry|mean|meant|than)(?!\w)",
    re.IGNORECASE,
)
