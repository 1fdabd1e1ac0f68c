"""`python -m services.approval` with a mail server configured: a plan comes by Kafka, a mail arrives."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, read_pem
from tests.integration.approval.test_approval_process import PATIENCE_SECONDS, Process
from tests.support.eventually import eventually_async
from tests.support.notifying import ANNA, mailbox
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tools.local_stack.ports import free_port
from tools.local_stack.topics import ensure_topics

pytestmark = pytest.mark.integration


async def test_plan_that_waits_is_mailed_to_the_role_it_waits_for(
    tmp_path: Path, kafka_bootstrap: str, database: TestDatabase
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    grant, people = ensure_grant_keys(tmp_path), ensure_issuer_keys(tmp_path)
    recipients = tmp_path / "recipients.json"
    recipients.write_text(json.dumps({"TRADER": [ANNA]}), encoding="utf-8")
    port, story = free_port(), Story("resp-mailed").planned()
    with mailbox() as box:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("HAWK_")},
            "HAWK_KAFKA_BOOTSTRAP": kafka_bootstrap,
            "HAWK_POSTGRES_DSN": database.dsn("hawk_approval"),
            "HAWK_HTTP_PORT": str(port),
            "HAWK_PROFILE": "demo",
            "HAWK_GRANT_PRIVATE_KEY_FILE": str(grant.private),
            "HAWK_ISSUER_PUBLIC_KEY_FILE": str(people.public),
            "HAWK_NOTIFY_RECIPIENTS_FILE": str(recipients),
            "HAWK_NOTIFY_MAIL_HOST": "127.0.0.1",
            "HAWK_NOTIFY_MAIL_PORT": str(box.port),
            "HAWK_NOTIFY_MAIL_TLS": "none",
            "HAWK_NOTIFY_MAIL_FROM": "hawk@bank.example",
            "HAWK_NOTIFY_DIGEST_SECONDS": "1",
        }
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.approval", env=environment)
        try:
            running = Process(kafka_bootstrap, database, f"http://127.0.0.1:{port}", read_pem(people.private), process)
            await running.publish(*story.told)

            async def arrived() -> bool:
                return any(story.workflow_id in mail.get_content() for mail in box.mails)

            await eventually_async(arrived, PATIENCE_SECONDS, what="the mail to arrive")
        finally:
            process.terminate()
            await process.wait()
    (mail,) = (each for each in box.mails if story.workflow_id in each.get_content())
    assert mail["to"] == ANNA
    assert mail["from"] == "HAWK <hawk@bank.example>"
    assert f"/console/approvals/{story.workflow_id}" in mail.get_content()
    assert process.returncode == 0
