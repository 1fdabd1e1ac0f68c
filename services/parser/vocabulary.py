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
#: Verbs that are adjectives too: `open hedge: USD 25M` tells what is open. An article decides.
ADJECTIVES: Final = frozenset({"open"})
ARTICLES: Final = frozenset({"a", "an", "the"})
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
    "a an the new please now for of at in with worth nav type entity amount notional currency exposure"
)
#: Words that make a command none: alternatives, conditions, negations, doubts, ranges.
DOUBTS: Final = _words(
    "or and either neither nor not no never don't if unless whether when once until provided subject but maybe perhaps "
    "possibly approximately approx about around roughly up between to from least most could would should may might "
    "over under can cannot only instead rather otherwise alternatively than half per minus plus less more without"
)

#: What around an order takes it back, or shows that it is only spoken about.
TAKEN_BACK: Final = re.compile(
    r"\?|```|~~~|\b(?:do not|don['’]?t|never|(?:must|should|shall|may|will|would) ?n[o'’]t|not to|cannot|can['’]?t|"
    r"no[.!,]|ignore|disregard|cancel\w*|instead|rather|unless|hypothetical\w*|examples?|e\.g\.|i\.e\.|for instance|"
    r"suppos\w+|assum(?:e|ing)|imagine|draft|pretend|otherwise|alternative\w*|either|maybe|perhaps|wait|hold off|"
    r"options?|scenario|the following|following (?:order|sentence|text|words)|wrote|said|says|quot\w+|"
    r"reject\w*|refus\w*|declined (?:it|this|that|the)|if|wrong|mistake\w*|"
    r"follows|stop|abort\w*|withdr[ae]w\w*|postpone\w*|delay\w*|defer\w*|forget|skip|void|revok\w+|retract\w*|undo|"
    r"refrain\w*|prohibit\w*|forbid\w*|den(?:y|ied)|oppos\w+|undecided|unclear|unsure|uncertain|tb[cd]|dummy|fake|"
    r"mock|simulat\w+|template|placeholder|(?:is|only) a test|training)(?!\w)",
    re.IGNORECASE,
)
#: What takes it back only behind it; before it these words are plain analysis.
TAKEN_BACK_AFTER: Final = re.compile(
    r"\b(?:not|no|\w+n['’]t|or|but|however|could|would|should|may|might|only|until|when|once|provided|subject|pending|"
    r"make it|change\w*|correct\w*|replace\w*|amend\w*|actually|sorry|mean|meant|than)(?!\w)",
    re.IGNORECASE,
)

#: Words behind which a text names the amount of an order.
ORDERING: Final = _words(
    "create creating book booking place placing execute executing open opening recommend recommends recommending "
    "recommended propose proposes proposing proposed order ordering"
)
#: Words of sentences that speak of an order.
ORDERED: Final = ORDERING | _words("hedge hedging inception instruction")
#: Words of sentences that measure: their amounts are those of something else.
MEASURES: Final = _words(
    "capacity capacities limit limits available room position positions nav holds holding car buffer exposure "
    "exposures remaining remain remains left leaves leaving threshold headroom maximum minimum max min total totals "
    "hedged unhedged balance utilisation utilization utilised utilized ratio assets equity rate rates cost costs "
    "profit loss p&l gain gains premium volatility difference differences fee fees spread spreads notionals value"
)
#: Words of sentences about the past, about what is not to happen or might, or about no exact amount.
ASIDE: Final = _words(
    "created booked executed placed opened last yesterday previous previously earlier existing already was were had "
    "been outstanding matured prior not never no don't cannot instead rather without could would might if unless "
    "about around approximately approx roughly up between"
)
#: Words beside which 3M is three months.
TENORS: Final = _words("tenor tenors maturity forward month months swap ndf")
