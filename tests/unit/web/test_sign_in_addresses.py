"""Where a browser may be sent, and what says that a request comes from a page of this site."""

import pytest

from shared.errors import Defect
from shared.web.sign_in.addresses import fault_of_origin, fetched_safely, local_page, login_address, site_of

SITE = "https://hawk.bank.example"


@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/?tab=mine&page=2",
        "/console",
        "/console/approvals/w1",
        "/console/approvals/w1?from=%2Fconsole%2Fx",
        "/console/rollout/",
    ],
)
def test_page_of_this_site_is_kept(page: str) -> None:
    assert local_page(page) == page


@pytest.mark.parametrize(
    "given",
    [
        "",
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/console/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/console//evil.example",
        "/console/../login",
        "/console/%2e%2E/login",
        "/console/./x",
        "/login?next=/",
        "/logout",
        "/approvals",
        "/consolefoo",
        "/console/x#y",
        "/console/ä",
        " /console",
        "/console\n",
        "/console/" + "x" * 1_000,
    ],
)
def test_address_that_is_no_page_of_this_site_becomes_the_queue(given: str) -> None:
    assert local_page(given) == "/"


def test_login_address_names_the_page_and_what_is_wanted() -> None:
    assert login_address("/console/approvals/w1", prompt="none", acr_values=None, max_age=60) == (
        "/login?next=%2Fconsole%2Fapprovals%2Fw1&prompt=none&max_age=60"
    )
    assert login_address("//evil.example") == "/login?next=%2F"


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://hawk.bank.example", SITE),
        ("https://HAWK.bank.example:443/", SITE),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_site_is_written_as_browsers_write_it(address: str, site: str) -> None:
    assert site_of(address) == site


@pytest.mark.parametrize("address", ["hawk.bank.example", "ftp://x", "https://", "https://x/path", "https://x?y"])
def test_address_that_is_no_site_stops_the_start(address: str) -> None:
    with pytest.raises(Defect):
        site_of(address)


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://login.bank.example/realms/x", True),
        ("http://localhost:9000", True),
        ("http://127.0.0.1:9000", True),
        ("http://login.bank.example", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("http://[::1", False),
        ("file:///etc/passwd", False),
    ],
)
def test_provider_is_asked_over_tls_or_on_this_machine(address: str, safe: bool) -> None:
    assert fetched_safely(address) is safe


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, True),
        ({"sec-fetch-site": "same-site", "origin": SITE}, False),
        ({"sec-fetch-site": "cross-site", "origin": SITE}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": ""}, False),
        ({"origin": SITE}, True),
        ({"origin": "null"}, False),
        ({"origin": SITE + ":8443"}, False),
        ({"origin": "http://hawk.bank.example"}, False),
        ({}, False),
    ],
)
def test_request_that_writes_comes_from_a_page_of_this_site(headers: dict[str, str], fine: bool) -> None:
    assert (fault_of_origin(headers, SITE) is None) is fine
