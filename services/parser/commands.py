"""What the parser is asked to do."""

from dataclasses import dataclass

from services.parser.answer import Reading


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """Record an answer as it was understood."""

    reading: Reading
