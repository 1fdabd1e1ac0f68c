"""The monitor as a process: the only place that names its adapters."""

import asyncio
from datetime import UTC, datetime
from functools import partial

from fastapi import FastAPI

from services.monitor import gauges
from services.monitor.asked import take_over
from services.monitor.chat.message import Sites
from services.monitor.handlers import dead_letters, subscriptions
from services.monitor.health.broker import Broker
from services.monitor.health.document import KAFKA, POSTGRES
from services.monitor.health.document import Windows as WindowsState
from services.monitor.health.http import (
    KEPT_SECONDS,
    LIMITS_KEPT_SECONDS,
    PATIENCE_SECONDS,
    Sources,
)
from services.monitor.health.kept import Kept
from services.monitor.health.processes import Processes, read_addresses
from services.monitor.health.store import PostgresHealth
from services.monitor.health.watch import Watch
from services.monitor.letters import PostgresDeadLetters
from services.monitor.overview.pages import add_dashboard
from services.monitor.overview.store import PostgresLines
from services.monitor.readmodel import SCHEMA, PostgresReadModel
from services.monitor.routes import Readers, install_routes
from services.monitor.settings import MonitorSettings
from services.monitor.windows import Windows
from services.monitor.workflow.store import PostgresHistories
from shared.events.base import Event
from shared.messaging.door import are_recorded
from shared.messaging.replays import replay_subscription
from shared.security.issuers import DEMO_PROFILE
from shared.service import Service
from shared.web.browsers import browser_sign_in, install_localhost
from shared.web.progress_feed import ProgressFeed
from shared.web.progress_log import PostgresProgressLog
from shared.web.sign_in.sessions import DASHBOARD_COOKIE
from shared.web.sign_in.store import PostgresSessions, clean_forever


def utc_now() -> datetime:
    """Return the clock of this process."""
    return datetime.now(UTC)


def build(settings: MonitorSettings) -> Service:
    """Wire everything; opens nothing yet.

    Raises:
        Defect: an issuer or a provider is configured by halves, a file of theirs cannot be used, or the addresses of
            the processes are not readable.
        AssetFault: HAWK was installed without the assets of its pages.
    """
    app = FastAPI(title="HAWK monitor", docs_url=None, redoc_url=None)
    service = Service("monitor", settings, app=app)
    read_model = PostgresReadModel(lambda: service.database.pool)
    feed = ProgressFeed(PostgresProgressLog(lambda: service.database.pool, SCHEMA))
    windows = Windows(service.kafka, lambda messages: are_recorded(service.database.pool, messages))
    sessions = PostgresSessions(lambda: service.database.pool, SCHEMA)
    signed_in = browser_sign_in(settings, sessions, utc_now, DASHBOARD_COOKIE)
    sources = sources_of(service, settings, windows)
    watch = Watch(sources.away, lambda: feed.clients > 0)
    readers = Readers(
        model=read_model,
        feed=feed,
        windows=windows,
        letters=PostgresDeadLetters(lambda: service.database.pool),
        lines=PostgresLines(lambda: service.database.pool),
        histories=PostgresHistories(lambda: service.database.pool),
        health=sources,
        watch=watch,
        clock=utc_now,
        sites=_sites(settings),
    )
    install_routes(app, signed_in.authenticator, readers)
    app.include_router(signed_in.routes)
    install_localhost(app, settings)
    add_dashboard(app, "SIMULATOR" if settings.profile == DEMO_PROFILE else "LIVE")

    def kept(event: Event) -> None:
        gauges.count_event(event)
        feed.wake()

    service.subscribe(*subscriptions(kept), dead_letters(), replay_subscription(service.name))
    service.first("asked", lambda: take_over(service.database.pool))
    service.background("windows", windows.run)
    service.background("watch", watch.run)
    service.background("gauges", lambda: gauges.count_forever(read_model))
    service.background("sessions", lambda: clean_forever(signed_in.keeper.clean))
    service.background("streams", lambda: _close_at_the_end(feed))
    service.record_refusals()
    gauges.observe(feed, windows)
    return service


def sources_of(service: Service, settings: MonitorSettings, windows: Windows) -> Sources:
    """Put together what the health page asks. Nothing is asked before somebody looks.

    Raises:
        Defect: the addresses of the processes are not readable.
    """
    store = PostgresHealth(lambda: service.database.pool)
    broker, addresses = Broker(service.kafka, utc_now), read_addresses(settings.processes)
    kept = partial(Kept, clock=utc_now, patience=PATIENCE_SECONDS)
    return Sources(
        broker=kept(KAFKA, broker.look, seconds=KEPT_SECONDS),
        store=kept(POSTGRES, store.look, seconds=KEPT_SECONDS),
        limits=kept("limits", store.limits, seconds=LIMITS_KEPT_SECONDS),
        processes=kept("processes", Processes(addresses, utc_now).look, seconds=KEPT_SECONDS) if addresses else None,
        windows=lambda: WindowsState(windows.running, windows.since, windows.why),
        clock=utc_now,
    )


def _sites(settings: MonitorSettings) -> Sites:
    """Return where people find both sites; on servers of one's own the dashboard is where its setting says."""
    known = settings.public_url or settings.profile == DEMO_PROFILE
    return Sites(console=settings.approval_url, dashboard=settings.site() if known else "")


async def _close_at_the_end(feed: ProgressFeed) -> None:
    """End open streams when the stop begins: else the server would wait for them."""
    try:
        await asyncio.Event().wait()
    finally:
        await feed.close()
