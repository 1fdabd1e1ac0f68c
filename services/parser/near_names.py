"""Names that are nearly those of an order, and their places. Pure.

A reader that skips `recommendedActions`, or an action in an object of another name, loses an order silently. So
whatever looks like an order in a place where none is read is refused with that place and the right name.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from services.parser.catalogue import INSTRUCTION_FIELDS, ActionType
from shared.exact_json import member_path

BLOCK_KEY: Final = "recommended_actions"
ACTION_KEY: Final = "action_type"
DATA_KEY: Final = "data"

#: Letters of a key that are compared; compatibility forms of one character may be eighteen.
_KEY_LETTERS_MAX: Final = 64
#: Keys longer than that are compared by their beginning; no invisible filling may hide a name, so it is generous.
_KEY_CHARACTERS_MAX: Final = 1_024
#: What is not a letter or digit, and the letters that show nothing (fillers of Hangul).
_UNSEEN: Final = re.compile(r"[\W\d_\u115f\u1160\u3164\uffa0]+")
_NOT_LETTERS: Final = re.compile(r"[^a-z]")
_LIST: Final = ("recommendedactions", "recommendedaction")
#: Short names that many things have; alone they tell an order only by what they hold.
_SHORT: Final = ("actions", "action")
_TYPE: Final = "actiontype"
#: Letters that may be wrong, missing or too many in a misspelt name of the list.
_MISSPELT_MAX: Final = 2
_KINDS: Final = {_NOT_LETTERS.sub("", kind.lower()): kind for kind in ActionType}
_FIELDS: Final = frozenset(_NOT_LETTERS.sub("", name) for name in (*INSTRUCTION_FIELDS, "table", "operation"))
#: Two of these, and nothing but fields of an instruction, are an instruction.
_TELLING_FIELDS: Final = frozenset({"instructiontype", "exposurecurrency", "hedgeamountorder"})

#: Traces of near names in broken JSON and YAML, in small letters without what is not seen.
_TRACE: Final = re.compile(
    r"(?:recommended[_ -]?actions?|action[_ -]?type)\\{0,8}[\"'`\u2018-\u201f]\s{0,64}[:=]"
    r"|(?:recommendedactions?|actiontype)\s{0,64}[:=]\s{0,64}[\[{\"'a-z-]"
)
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0]"
)


@dataclass(frozen=True, slots=True)
class NearName:
    """A name that is nearly right, or a right one in a wrong place. `path`: of its object from the document's root."""

    name: str
    path: str
    right: str
    misplaced: bool = False

    @property
    def reason(self) -> str:
        """The fault and its cure."""
        name = ascii(self.name[:60])
        if self.misplaced:
            return f"Key {name} is where no action is read. Put all actions into the list {BLOCK_KEY} of one object."
        return f"{name} looks like an order, but HAWK reads no order under that name. Write {self.right}."


def near_name(value: Any, path: str = "$", *, block: bool = False) -> NearName | None:
    """Return the first name in a JSON value that looks like an order and is not read as one.

    Args:
        block: whether the value is an object in which actions are read: its list of actions is fine, and of each action
            what it says in `data` is for its reader.
    """
    if not isinstance(value, dict | list):
        return None
    places: list[tuple[Any, str]] = [(value, path)]
    if block and isinstance(value, dict):
        found = _of_block(value, path)
        if found is not None:
            return found
        places = list(_outside_of_data(value, path))
    while places:
        each, place = places.pop()
        if isinstance(each, dict):
            found = _of_object(each, place)
            if found is not None:
                return found
            places.extend((member, member_path(place, key)) for key, member in each.items() if _holds(member))
        elif isinstance(each, list):
            places.extend((member, f"{place}[{index}]") for index, member in enumerate(each) if _holds(member))
    return None


def trace_of(text: str) -> str | None:
    """Return a near name written as a key in a text that is not JSON, or None."""
    small = text.lower()
    if not small.isascii():
        small = _INVISIBLE.sub("", small)
    # The right names leave traces of their own, which are looked for elsewhere.
    small = small.replace(BLOCK_KEY, "").replace(ACTION_KEY, "") if "action" in small else ""
    if "action" not in small:
        return None
    found = _TRACE.search(small)
    return found.group() if found else None


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def _of_block(value: dict[str, Any], path: str) -> NearName | None:
    """Find near names beside the list of actions, and in the actions themselves beside their data."""
    for key in value:
        name = _folded(key)
        if key == ACTION_KEY:
            return NearName(key, path, BLOCK_KEY, misplaced=True)
        if key != BLOCK_KEY and (_is_list_name(key, name) or name in (*_SHORT, _TYPE)):
            return NearName(key, path, f"{BLOCK_KEY}, the list of all actions")
    actions = value.get(BLOCK_KEY)
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        for key in action if isinstance(action, dict) else ():
            if key != ACTION_KEY and _folded(key) == _TYPE:
                return NearName(key, f"{path}.{BLOCK_KEY}[{index}]", ACTION_KEY)
    return None


