"""An order in words as a proposal: one action, whose evidence is a sentence. Pure."""

from dataclasses import replace
from typing import Final

from services.parser.catalogue import ActionType
from services.parser.codes import ResponseRefused
from services.parser.crosscheck import contradictions, statements
from services.parser.grouping import Component, group
from services.parser.meant import Passage
from services.parser.validation import Action
from services.parser.words import WordsOrder, read_words
from shared.events.base import Notice
from shared.events.parsing_codes import ParsingCode
from shared.events.responses import Claimed

READ_FROM_WORDS: Final = "READ_FROM_WORDS"
#: The id of a first action that states none.
_ACTION_ID: Final = "#1"


def proposed_in_words(said: Passage, *, carried: bool) -> tuple[Component, ...]:
    """Return the proposal that a text makes in words, with the places of its values as a warning; none for analysis.

    Args:
        carried: as of `read_words`.
    Raises:
        ResponseRefused: as `read_words`.
    """
    found = read_words(said, carried=carried)
    if found is None:
        return ()
    action = Action(
        index=0,
        action_id=_ACTION_ID,
        action_type=ActionType.CREATE_HEDGE_INSTRUCTION,
        dependencies=(),
        order=found.order,
        claim=None,
        claimed=Claimed(action_id=_ACTION_ID),
        raw={"words": said.text[found.start : found.end]},
        path=said.place(found.start, found.end),
        refusals=(),
    )
    _refuse_other_statement(said, found, action)
    return tuple(replace(component, warnings=(_evidence(said, found),)) for component in group([action]))


def _refuse_other_statement(said: Passage, found: WordsOrder, action: Action) -> None:
    """Refuse when a sentence behind the order gives another amount, currency or entity: it may correct it."""
    other = contradictions(action, [found.order], statements(said, found.end))
    if other:
        raise ResponseRefused(ParsingCode.AMBIGUOUS, other[0].message, said.place(found.start, found.end))


def _evidence(said: Passage, found: WordsOrder) -> Notice:
    """Name what was read where, so that the approver can compare it with the sentence."""
    read = [
        f"{name} {getattr(found.order, name)} from '{said.text[start:end]}' ({start}-{end})"
        for name, (start, end) in found.spans.items()
    ]
    return Notice(
        code=READ_FROM_WORDS,
        message=f"The order was read from a sentence, not from an action block: {', '.join(read)}.",
        path=said.place(found.start, found.end),
    )
