"""Requests that schemathesis makes of a description."""

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings


def generated(api: Any, method: str, path: str, examples: int) -> list[Any]:
    """So many requests of one route, as cases; they are sent afterwards, outside of hypothesis."""
    cases: list[Any] = []

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(api[path][method].as_strategy())
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    if not cases:
        raise AssertionError(f"no request of {method} {path} was made")
    return cases
