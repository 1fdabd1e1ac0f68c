"""What the parser needs of others."""

from typing import Any, Protocol


class MakerVerifier(Protocol):
    """Checks the approval service's proof of who handed an answer in. No I/O: the key is known."""

    def maker(self, proof: str, *, response_id: str, answer: Any, prompt: str) -> str:
        """The person whom the proof names.

        Raises:
            InvalidInput: MAKER_PROOF_INVALID, with the reason.
        """

    def content(self, answer: Any, prompt: str) -> str:
        """The digest of what a proof that holds covers; it travels with the proof to whoever checks it again."""
