"""Which other orders of the same type and currency an open workflow stands beside. Read when it is looked at."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from services.monitor.ports import WorkflowRow, pair_of
from shared.events.states import TAKEN_BACK, WAITING
from shared.hedging.planning.same_day import NAMED_MAX, Other

#: One more than is told of.
_READ_MAX: Final = NAMED_MAX + 1
#: Nobody decides for longer; orders from before are not looked at.
_DAYS: Final = 31

#: Of those that were applied any will do: a burst of a thousand is not sorted to name five.
_OTHERS: Final = f"""
    (SELECT f.order_id, true AS waits, w.created_at FROM monitor.workflow_facts f
     JOIN monitor.workflows w USING (workflow_id)
     WHERE f.kind = 'plan' AND (f.instruction_type, f.exposure_currency) = ($1, $2) AND f.workflow_id <> $3
       AND w.state = ANY($4) AND w.created_at > now() - interval '{_DAYS} days'
     ORDER BY w.created_at, w.workflow_id LIMIT {_READ_MAX})
    UNION ALL
    (SELECT f.order_id, false, w.created_at FROM monitor.workflow_facts f
     JOIN monitor.workflows w USING (workflow_id)
     WHERE f.kind = 'plan' AND (f.instruction_type, f.exposure_currency) = ($1, $2) AND f.workflow_id <> $3
       AND w.state <> ALL($5) AND w.created_at > now() - interval '{_DAYS} days'
       AND EXISTS (SELECT FROM monitor.progress p
                   WHERE p.workflow_id = f.workflow_id AND p.message ->> 'state' = 'PREPARED'
                     AND (p.message ->> 'at')::timestamptz
                         >= date_trunc('day', now() AT TIME ZONE 'Asia/Singapore') AT TIME ZONE 'Asia/Singapore')
     LIMIT {_READ_MAX})
    ORDER BY created_at"""  # noqa: S608  whole numbers of this file


async def read_others(pool: asyncpg.Pool, row: WorkflowRow) -> Sequence[Other]:
    """As `ReadModel.others`; asks nothing for a workflow that is not open."""
    pair = pair_of(row)
    if pair is None or row.state not in WAITING:
        return ()
    found = await pool.fetch(_OTHERS, *pair, row.workflow_id, sorted(WAITING), sorted(TAKEN_BACK | WAITING))
    return [Other(each["order_id"], waits=each["waits"]) for each in found]
