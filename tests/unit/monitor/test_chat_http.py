"""`GET /responses/{id}/message`: answered at once, not again while it says the same, or held back until it changes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.monitor.chat.http import LOOKS_SECONDS, WAIT_SECONDS_MAX
from services.monitor.chat.message import Sites
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.routes import install_routes
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.tokens import TokenSettings
from shared.web.authentication import Authenticator
from shared.web.progress_feed import ProgressFeed
from tests.support.monitor_readers import readers
from tests.support.progress_logs import MemoryProgressLog
from tests.support.story import Story

URL = "/responses/resp-1/message"
SITES = Sites(console="https://hawk.bank.example", dashboard="https://monitor.bank.example")
LIMIT_SECONDS = 10.0


class Chat:
    """The monitor's routes over memory, asked from this machine as in the demo; counts the looks of those who wait."""

    def __init__(self, folder: Path) -> None:
        self.model = MemoryReadModel()
        self.feed = ProgressFeed(MemoryProgressLog(), clients_max=2)
        self.looks = 0
        self.looked = asyncio.Condition()
        self.app = FastAPI()
        tokens = TokenSettings(public_pem=read_pem(ensure_issuer_keys(folder).public))
        given = readers(self, self.feed, sites=SITES)  # type: ignore[arg-type]
        install_routes(self.app, Authenticator(tokens), given)

    async def response(self, response_id: str) -> object:
        async with self.looked:
            self.looks += 1
            self.looked.notify_all()
        return await self.model.response(response_id)

    async def after_looks(self, number: int) -> None:
        """Wait until the routes have looked that often."""
        async with asyncio.timeout(LIMIT_SECONDS), self.looked:
            await self.looked.wait_for(lambda: self.looks >= number)

    def tell(self, story: Story) -> None:
        for each in story.told:
            self.model.write(changes_of(each.event, f"{each.stream}:{each.version}"), each.at)


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[Chat]:
    made = Chat(tmp_path)
    yield made
    await made.feed.close()


@pytest.fixture
async def client(chat: Chat) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(chat.app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8082") as opened:
        yield opened


def executed() -> Story:
    return Story().received().planned().approved().executed()


async def test_message_has_text_links_and_whether_it_is_final(chat: Chat, client: httpx.AsyncClient) -> None:
    chat.tell(executed())
    answer = await client.get(URL)
    assert answer.status_code == 200
    document = answer.json()
    assert set(document) == {"text", "links", "final"}
    assert set(document["links"]) == {"approve", "review", "cancel", "status"}
    assert document["text"].startswith("Successfully executed 47 database operations. Hedge ORD-")
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_same_message_is_not_sent_again_and_another_one_is(chat: Chat, client: httpx.AsyncClient) -> None:
    chat.tell(Story().received().planned())
    first = await client.get(URL)
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}'):
        again = await client.get(URL, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    chat.tell(executed())
    changed = await client.get(URL, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_who_waits_gets_what_comes_meanwhile(chat: Chat, client: httpx.AsyncClient) -> None:
    waiting = asyncio.create_task(client.get(URL, params={"wait": WAIT_SECONDS_MAX}))
    await chat.after_looks(2)
    assert len(chat.feed.places) == 1
    chat.tell(executed())
    answer = await asyncio.wait_for(waiting, LIMIT_SECONDS)
    assert answer.json()["final"] is True
    assert not chat.feed.places


async def test_who_waits_with_a_tag_gets_the_next_other_message(chat: Chat, client: httpx.AsyncClient) -> None:
    chat.tell(Story().received().planned())
    tag = (await client.get(URL)).headers["etag"]
    waiting = asyncio.create_task(client.get(URL, params={"wait": WAIT_SECONDS_MAX}, headers={"If-None-Match": tag}))
    await chat.after_looks(chat.looks + 2)
    assert not waiting.done()
    chat.tell(executed())
    assert (await asyncio.wait_for(waiting, LIMIT_SECONDS)).json()["final"] is True


async def test_wait_is_over_when_the_service_ends(chat: Chat, client: httpx.AsyncClient) -> None:
    chat.tell(Story().received())
    waiting = asyncio.create_task(client.get(URL, params={"wait": WAIT_SECONDS_MAX}))
    await chat.after_looks(2)
    await chat.feed.close()
    answer = await asyncio.wait_for(waiting, LIMIT_SECONDS)
    assert (answer.status_code, answer.json()["text"]) == (200, "HAWK is planning it.")


async def test_wait_that_brought_nothing_ends_with_what_is_known(chat: Chat, client: httpx.AsyncClient) -> None:
    chat.tell(executed())
    tag = (await client.get(URL)).headers["etag"]
    looks = chat.looks
    answer = await client.get(URL, params={"wait": 1}, headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert chat.looks - looks <= 2 + len(LOOKS_SECONDS)


async def test_unknown_response_is_404_also_after_a_wait(chat: Chat, client: httpx.AsyncClient) -> None:
    await chat.feed.close()
    for wait in (0, 1):
        answer = await client.get("/responses/none/message", params={"wait": wait})
        assert (answer.status_code, answer.json()["code"]) == (404, "RESPONSE_UNKNOWN")


@pytest.mark.parametrize("wait", ["-1", "31", "soon"])
async def test_wait_has_bounds(client: httpx.AsyncClient, wait: str) -> None:
    answer = await client.get(URL, params={"wait": wait})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")


async def test_who_waits_takes_one_of_the_places_of_streams(chat: Chat, client: httpx.AsyncClient) -> None:
    held = [chat.feed.take_place(anonymous=False) for _ in range(2)]
    answer = await client.get(URL, params={"wait": 5})
    assert (answer.status_code, answer.json()["code"]) == (503, "TOO_MANY_STREAMS")
    assert int(answer.headers["retry-after"]) > 0
    chat.tell(executed())
    assert (await client.get(URL, params={"wait": 5})).status_code == 200  # who need not wait needs no place
    for place in held:
        place.release()
