"""`python -m services.monitor`: run the monitor."""

from services.monitor.app import build
from services.monitor.settings import MonitorSettings
from shared.service import run


def main() -> None:
    """Returns after an orderly stop."""
    run(build(MonitorSettings()))


if __name__ == "__main__":
    main()
