-- The only way into es.events. Errors: HK001 not the first write, HK002 version conflict, HK003 stream forbidden,
-- HK005 wrong arguments, HK006 event type forbidden. The facts of an error are in DETAIL as JSON; the message is for people.

CREATE TABLE es.event_rights (
    role_name      name    NOT NULL,
    prefix         text    NOT NULL CHECK (prefix <> ''),
    type           text    NOT NULL CHECK (type COLLATE "C" ~ '^[A-Z][A-Za-z0-9]{0,63}$'),
    schema_version integer NOT NULL CHECK (schema_version BETWEEN 1 AND 9999),
    PRIMARY KEY (role_name, type, prefix)
);

COMMENT ON TABLE es.event_rights IS
    'The event types that a login role may append, up to a version of their shape, to streams that start with a prefix.';

-- UUIDv8 (RFC 9562) from SHA-256: nobody chooses the id of an event, so nobody can take the id of a later one.
-- `shared.eventstore.port.event_id` is the same rule.
-- Only the outermost function here sets the search path: in the others that would cost more than their work.
CREATE FUNCTION es.event_id(_stream text, _version bigint) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    _name   bytea := pg_catalog.convert_to(_stream, 'UTF8');
    _hashed bytea := pg_catalog.substr(pg_catalog.sha256(
        'hawk.event.v1'::bytea || pg_catalog.int4send(pg_catalog.octet_length(_name)) || _name
            || pg_catalog.int8send(_version)), 1, 16);
BEGIN
    _hashed := pg_catalog.set_byte(_hashed, 6, pg_catalog.get_byte(_hashed, 6) & 15 | 128);
    _hashed := pg_catalog.set_byte(_hashed, 8, pg_catalog.get_byte(_hashed, 8) & 63 | 128);
    RETURN pg_catalog.encode(_hashed, 'hex')::uuid;
END
$$;

-- Says whether a JSON text holds a number that is not plain digits within 64 bits. A fraction stays a fraction in jsonb
-- (1.0), an exponent grows to 131,072 digits (1e131071), and no reader takes either; tables keep numbers as bigint. The
-- first pattern is fast and finds too much, such as 1,000.00 in a text; the second one recognises strings; for the few
-- numbers of 19 digits the strings are taken out.
CREATE FUNCTION es.holds_odd_number(_json text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF _json COLLATE "C" !~ '[:,[][ \t\r\n]*(?:-?[0-9]+[.eE]|-0|-?[0-9]{19})' THEN
        RETURN false;
    ELSIF _json COLLATE "C"
            ~ '^(?:[^"]|"(?:[^"\\]|\\.)*")*[:,[][ \t\r\n]*(?:-?[0-9]+[.eE]|-0|-?[0-9]{20})' THEN
        RETURN true;
    ELSIF _json COLLATE "C" !~ '[:,[][ \t\r\n]*-?[0-9]{19}' THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        SELECT FROM regexp_matches(
            regexp_replace(_json COLLATE "C", '"(?:[^"\\]|\\.)*"', '', 'g'), '-?[0-9]{19}', 'g') AS found(digits)
        WHERE digits[1]::numeric NOT BETWEEN -9223372036854775808 AND 9223372036854775807);
END
$$;

