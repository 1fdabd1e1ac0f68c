"""The stream of changes: what a page does about a line that is dead without anybody having said so."""

from typing import Any

from tests.browser.conftest import Opening
from tests.support.canned_console import CannedConsole

#: Drives `openLive` with a clock and a source of the test's own; gives what happened, in order.
STORY = """
async (at) => {
  const { openLive, SILENCE } = await import(`${at}/shared/lib/live.js`);
  const said = [];
  const sources = [];
  class Source extends EventTarget {
    static CLOSED = 2;
    readyState = 1;
    constructor(url) { super(); this.url = url; sources.push(this); }
    close() { this.readyState = 2; said.push("closed"); }
    say(name, data = "{}") { this.dispatchEvent(Object.assign(new Event(name), { data })); }
  }
  let clock = Date.parse("2026-11-27T09:00:00Z");
  const live = openLive({
    url: "/stream", now: () => new Date(clock), Source,
    on: { changed: () => said.push("changed") },
    onResync: () => said.push("read again"),
    onState: ({ state }) => said.at(-1) !== state && said.push(state),
  });
  const until = async (holds) => { while (!holds()) await new Promise((done) => setTimeout(done, 20)); };
  sources[0].say("open");
  sources[0].say("changed");
  clock += SILENCE;
  await until(() => sources.length === 2);
  sources[1].say("open");
  dispatchEvent(new Event("online"));
  sources[2].say("open");
  live.close();
  dispatchEvent(new Event("online"));
  return { said, sources: sources.length };
}
"""


async def test_silent_line_is_opened_again_and_what_was_missed_is_read(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/")
    found: dict[str, Any] = await page.evaluate(STORY, console.at)
    assert found["said"] == [
        "live", "read again", "changed", "live", "not-live", "closed", "live", "read again", "closed", "live",
        "read again", "closed",
    ]  # fmt: skip
    assert found["sources"] == 3
