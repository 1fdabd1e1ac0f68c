"""`python -m shared.relay`: runs the relay until SIGTERM."""

from shared.relay.app import build
from shared.relay.settings import RelayProcessSettings
from shared.service import run

if __name__ == "__main__":
    run(build(RelayProcessSettings()))
