"""Every metric there is: docs, the dashboard for Grafana and the rules for alerts are held to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.telemetry.listed.entry import Metric
from shared.telemetry.listed.every_service import EVERY_SERVICE, LIBRARY
from shared.telemetry.listed.relay import RELAY
from shared.telemetry.listed.services import SERVICES

METRICS: Final[Mapping[str, Metric]] = MappingProxyType(
    {metric.name: metric for metric in (*EVERY_SERVICE, *RELAY, *SERVICES, *LIBRARY)}
)
