"""A small service as a process of its own, built as every service is."""

import os

from shared.events.responses import ResponseRepeated
from shared.messaging.subscription import Subscription
from shared.service import Service, run
from shared.settings import ServiceSettings
from tests.support.bench import record_repeat

TOPIC, GROUP = "HAWK_TEST_TOPIC", "HAWK_TEST_GROUP"


def build() -> Service:
    service = Service("parser", ServiceSettings())
    service.subscribe(Subscription(os.environ[TOPIC], os.environ[GROUP], {ResponseRepeated: record_repeat}))
    return service


if __name__ == "__main__":
    run(build())
