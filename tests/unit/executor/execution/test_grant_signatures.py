"""From the tier that the policy names, a grant permits only what each approver's passkey has signed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.executor.execution.grant import Judge, check_grant
from shared.errors import InvalidInput
from shared.events.approvals import Approver
from shared.events.assertions import Assertion, PersonSigned
from shared.events.decisions import DecisionName
from shared.events.passkeys import PasskeyTakenIn
from shared.events.responses import Maker
from shared.passkeys.challenge import Signed, written
from shared.policy.table import DEFAULT_POLICY
from shared.security.grants import GrantClaims, sign_grant, verify_grant
from shared.security.keys import ensure_grant_keys, read_pem
from tests.support.authenticators import Authenticator
from tests.support.executions import NOW, WORKFLOW, drawn
from tests.support.proofs import by

PLAN = by(drawn("USD", "100000000"), Maker(name="mira", verified=True))
SIGNING = replace(DEFAULT_POLICY, version="signing-1", signed_from="RISK_MANAGER")
RITA = Authenticator()
DECISION = Signed(WORKFLOW, PLAN.plan_digest or "", "APPROVE")


def kept(person: str, device: Authenticator, **changes: object) -> PasskeyTakenIn:
    passkey = replace(device, count=0).register(person)
    said = PasskeyTakenIn(
        person=person,
        credential_id=passkey.credential_id,
        decision=DecisionName(version=2, digest="sha256:" + "d" * 64),
        passkey=passkey,
        works_from=NOW - timedelta(days=1),
        ends_at=None,
        lost_by="",
        taken_in_at=NOW - timedelta(days=1),
    )
    return said.model_copy(update=changes)


def judge(*keys: PasskeyTakenIn) -> Judge:
    return Judge(SIGNING, lambda _: Maker(name="mira", verified=True), {key.credential_id: key for key in keys})


def claims(*assertions: tuple[str, Assertion], approvers: tuple[str, ...] = ("rita",)) -> GrantClaims:
    return GrantClaims(
        jti="j1",
        workflow_id=WORKFLOW,
        plan_digest=PLAN.plan_digest,
        effects_digest=PLAN.effects_digest,
        amount_usd=PLAN.plan.usd_equivalent,
        tier="RISK_MANAGER",
        policy_version="signing-1",
        maker="mira",
        maker_verified=True,
        approvers=tuple(Approver(person=each, role="RISK_MANAGER", at=NOW) for each in approvers),
        assertions=tuple(PersonSigned(person=person, assertion=each) for person, each in assertions),
        iat=NOW,
        exp=NOW + timedelta(hours=24),
    )


def refused(grant: GrantClaims, by_keys: Judge) -> str:
    with pytest.raises(InvalidInput) as found:
        check_grant(grant, WORKFLOW, PLAN, by_keys)
    assert found.value.code == "GRANT_NOT_SIGNED"
    return found.value.reason


def test_a_signed_grant_is_accepted_and_keeps_its_signature_in_its_text(tmp_path: Path) -> None:
    pair = ensure_grant_keys(tmp_path)
    grant = claims(("rita", RITA.sign(DECISION)))
    read = verify_grant(sign_grant(grant, read_pem(pair.private)), read_pem(pair.public), NOW)
    check_grant(read, WORKFLOW, PLAN, judge(kept("rita", RITA)))


def test_below_the_tier_nobody_needs_to_sign() -> None:
    plain = Judge(DEFAULT_POLICY, lambda _: Maker(name="mira", verified=True))
    check_grant(claims(), WORKFLOW, PLAN, plain)


def test_without_a_signature_the_grant_permits_nothing() -> None:
    assert "rita approved without a passkey" in refused(claims(), judge(kept("rita", RITA)))


@pytest.mark.parametrize(
    "other",
    [
        replace(DECISION, plan_digest="sha256:" + "b" * 64),
        replace(DECISION, workflow_id="another"),
        replace(DECISION, decision="REJECT"),
    ],
)
def test_a_signature_over_something_else_is_none(other: Signed) -> None:
    assert "challenge" in refused(claims(("rita", RITA.sign(other))), judge(kept("rita", RITA)))


def test_a_key_counts_for_its_owner_alone() -> None:
    sam = Authenticator(credential=b"sam")
    keys = judge(kept("rita", RITA), kept("sam", sam))
    assert "that of sam" in refused(claims(("rita", sam.sign(DECISION))), keys)
    assert "not known" in refused(claims(("rita", Authenticator(credential=b"new").sign(DECISION))), keys)


def test_a_key_counts_from_its_first_moment_to_its_last() -> None:
    signed = claims(("rita", RITA.sign(DECISION)))
    early, late = kept("rita", RITA, works_from=NOW + timedelta(seconds=1)), kept("rita", RITA, ends_at=NOW)
    for key in (early, late, kept("rita", RITA, passkey=None, works_from=None)):
        refused(signed, judge(key))


def test_each_approver_signs_and_nobody_else() -> None:
    keys = judge(kept("rita", RITA))
    signed = RITA.sign(DECISION)
    assert "tom approved without" in refused(claims(("rita", signed), approvers=("rita", "tom")), keys)
    assert "did not approve" in refused(claims(("rita", signed), ("olga", RITA.sign(DECISION, written(b"x")))), keys)
    assert "twice" in refused(claims(("rita", signed), ("rita", signed)), keys)


def test_a_signature_in_a_grant_is_checked_also_where_none_is_needed() -> None:
    plain = Judge(DEFAULT_POLICY, lambda _: Maker(name="mira", verified=True))
    refused(claims(("rita", RITA.sign(DECISION))), plain)
