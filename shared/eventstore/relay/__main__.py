"""`python -m shared.eventstore.relay`: runs the relay until SIGTERM."""

from shared.eventstore.relay.app import build
from shared.eventstore.relay.settings import RelayProcessSettings
from shared.service import run

if __name__ == "__main__":
    run(build(RelayProcessSettings()))
