-- The rights on schema es: all roles of HAWK read its tables, and events come in through es.append alone.

GRANT USAGE ON SCHEMA es TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA es
    TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_relay, hawk_reader;
GRANT INSERT ON es.seals TO hawk_relay;

-- These run with the owner's rights.
REVOKE ALL ON FUNCTION
    es.append(text[], bigint[], text[], text[], integer[], text[], text[]),
    es.recorded(uuid[], bytea), es.recorded(jsonb, jsonb),
    es.advance_checkpoint(text, bigint, bigint),
    es.pass_over(bigint, text, text), es.note_publication(bigint, bigint, text, text),
    es.end_stalling(integer), es.free_relay_lock()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.append(text[], bigint[], text[], text[], integer[], text[], text[])
    TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor;
GRANT EXECUTE ON FUNCTION es.recorded(uuid[], bytea), es.recorded(jsonb, jsonb)
    TO hawk_parser, hawk_approval, hawk_executor, hawk_monitor, hawk_reader;
GRANT EXECUTE ON FUNCTION
    es.advance_checkpoint(text, bigint, bigint),
    es.pass_over(bigint, text, text), es.note_publication(bigint, bigint, text, text),
    es.end_stalling(integer), es.free_relay_lock()
    TO hawk_relay;
