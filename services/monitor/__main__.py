"""`python -m services.monitor`: run the monitor."""

from services.monitor.app import build
from services.monitor.settings import MonitorSettings
from shared.service import run


def main() -> None:
    """Run the monitor until it is stopped."""
    run(build(MonitorSettings()))


if __name__ == "__main__":
    main()
