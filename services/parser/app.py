"""The parser as a process: its handler on hawk.ai.responses, with the real adapters."""

from services.parser.handlers import Parser
from services.parser.settings import ParserSettings
from shared.events import topics
from shared.messaging.replays import replay_subscription
from shared.messaging.subscription import Subscription
from shared.security.keys import read_pem
from shared.service import Service

NAME = "parser"
#: Consumer group on Kafka, and consumer in the inbox.
GROUP = "hawk-parser-responses"


def build(settings: ParserSettings) -> Service:
    """Return the service, ready to run.

    Raises:
        Defect: the configured key cannot be read.
    """
    key_file = settings.grant_public_key_file
    parser = Parser(None if key_file is None else read_pem(key_file))
    service = Service(NAME, settings)
    service.subscribe(Subscription(topics.AI_RESPONSES, GROUP, parser.on_response_published))
    service.subscribe(replay_subscription(NAME))
    return service
