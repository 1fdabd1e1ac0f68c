"""Who has stolen a session, a token or a whole service's password, and would like to approve USD 100M with it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.approval.ports import Caller
from services.executor.execution.signatures import unsigned
from services.executor.rollout.passkeys import take
from shared.events.approvals import Approver
from shared.events.assertions import PersonSigned
from shared.events.decisions import DecisionName
from shared.events.passkeys import PasskeyAdded, PasskeyTakenIn
from shared.passkeys.challenge import Signed
from shared.policy.evaluation import evaluate
from shared.policy.subject import PolicySubject
from shared.policy.table import DEFAULT_POLICY, SubjectKind
from shared.security.grants import GrantClaims
from tests.attacks.attack import Attacker, attack
from tests.support.approvals import DIGEST, OTHER_DIGEST, World, request_for
from tests.support.authenticators import Authenticator
from tests.support.units import WHEN

SIGNING = replace(DEFAULT_POLICY, version="signing-1", signed_from="RISK_MANAGER")
BEFORE = "A token or a session of a RISK_MANAGER was all that an approval needed."
SIGNED = "The approval carries what the person's passkey signed over plan digest, workflow, decision and a nonce."
DEVICE = "The person's unlocked device."
DAY = timedelta(days=1)


class Console:
    """The routes, with two risk managers who have a passkey, and requests for USD 100M."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.devices = {name: Authenticator(credential=name.encode()) for name in ("rita", "olga")}

    async def begin(self) -> None:
        for owner in self.devices:
            (waiting,) = [each for each in (await self.register(owner))["waiting"] if each["person"] == owner]
            named = {"person": owner, "digest": waiting["digest"]}
            assert await self.post("/passkeys/confirmation", named, "sam", "TRADER") == "201"
        self.world.now += DAY
        for name in ("w1", "w2"):
            command = request_for(name, "100000000", at=self.world.now)
            amount = command.amount_usd
            subject = PolicySubject(SubjectKind.HEDGE, amount, amount, "USD", amount, "I", maker_verified=True)
            command = replace(command, policy=evaluate(SIGNING, subject))
            await self.world.approvals.act(name, command, Caller("service"))

    async def register(self, owner: str, device: Authenticator | None = None) -> Any:
        async with self.world.client() as client:
            headers = self.world.token(owner, "RISK_MANAGER")
            asked = (await client.post("/passkeys/registration", headers=headers)).json()
            made = (device or self.devices[owner]).registration(owner, asked["nonce"])
            body = {"name": "key", "nonce": asked["nonce"], **made}
            return (await client.post("/passkeys", json=body, headers=headers)).json()

    async def post(self, path: str, body: Any, person: str, role: str) -> str:
        async with self.world.client() as client:
            answer = await client.post(path, json=body, headers=self.world.token(person, role))
        return "201" if answer.status_code == 201 else str(answer.json()["code"])

    async def nonce(self, workflow: str, person: str = "rita") -> str:
        async with self.world.client() as client:
            body = {"decision": "APPROVE", "plan_digest": DIGEST}
            headers = self.world.token(person, "RISK_MANAGER")
            answer = await client.post(f"/approvals/{workflow}/signing", json=body, headers=headers)
        return str(answer.json()["nonce"])

    async def decide(self, workflow: str, assertion: Any, person: str = "rita") -> str:
        body = {"decision": "APPROVE", "plan_digest": DIGEST, "assertion": assertion}
        return await self.post(f"/approvals/{workflow}/decisions", body, person, "RISK_MANAGER")

    async def signed(self, workflow: str, nonce: str, *, by: str = "rita", digest: str = DIGEST) -> Any:
        return self.devices[by].sign(Signed(workflow, digest, "APPROVE"), nonce).model_dump(mode="json")

    async def nothing_decided(self, workflow: str) -> None:
        assert (await self.world.approvals.approval(workflow)).decisions == ()


@pytest.fixture
async def console(tmp_path: Path) -> Console:
    made = Console(tmp_path)
    await made.begin()
    return made


@attack(
    by=Attacker.PERSON,
    does="approves USD 100M with the stolen token of a RISK_MANAGER",
    before=BEFORE,
    cure=SIGNED,
    remains=DEVICE,
)
async def test_a_stolen_token_signs_nothing(console: Console) -> None:
    assert await console.decide("w1", None) == "PASSKEY_REQUIRED"
    await console.nothing_decided("w1")


@attack(
    by=Attacker.PERSON,
    does="sends a signature of the right person over the digest of another plan",
    before=BEFORE,
    cure=SIGNED,
    remains=DEVICE,
)
async def test_a_signature_over_another_digest_counts_for_nothing(console: Console) -> None:
    signed = await console.signed("w1", await console.nonce("w1"), digest=OTHER_DIGEST)
    assert await console.decide("w1", signed) == "PASSKEY_REFUSED"
    await console.nothing_decided("w1")


