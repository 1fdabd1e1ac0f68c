"""`python -m services.executor`"""

from services.executor.app import build
from services.executor.settings import ExecutorSettings
from shared.service import run


def main() -> None:
    """Run the executor until it gets a signal to stop."""
    run(build(ExecutorSettings()))


if __name__ == "__main__":
    main()