-- Says what is wrong with the texts of an event; NULL when nothing is. The limits are those of `shared.eventstore.port`,
-- whose codec refuses before anything is sent. The depth of the data is checked once it is parsed.
CREATE FUNCTION es.event_fault(_data text, _metadata text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF (octet_length(_data) <= 4 * 1024 * 1024) IS NOT TRUE THEN
        RETURN 'has more than 4194304 bytes of data, or none';
    ELSIF (octet_length(_metadata) <= 16 * 1024) IS NOT TRUE THEN
        RETURN 'has more than 16384 bytes of metadata, or none';
    ELSIF (_metadata IS JSON OBJECT WITH UNIQUE KEYS) IS NOT TRUE THEN
        RETURN 'has metadata that is no JSON object, or names a key twice';
    ELSIF jsonb_path_exists(_metadata::jsonb, 'strict $.* ? (@.type() != "string")') THEN
        RETURN 'has metadata that is no object of texts';
    ELSIF (_data IS JSON OBJECT WITH UNIQUE KEYS) IS NOT TRUE THEN
        RETURN 'has data that is no JSON object, or names a key twice';
    ELSIF es.holds_odd_number(_data) THEN
        RETURN 'has data with a number that is not plain digits within 64 bits';
    END IF;
    RETURN NULL;
END
$$;

-- Readers of JSON give up at some hundreds of levels.
CREATE FUNCTION es.too_deep(_data jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.jsonb_path_exists(_data, 'strict $.**{101}') $$;

-- _streams/_expected hold one entry a stream; the other arrays one entry an event, in the order to append.
CREATE FUNCTION es.append(
    _streams         text[],
    _expected        bigint[],
    _event_streams   text[],
    _types           text[],
    _schema_versions integer[],
    _data            text[],
    _metadata        text[]
) RETURNS TABLE (stream text, version bigint, recorded_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _found  record;
    _parsed jsonb[];
BEGIN
    -- The feed is ordered by transaction id. Had this transaction an id already, another one with a higher id could have
    -- appended version n of a stream before this one appends n + 1, and the feed would show n + 1 first. When the id is
    -- taken after the versions are read, the writer of n has committed, so its id is smaller.
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'append is not the first write of its transaction'
            USING ERRCODE = 'HK001', HINT = 'Append first, write everything else afterwards.';
    END IF;

    IF ((SELECT count(DISTINCT named) = cardinality(_streams) FROM unnest(_streams) AS named)
        AND cardinality(_streams) = cardinality(_expected)
        AND cardinality(_event_streams) BETWEEN 1 AND 2000
        AND cardinality(_event_streams) = ALL (ARRAY[
            cardinality(_types), cardinality(_schema_versions), cardinality(_data), cardinality(_metadata)])
        AND _event_streams <@ _streams AND _streams <@ _event_streams) IS NOT TRUE THEN
        RAISE EXCEPTION 'append names a stream twice, streams and events do not belong together, or there are more than 2000'
            USING ERRCODE = 'HK005';
    END IF;

    SELECT wanted.stream INTO _found
    FROM unnest(_streams) AS wanted(stream)
    WHERE NOT EXISTS (
        SELECT 1 FROM es.event_rights AS rights
        WHERE rights.role_name = session_user AND starts_with(wanted.stream, rights.prefix))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role % may not append to stream %', session_user, _found.stream
            USING ERRCODE = 'HK003',
                  DETAIL = jsonb_build_object('role', session_user, 'stream', _found.stream)::text;
    END IF;

    SELECT given.stream, left(given.type, 64) AS type, given.schema_version INTO _found
    FROM unnest(_event_streams, _types, _schema_versions) AS given(stream, type, schema_version)
    WHERE NOT EXISTS (
        SELECT 1 FROM es.event_rights AS rights
        WHERE rights.role_name = session_user AND rights.type = given.type
            AND given.schema_version BETWEEN 1 AND rights.schema_version AND starts_with(given.stream, rights.prefix))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role % may not append % v% to stream %', session_user, _found.type, _found.schema_version, _found.stream
            USING ERRCODE = 'HK006',
                  DETAIL = jsonb_build_object(
                      'role', session_user, 'stream', _found.stream, 'type', _found.type,
                      'schema_version', _found.schema_version)::text;
    END IF;

    SELECT given.stream, given.type, fault INTO _found
    FROM unnest(_event_streams, _types, _data, _metadata) AS given(stream, type, data, metadata)
    CROSS JOIN LATERAL es.event_fault(given.data, given.metadata) AS fault
    WHERE fault IS NOT NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'stream %: % %', _found.stream, _found.type, _found.fault USING ERRCODE = 'HK005';
    END IF;

    -- Parsed once, for this check and for the row.
    _parsed := ARRAY(SELECT given.data::jsonb FROM unnest(_data) WITH ORDINALITY AS given(data, place) ORDER BY given.place);
    IF EXISTS (SELECT FROM unnest(_parsed) AS given(data) WHERE es.too_deep(given.data)) THEN
        RAISE EXCEPTION 'one event of stream % or those beside it has data nested more than 100 deep', _streams[1] USING ERRCODE = 'HK005';
    END IF;

    SELECT wanted.stream, wanted.expected, latest.version INTO _found
    FROM unnest(_streams, _expected) WITH ORDINALITY AS wanted(stream, expected, place)
    CROSS JOIN LATERAL (
        SELECT coalesce(max(events.version), 0) AS version FROM es.events AS events WHERE events.stream = wanted.stream
    ) AS latest
    WHERE latest.version IS DISTINCT FROM wanted.expected
    ORDER BY wanted.place
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'stream % is at version %, expected %', _found.stream, _found.version, _found.expected
            USING ERRCODE = 'HK002',
                  DETAIL = jsonb_build_object(
                      'stream', _found.stream, 'expected', _found.expected, 'actual', _found.version)::text;
    END IF;

    -- Two appends may both pass the check above; the unique constraint on (stream, version) lets one of them in.
    RETURN QUERY
    INSERT INTO es.events AS events (stream, version, event_id, type, schema_version, data, metadata)
    SELECT placed.stream, placed.version, es.event_id(placed.stream, placed.version),
           placed.type, placed.schema_version, placed.data, placed.metadata::jsonb
    FROM (
        SELECT given.*, wanted.expected + row_number() OVER (PARTITION BY given.stream ORDER BY given.place) AS version
        FROM unnest(_event_streams, _types, _schema_versions, _parsed, _metadata)
                 WITH ORDINALITY AS given(stream, type, schema_version, data, metadata, place)
        JOIN unnest(_streams, _expected) AS wanted(stream, expected) ON wanted.stream = given.stream
    ) AS placed
    ORDER BY placed.place
    RETURNING events.stream, events.version, events.recorded_at;
END
$$;
