"""What a token says of how somebody signed in; what it does not say well proves nothing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.security.tokens import Authentication, Person, authentication_of

AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
SECONDS = int(AT.timestamp())


def test_times_level_and_means_are_read() -> None:
    claims = {"iat": SECONDS, "auth_time": Decimal(SECONDS) - Decimal("59.5"), "acr": "phr", "amr": ["pwd", "otp"]}
    found = authentication_of(claims)
    assert (found.as_of, found.acr, found.amr) == (AT, "phr", ("pwd", "otp"))
    assert found.at == AT.replace(hour=8, minute=59, second=0)


@pytest.mark.parametrize("value", [None, True, "1", -1, 10**30, Decimal("1e400"), [SECONDS], {}])
def test_time_that_is_none_proves_nothing(value: Any) -> None:
    assert authentication_of({"iat": value, "auth_time": value}) == Authentication()


@pytest.mark.parametrize("value", [7, None, {"a": 1}, True])
def test_level_and_means_of_another_kind_prove_nothing(value: Any) -> None:
    assert authentication_of({"acr": value, "amr": value}) == Authentication()
    assert authentication_of({"amr": ["pwd", 7, None]}).amr == ("pwd",)


def test_person_is_the_same_however_they_signed_in() -> None:
    assert Person("ann", (), Authentication(AT)) == Person("ann", ())
