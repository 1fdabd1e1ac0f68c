"""What the bodies and headers of this service's routes have in common, and its limits."""

from typing import Annotated, Final

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field

#: Characters of a comment or reason: a sentence or two, shown on cards and kept in the audit trail.
COMMENT_CHARACTERS_MAX: Final = 2_000
#: Characters of a digest, or of the id of a workflow, a response or a row.
ID_CHARACTERS_MAX: Final = 200
#: Printable ASCII without blanks: an id goes into stream names, headers and addresses.
ID_PATTERN: Final = r"^[!-~]+$"

#: Sections in one list: a card has eight at most, and what changed since another plan.
SECTIONS_MAX: Final = 12

Comment = Annotated[str, Field(max_length=COMMENT_CHARACTERS_MAX)]
"""What a person may say."""
Reason = Annotated[str, Field(min_length=1, max_length=COMMENT_CHARACTERS_MAX, pattern=r"\S")]
"""What a person must say."""
Digest = Annotated[str, Field(min_length=1, max_length=ID_CHARACTERS_MAX)]
Sections = Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z]{1,20}$")], ...], Field(max_length=SECTIONS_MAX)]
"""The sections of a card that a person ticked as read."""
Traceparent = Annotated[str | None, Header()]


class Body(BaseModel):
    """A request body, in which nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid")
