"""Errors as problem documents (RFC 9457): one shape for every refusal of every HTTP route.

`code` is stable and machine-readable, `detail` a sentence for people. Nothing internal is shown.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from shared.errors import OutcomeUnknown, Transient
from shared.messaging.faults import passes_by_itself
from shared.telemetry.metrics import REQUESTS_REFUSED
from shared.web.refusals import RefusalRecorder, RefusedRequest

PROBLEM_MEDIA_TYPE = "application/problem+json"
#: Seconds after which a client may try again when a server behind us is away.
RETRY_AFTER_SECONDS = 2
#: Faults named of one request: enough to correct it, not enough to make the answer large.
FAULTS_MAX = 20

_log = structlog.get_logger(__name__)


class Problem(HTTPException):
    """A refusal on purpose.

    Args:
        status: HTTP status.
        code: stable name, for example DIGEST_MISMATCH.
        detail: what is wrong, found and expected, and what to do.
        extra: further members of the document.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code
        self.extra = dict(extra or {})
        super().__init__(status_code=status, detail=detail, headers=headers)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the entries of a route's `responses` for problem documents with these statuses, and 400.

    No route is without 400: any address may be one that names nothing (`shared.web.guards`).
    """
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"type": "object"}}}
    return {status: {"description": "Problem document", "content": content} for status in (400, *statuses)}


def install_problems(app: FastAPI) -> None:
    """Make every error of an app's routes a problem document, also those of the framework.

    A `RefusalRecorder` as `app.state.refusals` gets what was refused to somebody (see `Service.record_refusals`).
    """
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Transient, _on_transient)
    app.add_exception_handler(OutcomeUnknown, _on_transient)
    for fault in (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, Exception):
        app.add_exception_handler(fault, _on_defect)


def problem_response(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """Return a problem document as a response."""
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        _trace(request, status, code, detail)
    document = {
        **(extra or {}),
        "type": f"urn:hawk:problem:{code.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.url.path,
    }
    return JSONResponse(document, status_code=status, media_type=PROBLEM_MEDIA_TYPE, headers=dict(headers or {}))


def _trace(request: Request, status: int, code: str, reason: str) -> None:
    REQUESTS_REFUSED.labels(status=str(status), code=code).inc()
    refusals: RefusalRecorder | None = getattr(request.app.state, "refusals", None)
    if refusals is not None:
        person = getattr(request.state, "person", None)
        refusals.note(
            RefusedRequest(
                status=status,
                code=code,
                person=None if person is None else person.name,
                source=request.client.host if request.client else "unknown",
                method=request.method,
                route=getattr(request.scope.get("route"), "path", "(none)"),
                reason=reason,
            )
        )


async def _on_http(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return problem_response(
            request, error.status_code, error.code, str(error.detail), headers=error.headers, extra=error.extra
        )
    if not isinstance(error, HTTPException):
        return await _on_defect(request, error)
    code, detail = _FRAMEWORK.get(error.status_code, (HTTPStatus(error.status_code).name, str(error.detail)))
    return problem_response(request, error.status_code, code, detail, headers=error.headers)


_FRAMEWORK = {
    400: ("BODY_NOT_READABLE", "The body cannot be read. Send one JSON object in UTF-8."),
    404: ("NOT_FOUND", "There is nothing at this address. /openapi.json lists the addresses."),
    405: ("METHOD_NOT_ALLOWED", "This address does not accept that method. /openapi.json lists the methods."),
    413: ("TOO_LARGE", "The body is too large."),
}


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Return 422 with the place of each fault; values that were sent are not sent back."""
    faults: list[dict[str, str]] = []
    if isinstance(error, RequestValidationError):
        faults = [
            {"path": ".".join(str(part) for part in fault["loc"]), "message": str(fault["msg"])}
            for fault in error.errors()[:FAULTS_MAX]
        ]
    first = f" First: {faults[0]['path']}: {faults[0]['message']}." if faults else ""
    return problem_response(
        request,
        422,
        "INVALID_REQUEST",
        f"The request does not have the form that this address expects.{first}",
        extra={"errors": faults},
    )


async def _on_transient(request: Request, error: Exception) -> Response:
    _log.warning("request_must_wait", path=request.url.path, why=str(error))
    return problem_response(
        request,
        503,
        "TRY_AGAIN",
        "A server that this needs is unavailable or busy at the moment. Nothing is lost; try again shortly.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


async def _on_defect(request: Request, error: Exception) -> Response:
    if passes_by_itself(error):
        return await _on_transient(request, error)
    _log.error("request_failed", path=request.url.path, exc_info=error)
    return problem_response(
        request, 500, "DEFECT", "Something is wrong in HAWK itself; its log has the details. Tell operations."
    )
