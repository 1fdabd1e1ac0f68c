"""The message of a response: what a chat shows of it, and where people act on it. Pure.

Nobody approves by following a link: each leads to a page on which a person signs in, reads the plan and presses a
button.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from services.monitor.chat.outcomes import (
    codes_of_reading,
    is_over,
    is_planned,
    is_replaced,
    refusal_lines,
    text_of,
    waits_for_people,
)

Response = Mapping[str, Any]

READING: Final = "HAWK is reading the answer."
NOTHING_TO_EXECUTE: Final = "The answer recommends nothing to execute. What it says is the AI's analysis, not HAWK's."
_REFUSED: Final = "The answer was refused. Nothing was executed."
_BESIDES: Final = "Refused besides, and nothing of it was executed:"


@dataclass(frozen=True, slots=True)
class Sites:
    """Where people find the console and the dashboard; empty where that is not known here."""

    console: str = ""
    dashboard: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses for people; None where there is nothing to do, or no address is known."""

    approve: str | None
    review: str | None
    cancel: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """What is said of a response now.

    Attributes:
        final: nothing else is said by itself.
        told: it says more than that HAWK is reading or planning.
    """

    text: str
    links: Links
    final: bool
    told: bool

    def document(self) -> dict[str, Any]:
        """Return the JSON of the message."""
        return {"text": self.text, "links": asdict(self.links), "final": self.final}


def chat_message(response: Response, sites: Sites) -> ChatMessage:
    """Return the message of a response as the monitor shows it."""
    flows = [each for each in response["workflows"] if not is_replaced(each)]
    planned = response["outcome"] is not None and bool(response["planned"])
    return ChatMessage(
        text="\n\n".join(_blocks(response, flows)),
        links=_links(response, flows, sites),
        final=planned and all(is_over(each) for each in flows),
        told=planned and all(is_planned(each) and each["state"] not in ("PROPOSED", "PLANNED") for each in flows),
    )


def _blocks(response: Response, flows: Sequence[Mapping[str, Any]]) -> list[str]:
    if response["outcome"] is None and not flows:
        return [READING]
    refused = _refused_besides(response, flows)
    if not flows:
        if refused:
            return ["\n".join((_REFUSED, *refused))]
        return [NOTHING_TO_EXECUTE if response["outcome"] == "ANALYSIS_ONLY" else READING]
    texts = [text_of(each) for each in flows]
    if len(texts) > 1:
        texts = [f"{number}. {text}" for number, text in enumerate(texts, start=1)]
        texts.insert(0, f"The answer became {len(flows)} requests, each with an approval of its own:")
    return [*texts, "\n".join((_BESIDES, *refused))] if refused else texts


def _refused_besides(response: Response, flows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what was refused of the response that no workflow tells itself."""
    told = [refusal for each in flows for refusal in each["refusals"]]
    return refusal_lines([each for each in response["refusals"] if each not in told], *codes_of_reading())


def _links(response: Response, flows: Sequence[Mapping[str, Any]], sites: Sites) -> Links:
    console, dashboard = sites.console.rstrip("/"), sites.dashboard.rstrip("/")
    waiting = [each for each in flows if waits_for_people(each)]
    acted = _place(response, waiting, console) if waiting else None
    return Links(
        approve=acted,
        review=acted or (_place(response, flows, console) if flows else None),
        cancel=acted,
        status=_found(dashboard, response["response_id"]) if dashboard else None,
    )


def _place(response: Response, flows: Sequence[Mapping[str, Any]], console: str) -> str | None:
    """Return the card of the only workflow, or the list of those of a response."""
    if not console:
        return None
    if len(flows) == 1:
        return f"{console}/console/approvals/{quote(flows[0]['workflow_id'], safe='')}"
    return _found(console, response["response_id"], tab="all")


def _found(site: str, response_id: str, **more: str) -> str:
    """Return the first page of a site with what belongs to a response."""
    return f"{site}/?{urlencode({**more, 'q': response_id})}"
