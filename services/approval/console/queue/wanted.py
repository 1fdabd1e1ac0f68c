"""What somebody wants to see of the queue. Pure values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Rows of one page: what fits on a screen without losing one's place.
PAGE_ROWS: Final = 50
#: Requests that may wait at once and still be listed: five times what the console is built for.
WAITING_MAX: Final = 5_000
#: Decided requests that are counted, searched and turned over, the latest first: a desk's year. An older one is found
#: by the exact id of its workflow, order or answer.
DECIDED_MAX: Final = 10_000
#: Pages that can be asked for: all that is listed at most.
PAGES_MAX: Final = (WAITING_MAX + DECIDED_MAX) // PAGE_ROWS
#: Values that one filter offers.
CHOICES_MAX: Final = 200
#: Characters of a search: an id or some words.
SEARCH_CHARACTERS_MAX: Final = 100
#: Characters of the value of a filter.
FILTER_CHARACTERS_MAX: Final = 100


class Tab(StrEnum):
    """Mine: I may decide now. Others: waiting, and not for me. Decided: everything that waits no more."""

    MINE = "mine"
    OTHERS = "others"
    DECIDED = "decided"
    ALL = "all"


class Sort(StrEnum):
    """The order of what waits. What was decided comes by the time of its decision, the latest first."""

    DEADLINE = "deadline"
    AMOUNT = "amount"
    RISK = "risk"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tab, a search, filters (None: any), an order and a page, which counts from 1."""

    tab: Tab = Tab.MINE
    search: str = ""
    kind: str | None = None
    currency: str | None = None
    risk: str | None = None
    entity: str | None = None
    tier: str | None = None
    maker: str | None = None
    sort: Sort = Sort.DEADLINE
    page: int = 1

    @property
    def with_decided(self) -> bool:
        """True if the tab shows what was decided."""
        return self.tab in {Tab.DECIDED, Tab.ALL}

    @property
    def narrowed(self) -> bool:
        """True if a search or a filter leaves something out."""
        filters = (self.kind, self.currency, self.risk, self.entity, self.tier, self.maker)
        return bool(self.search) or any(each is not None for each in filters)
