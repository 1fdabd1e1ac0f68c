"""The rights of the database roles are those that the streams declare."""

from shared.events.catalogue import EVENTS
from shared.events.streams import NEVER_STORED, STREAMS, kind_of
from shared.events.write_rights import FOLDER, texts


def test_the_migration_is_what_the_declaration_says() -> None:
    for file, text in texts().items():
        assert (FOLDER / file).read_text(encoding="utf-8") == text, "run `python -m shared.events.write_rights`"


def test_every_event_of_the_catalogue_has_a_writer_or_is_never_stored() -> None:
    written = {event for kind in STREAMS for event in kind.events}
    assert written | set(NEVER_STORED) == set(EVENTS.values())
    assert not written & set(NEVER_STORED)


def test_no_stream_belongs_to_two_kinds() -> None:
    for kind in STREAMS:
        assert kind_of(f"{kind.prefix}x") is kind
        assert [other for other in STREAMS if other.prefix.startswith(kind.prefix)] == [kind]


def test_a_service_writes_each_event_type_of_its_own_alone() -> None:
    writers: dict[str, set[str]] = {}
    for kind in STREAMS:
        for event in kind.events:
            writers.setdefault(event.__name__, set()).add(kind.service)
    shared = {name for name, services in writers.items() if len(services) > 1}
    assert shared == {"MessageRefused", "MessageReplayed", "ReplayDeclined", "AccessRefused"}
