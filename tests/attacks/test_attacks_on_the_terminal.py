"""What a comment, a reason or an answer can do to the terminal of a person who reads it: nothing."""

import io
import json
import os
import pty
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from cli import terminal
from cli.output import fail
from cli.terminal import SafeConsole, json_text, print_bytes, print_page, say, tell
from cli.wording import is_hidden
from tests.attacks.attack import Attacker, attack

CLEAR_SCREEN = "\x1b[2J\x1b[H"
LINK = "[link=https://evil.example]hawk rollout[/link]"
HIDING = "[black on black]"
TITLE = "\x1b]0;owned\x07"
C1 = "\x9b31m"
BIDI = "\u202eDSU 001\u202c"


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Both consoles, as a colour terminal would get their bytes."""
    written = io.StringIO()
    for name in ("out", "err"):
        console = SafeConsole(stderr=name == "err", width=200)
        console._file = written
        console._force_terminal = True
        console.legacy_windows = False
        monkeypatch.setattr(terminal, name, console)
    return written


def hidden_in(text: str) -> set[str]:
    """Characters a terminal may obey, after rich's own colour sequences are taken away."""
    bare = terminal.Text.from_ansi(text).plain if "\x1b[" in text else text
    return {each for each in bare if is_hidden(each)} | ({"\x1b"} if "\x1b]" in text else set())


@attack(
    by=Attacker.PERSON,
    does="writes a reason for a rollout change that holds markup: it hides text and makes a live link",
    before="`hawk rollout --confirm` showed the link to the second person and hid what stood after [black on black]",
    cure="no console reads markup; styles are named in code, beside the text",
)
def test_markup_in_a_reason_is_shown_as_it_stands(screen: io.StringIO) -> None:
    say(f"mode FULL proposed by mira: {HIDING}{LINK}")
    assert HIDING in screen.getvalue()
    assert LINK in screen.getvalue()
    assert "\x1b]8;" not in screen.getvalue()


@attack(
    by=Attacker.PERSON,
    does="writes the comment [/]",
    before="`hawk rollout --confirm` ended with a MarkupError and its trace",
    cure="no console reads markup",
)
def test_a_closing_tag_in_a_comment_ends_no_command(screen: io.StringIO) -> None:
    say("Proposed: [/]")
    with pytest.raises(Exception, match="1"):
        fail("REFUSED: [/] is not a reason")
    assert screen.getvalue().count("[/]") == 2


@attack(
    by=Attacker.PUBLISHER,
    does="puts escape sequences (clear screen, window title, C1 controls) into an answer that ends in a table or error",
    before="table cells that were not wrapped one by one, and errors printed as they stood, reached the terminal",
    cure="every segment that a console renders loses its control characters, whatever it is part of",
)
@pytest.mark.parametrize("hostile", [CLEAR_SCREEN, TITLE, C1, BIDI, "a\u2028b", "\x00", "\x7f", "\u200b"])
def test_escapes_reach_no_terminal_by_any_way(screen: io.StringIO, hostile: str) -> None:
    table = Table("analysis", title=hostile)
    table.add_row(hostile)
    print_page(table)
    tell(hostile, (hostile, "bold red"))
    say(hostile)
    with pytest.raises(Exception, match="1"):
        fail(f"Refused: {hostile}")
    assert hidden_in(screen.getvalue()) == set()
    assert "\ufffd" in screen.getvalue()


@attack(
    by=Attacker.PUBLISHER,
    does="sends an answer whose bytes command the terminal of whoever asks for it with --raw",
    before="`hawk show ID --raw` wrote them to the terminal without a word",
    cure="to a terminal the bytes are shown as harmless text, with a warning; into a pipe they go as they are",
    remains="a person who pipes them into a program that obeys them",
)
def test_raw_bytes_on_a_terminal_are_shown_and_warned_of(screen: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as tty:
        monkeypatch.setattr(sys, "stdout", tty)
        print_bytes(b"analysis " + CLEAR_SCREEN.encode() + b"\xff")
    os.close(ours)
    assert "could control this terminal" in screen.getvalue()
    assert "analysis \ufffd[2J" in screen.getvalue()
    assert hidden_in(screen.getvalue()) == set()


def test_raw_bytes_into_a_pipe_stay_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_bytes(b"\x1b[2J\xff")
    assert capfdbinary.readouterr().out == b"\x1b[2J\xff"


@attack(
    by=Attacker.PUBLISHER,
    does="puts C1 controls, bidirectional overrides and half surrogates into a text that --json prints",
    before="JSON escaped the controls below 0x20 only; 0x9b and U+202E came through, a surrogate ended the command",
    cure="--json writes every character that a terminal may obey as a JSON escape; the value stays equal",
)
@given(st.text(st.characters(), max_size=60))
def test_json_holds_no_character_that_a_terminal_obeys(text: str) -> None:
    written = json_text({"reason": text + C1 + BIDI + "\ud800"})
    assert not [each for each in written if is_hidden(each)]
    assert json.loads(written)["reason"].encode("utf-16", "surrogatepass") == (text + C1 + BIDI + "\ud800").encode(
        "utf-16", "surrogatepass"
    )
