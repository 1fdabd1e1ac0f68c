"""Kafka and PostgreSQL alone, for tests and experiments: `python -m tools.local_stack --data DIR [--owner
PID]`.

Runs in the foreground until SIGINT or SIGTERM, or until the process OWNER is gone.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import psutil

from tools.local_stack.errors import StackError
from tools.local_stack.paths import DataDir
from tools.local_stack.supervisor import Installation, Supervisor


def main(arguments: list[str] | None = None) -> int:
    """Run the two servers; 1 when they cannot be brought up."""
    parser = argparse.ArgumentParser(prog="python -m tools.local_stack", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data directory")
    parser.add_argument("--owner", type=int, help="stop when the process with this id is gone")
    chosen = parser.parse_args(arguments)
    owner = None
    if chosen.owner is not None:
        owner = {"pid": chosen.owner, "started": psutil.Process(chosen.owner).create_time()}
    installation = Installation(DataDir.at(chosen.data), modules={}, owner=owner)
    try:
        asyncio.run(Supervisor(installation).run())
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
