"""How old roles may be for a decision, and what a tier may ask for besides."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.security.tokens import Authentication
from shared.web.problems import Problem
from shared.web.sign_in.freshness import Freshness, StepUp

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("age", "fine"), [(0 * MINUTE, True), (15 * MINUTE, True), (15 * MINUTE + MINUTE / 60, False)])
def test_roles_decide_for_fifteen_minutes(age: timedelta, fine: bool) -> None:
    given = Authentication(as_of=NOW - age, at=NOW)
    if fine:
        Freshness().check_roles(given, NOW)
        return
    with pytest.raises(Problem) as refused:
        Freshness().check_roles(given, NOW, "/console/approvals/w1")
    assert (refused.value.status_code, refused.value.code) == (401, "SIGN_IN_AGAIN")
    address = "/login?next=%2Fconsole%2Fapprovals%2Fw1&prompt=none"
    assert refused.value.extra == {"sign_in": {"address": address}}
    headers = refused.value.headers or {}
    assert headers["WWW-Authenticate"].endswith('error="insufficient_user_authentication", max_age=900')


def test_token_that_does_not_say_when_it_was_issued_decides_nothing() -> None:
    with pytest.raises(Problem, match="does not say when"):
        Freshness().check_roles(Authentication(at=NOW), NOW)


def test_installation_says_how_old_roles_may_be() -> None:
    hour = Freshness(timedelta(hours=1))
    hour.check_roles(Authentication(as_of=NOW - 60 * MINUTE), NOW)
    with pytest.raises(Problem, match="60 minutes"):
        hour.check_roles(Authentication(as_of=NOW - 61 * MINUTE), NOW)


@pytest.mark.parametrize(
    ("given", "wanted", "address"),
    [
        (Authentication(acr="phr", at=NOW - MINUTE), StepUp(acr="phr", max_age_seconds=60), None),
        (Authentication(), StepUp(), None),
        (Authentication(acr="pwd", at=NOW), StepUp(acr="phr"), "acr_values=phr"),
        (Authentication(at=NOW), StepUp(acr="phr"), "acr_values=phr"),
        (Authentication(acr="phr"), StepUp(acr="phr", max_age_seconds=60), "acr_values=phr&max_age=60"),
        (Authentication(at=NOW - 2 * MINUTE), StepUp(max_age_seconds=60), "max_age=60"),
    ],
)
def test_tier_asks_for_the_proof_that_the_installation_names(
    given: Authentication, wanted: StepUp, address: str | None
) -> None:
    rules = Freshness(step_up={"RISK_MANAGER": wanted})
    rules.check_step_up("TRADER", given, NOW)
    if address is None:
        rules.check_step_up("RISK_MANAGER", given, NOW)
        return
    with pytest.raises(Problem) as refused:
        rules.check_step_up("RISK_MANAGER", given, NOW)
    assert (refused.value.status_code, refused.value.code) == (401, "STEP_UP_REQUIRED")
    assert refused.value.extra == {"sign_in": {"address": f"/login?next=%2F&{address}"}}
