"""`python -m demo.murex`: run the simulator."""

import sys

from demo.murex.app import build
from demo.murex.settings import MurexSettings
from shared.errors import InvalidInput
from shared.service import run


def main() -> int:
    """Exit status 2 for a script that cannot be used."""
    try:
        service = build(MurexSettings())
    except InvalidInput as error:
        sys.stderr.write(f"{error.reason}\n")
        return 2
    run(service)
    return 0


if __name__ == "__main__":
    sys.exit(main())
