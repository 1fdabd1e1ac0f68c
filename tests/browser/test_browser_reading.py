"""Readings of a page: the latest counts, a burst is one, and a pause holds all that nobody asked for."""

from typing import Any

from tests.browser.conftest import Opening
from tests.support.canned_console import CannedConsole

#: Drives `readings` with answers of the test's own; gives what happened, in order.
BEGIN = """
async (at) => {
  const { readings } = await import(`${at}/shared/lib/reading.js`);
  const said = [];
  const asked = [];
  const page = readings({
    read: (signal) => new Promise((answer, fail) => {
      asked.push({ answer, fail, signal });
      said.push("reads");
    }),
    show: (document, whole) => said.push(whole ? `${document}, whole` : document),
    failed: ({ sentence }, again) => { said.push(sentence); page.again = again; },
    soon: 1,
    rest: 5,
  });
  const until = async (holds) => { while (!holds()) await new Promise((done) => setTimeout(done, 5)); };
  const read = (count) => until(() => asked.length === count);
  const rest = () => new Promise((done) => setTimeout(done, 50));
"""
END = "return { said, aborted: asked.map(({ signal }) => signal.aborted) }; }"


async def told(opened: Opening, console: CannedConsole, story: str) -> dict[str, Any]:
    page = await opened("/sheet")
    found: dict[str, Any] = await page.evaluate(f"{BEGIN}{story}{END}", console.at)
    return found


async def test_latest_reading_counts_and_what_somebody_waits_for_is_shown_whole(
    opened: Opening, console: CannedConsole
) -> None:
    found = await told(
        opened,
        console,
        """
        void page.now();
        const second = page.now();
        asked[1].answer("second");
        asked[0].answer("first");
        await second;
        for (let count = 0; count < 9; count += 1) page.change();
        await read(3);
        page.change();
        void page.now();
        asked[3].fail({ status: 503, sentence: "Away." });
        await until(() => said.includes("Away."));
        page.change();
        await read(5);
        asked[4].answer("fifth");
        await until(() => said.includes("fifth, whole"));
        """,
    )
    assert found["said"] == ["reads", "reads", "second, whole", "reads", "reads", "Away.", "reads", "fifth, whole"]
    assert found["aborted"] == [True, False, True, False, False]


async def test_what_changes_during_a_reading_is_read_after_it_once(opened: Opening, console: CannedConsole) -> None:
    found = await told(
        opened,
        console,
        """
        void page.now();
        page.change();
        page.change();
        asked[0].answer("first");
        await read(2);
        asked[1].answer("second");
        await until(() => said.includes("second"));
        page.every(60_000);
        await rest();
        page.every(20);
        await read(3);
        """,
    )
    assert found["said"] == ["reads", "first, whole", "reads", "second", "reads"]


async def test_what_an_act_answered_is_not_taken_back_and_nothing_missed(
    opened: Opening, console: CannedConsole
) -> None:
    found = await told(
        opened,
        console,
        """
        const first = page.now();
        asked[0].answer("first");
        await first;
        page.change();
        await read(2);
        page.answered("act");
        asked[1].answer("before the act");
        await read(3);
        asked[2].answer("third");
        await until(() => said.includes("third"));
        page.change();
        page.answered("another");
        await read(4);
        """,
    )
    assert found["said"] == ["reads", "first, whole", "reads", "act", "reads", "third", "another", "reads"]
    assert found["aborted"] == [False, True, False, False]


async def test_pause_holds_what_is_due_and_under_way_and_the_end_of_it_is_one_reading(
    opened: Opening, console: CannedConsole
) -> None:
    found = await told(
        opened,
        console,
        """
        void page.now();
        page.hold(true);
        asked[0].answer("first");
        await until(() => said.includes("first, whole"));
        page.hold(false);
        page.change();
        page.hold(true);
        page.hold(true);
        await rest();
        said.push("nothing due");
        page.hold(false);
        await read(2);
        page.hold(true);
        asked[1].answer("second");
        page.change();
        page.every(0);
        await rest();
        said.push("nothing shown");
        const third = page.now();
        asked[2].answer("third");
        await third;
        page.change();
        page.hold(false);
        page.hold(false);
        await read(4);
        asked[3].answer("fourth");
        await until(() => said.includes("fourth"));
        page.hold(true);
        page.hold(false);
        await rest();
        page.change();
        page.close();
        await rest();
        """,
    )
    assert found["said"] == [
        "reads", "first, whole", "nothing due", "reads", "nothing shown", "reads", "third, whole", "reads", "fourth",
    ]  # fmt: skip
    assert found["aborted"] == [False, True, False, False]
