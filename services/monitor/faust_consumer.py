"""Faust's consumer, as HAWK reads: committed messages alone, in a thread that the process does not wait for."""

from typing import Any

from shared.messaging.records import READ_COMMITTED


def consumer_class() -> type[Any]:
    """What the transport of a Faust app is to make in the place of Faust's own consumer.

    Faust 0.15.3 passes over aborted messages only within transactions of its own. And a process would wait for the
    thread where it consumes for as long as a rebalance is on, and the supervisor would have to kill it.

    Made as late as an app is, because importing Faust's machinery starts a process (`file`).
    """
    from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer  # noqa: PLC0415
    from mode.threads import WorkerThread  # noqa: PLC0415

    class ExpendableThread(WorkerThread):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.daemon = True

    class CommittedThread(AIOKafkaConsumerThread):
        Worker = ExpendableThread

        def _create_worker_consumer(self, transport: Any) -> Any:
            consumer = super()._create_worker_consumer(transport)
            consumer._isolation_level = READ_COMMITTED  # read when it is started
            return consumer

    class CommittedConsumer(Consumer):
        def _new_consumer_thread(self) -> Any:
            return CommittedThread(self, loop=self.loop, beacon=self.beacon)

    return CommittedConsumer
