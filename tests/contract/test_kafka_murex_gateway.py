"""The gateway over the topics of a real Kafka keeps the promises of every gateway to Murex."""

import asyncio

import pytest

from tests.contract.murex_gateway_contract import MurexGatewayContract, taken
from tests.support.murex_exchange import LIMIT_SECONDS, TRACE, WHEN, TopicsExchange, answered, published, sent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


class TestKafkaMurexGateway(MurexGatewayContract):
    @pytest.fixture
    async def exchange(self, kafka_bootstrap: str) -> TopicsExchange:
        made = TopicsExchange(kafka_bootstrap)
        await made.create()
        return made

    async def test_an_answer_is_a_cloud_event_keyed_by_its_workflow(self, exchange: TopicsExchange) -> None:
        await exchange.send(published(sent("wf-1"), 1))
        async with exchange.gateway() as gateway:
            (request,) = (await taken(gateway, 1)).requests
            await gateway.reply([answered(request)])
        (message,) = await exchange.messages(1)
        attributes = message.attributes
        assert message.key == "wf-1"
        assert (attributes.type, attributes.source) == ("hawk.MurexAnswered.v1", "/murex/test")
        assert attributes.stream == f"murex-{request.correlation_id}"
        assert (attributes.correlation_id, attributes.causation_id) == ("wf-1", request.message_id)
        assert (attributes.time, attributes.traceparent) == (WHEN, TRACE)
        assert message.headers["content-type"] == "application/json"

    async def test_a_reader_that_comes_takes_over_what_another_has_not_acknowledged(
        self, exchange: TopicsExchange
    ) -> None:
        """Both live: when partitions move, what the first one holds of them comes to the second as well."""
        workflows = [f"wf-{number}" for number in range(16)]
        await exchange.send(*(published(sent(workflow), 1) for workflow in workflows))
        async with exchange.gateway() as first:
            await taken(first, len(workflows))
            async with exchange.gateway() as second, asyncio.timeout(LIMIT_SECONDS):
                moved: set[str] = set()
                while not moved:
                    await first.take(1)
                    moved = {each.event.workflow_id for each in (await second.take(100)).requests}
                await first.acknowledge()
                assert moved < set(workflows)
