"""`python -m murex.simulator`: run the simulator."""

import sys

from murex.simulator.app import build
from murex.simulator.settings import MurexSettings
from shared.errors import InvalidInput
from shared.service import run


def main() -> int:
    """Run the simulator; exit status 2 for a script that cannot be used."""
    try:
        service = build(MurexSettings())
    except InvalidInput as error:
        sys.stderr.write(f"{error.reason}\n")
        return 2
    run(service)
    return 0


if __name__ == "__main__":
    sys.exit(main())
