"""Notifications: pauses grow to their bound, mails gather and name what fits, and no text becomes a header."""

import re
from email import message_from_bytes
from email.policy import SMTP, default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approval.notifications.hook import secret_of, signature_of, why_not_connect
from services.approval.notifications.letter import NAMED_MAX, message_of, plain_line, text_of
from services.approval.notifications.notices import ATTEMPTS_MAX, PAUSE_SECONDS_MAX, Kind, Told, pause_seconds
from tests.support.notifying import ANNA, HAPPENED, ORDER, WORDING, notice

CHANCES = st.integers(0, 999).map(lambda number: number / 1000)
ANY_TEXT = st.text(max_size=200)
HEADERS = {
    "from", "to", "subject", "date", "message-id", "auto-submitted", "content-language", "content-type",
    "content-transfer-encoding", "mime-version",
}  # fmt: skip


@given(attempts=st.integers(1, ATTEMPTS_MAX - 1), chance=CHANCES, other=CHANCES)
def test_pauses_never_shrink_by_more_than_chance_and_never_pass_their_bound(
    attempts: int, chance: float, other: float
) -> None:
    pause, later = pause_seconds(attempts, chance), pause_seconds(attempts + 1, other)
    assert pause is not None
    assert 0 < pause <= PAUSE_SECONDS_MAX
    assert later is None or later >= pause / 2


@given(attempts=st.integers(ATTEMPTS_MAX, 10_000), chance=CHANCES)
def test_after_the_last_attempt_it_is_given_up(attempts: int, chance: float) -> None:
    assert pause_seconds(attempts, chance) is None


@given(asked=st.integers(0, 60), ended=st.integers(0, 60))
def test_one_mail_counts_all_and_names_what_fits(asked: int, ended: int) -> None:
    notices = [notice(Kind.REQUESTED, f"a{number}") for number in range(asked)]
    notices += [notice(Kind.EXPIRED, f"e{number}") for number in range(ended)]
    text = text_of(notices, WORDING)
    assert text.count("/console/approvals/") == min(asked, NAMED_MAX) + min(ended, NAMED_MAX)
    assert bool(re.match(rf"{asked} requests? waits? for approval\.", text)) == (asked > 0)
    assert "25,000,000" not in text


@given(maker=ANY_TEXT, person=ANY_TEXT, order=ANY_TEXT, kind=st.sampled_from(Kind))
def test_no_text_becomes_a_header_or_a_line_of_its_own(maker: str, person: str, order: str, kind: Kind) -> None:
    told = Told(kind, "w1", "REJECTED", person)
    given_notice = notice(told=told, maker=maker, order=ORDER | {"order_id": order})
    raw = message_of([given_notice], ANNA, WORDING, "id-1").as_bytes(policy=SMTP)
    message = message_from_bytes(raw, policy=default)
    assert {name.lower() for name in message} == HEADERS
    assert message["to"] == ANNA
    assert message.get_content_type() == "text/plain"
    clean = message_of([notice(kind)], ANNA, WORDING, "id-1").get_content()
    assert len(message.get_content().splitlines()) == len(clean.splitlines())


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: c@d.example", "a b@c.example", "a@b.example, c@d.example"])
def test_address_that_is_none_makes_no_mail(address: str) -> None:
    with pytest.raises((ValueError, IndexError, AttributeError)):
        message_of([notice()], address, WORDING, "id-1")


@given(ANY_TEXT)
def test_line_of_a_foreign_text_is_one_short_printable_line(text: str) -> None:
    line = plain_line(text)
    assert line.isprintable()
    assert len(line) <= 80
    assert len(line.splitlines()) <= 1


def test_signature_is_the_one_of_the_published_example() -> None:
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert secret is not None
    body = b'{"test": 2432232314}'
    signed = signature_of(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",  # noqa: S104
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::", "no address",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_address_that_is_not_public_is_refused_also_beside_a_public_one(address: str) -> None:
    assert why_not_connect([address], ()) is not None
    assert why_not_connect(["93.184.216.34", address], ()) is not None


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111"])
def test_public_address_is_connected_to(address: str) -> None:
    assert why_not_connect([address], ()) is None
    assert why_not_connect([], ()) is not None


def test_notices_happened_when_they_say() -> None:
    assert message_of([notice()], ANNA, WORDING, "id-1")["date"].datetime == HAPPENED
