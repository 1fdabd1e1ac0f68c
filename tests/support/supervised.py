"""A supervisor with the real servers and stand-ins for the services: `python -m tests.support.supervised DATA
[executor=2]`."""

import asyncio
import sys
from pathlib import Path

from shared.errors import HawkError
from tools.local_stack.paths import DataDir
from tools.local_stack.replicas import parse_replicas
from tools.local_stack.servers import OwnServers
from tools.local_stack.services import MODULES
from tools.local_stack.supervisor import Installation, Supervisor


def main() -> int:
    modules = dict.fromkeys(MODULES, "tests.support.standin")
    installation = Installation(
        DataDir.at(Path(sys.argv[1])),
        OwnServers.from_environment(),
        modules=modules,
        replicas=parse_replicas(sys.argv[2:]),
    )
    try:
        asyncio.run(Supervisor(installation).run())
    except HawkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
