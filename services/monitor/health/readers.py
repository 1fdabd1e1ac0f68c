"""Who reads which topic, in which group: what should be read, also where nobody does. A test compares it with them all.

Groups of earlier releases that are left at the broker are none of these.
"""

from collections.abc import Mapping
from typing import Final

from shared.events import topics

#: Group to its topics; whose it is stands in its name.
READERS: Final[Mapping[str, tuple[str, ...]]] = {
    "hawk-parser-responses": (topics.AI_RESPONSES,),
    "hawk-parser-replays": (topics.CONTROL,),
    "hawk-executor-proposals": (topics.PROPOSALS,),
    "hawk-executor-approvals": (topics.APPROVALS,),
    "hawk-executor-murex": (topics.MUREX_ANSWERS,),
    "hawk-executor-reference": (topics.REFERENCE,),
    "hawk-executor-control": (topics.CONTROL,),
    "hawk-executor-replays": (topics.CONTROL,),
    "hawk-approval-requests": (topics.PLANS, topics.EXECUTIONS),
    "hawk-approval-progress": (topics.PROGRESS, topics.PROPOSALS),
    "hawk-approval-deadletters": (topics.DEAD_LETTERS,),
    "hawk-approval-replays": (topics.CONTROL,),
    "hawk-monitor-views": (topics.PROGRESS, topics.PROPOSALS, topics.PLANS, topics.APPROVALS),
    "hawk-monitor-deadletters": (topics.DEAD_LETTERS,),
    "hawk-monitor-replays": (topics.CONTROL,),
}


def service_of(group: str) -> str:
    """Return whose group it is."""
    return group.split("-")[1]
