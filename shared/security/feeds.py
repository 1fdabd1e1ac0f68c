"""Feeds of reference data: each signs with a key of its own, which names the tables it may change.

The file is TOML, a table for each feed; key files are beside it:

    [feeds.rates]
    public_key = "feed_rates_public.pem"
    tables = ["currency_rates", "currency_rate_pairs"]

`tables = ["*"]` is every table: for the key that loads a fresh installation, and for the demo.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.errors import Defect, InvalidInput
from shared.security.keys import read_pem
from shared.security.message_signing import MessageNotSigned, check_signature, key_id_of
from shared.security.signing import FailedCheck

EVERY_TABLE: Final = "*"
#: Feeds of one installation: a bank has a handful. More is a mistake in the file.
FEEDS_MAX: Final = 100
_FIELDS: Final = frozenset({"public_key", "tables"})

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Feed:
    """One publisher of reference data."""

    name: str
    public_pem: str
    tables: frozenset[str]

    def must_change(self, tables: Iterable[str]) -> None:
        """Refuse what this feed may not change.

        Raises:
            InvalidInput: FEED_NOT_ALLOWED, naming the feed and the tables.
        """
        others = sorted(set(tables) - self.tables)
        if others:
            raise InvalidInput(
                code="FEED_NOT_ALLOWED",
                reason=f"hawk.reference: the key of feed {self.name} may not change {', '.join(others)}. "
                "Sign with the key of the feed that owns them, or add them to this feed in HAWK_FEED_KEYS_FILE.",
            )


def read_feeds(path: Path, known_tables: Collection[str]) -> tuple[Feed, ...]:
    """Return the feeds of a file.

    Raises:
        Defect: the file or a key cannot be read, it names no feed, an unknown table, or one key for two feeds.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Defect(
            f"Feed keys file {path} cannot be read: {error}. HAWK_FEED_KEYS_FILE names a TOML file."
        ) from error
    named = given.get("feeds")
    if set(given) != {"feeds"} or not isinstance(named, dict) or not 1 <= len(named) <= FEEDS_MAX:
        raise Defect(f"{path}: expected 1 to {FEEDS_MAX} tables [feeds.NAME] and nothing else.")
    feeds = tuple(_feed(path, name, entry, known_tables) for name, entry in named.items())
    if len({key_id_of(feed.public_pem) for feed in feeds}) != len(feeds):
        raise Defect(f"{path}: two feeds have one key. Give each a key of its own, or make them one feed.")
    return feeds


def signer_of(
    feeds: Sequence[Feed], place: str, *, topic: str, key: bytes | None, headers: Headers, value: bytes
) -> Feed:
    """Return the feed that signed a message. `place` names it in the refusal.

    Raises:
        InvalidInput: SIGNATURE_INVALID, with the first check that failed.
    """
    for feed in feeds:
        try:
            check_signature([feed.public_pem], topic=topic, key=key, headers=headers, value=value)
        except MessageNotSigned as refusal:
            if refusal.problem is FailedCheck.KEY:
                continue
            raise _invalid(place, refusal.sentence) from refusal
        return feed
    raise _invalid(place, "it is signed with a key that no feed of HAWK_FEED_KEYS_FILE has")


def _invalid(place: str, why: str) -> InvalidInput:
    return InvalidInput(
        code="SIGNATURE_INVALID",
        reason=f"{place} is not accepted: {why}. A feed signs what it publishes with its own key, which "
        "HAWK_FEED_KEYS_FILE lists; `hawk reference publish --key FILE` does.",
    )


def _feed(path: Path, name: str, entry: Any, known_tables: Collection[str]) -> Feed:
    if not isinstance(entry, Mapping) or set(entry) != _FIELDS or not isinstance(entry["public_key"], str):
        raise Defect(f"{path}: feed {name} needs public_key (a file) and tables (a list), and nothing else.")
    listed = entry["tables"]
    if not isinstance(listed, list) or not listed or not all(isinstance(table, str) for table in listed):
        raise Defect(f'{path}: feed {name} needs a list of tables, such as ["currency_rates"].')
    tables = frozenset(known_tables) if listed == [EVERY_TABLE] else frozenset(listed)
    unknown = sorted(tables - set(known_tables))
    if unknown:
        raise Defect(f"{path}: feed {name} names {', '.join(unknown)}, which are not reference tables.")
    return Feed(name, read_pem(path.parent / entry["public_key"]), tables)
