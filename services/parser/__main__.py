"""`python -m services.parser`"""

from services.parser.app import build
from services.parser.settings import ParserSettings
from shared.service import run


def main() -> None:
    """Run the parser until it is stopped."""
    run(build(ParserSettings()))


if __name__ == "__main__":
    main()
