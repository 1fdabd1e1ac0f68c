"""What the page of handing in repeats of the service: who may, in the very words of the refusal."""

import json
import re
from pathlib import Path

import services.approval.console.pages
from shared.policy.table import SUBMITTING_ROLES

STATIC = Path(services.approval.console.pages.__file__).parent / "static"


def test_the_page_knows_the_roles_that_may_hand_in() -> None:
    found = re.search(
        r"export const SUBMITTING_ROLES = (\[.*?\]);", (STATIC / "answers" / "hand-in.js").read_text(encoding="utf-8")
    )
    assert found is not None
    assert json.loads(found.group(1)) == sorted(SUBMITTING_ROLES)
