"""Errors of an event store besides `shared.errors.VersionConflict`, whatever keeps the rows."""

from shared.errors import Defect


class AppendNotFirst(Defect):
    """The transaction had written before it appended: the feed could show its events too early."""

    def __init__(self) -> None:
        super().__init__(
            "The append is not the first write of its transaction. Nothing was written; "
            "append first and write inbox and read tables afterwards."
        )


class StreamForbidden(Defect):
    """This role may not append to a stream with that prefix."""

    def __init__(self, *, stream: str, role: str) -> None:
        self.stream = stream
        self.role = role
        super().__init__(
            f"Stream {stream}: role {role} may not append to it. Nothing was written; "
            "append to a stream of this service, or declare the stream in shared/events/streams.py."
        )


class TypeForbidden(Defect):
    """This role may append to the stream, but no event of that type, or of that version of it."""

    def __init__(self, *, stream: str, role: str, type: str, schema_version: int) -> None:
        self.stream = stream
        self.role = role
        self.type = type
        self.schema_version = schema_version
        super().__init__(
            f"Stream {stream}: role {role} may not append {type} v{schema_version} to it. Nothing was written; "
            "declare the event in shared/events/streams.py, or bring the database up to this release."
        )


class AppendInvalid(Defect):
    """The arguments of an append break a limit or contradict each other. Nothing was written."""

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Append: {reason} Nothing was written.")


class EventNotEncodable(Defect):
    """An event holds a value that is not JSON of ours, such as a float. `path` names it."""

    def __init__(self, *, path: str, found: str) -> None:
        self.path = path
        self.found = found
        super().__init__(
            f"Event data at {path}: found {found}; expected text, whole numbers, booleans, null, "
            "lists or objects (amounts and rates are text). Nothing was written."
        )


class ReadInvalid(Defect):
    """A read of the feed asks for no events or for more than one read may hold in memory."""

    def __init__(self, *, limit: int, limit_max: int) -> None:
        self.limit = limit
        self.limit_max = limit_max
        super().__init__(f"Feed: limit {limit}, expected 1 to {limit_max}. Nothing was read.")
