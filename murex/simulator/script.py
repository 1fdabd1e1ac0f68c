"""The simulator's script: which deal gets which reply (interfaces section 3). The first match wins."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from shared.errors import InvalidInput

#: A script is written by hand; more rules than this is a mistake.
RULES_MAX = 1_000
#: Bytes of a script file.
SCRIPT_BYTES_MAX = 1024 * 1024
#: Seconds a LATE reply waits when the rule says nothing: beyond the executor's default reply timeout of
#: 15 s.
LATE_SECONDS_DEFAULT = 20.0
#: No reply waits longer than a day: SILENT means no reply.
DELAY_SECONDS_MAX = 24 * 60 * 60.0

ReplyKind = Literal["ACK", "NOK", "SILENT", "DUPLICATE", "LATE", "CONTRADICT", "UNKNOWN_DEAL", "REORDER"]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Match(_Closed):
    """What a rule applies to; a field left out matches everything."""

    exposure_currency: str | None = None
    entity_id: str | None = None
    workflow_id: str | None = None
    deal_sequence: int | None = Field(default=None, ge=1)
    attempt: int | None = Field(default=None, ge=1)


class Rule(_Closed):
    """One line of the script.

    `after_seconds` delays the business reply (the receipt comes at once). `booked` makes a SILENT deal one
    that Murex holds without saying so. `technical` marks a NOK as a fault of the exchange: nothing is
    booked and the deal may be sent again. `level` grades the reply. `cancel` and `enquiry` say what
    becomes of a cancel message and of a status enquiry for the deals that match.
    """

    match: Match = Match()
    answer: ReplyKind
    after_seconds: float | None = Field(default=None, ge=0, le=DELAY_SECONDS_MAX)
    reason: str | None = None
    booked: bool = False
    technical: bool = False
    level: Literal["OK", "WARNING", "ABORT", "FATAL"] | None = None
    cancel: Literal["CANCELLED", "REFUSED", "SILENT"] = "CANCELLED"
    enquiry: Literal["ANSWERED", "SILENT"] = "ANSWERED"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.booked and self.answer != "SILENT":
            raise ValueError("`booked` belongs to SILENT: every other reply says by itself whether it books")
        if self.technical and self.answer != "NOK":
            raise ValueError("`technical` belongs to NOK")
        if self.level is not None and (self.level in ("ABORT", "FATAL")) != (self.answer == "NOK"):
            raise ValueError("`level` is ABORT or FATAL for NOK, OK or WARNING for replies that book")
        return self

    @property
    def delay_seconds(self) -> float:
        """Wait before the business reply."""
        if self.after_seconds is not None:
            return self.after_seconds
        return LATE_SECONDS_DEFAULT if self.answer == "LATE" else 0.0


#: What a deal gets that no rule matches.
ACKNOWLEDGED = Rule(answer="ACK")

_RULES = TypeAdapter(list[Rule])


def parse_script(text: str, name: str = "the Murex script") -> tuple[Rule, ...]:
    """Return the rules of a script in YAML or JSON (which YAML contains), in order. Empty text is not rules.

    Raises:
        InvalidInput: MUREX_SCRIPT_INVALID, with the number of the rule and the field.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _invalid(name, f"is neither YAML nor JSON: {' '.join(str(error).split())}") from error
    if content is None:
        return ()
    if not isinstance(content, list):
        raise _invalid(name, f"is a {type(content).__name__}, expected a list of rules")
    if len(content) > RULES_MAX:
        raise _invalid(name, f"has {len(content)} rules, at most {RULES_MAX} are taken")
    try:
        return tuple(_RULES.validate_python(content))
    except ValidationError as error:
        raise _invalid(name, _first_problem(error)) from error


def load_script(path: Path | None) -> tuple[Rule, ...]:
    """Return the rules of a script file; without a file every deal is acknowledged.

    Raises:
        InvalidInput: MUREX_SCRIPT_INVALID, also for a file that cannot be read.
    """
    if path is None:
        return ()
    try:
        with path.open("rb") as file:
            data = file.read(SCRIPT_BYTES_MAX + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise _invalid(str(path), f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _invalid(str(path), f"is not UTF-8 at byte {error.start}") from error
    if len(data) > SCRIPT_BYTES_MAX:
        raise _invalid(str(path), f"is larger than {SCRIPT_BYTES_MAX} bytes")
    return parse_script(text, str(path))


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    number, *field = problem["loc"]
    place = ".".join(str(part) for part in field) or "the rule"
    at = f"rule {number + 1}" if isinstance(number, int) else "the list"
    return f"{at}, {place}: {problem['msg']} (found {problem['input']!r})"


def _invalid(name: str, problem: str) -> InvalidInput:
    return InvalidInput(code="MUREX_SCRIPT_INVALID", reason=f"{name} {problem}. Correct it and start again.")
