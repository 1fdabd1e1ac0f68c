"""The whole pipeline: a message's value and headers to what was understood of it. Pure, and it never fails.

bytes → text → shape → action block → typed actions → proposals; each step refuses with a code and a place.
What the proposals say is then compared with the words around them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from services.parser.codes import ResponseRefused, by_precedence
from services.parser.crosscheck import Mention, contradictions, statements
from services.parser.grouping import Component, group
from services.parser.identity import maker_of, response_id
from services.parser.meant import Passage
from services.parser.reading import Evidence, evidence_of, text_of
from services.parser.shapes import Content, Sender, read_shape
from services.parser.validation import validate_action
from services.parser.words_proposal import proposed_in_words
from shared.events.base import Notice, Refusal
from shared.events.parsing_codes import ParsingCode
from shared.events.responses import Maker, Outcome
from shared.exact_json import storable
from shared.hedging.order import Order

#: Actions of one response (interfaces section 4).
ACTIONS_MAX: Final = 50
#: Characters of analysis and prompt that travel with each proposal; the kept response has all of them.
ANALYSIS_CHARACTERS_MAX: Final = 32_768
PROMPT_CHARACTERS_MAX: Final = 8_192

UNREADABLE: Final = "unreadable"
#: Between what was said before a block, in it and behind it.
_BETWEEN: Final = "\n\n"
PROMPT_PATH: Final = "$.prompt"

#: Words that speak of an order. When they yield none, a warning says so.
_ORDERING_WORDS: Final = re.compile(
    r"\b(?:create|book|place|execute|open|roll(?:\s?over)?|terminate|amend)\b[^.\n]{0,60}\bhedge"
)
#: Characters in which such words are looked for; an order is in a sentence, not after a book.
_WORDS_CHARACTERS_MAX: Final = 65_536


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of one response. `refusals` are those of the response as a whole."""

    response_id: str
    evidence: Evidence
    shape: str
    maker: Maker
    prompt: str
    analysis: str
    components: tuple[Component, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Notice, ...]

    @property
    def outcome(self) -> Outcome:
        """The outcome of the response, as far as the parser can tell."""
        refused = [component for component in self.components if component.refusals]
        if self.refusals or (self.components and len(refused) == len(self.components)):
            return "REFUSED"
        if not self.components:
            return "ANALYSIS_ONLY"
        return "PARTLY_REFUSED" if refused else "PROPOSED"

    @property
    def all_warnings(self) -> tuple[Notice, ...]:
        """Warnings about the response and its proposals."""
        return (*self.warnings, *(each for component in self.components for each in component.warnings))

    @property
    def all_refusals(self) -> tuple[Refusal, ...]:
        """Refusals of the response and its proposals, in order of precedence."""
        return by_precedence((*self.refusals, *(each for component in self.components for each in component.refusals)))


def read_response(value: bytes, headers: Mapping[str, str], public_pem: str | None) -> Reading:
    """Understand a message of hawk.ai.responses, or say why not.

    Args:
        value: empty for a message without value.
        headers: of the message; `ce_id` and `hawkuser` count.
        public_pem: of the approval service, which signs proofs of makers; None verifies nobody.
    """
    evidence = evidence_of(value)
    sender = Sender()
    refusals: list[Refusal] = []
    content = Content(UNREADABLE)
    components: tuple[Component, ...] = ()
    try:
        content = read_shape(text_of(value), sender)
        components = _compared(_components(content), content, sender)
    except ResponseRefused as refused:
        refusals.append(refused.refusal)
        content = content if content.texts else replace(content, texts=(refused.prose,))
    identity = response_id(sender, headers, evidence.sha256)
    if identity.refusal is not None:
        refusals.append(identity.refusal)
    known = maker_of(sender, headers, identity.value, public_pem)
    texts, prompt = tuple(map(storable, content.texts)), storable(sender.prompt)
    return Reading(
        response_id=identity.value,
        evidence=evidence,
        shape=content.shape,
        maker=known.maker,
        prompt=prompt[:PROMPT_CHARACTERS_MAX],
        analysis=shortened(texts, ANALYSIS_CHARACTERS_MAX),
        components=() if refusals else components,
        refusals=by_precedence(refusals),
        warnings=(
            *known.warnings,
            *(content.notices if components and not refusals else ()),
            *_warnings(content, _BETWEEN.join(texts), prompt, nothing=not (refusals or components)),
        ),
    )


def shortened(texts: Sequence[str], characters: int) -> str:
    """Join texts, together no longer than so many characters: none crowds out another."""
    left, rooms = characters - len(_BETWEEN) * (len(texts) - 1), {}
    for place, index in enumerate(sorted(range(len(texts)), key=lambda index: len(texts[index]))):
        rooms[index] = min(len(texts[index]), left // (len(texts) - place))
        left -= rooms[index]
    return _BETWEEN.join(text[: rooms[index]] for index, text in enumerate(texts))


def _components(content: Content) -> tuple[Component, ...]:
    if content.words:
        return proposed_in_words(content.said[0], carried=content.carried)
    actions: list[Any] = content.actions or []
    if len(actions) > ACTIONS_MAX:
        raise ResponseRefused(
            ParsingCode.TOO_LARGE,
            f"The response recommends {len(actions)} actions; at most {ACTIONS_MAX} are taken. Split it.",
            content.actions_path,
        )
    return group([validate_action(raw, index, f"{content.actions_path}[{index}]") for index, raw in enumerate(actions)])


def _compared(components: tuple[Component, ...], content: Content, sender: Sender) -> tuple[Component, ...]:
    """Add warnings to proposals where analysis or prompt say something else. A sentence is its own analysis."""
    orders = [component.order for component in components if component.order is not None]
    if not orders:
        return components
    analysis = [] if content.words else [each for said in content.said for each in statements(said)]
    prompt = statements(Passage(sender.prompt, PROMPT_PATH))
    return tuple(
        replace(component, warnings=(*component.warnings, *_differences(component, orders, analysis, prompt)))
        for component in components
    )


def _differences(component: Component, orders: Sequence[Order], *texts: Sequence[Mention]) -> tuple[Notice, ...]:
    return tuple(
        notice for action in component.actions for stated in texts for notice in contradictions(action, orders, stated)
    )


def _warnings(content: Content, analysis: str, prompt: str, *, nothing: bool) -> tuple[Notice, ...]:
    """Return warnings about the texts. `nothing`: the response led to no proposal and to no refusal."""
    found = []
    if nothing and _ORDERING_WORDS.search((content.words or analysis)[:_WORDS_CHARACTERS_MAX].lower()):
        found.append(
            Notice(
                code="WORDS_NOT_EXECUTED",
                message="The words speak of ordering a hedge, but no sentence orders one in the agreed form, so "
                "nothing is proposed. Publish the order as recommended_actions, or as a sentence such as: Create hedge "
                "instruction for USD 25M COI at ENTITY0037.",
            )
        )
    if len(analysis) > ANALYSIS_CHARACTERS_MAX or len(prompt) > PROMPT_CHARACTERS_MAX:
        found.append(
            Notice(
                code="TEXT_SHORTENED",
                message=f"The analysis is shown up to {ANALYSIS_CHARACTERS_MAX} characters, the prompt up to "
                f"{PROMPT_CHARACTERS_MAX}; the kept response has all of them.",
            )
        )
    return tuple(found)
