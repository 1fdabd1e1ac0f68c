"""How much of everything one run does. The sizes are printed with the figures: a figure without them says nothing."""

from dataclasses import dataclass

SEED = 47
"""Of the order in which entities get their hedges; the same seed gives the same answers."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of one run. The defaults take about two minutes on two cores."""

    warm_up: int = 8
    """Workflows before anything is measured: connections, statement caches, byte code."""
    alone: int = 20
    """Workflows approved one at a time."""
    loaded: int = 60
    """Workflows published at once and approved as soon as they may be."""
    counted: int = 24
    """Workflows published at once whose statements are counted."""
    rate_seconds: float = 60.0
    """For which answers come at a fixed rate (`--rate`)."""
    idle_seconds: float = 20.0
    """For which nothing is asked of HAWK, after such a run."""
    plans: int = 200
    """Plans drawn of each order, facts at hand."""
    plans_read: int = 50
    """Times the facts of each order are read from the tables."""
    commands: int = 10
    """Times `hawk plan` is run."""
    append_seconds: float = 2.0
    """Of each kind of append."""
    writers: int = 16
    """Connections that append at the same time, besides the runs with one."""
    batch_events: int = 42
    """Events in one append: about what the two transactions around Murex write for an A-COI."""
    backlog: int = 10_000
    """Events that wait when the relay begins."""
    parse_seconds: float = 2.0
    """Of reading each kind of answer again and again."""
    answers: int = 1_000
    """Answers that wait on Kafka when the parser begins."""
    overview_rounds: int = 12
    """Times that the overview is asked for with each filter."""
    yardstick_rounds: int = 4
    """Times the workflows of HAWK are written again by each yardstick, into tables emptied in between."""
    yardstick_connections: int = 4
    """HAWK handles a topic's four partitions at the same time; the yardstick gets as many connections."""
