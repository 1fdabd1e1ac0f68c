"""The runbooks: for each trouble what it means, where to look and what to do. The dashboard and docs/ show these.

Words between backticks are shown as code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

#: Every name that the health page links to is one of these.
RunbookName = Literal[
    "consumer",
    "process",
    "broker",
    "database",
    "windows",
    "feed",
    "relay",
    "chain",
    "unpublishable",
    "letters",
    "person",
    "undone",
    "silence",
    "posting",
    "limits",
    "held",
    "undecided",
    "turns",
    "control",
]


@dataclass(frozen=True, slots=True)
class Runbook:
    """One trouble.

    Args:
        means: what it is and what it does to workflows.
        steps: what to do, in this order.
        alerts: the rules for Prometheus that tell of it. Each has its commands on docs/operations/runbooks.md.
    """

    title: str
    means: str
    steps: tuple[str, ...]
    alerts: tuple[str, ...] = ()


RUNBOOKS: Final[Mapping[RunbookName, Runbook]] = {
    "consumer": Runbook(
        "A consumer does not keep up, stands still, or nobody reads",
        "Messages wait, none is lost. What they are about stands still: a plan is not drawn, a grant not used, a "
        "page not up to date.",
        (
            "Nobody reads: no process of the service is in the group. Start it; on one machine `hawk process "
            "start NAME`.",
            "Stands still: `/health/ready` of the service names the message and why. A part in state `defect` "
            "blocks its partition and tries again; its log line `message_defect` has the error.",
            "A message that can never be handled: two persons set it aside with `hawk deadletters set-aside GROUP"
            " TOPIC PARTITION OFFSET`.",
            "Without any progress for 60 s a process joins its group again by itself; "
            "`hawk_consumer_stalled_total` counts it.",
            "Behind, but moving: wait, or start another process of the service (up to four share the work).",
        ),
        ("HawkConsumerStuck", "HawkConsumerBehind"),
    ),
    "process": Runbook(
        "A process does not answer, or is not ready",
        "What it does waits. The others go on; nothing is lost, and nothing is done twice.",
        (
            "Does not answer: start it. On one machine `hawk status` says what became of it, and `hawk process "
            "restart NAME` starts it again.",
            "Not ready: the part that is named says why. `away` and `waiting` pass by themselves once the server "
            "is back; `defect` and `failed` need somebody.",
            "Its log is JSON lines on standard error; on one machine `logs/NAME.log` in the data directory.",
            "Its clock is wrong (`hawk_clock_offset_seconds`): put the clock of that machine right, slowly. If all "
            "processes differ alike, it is the database's.",
        ),
        ("HawkProcessAway", "HawkNotReady", "HawkClockWrong"),
    ),
    "broker": Runbook(
        "Kafka does not answer",
        "Events are recorded and wait in the store; nothing is sent to Murex. All services go on by themselves.",
        (
            "Look at the broker: is it running, is its disk full, can it be reached at `HAWK_KAFKA_BOOTSTRAP`?",
            "After it is back `hawk_relay_unpublished_events` falls to 0. If it does not, follow “The relay lags "
            "behind”.",
            "Where the broker has lost messages: docs/operations/running.md, “Damage on the broker's disk”.",
        ),
        ("HawkRelayCannotPublish",),
    ),
    "database": Runbook(
        "PostgreSQL does not answer",
        "Nothing is recorded, so nothing is done. Nobody can sign in. Deals that were sent may be answered; the "
        "answers wait on Kafka.",
        (
            "Look at the server: is it running, is its disk full, has it connections left?",
            "All processes connect again by themselves.",
            "After a restore from a backup follow docs/operations/after-restore.md before anything is started.",
        ),
    ),
    "windows": Runbook(
        "The windows of speed are not counted",
        "The speed page shows what was counted before, or nothing. Nothing else depends on it.",
        (
            "While Kafka or PostgreSQL is away it waits, and begins again by itself within 30 s.",
            "Else the reason that is shown is Faust's own: restart the monitor; the last hour is counted again in"
            " seconds.",
        ),
    ),
    "feed": Runbook(
        "An open transaction holds the feed up",
        "Events after it are recorded and cannot be published: every workflow stands still. Sessions of HAWK's "
        "services are ended after 60 s by the relay itself.",
        (
            "The session is named with its process id, role and application. A role of HAWK's services: wait for 60 s.",
            "Another role: find out whose it is, and end it with `SELECT pg_terminate_backend(PID)` as an "
            "administrator.",
            "None is named: the transaction belongs to another database of the server, or is a prepared one: look"
            " at `pg_stat_activity` and `pg_prepared_xacts`.",
        ),
        ("HawkFeedHeldUp",),
    ),
    "relay": Runbook(
        "The relay lags behind",
        "Events are recorded and reach nobody yet. None is lost, their order stays.",
        (
            "Is a relay running? One with `hawk_relay_active` 1 is needed; others stand by.",
            "`hawk_relay_publish_failing` 1: Kafka is away or refuses. Its log says why.",
            "Neither: look for what brings so many events, an import or a set of reference rows, and at the broker's "
            "disk.",
        ),
        ("HawkNoRelay", "HawkRelayBehind"),
    ),
    "chain": Runbook(
        "The chain of events is in doubt",
        "The relay signs the head of the chain and publishes it, so that an outsider can check the trail. Work goes on "
        "without heads, but nobody outside can see that nothing was changed.",
        (
            "Run `hawk verify`: it says whether the chain is whole, and at which position it is not.",
            "It is whole: the topic `hawk.audit.heads` is missing or refuses; the relay's log (`head_not_published`) "
            "says why.",
            "It is not: after a restore follow docs/operations/after-restore.md. Else somebody has changed what must "
            "never change: change and restart nothing, and call those who answer for security.",
        ),
        ("HawkHeadsNotPublished", "HawkChainContradicts", "HawkForeignHeads"),
    ),
    "unpublishable": Runbook(
        "Events were passed over",
        "They can never be published as things stand, so that others need not wait. What they would tell nobody knows.",
        (
            "`hawk relay unpublished` says which and why.",
            "Put the cause right: a topic's largest message, or a right that is missing.",
            "Two persons publish them: `hawk relay publish`.",
        ),
        ("HawkEventsUnpublishable",),
    ),
    "letters": Runbook(
        "Messages were refused",
        "Each is kept as a dead letter with its reason and cure. What it asked for has not been done.",
        (
            "`hawk deadletters` lists them; each says what to do.",
            "Put the cause right first. Then `hawk deadletters replay ID` has it handled again, but once.",
            "`SIGNATURE_INVALID` or `NOT_RECORDED`: somebody publishes who should not. Find out who.",
        ),
        ("HawkDeadLetters",),
    ),
    "person": Runbook(
        "A workflow needs a person",
        "HAWK cannot go on: Murex holds deals that it could not cancel, or contradicts itself. The capacity stays"
        " reserved.",
        (
            "Open the workflow in the console: the reason names the deals.",
            "Look for them in Murex by their external id or contract, and follow the row of the on-call table in "
            "docs/execution.md with this code.",
            "Two persons record what was found with an OVERRIDE_DEAL; then HAWK goes on by itself.",
        ),
        ("HawkNeedsPerson",),
    ),
    "undone": Runbook(
        "Many workflows are undone",
        "Each is as if it had never been; but what is approved does not happen.",
        (
            "Look whether the reasons are alike: Murex declines one counterparty or currency, limits are used up, deals"
            " are silent.",
            "Tell the desk. If it will go on, stop: `hawk stop`.",
        ),
        ("HawkManyUndone",),
    ),
    "silence": Runbook(
        "Murex is silent",
        "Deals were sent and are not answered. HAWK asks, and sends again under the same id; Murex books each once.",
        (
            "Does the gateway run, and does it read `hawk.murex.requests`?",
            "Does `hawk.murex.answers` come to its end? See “A consumer does not keep up”.",
            "After the attempts of `murex.retry.*` HAWK cancels and undoes by itself; then it may need a person.",
        ),
        ("HawkMurexSilent", "HawkAnswersUnread"),
    ),
    "posting": Runbook(
        "The posting of a hedge waits",
        "The hedge is booked in Murex; its journal cannot be posted yet. HAWK tries again by itself.",
        (
            "The workflow's reason says why; `PERIOD_CLOSED` is the usual one: open the period, or wait for the next.",
            "Nothing else is to be done: it is posted once the reason is gone.",
        ),
        ("HawkPostingWaits",),
    ),
    "limits": Runbook(
        "A USD limit or a capacity is nearly used up",
        "Above the warning level orders go on with a warning; above the maximum they are refused.",
        (
            "Is the feed of deposits and positions of today? `hawk reference show usd_pb_deposit`.",
            "A workflow that needs a person keeps its reservation: settle it.",
            "A limit is a row of threshold_configuration: UPDATE_CONFIGURATION, by a RISK_MANAGER and a second person.",
        ),
    ),
    "held": Runbook(
        "Reference rows wait for people",
        "Rows of a feed are not plausible. What was in force before stays in force, and orders are planned with it.",
        (
            "`hawk reference held` shows each with its doubts and what is in force.",
            "Ask its publisher whether it is true.",
            "`hawk reference confirm ID` or `hawk reference reject ID`, by OPERATIONS or RISK_MANAGER; or in the "
            "console.",
        ),
        ("HawkReferenceHeld",),
    ),
    "undecided": Runbook(
        "Plans wait long for a decision",
        "A plan whose context has changed is refused as out of date when it is approved; one that nobody decides "
        "expires after a day.",
        ("Tell the desk; somebody decides it, one way or the other.",),
        ("HawkApprovalsAgeing",),
    ),
    "turns": Runbook(
        "Approved plans wait long for their turn",
        "More is approved than is carried out. Each waits with its place in line; none is lost.",
        (
            "Is Murex slow or silent? Then so is everything: see “Murex is silent”.",
            "Else raise `HAWK_WORKFLOWS_IN_FLIGHT`, the same for all executors.",
        ),
        ("HawkApprovedWorkWaits",),
    ),
    "control": Runbook(
        "HAWK is stopped, observes only, or does not read what was decided",
        "Nothing new begins and no deal is sent. What was sent may be answered, and is completed or undone.",
        (
            "Who stopped it and why stands on the page. Talk to them.",
            "Two persons resume: `hawk resume --as NAME --role ROLE`, or in the console.",
            "The executor follows another version than was decided: see that it runs and reads hawk.control.",
            "`ROLLOUT_OUT_OF_ORDER` among the dead letters: replay the decision that is missing, or stop and resume.",
        ),
        ("HawkStopInForce", "HawkControlUnread"),
    ),
}