@attack(
    by=Attacker.PERSON,
    does="replays a signature that was used, for its own and for another request, with the nonce signed anew too",
    before=BEFORE,
    cure="A nonce is for one person and one decision, and is used up with it, in one transaction.",
    remains=DEVICE,
)
async def test_a_nonce_is_signed_for_once(console: Console) -> None:
    nonce = await console.nonce("w1")
    signed = await console.signed("w1", nonce)
    assert await console.decide("w1", signed) == "201"
    assert await console.decide("w1", signed) == "ALREADY_DECIDED"
    assert await console.decide("w2", signed) == "PASSKEY_NONCE_INVALID"
    assert await console.decide("w2", await console.signed("w2", nonce)) == "PASSKEY_NONCE_INVALID"
    await console.nothing_decided("w2")


@attack(
    by=Attacker.PERSON,
    does="signs with a passkey of his own what he approves in the name of another",
    before=BEFORE,
    cure="A passkey counts for the person whose stream it is on, and its nonce for whom it was given.",
    remains=DEVICE,
)
async def test_another_persons_key_does_not_sign(console: Console) -> None:
    signed = await console.signed("w1", await console.nonce("w1", "rita"), by="olga")
    assert await console.decide("w1", signed) == "PASSKEY_REFUSED"
    await console.nothing_decided("w1")


@attack(
    by=Attacker.PERSON,
    does="registers a passkey of his own with a stolen session, and confirms it as the same person in another spelling",
    before="There were no passkeys.",
    cure="Another person confirms it, all spellings of a name are one, it counts after a day, and its owner sees it.",
    remains="Two people who collude, for a day in which the owner does not look.",
)
async def test_a_stolen_session_adds_no_key(console: Console) -> None:
    device = Authenticator(credential=b"thief")
    waiting = (await console.register("rita", device))["waiting"][-1]
    named = {"person": "rita", "digest": waiting["digest"]}
    assert await console.post("/passkeys/confirmation", named, "RITA", "RISK_MANAGER") == "SAME_PERSON"
    assert await console.post("/passkeys/confirmation", named, "sam", "TRADER") == "201"
    nonce = await console.nonce("w1")
    signed = device.sign(Signed("w1", DIGEST, "APPROVE"), nonce).model_dump(mode="json")
    assert await console.decide("w1", signed) == "PASSKEY_REFUSED"
    await console.nothing_decided("w1")


def kept(device: Authenticator) -> PasskeyTakenIn:
    passkey = device.register("rita")
    decision = DecisionName(version=2, digest="sha256:" + "d" * 64)
    return PasskeyTakenIn(
        person="rita",
        credential_id=passkey.credential_id,
        decision=decision,
        passkey=passkey,
        works_from=WHEN - DAY,
        ends_at=None,
        lost_by="",
        taken_in_at=WHEN - DAY,
    )


@attack(
    by=Attacker.ROLE,
    does="appends and signs a grant of USD 100M in the name of a person, with the approval service's password and key",
    before="The executor took it: the grant was signed, and named a person who may.",
    cure="The executor checks the person's signature in the grant by the keys that it has taken in itself.",
    remains="From below the tier that the policy names.",
)
def test_the_approval_service_itself_cannot_approve_in_the_name_of_a_person() -> None:
    rita = Authenticator()
    keys = {each.credential_id: each for each in (kept(rita),)}
    right = rita.sign(Signed("w1", DIGEST, "APPROVE"))
    other = Authenticator().sign(Signed("w1", DIGEST, "APPROVE"))
    elsewhere = rita.sign(Signed("w1", OTHER_DIGEST, "APPROVE"))

    def of(*assertions: Any) -> GrantClaims:
        return GrantClaims(
            jti="j",
            workflow_id="w1",
            plan_digest=DIGEST,
            effects_digest=DIGEST,
            amount_usd="100000000",
            tier="RISK_MANAGER",
            policy_version="signing-1",
            maker="ann",
            maker_verified=True,
            approvers=(Approver(person="rita", role="RISK_MANAGER", at=WHEN),),
            assertions=tuple(PersonSigned(person="rita", assertion=each) for each in assertions),
            iat=WHEN,
            exp=WHEN + DAY,
        )

    assert unsigned(of(right), keys, needed=True) is None
    for forged in (of(), of(other), of(elsewhere)):
        assert unsigned(forged, keys, needed=True) is not None


@attack(
    by=Attacker.ROLE,
    does="appends a passkey of his own for another person, with the approval service's password",
    before="There were no passkeys.",
    cure="The executor takes a key in only if its owner proposed it and another person with a role confirmed it.",
    remains="He names two people who did nothing; the owner sees the key on My passkeys a day before it counts.",
)
def test_a_key_that_one_person_decided_is_not_taken_in() -> None:
    rita = Approver(person="rita", role="RISK_MANAGER", at=WHEN)
    added = PasskeyAdded(
        person="rita",
        passkey=Authenticator().register("rita"),
        digest="d",
        proposed_by=rita,
        confirmed_by=rita,
        works_from=WHEN + DAY,
    )
    name = DecisionName(version=1, digest="sha256:" + "d" * 64)
    assert take({}, added, name, WHEN).refusal is not None
    mallory = Approver(person="mallory", role="AUDITOR", at=WHEN)
    assert take({}, added.model_copy(update={"confirmed_by": mallory}), name, WHEN).refusal is not None
