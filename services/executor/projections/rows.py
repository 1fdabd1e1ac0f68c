"""Columns that rows of many tables have in common."""

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

from services.executor.tables.changes import Value
from shared.events.execution import ExecutionEvent
from shared.events.murex import DealCancelSent, DealSent

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def columns_of(record: "DataclassInstance", *without: str) -> dict[str, Value]:
    """Return the fields of a record as columns of those names; a field without a column is refused on writing."""
    return {each.name: getattr(record, each.name) for each in fields(record) if each.name not in without}


def written(event: ExecutionEvent | DealSent | DealCancelSent, at: datetime) -> dict[str, Value]:
    """Return which workflow wrote a row, and when."""
    return {"created_date": at, "workflow_id": event.workflow_id}


def modified(at: datetime) -> dict[str, Value]:
    """Return when HAWK changed a row."""
    return {"modified_by": "HAWK_AGENT", "modified_date": at}


def resolved(notes: str, at: datetime) -> dict[str, Value]:
    """Return the end of a failure, for a row of an error log."""
    return {"resolution_status": "RESOLVED", "resolution_notes": notes, "resolved_date": at}
