"""One run: a seed decides everything that depends on chance, so a run can be repeated step by step."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from services.executor.execution.slots import SLOTS
from shared.errors import HawkError
from shared.security.grants import GrantClaims
from tools.simulation.approver import Approver
from tools.simulation.desk import ORDERS, WEIGHTS, Desk, proposal_of
from tools.simulation.instance import Instance
from tools.simulation.invariants import Broken, Watch
from tools.simulation.murex import Murex
from tools.simulation.relay import Relay
from tools.simulation.turns import Turns
from tools.simulation.world import PROPOSALS, Message, Shell, World

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
#: Steps with faults, then the quiet in which everything has to end.
STEPS_MAX = 220
QUIET_STEPS_MAX = 1_500
SPANS = (0.05, 0.2, 1.0, 3.0, 8.0, 16.0, 61.0)
#: The last lines of a run that are kept; `--trace` keeps all.
LAST_LINES = 25


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a run. `invariant`: the one that failed, None when all held."""

    seed: int
    invariant: str | None
    what: str
    lines: tuple[str, ...]
    steps: int
    endings: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass
class Run:
    """The parts of a run and the hand that moves them."""

    seed: int
    desk: Desk
    shell: Shell = field(default_factory=Shell)
    all_lines: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311  a run must be repeatable
        # Often fewer slots than orders: by a hand of its own, so that the other chances of a seed stay as they were.
        slots = Random(f"slots of {self.seed}").choice((1, 2, SLOTS, SLOTS))  # noqa: S311
        self.world = World(START, self.shell, slots=slots)
        grants: dict[str, GrantClaims] = {}
        permitted: set[str] = set()
        self.watch = Watch(self.world, grants, permitted)
        self.world.watch = self.watch
        odd, loss = self.random.choice(((0.0, 0.0), (0.03, 0.02), (0.1, 0.05), (0.4, 0.2), (0.9, 0.1)))
        self.murex = Murex(self.world, self.random, odd, loss, double=self.random.choice((0.0, 0.1, 0.3)))
        regrets = Random(f"regrets of {self.seed}")  # noqa: S311
        deputies = Random(f"deputies of {self.seed}")  # noqa: S311
        self.approver = Approver(self.world, self.random, grants, permitted, regrets, deputies)
        self.relay = Relay(self.world, self.random, self.murex, self.approver)
        turns = Turns(self.world, self.desk, grants)
        self.instances = [Instance(name, self.world, turns, self.random) for name in ("executor-1", "executor-2")]
        self.trouble = self.random.choice((0.0, 0.02, 0.05, 0.12))
        self.lines: deque[tuple[int, datetime, str]] = deque(maxlen=None if self.all_lines else LAST_LINES)
        self.faults: list[str] = []
        self.steps = 0
        self.proposals = self._propose()
        self._rebalance()

    def outcome(self) -> Outcome:
        """Run to the end, or to the first invariant that does not hold."""
        try:
            self._disturbed()
            self._calm()
            self.watch.at_the_end(self.murex.contracts(), self.proposals)
        except Broken as broken:
            return self._outcome(broken.invariant, broken.what)
        except HawkError as error:
            return self._outcome("NO_DEFECT", f"{type(error).__name__}: {error}")
        return self._outcome(None, "")

    def _outcome(self, invariant: str | None, what: str) -> Outcome:
        lines = (f"{step:5d}  {at:%d %H:%M:%S.%f}"[:-4] + f"  {line}" for step, at, line in self.lines)
        endings = tuple(self.world.progress(workflow).state for workflow in self.proposals)
        return Outcome(self.seed, invariant, what, tuple(lines), self.steps, endings, tuple(self.faults))

    def _propose(self) -> list[str]:
        """Publish one to three orders, some of them twice: the parser delivers at least once."""
        workflows = []
        for slot in range(self.random.choice((1, 2, 2, 3, 3))):
            proposal = proposal_of(slot, self.random.choices(range(len(ORDERS)), WEIGHTS)[0])
            message = Message(f"proposal-{slot + 1}", proposal)
            for _ in range(self.random.choice((1, 1, 1, 2))):
                self.world.publish(PROPOSALS, message)
            workflows.append(proposal.workflow_id)
        return workflows

    def _disturbed(self) -> None:
        """Take a step in which anything can happen."""
        actors: tuple[Callable[[], str | None], ...] = (
            self.relay.act, self.relay.act, self.murex.act, self.murex.act, self.approver.act,
            *(instance.act for instance in self.instances), *(instance.act for instance in self.instances), self._time,
        )  # fmt: skip
        for _ in range(STEPS_MAX):
            if self.random.random() < self.trouble:
                self._tell(self._fault())
            else:
                self._tell(self.random.choice(actors)())

    def _calm(self) -> None:
        """Take a step without faults, in which everything has to end by itself."""
        self.murex.calm = self.approver.calm = True
        self._tell(self._recover())
        actors = [self.relay.act, self.murex.act, self.approver.act, *(instance.act for instance in self.instances)]
        for _ in range(QUIET_STEPS_MAX):
            self.random.shuffle(actors)
            line = next((each for each in (act() for act in actors) if each is not None), None)
            if line is None:
                line = self._until_something_is_due()
                if line is None:
                    return
            self._tell(line)
        raise Broken("EVERY_WORKFLOW_ENDS", f"still at work after {QUIET_STEPS_MAX} quiet steps")

    def _until_something_is_due(self) -> str | None:
        dues = [at for at, _ in self.world.todo.values()]
        nearest = self.murex.next_at()
        dues += [nearest] if nearest is not None else []
        dues = [at for at in dues if at > self.world.now]
        return self._pass(min(dues) - self.world.now) if dues else None

    def _time(self) -> str:
        return self._pass(timedelta(seconds=self.random.choice(SPANS)))

    def _pass(self, span: timedelta, *, suspended: bool = False) -> str:
        up = self.world.broker and not suspended and any(instance.alive for instance in self.instances)
        self.world.pass_time(span, up=up)
        for instance in self.instances:
            instance.time_passed(suspended=suspended)
        return f"clock     {span.total_seconds():g} s pass" + (", HAWK does not run" if suspended else "")

    def _fault(self) -> str:
        faults: tuple[Callable[[], str], ...] = (
            self._crash, self._crash, self._rebalance, self._broker, self.relay.crash, self._suspend, self._days_off,
            self._period, self._start, self._stop, self._control, self._slow,
        )  # fmt: skip
        fault = self.random.choice(faults)
        self.faults.append(fault.__name__.strip("_"))
        return fault()

    def _crash(self) -> str:
        return f"fault     {self.random.choice(self.instances).crash()}"

    def _start(self) -> str:
        for instance in self.instances:
            if not instance.alive:
                instance.start()
        return f"fault     all executors run; {self._rebalance()}"

    def _rebalance(self) -> str:
        """Give the partitions to the running instances; a transaction under way continues, like a fenced member's."""
        living = [instance for instance in self.instances if instance.alive]
        for instance in self.instances:
            instance.partitions.clear()
        for partition in self.world.topics:
            if living:
                self.random.choice(living).assign(partition)
        return f"group     partitions are assigned again to {', '.join(each.name for each in living) or 'no instance'}"

    def _broker(self) -> str:
        self.world.broker = not self.world.broker
        for instance in self.instances:
            instance.time_passed(suspended=not self.world.broker)
        return f"fault     the broker is {'up' if self.world.broker else 'down'}"

    def _suspend(self) -> str:
        return "fault     " + self._pass(timedelta(seconds=self.random.choice((30, 600))), suspended=True)

    def _days_off(self) -> str:
        """Switch everything off, and on again after days."""
        for instance in self.instances:
            instance.crash()
        passed = self._pass(timedelta(days=3), suspended=True)
        return f"fault     everything is switched off; {passed}; {self._start()}"

    def _period(self) -> str:
        self.world.period_open = not self.world.period_open
        return f"fault     the accounting period is {'opened' if self.world.period_open else 'closed'}"

    def _stop(self) -> str:
        self.world.stopped = not self.world.stopped
        self.world.rollout += 1
        return f"desk      the stop switch is {'thrown' if self.world.stopped else 'taken back'}"

    def _control(self) -> str:
        self.world.behind = not self.world.behind
        self.world.rollout += 1
        return f"fault     hawk.control is {'not read any more' if self.world.behind else 'read to its end again'}"

    def _slow(self) -> str:
        span = timedelta(seconds=self.random.choice((20, 90)))
        self.world.slow_until = self.world.now + span
        return f"fault     nobody gets to the answers of Murex for {span.total_seconds():g} s"

    def _recover(self) -> str:
        self.world.broker = self.world.period_open = True
        self.world.stopped = self.world.behind = False
        self.world.slow_until = self.world.now
        self.world.rollout += 1
        self._start()
        return "quiet     everything is there from now on"

    def _tell(self, line: str | None) -> None:
        if line is None:
            return
        self.steps += 1
        self.lines.append((self.steps, self.world.now, line))
