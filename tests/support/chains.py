"""Chains of requests that schemathesis makes of a description: each takes ids and digests from answers before it."""

from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

#: Requests in one chain: propose, look, confirm, look again, and some that know nothing.
STEPS: Final = 12
#: So many times the runs that are asked for are made where chance has not led to every wanted answer before.
LONGER: Final = 6
#: Of one seed: the first is the simplest there is.
CHAINS: Final = 6
CHECKS: Final = (not_a_server_error, status_code_conformance, content_type_conformance)
_SETTINGS: Final = settings(
    max_examples=CHAINS,
    stateful_step_count=STEPS,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    derandomize=False,  # the seed says it
    suppress_health_check=list(HealthCheck),
)


def converse(
    description: dict[str, Any], base_url: str, *who: dict[str, str], runs: int, wanted: Collection[str] = ()
) -> Counter[str]:
    """Send chains of requests; each must get an answer that the description knows, and none of 500 or more.

    Args:
        description: of a service, as its `/openapi.json` is.
        base_url: where the service answers.
        who: headers of the people who take turns.
        runs: each is `CHAINS` chains at most.
        wanted: what has to be seen: how soon chance leads there hangs on how many routes there are.

    Returns:
        how often each route and status was seen, such as `POST /rollout 201`.
    """
    seen, faults = Counter[str](), list[str]()

    class Chain(_without_streams(description).as_state_machine()):  # type: ignore[misc]
        """One chain. What is wrong is kept: hypothesis would ask again, and a service answers differently then."""

        def setup(self) -> None:
            self.sent = 0

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            self.sent += 1
            case.headers = type(case.headers)({k: v for k, v in case.headers.items() if k.lower() == "traceparent"})
            return {"base_url": base_url, "headers": who[self.sent % len(who)]}

        def validate_response(self, response: Response, case: Any, *_: Any, **__: Any) -> None:
            seen[f"{case.method} {case.path} {response.status_code}"] += 1
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as failed:
                faults.extend(f"{case}: {each}: {response.text}" for each in failed.exceptions)

    for number in range(LONGER * runs):
        if number >= runs and seen.keys() >= set(wanted):
            break
        # What the service keeps of one chain decides what the next may draw, which hypothesis counts as a fault of the
        # test: it goes on with the next seed.
        with suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(seed(number)(Chain), settings=_SETTINGS)  # type: ignore[no-untyped-call]
    assert not faults, faults
    return seen


def _without_streams(description: dict[str, Any]) -> Any:
    """The routes that answer and are done: a stream ends with the process."""
    schema = schemathesis.openapi.from_dict(description)
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "text/event-stream" in str(operation["responses"].get("200")):
                schema = schema.exclude(method=method.upper(), path=path)
    return schema
