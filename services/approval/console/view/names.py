"""Names of instructions, entities, portfolios and fields, as the console writes them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.approval.console.view.money import count
from shared.hedging.models import EXTERNAL
from shared.hedging.order import INSTRUCTION_NAMES

#: Between the country and the rest of an entity's name, where the master data writes it so.
_ENTITY: Final = " Entity "


@dataclass(frozen=True, slots=True)
class EntityName:
    """The name of an entity: whole ("India Entity Branch1"), its country, and the rest where the country is known."""

    whole: str
    country: str | None
    short: str

    @property
    def title(self) -> str:
        """The name in a heading: "India Branch1"."""
        return self.whole if self.country is None else f"{self.country} {self.short}"


def entity_name(whole: str) -> EntityName:
    """Read a name of the master data."""
    country, found, short = whole.partition(_ENTITY)
    return EntityName(whole, country, short) if found and country and short else EntityName(whole, None, whole)


def entities_title(names: Iterable[str]) -> str:
    """Return "India Branch1" for one entity, "Hong Kong, 3 entities" for several."""
    read = [entity_name(name) for name in dict.fromkeys(names)]
    if not read:
        return ""
    if len(read) == 1:
        return read[0].title
    countries = {each.country for each in read}
    country = read[0].country if len(countries) == 1 else None
    several = count(len(read), "entity", "entities")
    return several if country is None else f"{country}, {several}"


def instruction_title(instruction_type: str, nav_type: str) -> str:
    """Return "COI inception"."""
    return f"{nav_type} {INSTRUCTION_NAMES.get(instruction_type, instruction_type)}".strip()


def portfolio_label(portfolio: str) -> str:
    """Return a portfolio as a picture names it; the outside is a bank, not a book."""
    return "external bank" if portfolio == EXTERNAL else portfolio
