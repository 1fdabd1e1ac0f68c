"""Write the rights of the database roles from the declaration of the streams: `python -m shared.events.write_rights`.

Each file it writes is one migration: the first has the rows of the first release, a further one those that came later
(`LATER`). A test holds that all migrations together give what is declared.
"""

import sys
from pathlib import Path
from typing import Final

from shared.events.streams import STREAMS

FOLDER: Final = Path(__file__).parents[1] / "eventstore" / "migrations"
FIRST: Final = "0005_event_rights.sql"
#: Migration -> the event types whose rows it adds. An installation that exists has run the ones before it.
LATER: Final = {
    "0012_policy_changes.sql": frozenset({"PolicyChangeProposed", "PolicyChangeApproved", "PolicyChangeRejected"}),
    "0013_caps.sql": frozenset({"CapReserved", "CapReleased"}),
    "0017_delegations.sql": frozenset(
        {
            *("DelegationProposed", "DelegationConfirmed", "DelegationEnded", "DelegationTakenIn"),
            *("AbsenceNoted", "AbsenceEnded"),
        }
    ),
    "0018_emergencies.sql": frozenset({"GlassBroken", "ReviewRecorded"}),
    "0015_life_of_a_request.sql": frozenset(
        {"RevocationRequested", "GrantRevoked", "RequestEscalated", "QuestionAsked", "QuestionAnswered"}
    ),
    "0016_passkeys.sql": frozenset(
        {
            *("PasskeyProposed", "PasskeyAdded", "PasskeyUsed", "PasskeyTakenIn"),
            *("PasskeyRemovalProposed", "PasskeyRemoved", "PasskeyProposalRejected"),
        }
    ),
    "0019_amendments.sql": frozenset({"ApprovalAmended"}),
}

HEAD: Final = """\
-- Written by `python -m shared.events.write_rights` from shared/events/streams.py; a test holds them equal.
-- Who may append which event types, up to which version of their shape, to which streams.

INSERT INTO es.event_rights (role_name, prefix, type, schema_version) VALUES
"""


def rights() -> list[tuple[str, str, str, int]]:
    """Return role, prefix of streams, event type and the highest version of its shape, in the order of the file."""
    return sorted(
        (kind.role, kind.prefix, event.__name__, event.SCHEMA_VERSION) for kind in STREAMS for event in kind.events
    )


def texts() -> dict[str, str]:
    """Return each migration by its file, as the file holds it."""
    later = frozenset[str]().union(*LATER.values())
    first = {FIRST: frozenset(row[2] for row in rights()) - later}
    return {file: _text(types) for file, types in (first | LATER).items()}


def _text(types: frozenset[str]) -> str:
    rows = (
        f"    ('{role}', '{prefix}', '{name}', {version})" for role, prefix, name, version in rights() if name in types
    )
    return HEAD + ",\n".join(rows) + ";\n"


def main() -> None:
    """Write the rights of this release."""
    for file, text in texts().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
    sys.stderr.write(f"{len(rights())} rights written to {FOLDER}.\n")


if __name__ == "__main__":
    main()
