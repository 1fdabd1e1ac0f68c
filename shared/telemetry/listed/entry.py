"""What an entry of the list of metrics says."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]

#: The processes of HAWK, as their modules are called.
PROCESSES: Final = ("relay", "parser", "approval", "executor", "monitor", "murex")
EVERYBODY: Final = frozenset(PROCESSES)


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a metric. `at_most` bounds its values in one process; `bound` says what the bound comes from."""

    name: str
    bound: str
    at_most: int


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Args:
        unit: a base unit (`seconds`, `bytes`, `ratio`), what is counted, in the plural, or `state` for 1 and 0.
        whole: of the whole of HAWK, so that every process of a service shows the same: the largest counts, no sum.
        ours: False for what the client library exports of the process.
    """

    name: str
    kind: Kind
    unit: str
    help: str
    processes: frozenset[str]
    labels: tuple[Label, ...] = ()
    whole: bool = False
    buckets: tuple[float, ...] = ()
    ours: bool = True

    @property
    def family(self) -> str:
        """The name in the `# TYPE` line as the client library's parser gives it: a counter's without its ending."""
        return self.name.removesuffix("_total") if self.kind == "counter" else self.name

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)
