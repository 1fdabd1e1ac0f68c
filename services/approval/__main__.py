"""`python -m services.approval`: the approval service as a process."""

import sys

import structlog
from pydantic import ValidationError

from services.approval.app import build
from services.approval.settings import ApprovalSettings
from shared.errors import Defect
from shared.service import run


def main() -> None:
    """Run until asked to stop. Exit status 2: the settings are not usable."""
    try:
        service = build(ApprovalSettings())
    except (Defect, ValidationError) as error:
        structlog.get_logger(__name__).error("settings_not_usable", why=str(error))
        sys.exit(2)
    run(service)


if __name__ == "__main__":
    main()
