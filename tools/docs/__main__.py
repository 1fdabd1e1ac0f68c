"""Write the generated parts of docs/: `python -m tools.docs` (`make docs`)."""

from tools.docs import (
    ai_pages,
    architecture_page,
    domain_page,
    execution_page,
    grafana_dashboard,
    metrics_page,
    runbooks_page,
)
from tools.docs.generated_parts import write, write_parts


def main() -> None:
    """Write the pages of this release."""
    write(ai_pages.SCHEMA, ai_pages.schema_text())
    write_parts(ai_pages.REFUSALS, ai_pages.TABLES)
    write(grafana_dashboard.FILE, grafana_dashboard.dashboard_text())
    for page in (architecture_page, domain_page, execution_page, metrics_page, runbooks_page):
        write_parts(page.PAGE, page.BLOCKS)


if __name__ == "__main__":
    main()
