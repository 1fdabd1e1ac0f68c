"""How often Python looks for cycles in a process that lives long."""

import gc
from typing import Final

#: New objects before the cycle collector looks at the youngest: some ten thousand live through one batch and are freed
#: by their counts, so that a look after 700 found nothing, a hundred times a batch.
COLLECTED_OBJECTS: Final = 50_000


def spare_what_stays() -> None:
    """Take modules and classes, which live as long as the process, out of what the cycle collector looks through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_OBJECTS, *gc.get_threshold()[1:])
