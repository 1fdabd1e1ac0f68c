"""The kinds of workflow that the executor knows: one row each."""

from typing import Final

from services.executor.handlers.configuration.kind import Configuration
from services.executor.handlers.hedge.kind import Hedge
from services.executor.handlers.kinds import Kinds
from services.executor.handlers.override.kind import Override
from services.executor.handlers.reversal.kind import Reversal

KINDS: Final = Kinds((Hedge(), Configuration(), Override(), Reversal()))
