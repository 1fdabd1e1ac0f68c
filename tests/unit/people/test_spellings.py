"""What a name comes to, which names can be used, and what is left of one that cannot."""

import json
import string
import unicodedata
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.people.identity import different_people, same_person
from shared.people.spelling import PERSON_CHARACTERS_MAX, cleaned, fault_of_name
from shared.people.tables import FILE, ignorable, looks_like, scripts_of
from tests.support.spellings import NAME, SPELLINGS


@pytest.mark.parametrize("how", SPELLINGS)
def test_a_spelling_of_a_name_is_the_same_person(how: str) -> None:
    assert same_person(NAME, SPELLINGS[how])
    assert same_person(SPELLINGS[how], NAME)


def test_no_two_of_all_spellings_are_two_persons() -> None:
    assert len(SPELLINGS) >= 40
    assert [pair for pair in combinations(SPELLINGS, 2) if not same_person(*(SPELLINGS[how] for how in pair))] == []
    assert different_people([NAME, *SPELLINGS.values()]) == [NAME]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tom", "ТОМ"),  # Cyrillic capitals
        ("tom", "tоm"),
        ("ANNA", "ΑΝΝΑ"),  # Greek capitals
        ("anna", "ΑΝΝΑ"),
        ("Weiß", "WEISS"),
        ("Weiß", "WEIẞ"),
        ("İlker", "ilker"),
        ("ılker", "ILKER"),
        ("i\u0307lker", "ilker"),
        ("Iris", "lris"),
        ("iris", "lris"),
        ("O'Neill", "O’Neill"),
        ("Ελένη", "ΕΛΈΝΗ"),
        ("ﾀﾅｶ", "タナカ"),
        ("김철수", "\u1100\u1175\u11b7철수"),
        ("tom 0", "tom O"),
        ("tom 0", "TOM o"),
    ],
)
def test_look_alikes_and_cases_come_together_to_one_person(one: str, other: str) -> None:
    assert same_person(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tom", "tim"), ("Müller", "Muller"), ("Müller", "Möller"), ("Ann", "Anna"), ("田中", "田村"),
        ("Anna Lee", "AnnaLee"), ("Ø", "O"), ("vic", "nic"), ("", "tom"), ("\u200b", "tom"), ("unknown", "tom"),
    ],
)  # fmt: skip
def test_other_names_are_other_persons(one: str, other: str) -> None:
    assert not same_person(one, other)


@given(st.text(max_size=20))
def test_a_name_is_itself_in_any_case_width_and_with_anything_invisible(text: str) -> None:
    for other in (text, text.upper(), text.lower(), text.casefold(), f" {text} ", f"\u200b{text}\u2060"):
        assert same_person(text, other)


def look_alikes() -> dict[str, list[str]]:
    """A letter -> what is taken for it. A compatibility form is the letter that it stands for: the long s is an s."""
    found: dict[str, list[str]] = {}
    for source, target in looks_like().items():
        if unicodedata.normalize("NFKC", source) == source:
            found.setdefault(target, [target]).append(source)
    return found


LOOK_ALIKES = look_alikes()


@given(st.text(alphabet=string.ascii_letters + " ", min_size=1, max_size=12), st.data())
def test_any_character_that_is_taken_for_a_letter_stands_for_it(text: str, data: st.DataObject) -> None:
    spelled = "".join(data.draw(st.sampled_from(LOOK_ALIKES.get(each, [each]))) for each in text)
    assert same_person(text, spelled)


@pytest.mark.parametrize(
    "name",
    [
        "tom", "Jürgen Müller", "Ju\u0308rgen", "田中Taro", "田中　太郎", "タナカ Taro", "김철수 Kim", "𠮷野",
        "Nguyễn Văn Đức", "Ann-Marie O’Brien (Treasury), Jr.", "auth0|5f7c8ec7", "tom@bank.example",
        "Ελένη", "Ольга", "محمد", "राम",
        "ก้อง", "田中・太郎", "İlker", "3f2a-11",
    ],
)  # fmt: skip
def test_names_of_people_can_be_used(name: str) -> None:
    assert fault_of_name(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (" tom", "blank"),
        ("tom\u3000", "blank"),
        ("x" * 101, "more than 100"),
        ("tom\u200b", "U+200B"),
        ("tom\n", "blank"),
        ("to\nm", "U+000A"),
        ("to\x00m", "U+0000"),
        ("\ud800", "U+D800"),
        ("tоm", "scripts"),
        ("Οlga", "scripts"),
        ("田中тaro", "scripts"),
        ("김철수 タロウ", "scripts"),
        ("कtom", "scripts"),
        ("ʀom", "U+0280"),
        ("tom 😀", "U+1F600"),
        ("tom\u2028", "blank"),
        ("to\u202em", "U+202E"),
        ("tom <7>", "U+003C"),
        ("tom\ufe0f", "U+FE0F"),
        ("\u0378", "U+0378"),
    ],
)
def test_a_name_that_cannot_be_used_is_told_why(name: str, why: str) -> None:
    fault = fault_of_name(name)
    assert fault is not None
    assert why in fault


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("tom\u200b", "tom"), ("to\x00m", "tom"), ("\u202etom\u202c", "tom"), ("tom\nsue", "tom sue"), ("tоm", "tоm"),
        ("\u200b\u2060", ""), ("tom" + "\u200b" * 5000, "tom"), ("x" * 5000, "x" * PERSON_CHARACTERS_MAX),
        ("\ud800", ""), ("tom \u2605", "tom"), ("\u24c2ia", "\u24c2ia"), ("tom \U0001f600 <7>", "tom <7>"),
    ],
)  # fmt: skip
def test_what_is_left_of_a_name_is_what_can_be_shown(given_name: str, shown: str) -> None:
    assert cleaned(given_name) == shown


@given(st.text(max_size=30))
def test_what_is_left_of_a_name_prints_and_is_the_same_person(text: str) -> None:
    left = cleaned(text)
    assert left.isprintable()
    if all(each.isalnum() or each.isspace() or each in ignorable() for each in text):
        assert same_person(text, left)


def test_the_tables_are_those_of_one_release_of_unicode() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8"))["unicode"] == "17.0.0"
    assert (len(looks_like()), len(ignorable())) == (6565, 4174)
    assert (scripts_of("a"), scripts_of("中"), scripts_of("-")) == ({"Latn"}, {"Hani"}, frozenset())
    assert (scripts_of("😀"), scripts_of("\u200b"), scripts_of("ʀ"), scripts_of("\U0010ffff")) == (None,) * 4
    assert (scripts_of("ー"), looks_like()["а"]) == ({"Hira", "Kana"}, "a")
