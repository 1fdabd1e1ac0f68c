"""Record the conversations with Murex anew: `python -m tests.golden.record_conversations`.

The pure saga talks with the demo's simulator, in time that passes by itself. Read the difference before committing it.
"""

import asyncio
import tempfile
from pathlib import Path

from murex.gateway.recording import render
from tests.support.conversations import CONVERSATIONS, held


async def record() -> None:
    """Write each conversation's file."""
    for told in CONVERSATIONS:
        with tempfile.TemporaryDirectory() as folder:
            text = render(await held(told, Path(folder)))
        told.path.parent.mkdir(exist_ok=True)
        told.path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record())
