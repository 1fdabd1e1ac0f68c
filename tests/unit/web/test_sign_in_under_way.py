"""What rides in the browser between the way to the provider and the way back."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.web.sign_in.login import Login, cookie_name, new_login, packed, provider_address, unpacked

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)


def login(**changes: Any) -> Login:
    numbers = count()
    made = new_login(lambda: f"secret-{next(numbers)}", NOW, "/console/x", silent=False, max_age=None)
    return replace(made, **changes)


def cookie(**changes: Any) -> str:
    fields = json.loads(base64.urlsafe_b64decode(packed(login()) + "=="))
    whole = {name: value for name, value in {**fields, **changes}.items() if value is not ...}
    return base64.urlsafe_b64encode(json.dumps(whole).encode()).decode()


def test_sign_in_comes_back_from_its_cookie_as_it_was() -> None:
    begun = login(replaces="ab" * 32, silent=True, max_age=60)
    assert unpacked(packed(begun), begun.state, NOW) == begun


def test_secrets_of_a_sign_in_are_three() -> None:
    begun = login()
    assert len({begun.state, begun.nonce, begun.verifier}) == 3


def test_page_of_another_site_is_not_kept() -> None:
    assert new_login(lambda: "s", NOW, "https://evil.example", silent=False, max_age=None).next == "/"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", "secret-0"),
        ("%%%", "secret-0"),
        ("e30=", "secret-0"),
        (base64.urlsafe_b64encode(b"[1]").decode(), "secret-0"),
        (base64.urlsafe_b64encode(b"[" * 2_000).decode(), "secret-0"),
        ("A" * 4_000, "secret-0"),
        (cookie(), "another"),
        (cookie(state=7), "7"),
        (cookie(state=""), ""),
        (cookie(nonce=""), "secret-0"),
        (cookie(verifier=None), "secret-0"),
        (cookie(begun="1"), "secret-0"),
        (cookie(begun=True), "secret-0"),
        (cookie(max_age="x"), "secret-0"),
        (cookie(silent=1), "secret-0"),
        (cookie(next=...), "secret-0"),
        (cookie(further=1), "secret-0"),
        (cookie(next="/console/" + "x" * 4_000), "secret-0"),
        (cookie(begun=int(NOW.timestamp()) - 601), "secret-0"),
        (cookie(begun=int(NOW.timestamp()) + 1), "secret-0"),
    ],
)
def test_cookie_that_is_not_this_sign_ins_counts_for_nothing(text: str, state: str) -> None:
    assert unpacked(text, state, NOW) is None


def test_sign_in_may_take_ten_minutes() -> None:
    assert unpacked(packed(login()), "secret-0", NOW + timedelta(minutes=10)) is not None


def test_each_sign_in_has_a_cookie_of_its_own() -> None:
    assert cookie_name("one") != cookie_name("two")
    assert cookie_name("one").startswith("__Host-hawk_login_")


def test_provider_is_asked_with_everything_that_ties_the_answer_to_this_browser() -> None:
    address = provider_address(
        login(), "https://login.example/authorize?tenant=1", client_id="hawk", scope="openid email",
        redirect_uri="https://hawk.example/callback", asked={"prompt": "none", "max_age": 60, "acr_values": None},
    )  # fmt: skip
    asked = parse_qs(urlsplit(address).query)
    assert asked == {
        "tenant": ["1"], "response_type": ["code"], "client_id": ["hawk"], "scope": ["openid email"],
        "redirect_uri": ["https://hawk.example/callback"], "state": ["secret-0"], "nonce": ["secret-1"],
        "code_challenge": ["9La7ZUgSnazxHBqcTf__79SqayH89Ol1TMA7cxy-fCU"], "code_challenge_method": ["S256"],
        "prompt": ["none"], "max_age": ["60"],
    }  # fmt: skip
