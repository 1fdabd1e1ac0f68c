-- The relay gives every settled event its place in the one global order and its link of the hash chain.

CREATE TABLE es.seals (
    position  bigint      NOT NULL CHECK (position >= 1),
    event_id  uuid        NOT NULL,
    hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT seals_pkey PRIMARY KEY (position),
    CONSTRAINT seals_event_id_key UNIQUE (event_id)
);

COMMENT ON TABLE es.seals IS
    'No foreign key to es.events: a deleted event must leave its seal behind as the witness, and sealing must take no row locks.';

CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE ON es.seals
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TRIGGER seals_no_truncate BEFORE TRUNCATE ON es.seals
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
ALTER TABLE es.seals ENABLE ALWAYS TRIGGER seals_append_only;
ALTER TABLE es.seals ENABLE ALWAYS TRIGGER seals_no_truncate;

CREATE TABLE es.checkpoints (
    name       text        NOT NULL CONSTRAINT checkpoints_pkey PRIMARY KEY,
    position   bigint      NOT NULL CHECK (position >= 0),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO es.checkpoints (name, position) VALUES ('publish', 0);

-- Compare and swap, forwards only: a relay that lost its place without noticing cannot move the checkpoint.
CREATE FUNCTION es.advance_checkpoint(_name text, _from bigint, _to bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE es.checkpoints AS checkpoints
    SET position = _to, updated_at = clock_timestamp()
    WHERE checkpoints.name = _name AND checkpoints.position = _from AND _to > _from;
    RETURN FOUND;
END
$$;
