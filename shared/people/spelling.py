"""How a name may be spelled, and what all spellings of one name have in common. Pure.

Two spellings are compared by what they come to (UTS 39 for Unicode 17): case, width, composition, invisible characters
and blanks make no difference, nor do characters that are taken for one another. A doubt makes one name of two, never
two of one: capital I, small i, small l and the digit 1 all count as one.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Final

from shared.people.tables import ignorable, looks_like, scripts_of

#: Characters of a name: it goes into events, pages and audit rows.
NAME_CHARACTERS_MAX: Final = 100
#: Characters of an issuer's subject (OpenID Connect Core, section 2).
SUBJECT_CHARACTERS_MAX: Final = 255
#: Characters of whatever else is said to be a person's name.
PERSON_CHARACTERS_MAX: Final = 400

#: Characters of names beside those of identifiers. `<` and `>` hold a subject.
_ASCII: Final = frozenset(chr(each) for each in range(0x20, 0x7F)) - {"<", ">"}
#: Writing systems of several scripts, with which Latin letters may be mixed (UTS 39, "Highly Restrictive").
_WITH_LATIN: Final = {
    "Hani": frozenset({"Jpan", "Hanb", "Kore"}),
    "Hira": frozenset({"Jpan"}),
    "Kana": frozenset({"Jpan"}),
    "Bopo": frozenset({"Hanb"}),
    "Hang": frozenset({"Kore"}),
}
_LATIN: Final = "Latn"
#: A dot above that an i or j has already, or what is taken for one.
_DOT_THAT_DOES_NOT_SHOW: Final = re.compile("(?<=[ijl])\u0307+")


@lru_cache(maxsize=4096)
def spelling_keys(name: str) -> frozenset[str]:
    """Give what a name comes to. Two names that share a key are one.

    Two keys, since letters that look alike as capitals may differ as small ones: one of the name as it is, one of
    its small letters.
    """
    plain = _plain(name)
    return frozenset({_look(plain), _look(_folded(plain))})


def fault_of_name(text: str, characters_max: int = NAME_CHARACTERS_MAX) -> str | None:
    """Say why a text cannot be used as a name; None when it can.

    Names hold the characters of identifiers and ASCII, of scripts that are written together: UTS 39, "Highly
    Restrictive".
    """
    if not text.strip():
        return "is empty"
    if len(text) > characters_max:
        return f"has more than {characters_max} characters"
    if text != text.strip():
        return "has a blank at its beginning or end"
    plain = unicodedata.normalize("NFKC", text)
    strange = next((each for each in plain if not _in_names(each)), None)
    if strange is not None:
        return f"has the character U+{ord(strange):04X}, which is not allowed in names"
    if not _written_together(plain):
        return "mixes scripts that are not written together"
    return None


def cleaned(text: str) -> str:
    """Give what is left of a text that was given as a name: what fits, what prints, no signs."""
    shown = (" " if each.isspace() else each for each in text if each.isspace() or (_prints(each) and not _sign(each)))
    return " ".join("".join(shown).split())[:PERSON_CHARACTERS_MAX].strip()


def _prints(character: str) -> bool:
    return character.isprintable() and character not in ignorable()


def _sign(character: str) -> bool:
    """Return whether a character is an arrow, a star, a face: no letter in any form."""
    forms = unicodedata.normalize("NFKC", character)
    return not character.isascii() and all(unicodedata.category(each).startswith("S") for each in forms)


def _in_names(character: str) -> bool:
    return character in _ASCII or (_prints(character) and scripts_of(character) is not None)


def _written_together(text: str) -> bool:
    used = {scripts for each in text if (scripts := scripts_of(each))}
    others = [_systems(scripts) for scripts in used if _LATIN not in scripts]
    if not others:
        return _common(used) is not None or not used
    common = _common(others)
    if not common:
        return False
    latin_alone = any(not scripts & common for scripts in used)
    return not latin_alone or bool(common & {"Jpan", "Hanb", "Kore"})


def _systems(scripts: frozenset[str]) -> frozenset[str]:
    return scripts.union(*(_WITH_LATIN.get(each, frozenset()) for each in scripts))


def _common(sets: Iterable[frozenset[str]]) -> frozenset[str] | None:
    return frozenset.intersection(*each) if (each := list(sets)) else None


def _plain(text: str) -> str:
    """Return a text in one width and composition, without invisible characters, with one blank between words."""
    shown = "".join(each for each in unicodedata.normalize("NFKC", text) if each not in ignorable())
    return " ".join(unicodedata.normalize("NFKC", shown).split())


def _folded(text: str) -> str:
    """Return small letters, as NFKC_Casefold. Twice, because one step can undo the other."""
    for _ in range(2):
        text = _plain(unicodedata.normalize("NFD", text).casefold())
    return text


def _skeleton(text: str) -> str:
    """Return the text that a text may be mistaken for (UTS 39, section 4)."""
    parts = unicodedata.normalize("NFD", text)
    # A mark upon the same mark may not show.
    shown = (each for before, each in pairwise(("", *parts)) if each != before or not unicodedata.combining(each))
    return unicodedata.normalize("NFD", "".join(looks_like().get(each, each) for each in shown))


def _look(text: str) -> str:
    """Return the small letters of `_skeleton`. The capital of i is mistaken for l, so the two are one."""
    taken = _skeleton(_folded(_skeleton(text)))
    return _DOT_THAT_DOES_NOT_SHOW.sub("", taken).replace("i", "l")
