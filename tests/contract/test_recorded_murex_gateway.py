"""The gateway over a tape keeps the promises of every gateway to Murex."""

import pytest

from tests.contract.murex_gateway_contract import MurexGatewayContract
from tests.support.murex_exchange import TapeExchange


class TestRecordedMurexGateway(MurexGatewayContract):
    @pytest.fixture
    def exchange(self) -> TapeExchange:
        return TapeExchange()
