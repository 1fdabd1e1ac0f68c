"""The parser as a process: its handlers on hawk.ai.responses, with the real adapters."""

from typing import Any

from services.parser.handlers import Parser, handlers
from services.parser.settings import ParserSettings
from shared.messaging.replays import replay_subscription
from shared.messaging.subscription import Subscription
from shared.security.keys import read_pem
from shared.security.maker_proof import content_sha256, verify_maker_proof
from shared.service import Service

NAME = "parser"
#: Consumer group on Kafka, and consumer in the inbox.
GROUP = "hawk-parser-responses"


class SignedMakers:
    """Proofs of makers, verified with the approval service's public key."""

    def __init__(self, public_pem: str) -> None:
        self._public_pem = public_pem

    def maker(self, proof: str, *, response_id: str, answer: Any, prompt: str) -> str:
        """See `MakerVerifier`."""
        return verify_maker_proof(proof, self._public_pem, response_id=response_id, answer=answer, prompt=prompt)

    def content(self, answer: Any, prompt: str) -> str:
        """See `MakerVerifier`."""
        return content_sha256(answer, prompt)


def build(settings: ParserSettings) -> Service:
    """Return the service, ready to run.

    Raises:
        Defect: the configured key cannot be read.
    """
    key_file = settings.grant_public_key_file
    verifier = None if key_file is None else SignedMakers(read_pem(key_file))
    service = Service(NAME, settings)
    for topic, handler in handlers(Parser(verifier)).items():
        service.subscribe(Subscription(topic, GROUP, handler))
    service.subscribe(replay_subscription(NAME))
    return service
