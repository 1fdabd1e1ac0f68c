"""Write the generated parts of docs/domain.md: `python -m tools.docs.domain_page` (`make docs`)."""

from pathlib import Path
from types import MappingProxyType
from typing import Final

from tools.docs import conventions, pictures
from tools.docs.generated_parts import Parts, write_parts

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "domain.md"
BLOCKS: Final[Parts] = MappingProxyType(
    {
        "conventions": conventions.conventions_table,
        "models": pictures.models_table,
        "flows": pictures.pictures,
        "amounts": pictures.amounts_table,
        "entries": pictures.entries_table,
        "operations": pictures.operations_table,
    }
)


def main() -> None:
    """Write the page of this release."""
    write_parts(PAGE, BLOCKS)


if __name__ == "__main__":
    main()
