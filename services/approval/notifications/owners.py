"""What the owner of a passkey is told of it: by mail, where the installation has an address of that person. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.approval.notifications.notices import Channel, Kind, Told
from shared.events.base import Event
from shared.events.passkeys import (
    PasskeyAdded,
    PasskeyProposalRejected,
    PasskeyProposed,
    PasskeyRemovalProposed,
    PasskeyRemoved,
)
from shared.people.identity import same_person

#: In the file of recipients, beside the roles: person to addresses.
PEOPLE: Final = "PEOPLE"

#: How a key stands after what happened, and the words for its owner. `{who}` is who acted.
SENTENCES: Final[Mapping[str, str]] = {
    "PROPOSED": "{who} proposed a new passkey in your name. If that was not you, reject it now.",
    "ADDED": "{who} confirmed a new passkey in your name; it counts after a delay. If it is not yours, report it lost.",
    "REMOVAL_PROPOSED": "{who} proposed that a passkey of yours counts no more.",
    "LOST": "{who} reported a passkey of yours lost. It counts no more.",
    "REMOVED": "{who} confirmed that a passkey of yours is removed.",
    "REJECTED": "{who} rejected what was proposed about a passkey of yours.",
}

#: For a state that a release before this one has noted.
CHANGED: Final = "{who} changed a passkey of yours."


@dataclass(frozen=True, slots=True)
class Owners:
    """Who hears of passkeys: person and address for each mail; webhooks hear of all."""

    mail: Sequence[tuple[str, str]] = ()
    webhooks: Sequence[str] = ()

    def recipients(self, told: Told) -> Iterator[tuple[Channel, str]]:
        """Yield each channel and recipient of what is told to an owner."""
        yield from ((Channel.MAIL, address) for person, address in self.mail if same_person(person, told.to))
        yield from ((Channel.WEBHOOK, name) for name in self.webhooks)


def told_to_owner(event: Event) -> Told | None:
    """Return what the owner of a passkey is told of an event; None for one that is about none."""
    match event:
        case PasskeyProposed():
            state, by = "PROPOSED", event.proposed_by
        case PasskeyAdded():
            state, by = "ADDED", event.confirmed_by
        case PasskeyRemovalProposed():
            state, by = "LOST" if event.lost else "REMOVAL_PROPOSED", event.proposed_by
        case PasskeyRemoved():
            state, by = "REMOVED", event.confirmed_by
        case PasskeyProposalRejected():
            state, by = "REJECTED", event.rejected_by
        case _:
            return None
    return Told(Kind.PASSKEY, "", state, by.person, by.role, to=event.person)