def _outside_of_data(value: dict[str, Any], path: str) -> Iterator[tuple[Any, str]]:
    """Yield the members of a block, and of its actions, in which no action is read."""
    for key, member in value.items():
        if key != BLOCK_KEY:
            yield member, member_path(path, key)
    actions = value.get(BLOCK_KEY)
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        for key, member in action.items() if isinstance(action, dict) else ():
            if key not in (DATA_KEY, BLOCK_KEY):
                yield member, member_path(f"{path}.{BLOCK_KEY}[{index}]", key)


def _of_object(value: dict[str, Any], path: str) -> NearName | None:
    """Find what an object that is not a block has of an order."""
    for key, member in value.items():
        if key in (BLOCK_KEY, ACTION_KEY):
            return NearName(key, path, BLOCK_KEY, misplaced=True)
        name = _folded(key)
        if _is_list_name(key, name) or (name in _SHORT and _holds_an_action(member)):
            return NearName(key, path, f"{BLOCK_KEY}, the list of all actions")
        if name == _TYPE:
            return NearName(key, path, f"{ACTION_KEY}, in the list {BLOCK_KEY}")
        kind = _KINDS.get(_folded(member)) if isinstance(member, str) and len(member) <= _KEY_LETTERS_MAX else None
        if kind is not None:
            return NearName(key, path, f"{ACTION_KEY}: {kind}, in the list {BLOCK_KEY}")
    if _is_instruction(value):
        return NearName(next(iter(value)), path, f"it as {DATA_KEY} of an action in the list {BLOCK_KEY}")
    return None


def _holds_an_action(value: Any) -> bool:
    """Return whether a value is an object with data of its own, or a list of some; their content is checked too."""
    members = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict) and (isinstance(each.get(DATA_KEY), dict) or ACTION_KEY in each)
               for each in members)  # fmt: skip


def _is_instruction(value: dict[str, Any]) -> bool:
    if not 1 < len(value) <= len(_FIELDS):
        return False
    names = {_folded(key) for key in value}
    return names <= _FIELDS and len(names & _TELLING_FIELDS) > 1


def _is_list_name(key: str, name: str) -> bool:
    """Return whether a key is meant as the name of the list: misspelt, or in letters of another alphabet. alphabet."""
    if _LIST[1] in name:
        return True
    longest = len(_LIST[0]) + _MISSPELT_MAX
    if name[:1] == "r" and len(_LIST[1]) - _MISSPELT_MAX <= len(name) <= longest:
        alike = sum(part.size for part in SequenceMatcher(None, _LIST[0], name).get_matching_blocks())
        return alike >= max(len(_LIST[0]), len(name)) - _MISSPELT_MAX
    return any(each in name for each in ("suggestedaction", "proposedaction")) or _is_foreign(key)


def _folded(text: str) -> str:
    """Return the Latin letters of a name, small, without marks, signs and what is not seen."""
    small = text[:_KEY_CHARACTERS_MAX].lower()
    if not small.isascii():
        small = unicodedata.normalize("NFKD", _UNSEEN.sub("", small)[:_KEY_LETTERS_MAX]).lower()
    return _NOT_LETTERS.sub("", small)


def _is_foreign(key: str) -> bool:
    """Return whether a key is one of the names but for letters of other alphabets, which are at most half of it."""
    if key.isascii():
        return False
    seen = _UNSEEN.sub("", key[:_KEY_CHARACTERS_MAX])[:_KEY_LETTERS_MAX]
    letters = [each for each in unicodedata.normalize("NFKD", seen).lower() if each.isalpha()]
    if "".join(letters).isascii():
        return False
    return any(_looks_like(letters, name) for name in (*_LIST, *_SHORT, _TYPE))


def _looks_like(letters: list[str], name: str) -> bool:
    if len(letters) != len(name):
        return False
    pairs = list(zip(letters, name, strict=True))
    same = sum(letter == meant for letter, meant in pairs)
    return 2 * same >= len(name) and all(letter == meant or not letter.isascii() for letter, meant in pairs)
