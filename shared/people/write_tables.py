"""Write `tables.json` from the files of the Unicode Character Database: `python -m shared.people.write_tables FOLDER`.

FOLDER holds the five files named in SOURCES, as the Unicode Consortium publishes them (licence: `UNICODE-LICENSE.txt`).
Another release is a change of SOURCES, reviewed with the differences in `tables.json`: who counts as one person may
change with it.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from shared.errors import Defect
from shared.people.tables import FILE

VERSION: Final = "17.0.0"
#: File -> SHA-256 of the release.
SOURCES: Final = {
    "DerivedCoreProperties.txt": "3707396d16b12fafc0465a21d835ddbb6c4fa91ace28f0cd548170209119f39c",
    "IdentifierStatus.txt": "617228a16da13850bf8af28b6cd08f5e9b6595d2eb60404fe6eee2c85b4e4a35",
    "ScriptExtensions.txt": "ec2107e58825a1586acee8e0911ce18260394ac8b87e535ca325f1ccbeb06bc6",
    "Scripts.txt": "9f5e50d3abaee7d6ce09480f325c706f485ae3240912527e651954d2d6b035bf",
    "confusables.txt": "ec88ecebcf89f63f813d460842b0cf8322744b40a0b2c06f88a2cea48c0351ea",
}
_HAN: Final = "Han"
#: The names of Scripts.txt by which ScriptExtensions.txt calls the scripts of identifiers; none for those of no script.
_SHORT: Final = {
    "Common": "", "Inherited": "", _HAN: "Hani",
    "Arabic": "Arab", "Armenian": "Armn", "Bengali": "Beng", "Cyrillic": "Cyrl", "Devanagari": "Deva",
    "Ethiopic": "Ethi", "Georgian": "Geor", "Grantha": "Gran", "Greek": "Grek", "Gujarati": "Gujr",
    "Gurmukhi": "Guru", "Hangul": "Hang", "Hebrew": "Hebr", "Hiragana": "Hira", "Kannada": "Knda",
    "Katakana": "Kana", "Khmer": "Khmr", "Lao": "Laoo", "Latin": "Latn", "Malayalam": "Mlym", "Myanmar": "Mymr",
    "Oriya": "Orya", "Sinhala": "Sinh", "Tamil": "Taml", "Telugu": "Telu", "Thaana": "Thaa", "Thai": "Thai",
    "Tibetan": "Tibt",
}  # fmt: skip


def tables_of(texts: dict[str, str]) -> dict[str, Any]:
    """Return the content that `shared.people.tables` reads, from the texts of the files.

    `allowed` holds the characters of identifiers (UTS 39, General Security Profile) by the scripts they are used in,
    and every ideograph: names are written with rare ones.
    """
    script = dict(_expanded(texts["Scripts.txt"]))
    extended = dict(_expanded(texts["ScriptExtensions.txt"]))
    allowed = {each for each, status in _expanded(texts["IdentifierStatus.txt"]) if status == "Allowed"}
    allowed |= {each for each, name in script.items() if name == _HAN}
    by_scripts: dict[str, list[int]] = defaultdict(list)
    for each in sorted(allowed):
        by_scripts[extended.get(each) or _SHORT[script.get(each, "Common")]].append(each)
    ignorable = sorted(
        each for each, name in _expanded(texts["DerivedCoreProperties.txt"]) if name == "Default_Ignorable_Code_Point"
    )
    looks: dict[str, list[str]] = defaultdict(list)
    for source, target in _fields(texts["confusables.txt"]):
        looks[target].append(source)
    return {
        "unicode": VERSION,
        "ignorable": _ranges(ignorable),
        "allowed": {scripts: _ranges(members) for scripts, members in sorted(by_scripts.items())},
        "looks_like": {target: " ".join(sources) for target, sources in sorted(looks.items())},
    }


def read_sources(folder: Path) -> dict[str, str]:
    """Return the texts of the files.

    Raises:
        Defect: one is not that of the release.
    """
    texts = {}
    for name, digest in SOURCES.items():
        data = (folder / name).read_bytes()
        if sha256(data).hexdigest() != digest:
            raise Defect(f"{folder / name} is not the file of Unicode {VERSION}.")
        texts[name] = data.decode("utf-8-sig")
    return texts


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield the first two fields of each line."""
    for line in text.splitlines():
        parts = [part.strip() for part in line.partition("#")[0].split(";")]
        if len(parts) >= 2:
            yield parts[0], parts[1]


def _expanded(text: str) -> Iterator[tuple[int, str]]:
    for codes, value in _fields(text):
        first, _, last = codes.partition("..")
        for each in range(int(first, 16), int(last or first, 16) + 1):
            yield each, value


def _ranges(members: Iterable[int]) -> str:
    """Return numbers in ascending order as text: `41-5A 61-7A`."""
    given = list(members)
    breaks = [index for index, (one, other) in enumerate(pairwise(given), start=1) if other != one + 1]
    runs = [given[begin:end] for begin, end in pairwise((0, *breaks, len(given)))]
    return " ".join(f"{run[0]:X}" if len(run) == 1 else f"{run[0]:X}-{run[-1]:X}" for run in runs if run)


if __name__ == "__main__":
    content = tables_of(read_sources(Path(sys.argv[1])))
    FILE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
