"""Whatever stands in `next`, a browser ends on a page of this site."""

from urllib.parse import urljoin, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from shared.web.sign_in.addresses import local_page, login_address

SITE = "https://hawk.bank.example"
#: What addresses are made of, and what browsers read in ways of their own.
PIECES = st.sampled_from(
    ["/", "//", "\\", "console", "/console/", "..", ".", "%2e", "%2F", "%5c", ":", "@", "?", "#", "&", "=", "https:",
     "http:", "javascript:", "evil.example", "login", "\t", "\n", "\r", " ", "\x00", "é", "\u2028", "\u3002", "a"]
)  # fmt: skip


def as_a_browser_reads(address: str) -> str:
    """Tabs and line ends fall out, a backslash is a slash (WHATWG URL)."""
    return urljoin(SITE + "/callback", "".join(c for c in address.strip() if c not in "\t\r\n").replace("\\", "/"))


@given(st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join), st.from_regex(r"/console/.*", fullmatch=True)))
@example("/\t/evil.example")
@example("/\\evil.example")
@example("/console/..//evil.example")
def test_next_leads_to_a_page_of_this_site_or_to_the_queue(given_next: str) -> None:
    page = local_page(given_next)
    reached = urlsplit(as_a_browser_reads(page))
    assert f"{reached.scheme}://{reached.netloc}" == SITE
    assert reached.path in {"/", "/console"} or reached.path.startswith("/console/")
    assert page.isascii()
    assert page.isprintable()
    assert page in {given_next, "/"}
    assert local_page(page) == page
    assert login_address(given_next).startswith("/login?next=%2F")
