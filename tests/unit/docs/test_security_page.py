"""The list of attacks is what the tests say of themselves, long enough, and complete in every cell."""

import re

from tests.attacks.attack import Attacker
from tests.attacks.page import FOLDER, PAGE, attacks, page

ATTACKS_MIN = 60


def test_the_page_of_attacks_is_what_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/security.md is stale: run `make docs`"


def test_there_are_attacks_by_everybody_who_could_attack() -> None:
    known = attacks()
    assert len(known) >= ATTACKS_MIN
    assert {attack.by for attack in known} == set(Attacker)


def test_every_attack_says_what_it_did_before_and_what_stops_it() -> None:
    for attack in attacks():
        assert all(text and "|" not in text and "\n" not in text for text in (attack.does, attack.before, attack.cure))


def test_every_test_module_of_attacks_enters_attacks() -> None:
    entered = {attack.test.split(".")[2] for attack in attacks()}
    modules = {file.stem for file in FOLDER.glob("test_*.py")}
    assert modules - entered == set()
    assert all(re.match(r"test_attacks_", name) for name in modules)
