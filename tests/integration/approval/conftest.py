"""A provider of OpenID Connect that really runs, and the approval service that people sign in to by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browsing import SignInDesk
from tests.support.provider import Provider, running_provider
from tests.support.signing_in import made


@pytest.fixture(scope="module")
def provider_server() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def provider(provider_server: Provider) -> Provider:
    provider_server.reset()
    provider_server.person("7f0c", name="Anna Lee", realm={"roles": ["TRADER"]})
    return provider_server


@pytest.fixture
def desk(tmp_path: Path, provider: Provider) -> SignInDesk:
    return made(tmp_path, provider)
