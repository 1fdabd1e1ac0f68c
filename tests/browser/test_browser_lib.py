"""Amounts, times and addresses as pages compute them: in the browser that shows them."""

from typing import Any

import pytest

from tests.browser.conftest import Opening
from tests.support.canned_console import CannedConsole

CALL = """
async ([at, module, name, given]) => {
  const found = await import(`${at}/shared/lib/${module}.js`);
  const read = (each) => (typeof each === "string" && /^\\d{4}-\\d{2}-\\d{2}T/.test(each) ? new Date(each) : each);
  return found[name](...given.map(read));
}
"""
NOW = "2026-11-27T09:08:41Z"

CASES: list[tuple[str, str, list[Any], Any]] = [
    ("money", "grouped", ["51851851.85"], "51,851,851.85"),
    ("money", "grouped", ["-187500000.00"], "−187,500,000.00"),
    ("money", "grouped", ["12000000000"], "12,000,000,000"),
    ("money", "grouped", ["0.00"], "0.00"),
    ("money", "grouped", ["-0.00"], "0.00"),
    ("money", "grouped", ["0000123.4500"], "123.4500"),
    ("money", "grouped", ["999"], "999"),
    ("money", "grouped", ["123456789012345678901234567890.12"], "123,456,789,012,345,678,901,234,567,890.12"),
    ("money", "grouped", ["1e3"], "1e3"),
    ("money", "grouped", ["<b>"], "<b>"),
    ("money", "grouped", [None], "–"),
    ("money", "difference", ["375000.00"], "+375,000.00"),
    ("money", "difference", ["-375000.00"], "−375,000.00"),
    ("money", "difference", ["0.00"], "0.00"),
    ("money", "withCode", ["HKD", "400000000.00"], "HKD 400,000,000.00"),
    ("money", "short", ["400000000.00"], "400M"),
    ("money", "short", ["9500000"], "9.5M"),
    ("money", "short", ["12000000000"], "12B"),
    ("money", "short", ["51851851.85"], "51.85M"),
    ("money", "short", ["999999.99"], "1,000K"),
    ("money", "short", ["950.00"], "950.00"),
    ("money", "compare", ["10.0", "10.00"], 0),
    ("money", "compare", ["-1", "0.01"], -1),
    ("money", "compare", ["100000000000000000000.01", "100000000000000000000.00"], 1),
    ("money", "tenThousandths", ["187500000.00", "250000000"], 7500),
    ("money", "tenThousandths", ["3", "0"], 0),
    ("money", "tenThousandths", ["5", "3"], 10000),
    ("money", "zero", ["0.00"], True),
    ("money", "zero", ["x"], False),
    ("time", "clockTime", [NOW], "17:08:41"),
    ("time", "day", ["2026-09-30T16:00:00Z"], "1 Oct 2026"),
    ("time", "day", ["2026-09-01T16:00:00Z"], "2 Sep 2026"),
    ("time", "isoDay", ["2026-11-30"], "30 Nov 2026"),
    ("time", "isoDay", ["soon"], "soon"),
    ("time", "absolute", [NOW], "27 Nov 2026, 17:08:41 SGT"),
    ("time", "deadline", ["2026-11-27T09:19:00Z", NOW], "today 17:19"),
    ("time", "deadline", ["2026-11-28T08:42:00Z", NOW], "Sat 16:42"),
    ("time", "deadline", ["2026-12-20T08:42:00Z", NOW], "20 Dec 16:42"),
    ("time", "deadline", ["2026-11-26T08:42:00Z", NOW], "26 Nov 16:42"),
    ("time", "ago", ["2026-11-27T08:42:41Z", NOW], "26 min ago"),
    ("time", "ago", ["2026-11-27T08:06:41Z", NOW], "1 h 02 min ago"),
    ("time", "ago", ["2026-11-27T09:09:41Z", NOW], "just now"),
    ("time", "span", [23 * 3_600_000 + 34 * 60_000], "23 h 34 min"),
    ("time", "span", [76 * 3_600_000], "3 d 4 h"),
    ("time", "span", [41_999], "41 s"),
    ("time", "duration", [420], "0.42 s"),
    ("router", "match", ["/console/approvals/:workflow", "/console/approvals/wf%201/"], {"workflow": "wf 1"}),
    ("router", "match", ["/console/approvals/:workflow", "/console/approvals/"], None),
    ("router", "match", ["/console/approvals/:workflow", "/console/approvals/%E0%A4%A"], None),
    ("router", "match", ["/", "/"], {}),
    ("http", "address", ["/approvals", {"q": "a&b", "page": 1, "tab": "", "kind": None}], "/approvals?q=a%26b&page=1"),
]


async def test_amounts_times_and_addresses_are_written_as_agreed(opened: Opening, console: CannedConsole) -> None:
    page = await opened("/sheet")
    wrong = []
    for module, name, given, expected in CASES:
        found = await page.evaluate(CALL, [console.at, module, name, given])
        if found != expected or isinstance(found, bool) != isinstance(expected, bool):
            wrong.append(f"{name}({given}) is {found!r}, not {expected!r}")
    assert wrong == []


MAKE = """
async ([at, properties]) => {
  const { h } = await import(`${at}/shared/lib/dom.js`);
  try {
    return h("a", properties, "<b>text</b>", null, 0, [false, "more"]).outerHTML;
  } catch (error) {
    return `${error.name}`;
  }
}
"""


@pytest.mark.parametrize(
    ("properties", "made"),
    [
        ({"href": "/x", "hidden": True, "title": None}, '<a href="/x" hidden="">&lt;b&gt;text&lt;/b&gt;0more</a>'),
        ({"aria-expanded": False}, '<a aria-expanded="false">&lt;b&gt;text&lt;/b&gt;0more</a>'),
        ({"href": "javascript:alert(1)"}, "TypeError"),
        ({"href": " javascript:alert(1)"}, "TypeError"),
        ({"href": "data:text/html,x"}, "TypeError"),
        ({"href": "//evil.example"}, "TypeError"),
        ({"onclick": "alert(1)"}, "TypeError"),
        ({"style": "color:red"}, "TypeError"),
        ({"innerHTML": "<b>"}, "TypeError"),
        ({"srcdoc": "<b>"}, "TypeError"),
    ],
)
async def test_elements_are_made_of_text_and_refuse_code(
    opened: Opening, console: CannedConsole, properties: dict[str, Any], made: str
) -> None:
    page = await opened("/sheet")
    assert await page.evaluate(MAKE, [console.at, properties]) == made
