"""`python -m shared.eventstore.relay`: runs the relay until SIGTERM."""

from shared.eventstore.relay.app import build
from shared.service import run
from shared.settings import ServiceSettings

if __name__ == "__main__":
    run(build(ServiceSettings()))
